"""The weighted mean of gradients at many points around each image, which several methods are.

The points of an image x are x scaled, plus a shift that all images have in common. It must not
know which method asks.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.attribution.stem import stem_of
from dlcnn.understanding.batches import in_batches, track
from dlcnn.understanding.gradients import value_and_gradient
from dlcnn.understanding.lens import Lens
from dlcnn.understanding.questions import Question

__all__ = ["Points", "mean_gradient"]

_Array = npt.NDArray[Any]


class Points(NamedTuple):
    """K points for each image: scales[k] * image + reach[image] * shifts[k].

    Attributes:
        scales: (K,) float32.
        shifts: (K, H, W, C) float32.
        weights: (K,) float32, how much the gradient at each point counts.
    """

    scales: _Array
    shifts: _Array
    weights: _Array


def mean_gradient(
    question: Question, points: Iterable[Points], reach: _Array, label: str, total: int
) -> _Array:
    """(N, H, W, C): the sum over all points of weight times gradient of the score.

    Args:
        question: the images and targets.
        points: in parts of one size of `batch_size` at most, so that none needs to be held whole.
        reach: (N,) float32, how far the shifts go for each image.
        label: of the progress bar.
        total: how many parts there are.
    """
    lens = question.lens
    lens.expect_differentiable(lens.input)
    program = lens.program("mean_gradient", lambda: _program(lens))
    sums = np.zeros(question.images.shape, np.float32)
    parts = iter(points)
    for _ in track(range(total), label):
        part = next(parts)
        at_once = max(1, question.batch_size // len(part.scales))
        arrays = [question.images, question.targets, reach]
        (found,) = in_batches(program, arrays, at_once, shared=part)
        sums += found
    return sums


def _program(lens: Lens) -> Callable[..., Tensor]:
    stem = stem_of(lens)

    def run(
        images: Tensor,
        targets: Tensor,
        reach: Tensor,
        scales: Tensor,
        shifts: Tensor,
        weights: Tensor,
    ) -> Tensor:
        # The stem is L x + c: its values at all the points follow from few of them.
        constant = stem.begin(ops.zeros_like(shifts[:1]))
        of_images = (stem.begin(images) - constant)[:, None]
        of_shifts = (stem.begin(shifts) - constant)[None]
        ones = (1,) * (len(of_images.shape) - 2)
        scales = ops.reshape(scales, (1, -1, *ones))
        reach = ops.reshape(reach, (-1, 1, *ones))
        values = constant[None] + scales * of_images + reach * of_shifts

        def weighted_score(moved: Tensor) -> Tensor:
            together = values + moved[:, None]
            flat = ops.reshape(together, (-1, *constant.shape[1:]))
            count = ops.shape(weights)[0]
            scores = lens.scores(stem.onwards(flat), ops.repeat(targets, count))
            return ops.matmul(ops.reshape(scores, (-1, count)), weights)

        _, gradient = value_and_gradient(weighted_score)(ops.zeros_like(of_images[:, 0]))
        _, back = value_and_gradient(lambda pixels: ops.sum(stem.begin(pixels) * gradient))(images)
        return back

    return run
