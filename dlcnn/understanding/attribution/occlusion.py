"""Occlusion: what a class's score loses when a patch of the image is covered."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import number, whole
from dlcnn.understanding.attribution.checked import checked, scores_of
from dlcnn.understanding.batches import in_batches, track
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.finite import expect_finite
from dlcnn.understanding.maps import Maps
from dlcnn.understanding.questions import Question, ask

__all__ = ["occlusion"]

_Array = npt.NDArray[Any]
_IMAGES_AT_ONCE = 16  # held together by a program, whose batches are of covered copies


def occlusion(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 64,
    *,
    patch: int | tuple[int, int] = 8,
    stride: int | tuple[int, int] = 4,
    fill: float | str = 0.0,
) -> Maps:
    """Map how much the score of a class falls when what is at a pixel is covered.

    It needs no gradient: any model can be explained so.

    Args:
        model: as for `saliency`.
        images: (N, H, W, C) as the model takes them.
        targets: a class for all images or (N,); None: the class that the model prefers.
        batch_size: covered copies at a time.
        patch: pixels that are covered, side or (rows, columns).
        stride: pixels from one patch to the next; the last ones end at the image's border.
        fill: the value that covers, or "mean", that of the image in each channel.

    Returns:
        (N, H, W) float32: the mean fall over all patches that cover a pixel; 0 where none does.

    Raises:
        ModelError, UnderstandingError: as for `saliency`, or there are no such patches.

    Source: Zeiler & Fergus 2013, section 4.2.
    """
    question = ask("occlusion", model, images, targets, batch_size)
    height, width = question.images.shape[1:3]
    sides = _sides("patch", patch, (height, width))
    moves = _sides("stride", stride, (height, width))
    cover = _cover(question.images, fill)
    corners = np.array(
        [
            (row, column)
            for row in _starts(height, sides[0], moves[0])
            for column in _starts(width, sides[1], moves[1])
        ],
        np.int32,
    )
    scores = scores_of(question)
    expect_finite(question.where, question.lens, question.images, scores)
    falls = scores[:, None] - _covered_scores(question, cover, corners, sides)
    return checked(question, "occlusion", _spread(falls, corners, sides, (height, width)), scores)


def _sides(name: str, value: Any, size: tuple[int, int]) -> tuple[int, int]:
    """(rows, columns), each from 1 to the image's own."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2:
        raise UnderstandingError(
            f"occlusion: {name} is a number of pixels, or (rows, columns). Received "
            f"{name}={value!r}. Name one or two numbers."
        )
    rows, columns = (
        whole("occlusion", name, side, least=1, most=most)
        for side, most in zip(pair, size, strict=True)
    )
    return rows, columns


def _cover(images: _Array, fill: float | str) -> _Array:
    """(N, C): what each image is covered with."""
    if isinstance(fill, str) and fill == "mean":
        means: _Array = images.mean(axis=(1, 2))
        return means
    if isinstance(fill, str):
        raise UnderstandingError(
            f"occlusion: fill is a number or 'mean'. Received fill={fill!r}. Name one of them."
        )
    value = number("occlusion", "fill", fill)
    return np.full((len(images), images.shape[-1]), value, np.float32)


def _starts(size: int, side: int, move: int) -> list[int]:
    """Where patches begin along an axis; the last one ends at the border."""
    starts = list(range(0, size - side + 1, move))
    return starts if starts[-1] == size - side else [*starts, size - side]


def _covered_scores(
    question: Question, cover: _Array, corners: _Array, sides: tuple[int, int]
) -> _Array:
    """(N, P): the score of each image with each patch covered."""
    lens, patches = question.lens, len(corners)
    program = lens.program(("occlusion", sides), lambda: _program(lens, sides))
    found = []
    firsts = range(0, len(question.images), _IMAGES_AT_ONCE)
    for first in track(firsts, "occlusion"):
        group = slice(first, first + _IMAGES_AT_ONCE)
        images = question.images[group]
        which = np.repeat(np.arange(len(images), dtype=np.int32), patches)
        arrays = [which, np.tile(corners, (len(images), 1))]
        shared = (images, question.targets[group], cover[group])
        label = "occlusion" if len(firsts) == 1 else ""
        (scores,) = in_batches(program, arrays, question.batch_size, shared=shared, label=label)
        found.append(scores.reshape(len(images), patches))
    return np.concatenate(found)


def _program(lens: Classifier, sides: tuple[int, int]) -> Callable[..., Tensor]:
    def run(
        which: Tensor, corner: Tensor, images: Tensor, targets: Tensor, cover: Tensor
    ) -> Tensor:
        rows, columns = (
            _within(corner[:, axis], ops.shape(images)[axis + 1], sides[axis]) for axis in (0, 1)
        )
        covered = ops.logical_and(rows[:, :, None], columns[:, None, :])[..., None]
        value = ops.take(cover, which, axis=0)[:, None, None]
        copies = ops.where(covered, value, ops.take(images, which, axis=0))
        return lens.scores(lens.logits(copies), ops.take(targets, which, axis=0))

    return run


def _within(start: Tensor, size: Tensor, side: int) -> Tensor:
    """(B, size): which places along an axis a patch covers."""
    places = ops.arange(size, dtype="int32")[None]
    return ops.logical_and(places >= start[:, None], places < start[:, None] + side)


def _spread(
    falls: _Array, corners: _Array, sides: tuple[int, int], size: tuple[int, int]
) -> _Array:
    """(N, H, W): the mean over the patches at each pixel."""
    sums, counts = np.zeros((len(falls), *size)), np.zeros(size)
    for place, (row, column) in enumerate(corners):
        here = (slice(row, row + sides[0]), slice(column, column + sides[1]))
        sums[:, *here] += falls[:, place, None, None]
        counts[here] += 1
    return sums / np.maximum(counts, 1)
