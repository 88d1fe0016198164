"""What every method of attribution begins and ends with: a gradient program, maps checked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.graph import Place
from dlcnn.models.shapes import Tensor
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.errors import UnderstandingError, warn
from dlcnn.understanding.gradients import value_and_gradient
from dlcnn.understanding.lens import Change, Lens
from dlcnn.understanding.maps import Explained, Maps
from dlcnn.understanding.questions import Question

__all__ = ["checked", "expect_finite", "gradient_program", "scores_of"]

_NOTHING = (
    "the score of the class does not depend on these images. Dead units "
    "(understanding.distributions shows them), or a layer that no gradient passes, are the usual "
    "reasons."
)


def gradient_program(
    lens: Lens, change: Change | None = None
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """From images and targets to the scores and their gradients with respect to the images.

    Args:
        lens: of the model.
        change: what to put in place of outputs of layers on the way.

    Raises:
        UnderstandingError: a layer through which no gradient flows cuts the images off.
    """
    lens.expect_differentiable(lens.input)

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
    expect_finite(question, values, scores)
    if not values.any():
        # What is not a number in the middle may be lost on the way: a largest value passes over it.
        source = _first_broken(question.lens, question.images[:1])
        if source:
            raise _broken(question, 1, 0, source)
        warn(f"{question.where}: all values are 0: {nothing}")
    explained = Explained(method, question.images, question.targets, np.asarray(scores))
    return Maps(values, explained)


def expect_finite(question: Question, *arrays: npt.NDArray[Any]) -> None:
    """Refuse NaN and infinity, and say where in the network they begin.

    Raises:
        UnderstandingError: there are some.
    """
    if all(np.isfinite([values.min(), values.max()]).all() for values in arrays):
        return
    wrong = np.zeros(len(question.images), bool)
    for values in arrays:
        wrong |= ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
    first = int(np.flatnonzero(wrong)[0])
    source = _first_broken(question.lens, question.images[first : first + 1])
    raise _broken(question, int(wrong.sum()), first, source)


def _broken(question: Question, count: int, first: int, source: str | None) -> UnderstandingError:
    return UnderstandingError(
        f"{question.where}: scores and maps are finite numbers. Received NaN or infinity for "
        f"{count} of {len(question.images)} images, first images[{first}]"
        + (f"; it begins in layer {source!r}. " if source else ", on the way back only. ")
        + "Look at the weights of that layer, or train again with a smaller learning rate."
    )


def _first_broken(lens: Lens, image: npt.NDArray[np.float32]) -> str | None:
    """The first layer, in the order of running, whose outputs are not all finite."""
    places = [Place(step, 0) for step in lens.steps()]
    # Not compiled: what TensorFlow puts together takes the ReLU of NaN for 0.
    outputs = lens.run({lens.input: ops.convert_to_tensor(image)}, places)
    for place, output in zip(places, outputs, strict=True):
        if not np.isfinite(ops.convert_to_numpy(output)).all():
            return lens.nodes[place.node].name
    return None


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
