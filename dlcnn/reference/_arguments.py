"""Checks that every operation makes on its arguments; computes nothing."""

from collections.abc import Sequence
from operator import index
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlcnn.reference.errors import ShapeError

__all__ = [
    "Array",
    "IntOrPair",
    "Pair",
    "as_pair",
    "require_images",
    "require_shape",
    "result_type",
]

Array: TypeAlias = NDArray[Any]
Pair: TypeAlias = tuple[int, int]
IntOrPair: TypeAlias = int | Sequence[int]


def as_pair(where: str, name: str, value: IntOrPair) -> Pair:
    """Give `value` as (rows, cols): one integer stands for both.

    Raises:
        ShapeError: `value` is not one or two integers, each at least 1.
    """
    try:
        rows, cols = value if isinstance(value, (tuple, list)) else (value, value)
        pair = index(rows), index(cols)
    except (TypeError, ValueError):
        pair = (0, 0)
    if min(pair) < 1:
        raise ShapeError(
            f"{where}: {name} must be one integer or two (rows, cols), each at least 1. "
            f"Received {name}={value!r}."
        )
    return pair


def require_images(where: str, name: str, images: Array) -> None:
    """Refuse an array that is not a batch of images."""
    if images.ndim != 4:
        raise ShapeError(
            f"{where}: {name} must have the 4 axes (batch, height, width, channels). "
            f"Received {name}.shape={images.shape}."
        )


def require_shape(where: str, name: str, array: Array, shape: tuple[int, ...]) -> None:
    """Refuse an array whose shape does not follow from the other arguments."""
    if array.shape != shape:
        raise ShapeError(
            f"{where}: {name} must have shape {shape} to fit the other arguments. "
            f"Received {name}.shape={array.shape}."
        )


def result_type(inputs: Array) -> np.dtype[Any]:
    """Floating images keep their dtype; integers are computed in float64, as `np.mean` does."""
    return inputs.dtype if inputs.dtype.kind in "fc" else np.dtype(np.float64)
