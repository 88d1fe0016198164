"""Integrated gradients: a class's score divided among the pixels that it comes from."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from dlcnn.understanding.arguments import whole
from dlcnn.understanding.attribution.averaged import Points, mean_gradient
from dlcnn.understanding.attribution.checked import checked, scores_of
from dlcnn.understanding.batches import stretches
from dlcnn.understanding.errors import UnderstandingError, warn
from dlcnn.understanding.maps import Maps
from dlcnn.understanding.questions import Question, ask

__all__ = ["integrated_gradients"]

_TOLERATED = 0.05  # of the largest difference of scores, missing from a sum
_ROUNDING = 1e-5  # of the largest score, as float32 adds up


def integrated_gradients(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 64,
    *,
    baseline: float | npt.ArrayLike = 0.0,
    steps: int = 50,
) -> Maps:
    """Divide the difference of the score between a baseline and an image among its pixels.

    The values of a map add up to score(image) - score(baseline), up to the error of `steps`.

    Args:
        model: as for `saliency`.
        images: (N, H, W, C) as the model takes them.
        targets: a class for all images or (N,); None: the class that the model prefers.
        batch_size: points at a time.
        baseline: where the way to each image begins: a number for all pixels, or an image
            (H, W, C).
        steps: points on the way, in the middle of equal parts.

    Returns:
        (N, H, W) float32 with signs, summed over channels.

    Raises:
        ModelError, UnderstandingError: as for `saliency`.

    Warns:
        UnderstandingWarning: a sum misses the difference of scores by more than 5 %.

    Source: Sundararajan, Taly & Yan 2017; the midpoint rule of integration.
    """
    question = ask("integrated_gradients", model, images, targets, batch_size)
    count = whole("integrated_gradients", "steps", steps, least=1)
    start = _baseline(baseline, question)
    size, parts = stretches(count, question.batch_size)
    gradients = mean_gradient(
        question,
        _points(start, count, size),
        np.ones(len(question.images), np.float32),
        "integrated gradients",
        len(parts),
    )
    values = (gradients * (question.images - start)).sum(axis=-1)
    scores = scores_of(question)
    maps = checked(question, "integrated gradients", values, scores)
    _warn_if_incomplete(values, scores, scores_of(question, start), count)
    return maps


def _baseline(baseline: Any, question: Question) -> npt.NDArray[np.float32]:
    shape = question.images.shape[1:]
    try:
        given = np.asarray(baseline, np.float32)
    except (TypeError, ValueError):
        given = np.full((), np.nan, np.float32)
    if given.shape not in ((), shape) or not np.isfinite(given).all():
        what = f"baseline.shape={given.shape}" if given.shape else f"baseline={baseline!r}"
        raise UnderstandingError(
            "integrated_gradients: a baseline is a finite number or an image of the shape of the "
            f"others. Received {what} for images of {shape}. For one image each, call it for each."
        )
    return np.broadcast_to(given, shape).astype(np.float32)


def _points(start: npt.NDArray[np.float32], count: int, size: int) -> Iterator[Points]:
    """Points from the baseline to the images, in parts of one size."""
    for first in range(0, count, size):
        places = np.arange(first, first + size)
        ways = ((places + 0.5) / count).astype(np.float32)
        weights = np.where(places < count, 1 / count, 0).astype(np.float32)
        # From black there is nothing to shift by.
        rests = (1 - ways)[:, None, None, None] * start if start.any() else start[None]
        yield Points(ways, rests, weights)


def _warn_if_incomplete(
    values: npt.NDArray[Any], scores: npt.NDArray[Any], rests: npt.NDArray[Any], steps: int
) -> None:
    """Compare the sums of maps with what the scores are above those of the baseline."""
    differences = scores - rests
    gaps = np.abs(values.sum(axis=(1, 2)) - differences)
    allowed = _TOLERATED * np.abs(differences).max() + _ROUNDING * np.abs(scores).max()
    if gaps.max() > allowed:
        worst = int(gaps.argmax())
        warn(
            f"integrated_gradients: the values add up to the difference of scores. For "
            f"images[{worst}] they miss {differences[worst]:.3g} by {gaps[worst]:.2g} with "
            f"steps={steps}. Take more steps.",
        )
