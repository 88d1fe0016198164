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
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.gradients import value_and_gradient
from dlcnn.understanding.questions import Question

__all__ = ["Points", "mean_gradient"]

_Array = npt.NDArray[Any]


class Points(NamedTuple):
    """K points for each image: scales[k] * image + reach[image] * shifts[k].

    Attributes:
        scales: (K,) float32, none of them 0; (1,) where it is the same for all.
        shifts: (K, H, W, C) float32; (1, H, W, C) where it is the same for all.
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
    lens.expect_differentiable(lens.input, question.where)
    program = lens.program("mean_gradient", lambda: _program(lens))
    arrays = [question.images, question.targets, reach]
    sums: _Array = np.zeros((), np.float32)
    parts = iter(points)
    for _ in track(range(total), label):
        part = [ops.convert_to_tensor(each) for each in next(parts)]
        # Half a batch: behind the stem a copy has more channels, on the way and on the way back.
        at_once = max(1, question.batch_size // (2 * len(part[-1])))
        inner = label if total == 1 else ""
        (found,) = in_batches(program, arrays, at_once, shared=part, label=inner)
        sums = found if sums.shape == () else np.add(sums, found, out=sums)
    return sums


def _program(lens: Classifier) -> Callable[..., Tensor]:
    stem = stem_of(lens)

    def run(images: Tensor, targets: Tensor, reach: Tensor, *points: Tensor) -> Tensor:
        scales, shifts, weights = points
        # The stem is L x + c: its values at all the points follow from few of them.
        constant = stem.begin(ops.zeros_like(shifts[:1]))
        ones = (1,) * (len(constant.shape) - 1)
        of_images = (stem.begin(images) - constant)[:, None]
        of_shifts = (stem.begin(shifts) - constant)[None] * ops.reshape(reach, (-1, 1, *ones))
        count = ops.shape(weights)[0]

        def weighted_score(moving: Tensor) -> Tensor:
            values = constant[None] + ops.reshape(scales, (1, -1, *ones)) * moving + of_shifts
            flat = ops.reshape(values, (-1, *constant.shape[1:]))
            scores = lens.scores(stem.onwards(flat), ops.repeat(targets, count))
            return ops.matmul(ops.reshape(scores, (-1, count)), weights / scales)

        _, gradient = value_and_gradient(weighted_score)(of_images)
        back = value_and_gradient(lambda pixels: ops.sum(stem.begin(pixels) * gradient[:, 0]))
        return back(images)[1]

    return run
