"""Pooling along any number of axes: what the one- and two-dimensional functions share.

Checks the arguments, lays out the windows and the mirrors, and leaves the numbers to `engine`.
"""

from typing import NamedTuple

import numpy as np

from dlcnn.reference import engine
from dlcnn.reference._arguments import (
    Array,
    DataFormat,
    IntOrSizes,
    as_images,
    as_output_gradient,
    as_sizes,
    from_channels_last,
    result_type,
)
from dlcnn.reference._windows import WindowGrid, lay_mirror, place_windows
from dlcnn.reference.padding import Padding, fold_mirror
from dlcnn.reference.plain import Ties

__all__ = [
    "PoolOptions",
    "average_pool",
    "average_pool_gradients",
    "max_pool",
    "max_pool_gradients",
]


class PoolOptions(NamedTuple):
    """How pooling is done, in the words of its public functions."""

    pool_size: IntOrSizes
    strides: IntOrSizes | None
    padding: Padding
    data_format: DataFormat

    @property
    def border_counts(self) -> bool:
        """Whether the zeros of the border are pixels too, not what a name had to add."""
        return not isinstance(self.padding, str)


def max_pool(where: str, axes: int, inputs: Array, options: PoolOptions) -> Array:
    """Keep the largest pixel of each window; arguments and errors as `max_pool2d`."""
    images, grid = lay_mirror(where, *_place_pool(where, axes, inputs, options))
    outputs = engine.max_pool(images, grid, border_counts=options.border_counts)
    return from_channels_last(outputs, options.data_format)


def max_pool_gradients(
    where: str,
    axes: int,
    grad_outputs: Array,
    inputs: Array,
    options: PoolOptions,
    ties: Ties,
) -> Array:
    """Carry a gradient back through `max_pool`; arguments and errors as `max_pool2d_gradients`."""
    if ties not in ("first", "all"):
        raise ValueError(f"{where}: ties must be 'first' or 'all'. Received ties={ties!r}.")
    images, outer = _place_pool(where, axes, inputs, options)
    grad_outputs = _as_gradient(where, grad_outputs, images, outer, options)
    images, grid = lay_mirror(where, images, outer)
    gradient = engine.max_pool_gradient(
        grad_outputs, images, grid, ties, border_counts=options.border_counts
    )
    if grid is not outer:
        gradient = fold_mirror(gradient, outer.pads, outer.mode)
    return from_channels_last(gradient, options.data_format)


def average_pool(where: str, axes: int, inputs: Array, options: PoolOptions) -> Array:
    """Average the pixels of each window; arguments and errors as `average_pool2d`."""
    images, grid = lay_mirror(where, *_place_pool(where, axes, inputs, options))
    dtype = result_type(images)
    # Half precision ends at 65504: a sum of a few hundred pixels may not, when their average does.
    images = images.astype(np.promote_types(dtype, np.float32), copy=False)
    outputs = engine.average_pool(images, grid, border_counts=options.border_counts)
    return from_channels_last(outputs.astype(dtype, copy=False), options.data_format)


def average_pool_gradients(
    where: str, axes: int, grad_outputs: Array, inputs: Array, options: PoolOptions
) -> Array:
    """Carry a gradient back through `average_pool`; as `average_pool2d_gradients`."""
    images, outer = _place_pool(where, axes, inputs, options)
    grad_outputs = _as_gradient(where, grad_outputs, images, outer, options)
    images, grid = lay_mirror(where, images, outer)
    gradient = engine.average_pool_gradient(
        grad_outputs, images.shape, grid, border_counts=options.border_counts
    )
    if grid is not outer:
        gradient = fold_mirror(gradient, outer.pads, outer.mode)
    return from_channels_last(gradient, options.data_format)


def _place_pool(
    where: str, axes: int, inputs: Array, options: PoolOptions
) -> tuple[Array, WindowGrid]:
    """Give the checked images and the windows over them."""
    images = as_images(where, "inputs", inputs, axes, options.data_format)
    window = as_sizes(where, "pool_size", options.pool_size, axes)
    strides = window if options.strides is None else options.strides
    return images, place_windows(where, images.shape[1:-1], window, strides, options.padding)


def _as_gradient(
    where: str, grad_outputs: Array, images: Array, grid: WindowGrid, options: PoolOptions
) -> Array:
    """Give the checked gradient in the dtype that the images are computed in."""
    shape = (images.shape[0], *grid.output, images.shape[-1])
    gradient = as_output_gradient(where, grad_outputs, shape, options.data_format)
    return gradient.astype(result_type(images), copy=False)
