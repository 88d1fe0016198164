"""What callers ask, checked: a model, images, and the class that each is asked about."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np
import numpy.typing as npt

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import array_of, batch_of
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.classifier import ABOUT_ANSWER, Classifier, classifier_of
from dlcnn.understanding.errors import UnderstandingError, UnderstandingWarning
from dlcnn.understanding.images import ABOUT_SCALE, images_for

__all__ = [
    "Question",
    "ask",
    "asked_again",
    "targets_for",
]

_Array: TypeAlias = npt.NDArray[Any]
_MOST_CLASSES = 2**31  # that an index can tell apart


@dataclass(frozen=True)
class Question:
    """Images, and the class of each that is asked about.

    Attributes:
        lens: of the model.
        images: (N, H, W, C) float32.
        targets: (N,) int32, the index of a class for each image.
        batch_size: how many images, or changed copies of images, are computed with at a time.
        where: the function that errors name.
    """

    lens: Classifier
    images: npt.NDArray[np.float32]
    targets: npt.NDArray[np.int32]
    batch_size: int
    where: str


def ask(
    where: str,
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | _Array | None,
    batch_size: int,
) -> Question:
    """Check what a caller passes.

    Args:
        where: the function that errors name.
        model: Functional or Sequential, from images to the scores of classes.
        images: (N, H, W, C) numbers, as the model takes them.
        targets: a class for all images or for each; None: the one that the model prefers.
        batch_size: images at a time.

    Raises:
        ModelError: the model has no graph.
        UnderstandingError: the model, images, targets or batch size cannot be.
    """
    lens = classifier_of(model, where)
    batch_size = batch_of(batch_size, where)
    given = images_for(lens, images, where)
    if targets is None:
        chosen = preferred(lens, given, batch_size)
    else:
        chosen = targets_for(lens.classes, targets, len(given), where)
    return Question(lens, given, chosen, batch_size, where)


def preferred(lens: Classifier, images: _Array, batch_size: int) -> npt.NDArray[np.int32]:
    """(N,) the class of the highest score for each image."""

    def classes(batch: Tensor) -> Tensor:
        logits = lens.logits(batch)
        if logits.shape[-1] == 1:
            return keras.ops.cast(logits[:, 0] > 0, "int32")
        return keras.ops.cast(keras.ops.argmax(logits, axis=-1), "int32")

    program = lens.program("preferred", lambda: classes)
    (found,) = in_batches(program, [images], batch_size)
    return np.asarray(found, np.int32)


@contextmanager
def asked_again() -> Iterator[None]:
    """A block that asks about the same model and images again, of which has been warned."""
    with warnings.catch_warnings():
        for known in (ABOUT_ANSWER, ABOUT_SCALE):
            warnings.filterwarnings("ignore", known, UnderstandingWarning)
        yield


def targets_for(
    classes: int | None,
    targets: int | Sequence[int] | _Array,
    count: int,
    where: str,
    name: str = "targets",
) -> npt.NDArray[np.int32]:
    """(count,) int32, the class of each image; one class counts for all.

    Args:
        classes: how many classes there are; None where that is not known.
        targets: what was passed.
        count: of the images.
        where: the function that an error names.
        name: the argument.

    Raises:
        UnderstandingError: they are no such classes, or not one for each image.
    """
    given = array_of(targets)
    if given.dtype.kind not in "iu" or given.shape not in ((), (count,)):
        what = f"{name}.shape={given.shape}" if given.size > 9 or given.ndim > 1 else repr(targets)
        hint = "Name the class of each."
        if given.ndim > 1 and given.shape[1:] == (1,) * (given.ndim - 1):
            hint = f"A column becomes a row by {name}.ravel()."
        elif given.ndim == 2:
            hint = f"One-hot rows become classes by {name}.argmax(axis=-1)."
        raise UnderstandingError(
            f"{where}: {name} are whole numbers, one for all images or one for each. Received "
            f"{what} of {given.dtype} for {count} images. {hint}"
        )
    outside = np.unique(given[(given < 0) | (given >= (classes or _MOST_CLASSES))])
    if outside.size:
        known = f"one of {classes} classes, 0 to {classes - 1}" if classes else "a class, from 0 on"
        raise UnderstandingError(
            f"{where}: {name} are indices, each of {known}. Received "
            f"{', '.join(map(str, outside[:5]))}. Name one of them."
        )
    return np.broadcast_to(given, (count,)).astype(np.int32)
