"""What every method of attribution begins and ends with: a gradient program, maps checked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.errors import warn
from dlcnn.understanding.finite import expect_finite, expect_finite_layers
from dlcnn.understanding.gradients import value_and_gradient
from dlcnn.understanding.lens import Change
from dlcnn.understanding.maps import Explained, Maps
from dlcnn.understanding.questions import Question

__all__ = ["checked", "gradient_program", "scores_of"]

_NOTHING = (
    "the score of the class does not depend on these images. Dead units "
    "(understanding.distributions shows them), or a layer that no gradient passes, are the usual "
    "reasons."
)


def gradient_program(
    question: Question, change: Change | None = None
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """From images and targets to the scores and their gradients with respect to the images.

    Args:
        question: whose model and function are meant.
        change: what to put in place of outputs of layers on the way.

    Raises:
        UnderstandingError: a layer through which no gradient flows cuts the images off.
    """
    lens = question.lens
    lens.expect_differentiable(lens.input, question.where)

    def run(images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        def score(pixels: Tensor) -> Tensor:
            return lens.scores(lens.logits(pixels, change=change), targets)

        return value_and_gradient(score)(images)

    return run


def checked(
    question: Question,
    method: str,
    values: npt.NDArray[Any],
    scores: npt.NDArray[Any],
    *,
    nothing: str = _NOTHING,
) -> Maps:
    """Maps that are known to be numbers.

    Args:
        question: what was asked.
        method: its name in words.
        values: (N, H, W), or with channels.
        scores: (N,) of the targets.
        nothing: what it means that all values are 0.

    Raises:
        UnderstandingError: there is NaN or infinity among the values.

    Warns:
        UnderstandingWarning: all values are 0.
    """
    where, lens, images = question.where, question.lens, question.images
    expect_finite(where, lens, images, values, scores)
    if not values.any():
        expect_finite_layers(where, lens, images)
        warn(f"{where}: all values are 0: {nothing}")
    explained = Explained(method, images, question.targets, np.asarray(scores))
    return Maps(values, explained)


def scores_of(
    question: Question, image: npt.NDArray[np.float32] | None = None
) -> npt.NDArray[np.float32]:
    """(N,) the score of each target for its image, or for one `image` in place of all."""
    lens = question.lens
    images = question.images
    if image is not None:
        images = np.broadcast_to(image, images.shape)

    def scores(batch: Tensor, targets: Tensor) -> Tensor:
        return lens.scores(lens.logits(batch), targets)

    program = lens.program("scores", lambda: scores)
    # A smaller batch than the method's own, so that a mere score is never the peak of memory.
    at_once = max(1, question.batch_size // 4)
    (found,) = in_batches(program, [images, question.targets], at_once)
    return found
