"""The ball that an attack stays in: the loss it climbs, its steps, and the way back inside.

It knows tensors and limits, and neither how often a step is taken nor what becomes of the images.
"""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import choice, number, range_of
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.errors import UnderstandingError, warn
from dlcnn.understanding.questions import Question

__all__ = ["Norm", "length_of", "limits_for", "log_odds_against", "norm_of", "start_in", "stepped"]

Norm: TypeAlias = Literal["linf", "l2"]

_AXES = (1, 2, 3)
_AWAY = 1e9  # takes a class out of a sum of exponentials
_TINY = 1e-30  # a gradient of zeros stays one
_STEPS_ACROSS = 2.5  # radii that all steps together could go: enough to get to any side


def norm_of(norm: Any, where: str) -> str:
    """A norm, checked."""
    return choice(where, "norm", norm, get_args(Norm))


def length_of(where: str, step_size: Any, epsilon: float, steps: int) -> float:
    """How far a step goes: what was asked for, or far enough to cross the ball."""
    if step_size is None:
        return _STEPS_ACROSS * epsilon / steps
    return number(where, "step_size", step_size, above=0)


def limits_for(
    question: Question, epsilon: Any, norm: str, value_range: Any
) -> tuple[float, tuple[float, float]]:
    """The radius of the ball, and the range of pixels, which holds the images.

    Raises:
        UnderstandingError: they are no such numbers, or pixels lie outside.

    Warns:
        UnderstandingWarning: the ball is larger than the range, so that it holds nothing back.
    """
    where = question.where
    radius = number(where, "epsilon", epsilon, least=0)
    low, high = range_of(where, value_range)
    least, most = float(question.images.min()), float(question.images.max())
    if least < low or most > high:
        raise UnderstandingError(
            f"{where}: the pixels lie in value_range, where changed images stay too. Received "
            f"value_range=({low:g}, {high:g}) for pixels from {least:g} to {most:g}. Name their "
            "range, and epsilon in the same unit."
        )
    farthest = high - low
    if norm == "l2":  # of all values together
        farthest *= float(np.sqrt(question.images[0].size))
    if radius > farthest:
        warn(
            f"{where}: epsilon={radius:g} is farther than an image can be changed within "
            f"value_range=({low:g}, {high:g}). Of pixels in [0, 1] an epsilon of 8 levels is "
            "8/255.",
        )
    return radius, (low, high)


def log_odds_against(lens: Classifier, logits: Tensor, targets: Tensor) -> Tensor:
    """(N,): the log of the odds that an image is of any class but its target.

    The cross-entropy is the softplus of it, so that one rises where the other does, in the same
    direction; but where a network is sure, the cross-entropy's gradient is lost in rounding.
    """
    scores = lens.scores(logits, targets)
    if logits.shape[-1] == 1:
        return -scores
    apart = logits - _AWAY * ops.one_hot(targets, logits.shape[-1], dtype=logits.dtype)
    return ops.logsumexp(apart, axis=-1) - scores


def stepped(
    norm: str, images: Tensor, originals: Tensor, gradients: Tensor, limits: Tensor
) -> Tensor:
    """Go one step up the gradient, then back into the ball around the originals and the range.

    Args:
        norm: that the step is steepest in, and the ball is of.
        images: (N, H, W, C) where the attack is.
        originals: the middle of the ball.
        gradients: of the loss to raise.
        limits: epsilon, the length of the step, the smallest and the largest value of a pixel.
    """
    epsilon, length, low, high = (limits[place] for place in range(4))
    if norm == "linf":
        changes = images + length * ops.sign(gradients) - originals
        changes = ops.clip(changes, -epsilon, epsilon)
    else:
        # By the largest first: the squares of small gradients would be zeros.
        largest = ops.max(ops.abs(gradients), axis=_AXES, keepdims=True)
        direction = gradients / ops.maximum(largest, _TINY)
        changes = images + length * direction / _lengths(direction) - originals
        changes = changes * ops.minimum(1.0, epsilon / _lengths(changes))
    # The range is a box around the originals: going back into it never leaves the ball.
    return ops.clip(originals + changes, low, high)


def _lengths(tensor: Tensor) -> Tensor:
    squares = ops.sum(ops.square(tensor), axis=_AXES, keepdims=True)
    return ops.maximum(ops.sqrt(squares), _TINY)


def start_in(
    norm: str,
    originals: npt.NDArray[np.float32],
    epsilon: float,
    value_range: tuple[float, float],
    seeds: Sequence[Sequence[int]],
) -> npt.NDArray[np.float32]:
    """A random place in the ball for each image, even over its volume, then within the range."""
    starts = np.empty_like(originals)
    for start, original, seed in zip(starts, originals, seeds, strict=True):
        random = np.random.default_rng(seed)
        if norm == "linf":
            change = random.uniform(-epsilon, epsilon, original.shape)
        else:
            change = random.standard_normal(original.shape)
            radius = epsilon * random.random() ** (1 / original.size)
            change *= radius / np.linalg.norm(change)
        start[...] = np.clip(original + change, *value_range)
    return starts
