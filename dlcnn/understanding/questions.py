"""What callers ask, checked: a model, images, and the class that each is asked about.

It refuses in a sentence what cannot be meant, and warns of what probably is not.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np
import numpy.typing as npt

from dlcnn.models.graph import Node
from dlcnn.models.shapes import Tensor, as_text
from dlcnn.understanding.arguments import array_of, batch_of
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.classifier import Classifier, classifier_of
from dlcnn.understanding.errors import UnderstandingError, UnderstandingWarning, warn
from dlcnn.understanding.lens import Lens

__all__ = [
    "ABOUT_SCALE",
    "Question",
    "ask",
    "asked_again",
    "images_for",
    "scales_itself",
    "targets_for",
    "warn_of_scale",
]

ABOUT_SCALE = r".*: the images look (un)?scaled"
"""The warnings about the scale of images, as a pattern for `warnings.filterwarnings`."""

_Array: TypeAlias = npt.NDArray[Any]
_BEGINNING = 4  # layers among which a rescaling one is looked for
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


def images_for(lens: Lens, images: npt.ArrayLike, where: str) -> npt.NDArray[np.float32]:
    """(N, H, W, C) float32 images that the model takes.

    Raises:
        UnderstandingError: they are no such images.
    """
    given = array_of(images)
    expected = lens.input_shape[1:]
    if given.dtype.kind not in "fiub" or given.ndim != 4 or 0 in given.shape:
        hint = "Add the batch axis: images[None]." if given.ndim == 3 else "Pass a batch of them."
        raise UnderstandingError(
            f"{where}: images are numbers of shape (batch, height, width, channels), one or more. "
            f"Received {_worded(given)}. {hint}"
        )
    if any(size not in (None, have) for size, have in zip(expected, given.shape[1:], strict=True)):
        raise UnderstandingError(
            f"{where}: the images have the shape that the model was built for. Received images of "
            f"{as_text(given.shape[1:])} for {lens.name!r}, which takes {as_text(expected)}. "
            + _how_to_fit(given.shape[1:], expected)
        )
    with np.errstate(over="ignore"):  # what is too large becomes infinity, which is refused
        as_float = given.astype(np.float32, copy=False)
    low, high = float(as_float.min()), float(as_float.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        wrong = int(np.flatnonzero(~np.isfinite(as_float).all(axis=(1, 2, 3)))[0])
        raise UnderstandingError(
            f"{where}: pixels are finite numbers. Received NaN or infinity in images[{wrong}]. "
            "Look at how it was read or scaled."
        )
    warn_of_scale(lens, given.dtype, (low, high), where)
    return as_float


def _worded(given: _Array) -> str:
    if given.dtype.kind not in "fiub":
        return "no array of numbers" if given.dtype == object else f"an array of {given.dtype}"
    return f"images.shape={given.shape}"


def _how_to_fit(given: Sequence[int], expected: Sequence[int | None]) -> str:
    if given[0] in (1, 3) and given[1:] == tuple(expected)[:2]:
        return "Move the channels to the end: images.transpose(0, 2, 3, 1)."
    if given[-1] == expected[-1]:
        return "Resize them: keras.ops.image.resize(images, (height, width))."
    if expected[-1] == 3 and given[-1] == 1:
        return "Repeat the grey channel: np.repeat(images, 3, axis=-1)."
    if expected[-1] == 3 and given[-1] == 4:
        return "Leave opacity out: images[..., :3]."
    return "Convert them, or build the model for these."


def scales_itself(lens: Lens) -> bool:
    """Whether a network begins with a layer that scales pixels of 0 to 255, after augmentation."""
    beginning = [node for node in lens.nodes if not node.kind.startswith("Random")][:_BEGINNING]
    return any(node.kind == "Rescaling" or _expects_counts(node) for node in beginning)


def _expects_counts(node: Node) -> bool:
    """Whether a layer has adapted to pixels that are larger than 1 in the mean."""
    mean = getattr(node.layer, "mean", None) if node.kind == "Normalization" else None
    return mean is not None and bool(np.abs(keras.ops.convert_to_numpy(mean)).max() > 1)


@contextmanager
def asked_again() -> Iterator[None]:
    """A block that asks about the same images again, of whose scale has been warned."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ABOUT_SCALE, UnderstandingWarning)
        yield


def warn_of_scale(lens: Lens, dtype: np.dtype[Any], ends: tuple[float, float], where: str) -> None:
    """Warn of pixels of 0 to 255 for a network that has seen smaller numbers, and the reverse."""
    rescales = scales_itself(lens)
    low, high = ends
    counts = low >= 0 and high > (1 if dtype.kind in "iu" else 2)
    if counts and not rescales:
        warn(
            f"{where}: the images look unscaled ({dtype}, {low:g} to {high:g}), and are "
            f"taken as they are. If {lens.name!r} was trained on pixels in [0, 1], pass "
            "images / 255.",
        )
    elif rescales and not counts and low >= 0 and high <= 1:
        warn(
            f"{where}: the images look scaled already ({low:g} to {high:g}), and {lens.name!r} "
            "begins with a layer that scales them itself. If it was trained on pixels of 0 to "
            "255, pass those.",
        )


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
