"""What people's files and calls hold, turned into the pixels, labels, names and seeds of ours.

Knows NumPy only: what a file is called comes in as `where`, how it is opened is not seen here.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from dlcnn.data.errors import DataError

__all__ = ["class_names_from", "expect_image_header", "labels_from", "pixels_from", "seed_from"]

Values = npt.NDArray[Any]

_MOST_CHANNELS = 4  # red, green, blue and opacity
_SEEDS = 2**64


def expect_image_header(where: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Refuse what can be no images, before any is read.

    Raises:
        DataError: they are no numbers, not three or four axes, empty, or not channels last.
    """
    if dtype.kind not in "uif" or len(shape) not in (3, 4) or 0 in shape:
        raise DataError(
            f"{where}: images are numbers of shape (n, height, width) or (n, height, width, "
            f"channels), none of them 0. Received shape={shape}, dtype={dtype}. "
            "Write them in that layout."
        )
    if len(shape) == 4 and shape[3] > _MOST_CHANNELS:
        raise DataError(
            f"{where}: channels come last, at most {_MOST_CHANNELS} of them. Received "
            f"shape={shape}. Transpose the images with np.moveaxis."
        )


def pixels_from(where: str, values: Values) -> npt.NDArray[np.uint8]:
    """Give images as (n, height, width, channels) uint8.

    Grey images without a channel axis get one. Integers are taken as they are. Floating point is
    rounded to the nearest pixel value: if nothing in the file exceeds 1, it counts from 0 to 1,
    else from 0 to 255.

    Args:
        where: the file and the key, for messages.
        values: what `expect_image_header` accepts.

    Raises:
        DataError: a value is below 0, above 255 or not a number.
    """
    images = values[..., np.newaxis] if values.ndim == 3 else values
    if images.dtype == np.uint8:
        return images
    lowest, highest = images.min(), images.max()
    if not (lowest >= 0 and highest <= 255):  # so that NaN, which compares false, is refused
        raise DataError(
            f"{where}: a pixel is a number from 0 to 255, or from 0 to 1. "
            f"Received values from {lowest} to {highest}. Undo their normalisation first."
        )
    if images.dtype.kind == "f":
        images = np.rint(images * images.dtype.type(255 if highest <= 1 else 1))
    return images.astype(np.uint8)


def labels_from(where: str, values: Values, count: int, num_classes: int) -> npt.NDArray[np.int64]:
    """Give labels as (count,) int64.

    Args:
        where: the file and the key, for messages.
        values: numbers of shape (count,), (1, count), (count, 1) or, one-hot, (count, num_classes).
        count: how many images there are.
        num_classes: how many classes there are.

    Raises:
        DataError: the shape is none of these, or a value is not the index of a class.
    """
    one_hot = values.shape == (count, num_classes) and num_classes > 1
    if not one_hot and values.shape not in {(count,), (1, count), (count, 1)}:
        raise DataError(
            f"{where}: each of {count} images has one label, in the shape ({count},), "
            f"(1, {count}), ({count}, 1) or one-hot ({count}, {num_classes}). "
            f"Received shape={values.shape}. Write the labels of these images."
        )
    kind = values.dtype.kind
    if kind not in "uifb" or (kind == "f" and (values != np.floor(values)).any()):
        raise DataError(
            f"{where}: labels are whole numbers. Received dtype={values.dtype} with other values. "
            "Write the index of each class."
        )
    if one_hot:
        return _indexes_of_ones(where, values)
    flat = values.reshape(-1)
    if flat.min() < 0 or flat.max() >= num_classes:
        raise DataError(
            f"{where}: a label is the index of one of {num_classes} classes, from 0 to "
            f"{num_classes - 1}. Received labels from {flat.min()} to {flat.max()}. "
            "Name every class in list_classes."
        )
    return flat.astype(np.int64)


def _indexes_of_ones(where: str, values: Values) -> npt.NDArray[np.int64]:
    ones = values == 1
    wrong = np.flatnonzero((ones.sum(axis=1) != 1) | ((values != 0).sum(axis=1) != 1))
    if wrong.size:
        raise DataError(
            f"{where}: a one-hot label is a single 1 among 0s. Received "
            f"{values[wrong[0], :8].tolist()} for image {wrong[0]}. "
            "Write the index of each class instead."
        )
    indexes: npt.NDArray[np.int64] = ones.argmax(axis=1).astype(np.int64)
    return indexes


def class_names_from(where: str, values: Values) -> tuple[str, ...]:
    """Give the names of the classes as text: bytes decoded, numbers as they are written.

    Raises:
        DataError: it is no list of names, or of numbers that count from 0.
    """
    found = values.reshape(-1).tolist()
    if found and values.dtype.kind in "iu" and found == list(range(len(found))):
        return tuple(map(str, found))
    if found and values.dtype.kind == "S":
        names = tuple(name.decode("utf-8", "replace") for name in found)
        if all(name and name.isprintable() for name in names):
            return names
    raise DataError(
        f"{where}: classes are names that can be printed, or numbers that count from 0. "
        f"Received dtype={values.dtype}, values {found[:8]}. Write their names as bytes."
    )


def seed_from(where: str, value: object) -> int:
    """Give a seed as Python's int, whether it is one of NumPy's or of Python's.

    Raises:
        DataError: it is no whole number, below 0, or so large that no file could be named by it.
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and 0 <= value < _SEEDS:
        return int(value)
    raise DataError(
        f"{where}: a seed is a whole number from 0 to 2**64 - 1. Received seed={value!r}. "
        "Name another."
    )
