"""The checks every operation makes on its arguments, and the two orders of axes; no arithmetic."""

from collections.abc import Sequence
from operator import index
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dlcnn.reference.errors import ShapeError

__all__ = [
    "Array",
    "DataFormat",
    "IntOrSizes",
    "Sizes",
    "as_images",
    "as_numbers",
    "as_output_gradient",
    "as_sizes",
    "from_channels_last",
    "require_data_format",
    "require_images",
    "require_shape",
    "result_type",
    "shape_in_format",
]

Array: TypeAlias = NDArray[Any]
DataFormat: TypeAlias = Literal["channels_last", "channels_first"]
Sizes: TypeAlias = tuple[int, ...]  # one number for each spatial axis
IntOrSizes: TypeAlias = int | Sequence[int]

_SIZES = {1: "one (length,)", 2: "two (rows, cols)", 3: "three (depth, rows, cols)"}
_SPATIAL = {1: "length", 2: "height, width", 3: "depth, height, width"}


def as_sizes(where: str, name: str, value: IntOrSizes, axes: int, *, least: int = 1) -> Sizes:
    """Give `value` as one integer for each of `axes` spatial axes: one integer stands for all.

    Raises:
        ShapeError: `value` is not one integer or `axes` of them, each at least `least`.
    """
    try:
        sizes = tuple(map(index, value if isinstance(value, (tuple, list)) else (value,) * axes))
    except TypeError:
        sizes = ()
    if len(sizes) != axes or min(sizes) < least:
        raise ShapeError(
            f"{where}: {name} must be one integer or {_SIZES[axes]}, each at least {least}. "
            f"Received {name}={value!r}."
        )
    return sizes


def as_numbers(where: str, name: str, values: Array) -> Array:
    """Give `values` as an array of real numbers; truth values count as 0 and 1.

    Raises:
        ValueError: `values` holds complex numbers, text or Python objects.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"{where}: {name} must hold floating-point numbers, integers or truth values. "
            f"Received {name}.dtype={array.dtype}."
        )
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def as_images(where: str, name: str, images: Array, axes: int, data_format: DataFormat) -> Array:
    """Give a batch of numbers as (batch, *spatial, channels), a view where axes must move.

    Raises:
        ShapeError: `images` does not have `axes` spatial axes, a batch axis and channels.
        ValueError: `images` does not hold real numbers, or `data_format` is neither of the two.
    """
    array = as_numbers(where, name, images)
    require_data_format(where, data_format)
    require_images(where, name, array, axes, data_format)
    return array if data_format == "channels_last" else np.moveaxis(array, 1, -1)


def as_output_gradient(
    where: str, grad_outputs: Array, shape: Sizes, data_format: DataFormat
) -> Array:
    """Give `grad_outputs` as (batch, *spatial, channels), refusing any other shape than `shape`."""
    array = as_numbers(where, "grad_outputs", grad_outputs)
    require_shape(where, "grad_outputs", array, shape_in_format(shape, data_format))
    return array if data_format == "channels_last" else np.moveaxis(array, 1, -1)


def from_channels_last(images: Array, data_format: DataFormat) -> Array:
    """Give (batch, *spatial, channels) in the caller's order of axes, a view where they move."""
    return images if data_format == "channels_last" else np.moveaxis(images, -1, 1)


def shape_in_format(shape: Sizes, data_format: DataFormat) -> Sizes:
    """Reorder the shape (batch, *spatial, channels) as its array would be."""
    return shape if data_format == "channels_last" else (shape[0], shape[-1], *shape[1:-1])


def require_images(
    where: str,
    name: str,
    images: Array,
    axes: int = 2,
    data_format: DataFormat = "channels_last",
) -> None:
    """Refuse an array that is not a batch of images (or of sequences, or of volumes)."""
    if images.ndim != axes + 2:
        pixels = _SPATIAL[axes]
        last = data_format == "channels_last"
        names = f"batch, {pixels}, channels" if last else f"batch, channels, {pixels}"
        raise ShapeError(
            f"{where}: {name} must have the {axes + 2} axes ({names}). "
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
    return inputs.dtype if inputs.dtype.kind == "f" else np.dtype(np.float64)


def require_data_format(where: str, data_format: str) -> None:
    """Refuse an order of axes that is neither of the two."""
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(
            f"{where}: data_format must be 'channels_last' or 'channels_first'. "
            f"Received data_format={data_format!r}."
        )
