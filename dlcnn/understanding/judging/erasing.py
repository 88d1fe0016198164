"""Deletion and insertion: how the class fares as pixels go, or come, in the order of a map."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.ascent.regularisers import gaussian
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.finite import expect_finite
from dlcnn.understanding.questions import Question

__all__ = ["area", "blurred", "counts_of", "curves"]

_Array = npt.NDArray[Any]


def curves(
    question: Question, places: _Array, under: _Array, over: _Array, counts: _Array, label: str
) -> npt.NDArray[np.float32]:
    """The probability of each image's class as more and more of its pixels are replaced.

    Args:
        question: the model, and the class of each image.
        places: (N, P) the place of each pixel in the order of replacing, from 0.
        under: (N, H, W, C) what is seen before.
        over: (N, H, W, C) what is seen in the end; it may have one row for all.
        counts: (S,) how many pixels are replaced.
        label: of the progress bar.

    Returns:
        (N, S) probabilities.

    Raises:
        UnderstandingError: there is NaN among them.
    """
    program = question.lens.program("replaced", lambda: _replaced(question.lens))
    shape = (-1, *question.images.shape[1:3], 1)
    over = np.broadcast_to(over, under.shape)

    def on_rows(rows: _Array) -> _Array:
        image, step = np.divmod(rows, len(counts))
        # `places` are integers of any size: compared here, so that float32 need not hold them.
        gone = (places[image] < counts[step][:, None]).reshape(shape).astype(np.float32)
        found: _Array = program(under[image], over[image], gone, question.targets[image])
        return found

    rows = np.arange(len(under) * len(counts))
    (found,) = in_batches(on_rows, [rows], question.batch_size, label=label)
    shares = np.asarray(found, np.float32).reshape(len(under), len(counts))
    expect_finite(question.where, question.lens, question.images, shares)
    return shares


def _replaced(lens: Classifier) -> Callable[..., Tensor]:
    def run(under: Tensor, over: Tensor, gone: Tensor, targets: Tensor) -> Tensor:
        return _probabilities(lens, ops.where(gone > 0, over, under), targets)

    return run


def _probabilities(lens: Classifier, images: Tensor, targets: Tensor) -> Tensor:
    """(N,) of each one's class: a softmax over the logits, or a sigmoid where the model has it."""
    found = lens.probabilities(lens.logits(images))
    return ops.sum(found * ops.one_hot(targets, lens.classes, dtype=found.dtype), axis=-1)


def counts_of(pixels: int, steps: int) -> npt.NDArray[np.int64]:
    """(S + 1,) numbers of pixels from none to all, S steps or one for each pixel."""
    return np.round(np.linspace(0, pixels, min(steps, pixels) + 1)).astype(np.int64)


def area(fractions: _Array, curve: _Array) -> npt.NDArray[np.float32]:
    """The area under curves over (S,) fractions from 0 to 1, by trapezia."""
    middles = (curve[..., 1:] + curve[..., :-1]) / 2
    return np.asarray((middles * np.diff(fractions)).sum(axis=-1), np.float32)


def blurred(images: _Array, sigma: float) -> npt.NDArray[np.float32]:
    """(N, H, W, C) images under a Gaussian blur of `sigma` pixels."""
    rows, columns = (gaussian(size, sigma) for size in images.shape[1:3])
    over_rows = np.einsum("gh,nhwc->ngwc", rows, images)
    return np.asarray(np.einsum("vw,nhwc->nhvc", columns, over_rows), np.float32)
