"""The plain definitions: what each operation computes, as directly as NumPy can say it.

Every name here takes arrays that are known to fit, in the order (batch, *spatial, channels) and of
one dtype, and a grid of windows whose border holds zeros. Checking arguments, mirrors and the order
of axes are the caller's. A faster engine may stand in for any of these functions; they stay the
definition that it is held to.
"""

from collections.abc import Iterator
from functools import reduce
from itertools import repeat
from math import prod
from typing import Literal, TypeAlias

import numpy as np

from dlcnn.reference._arguments import Array, Sizes
from dlcnn.reference._windows import WindowGrid, gather_windows, padded_shape, window_positions
from dlcnn.reference.padding import crop_images, pad_images

__all__ = [
    "Ties",
    "add_windows",
    "average_pool",
    "average_pool_gradient",
    "correlate",
    "correlate_inputs_gradient",
    "correlate_kernel_gradient",
    "max_pool",
    "max_pool_gradient",
    "pad_for_maximum",
    "pixels_averaged",
    "window_rows",
]

Ties: TypeAlias = Literal["first", "all"]


def correlate(
    inputs: Array, kernel: Array, bias: Array | None, grid: WindowGrid, groups: int
) -> Array:
    """Multiply each window with each filter of its group and add up: one row times one column.

    Args:
        inputs: (batch, *spatial, in_channels).
        kernel: (*window, in_channels / groups, filters).
        bias: (filters,) or None.
        grid: where the windows lie.
        groups: parts of the channels and of the filters that have nothing to do with each other.

    Returns:
        (batch, *output, filters).
    """
    rows = window_rows(pad_images(inputs, grid.pads), grid, groups)
    outputs = _join_groups(rows @ _filters_by_group(kernel, groups), inputs.shape[0], grid)
    if bias is not None:
        outputs += bias
    return outputs


def correlate_inputs_gradient(
    grad_outputs: Array, kernel: Array, inputs_shape: Sizes, grid: WindowGrid, groups: int
) -> Array:
    """Hand each output's gradient to the pixels of its window, times the weight between the two.

    This is the adjoint of `correlate` in its inputs, and so the transposed convolution.

    Returns:
        `inputs_shape`, a view into a padded array.
    """
    *_, channels, filters = kernel.shape
    taps = prod(grid.window)
    weights_by_tap = kernel.reshape(taps, channels, groups, filters // groups).transpose(0, 2, 3, 1)
    parts = _split_groups(grad_outputs, groups) @ weights_by_tap
    parts = parts.transpose(0, 2, 1, 3).reshape(
        taps, inputs_shape[0], *grid.output, inputs_shape[-1]
    )
    return crop_images(add_windows(parts, inputs_shape, grid), grid.pads)


def correlate_kernel_gradient(
    inputs: Array, grad_outputs: Array, kernel_shape: Sizes, grid: WindowGrid, groups: int
) -> Array:
    """Add up, for each weight, the pixels it met times the gradient of the output it made.

    Returns:
        `kernel_shape`.
    """
    rows = window_rows(pad_images(inputs, grid.pads), grid, groups)
    gradient = rows.transpose(0, 2, 1) @ _split_groups(grad_outputs, groups)
    return gradient.transpose(1, 0, 2).reshape(kernel_shape)


def window_rows(padded: Array, grid: WindowGrid, groups: int = 1) -> Array:
    """Copy each window into one row: (groups, places in all images, taps * channels of a group)."""
    windows = gather_windows(padded, grid, groups)
    places = padded.shape[0] * prod(grid.output)
    return windows.reshape(groups, places, prod(grid.window) * windows.shape[-1])


def add_windows(parts: Array, inputs_shape: Sizes, grid: WindowGrid) -> Array:
    """Add onto each pixel what the windows hold for it: the adjoint of taking the windows.

    Args:
        parts: (taps, batch, *output, channels), for each tap what goes to the pixel it lies on.
        inputs_shape: (batch, *spatial, channels).
        grid: where the windows lie.

    Returns:
        `inputs_shape` with the border of `grid` around it.
    """
    padded = np.zeros(padded_shape(inputs_shape, grid), parts.dtype)
    for pixels, parts_there in zip(window_positions(padded, grid), parts, strict=True):
        pixels += parts_there
    return padded


def max_pool(inputs: Array, grid: WindowGrid, *, border_counts: bool) -> Array:
    """Keep the largest pixel of each window, channel by channel.

    Args:
        inputs: (batch, *spatial, channels).
        grid: where the windows lie.
        border_counts: whether the zeros of the border take part; else only pixels do.

    Returns:
        (batch, *output, channels).
    """
    return _largest(pad_for_maximum(inputs, grid, border_counts), grid)


def max_pool_gradient(
    grad_outputs: Array, inputs: Array, grid: WindowGrid, ties: Ties, *, border_counts: bool
) -> Array:
    """Hand each output's gradient to the first, or to all, of the pixels that equal it.

    Returns:
        The shape of `inputs`, a view into a padded array.
    """
    padded = pad_for_maximum(inputs, grid, border_counts)
    largest = _largest(padded, grid)
    unclaimed = np.ones(largest.shape, np.bool_)
    grad_padded = np.zeros(padded.shape, grad_outputs.dtype)
    for pixels, are_pixels, grad_pixels in zip(
        window_positions(padded, grid),
        _inside(inputs.shape, grid, border_counts),
        window_positions(grad_padded, grid),
        strict=True,
    ):
        receives = pixels == largest
        if are_pixels is not None:
            receives &= are_pixels
        if ties == "first":
            receives &= unclaimed
            unclaimed ^= receives
        grad_pixels += np.where(receives, grad_outputs, 0)
    return crop_images(grad_padded, grid.pads)


def average_pool(inputs: Array, grid: WindowGrid, *, border_counts: bool) -> Array:
    """Average the pixels of each window, channel by channel; arguments as `max_pool`."""
    padded = pad_images(inputs, grid.pads)
    total = np.zeros((inputs.shape[0], *grid.output, inputs.shape[-1]), padded.dtype)
    for pixels in window_positions(padded, grid):
        total += pixels
    total /= pixels_averaged(inputs.shape, grid, border_counts)
    return total


def average_pool_gradient(
    grad_outputs: Array, inputs_shape: Sizes, grid: WindowGrid, *, border_counts: bool
) -> Array:
    """Share each output's gradient equally among the pixels it averaged.

    Returns:
        `inputs_shape`, a view into a padded array.
    """
    share = grad_outputs / pixels_averaged(inputs_shape, grid, border_counts)
    grad_padded = np.zeros(padded_shape(inputs_shape, grid), grad_outputs.dtype)
    for grad_pixels in window_positions(grad_padded, grid):
        grad_pixels += share
    return crop_images(grad_padded, grid.pads)


def _split_groups(images: Array, groups: int) -> Array:
    """(batch, *output, channels) as (groups, places in all images, channels of a group)."""
    *places, channels = images.shape
    return images.reshape(prod(places), groups, channels // groups).transpose(1, 0, 2)


def _filters_by_group(kernel: Array, groups: int) -> Array:
    """(*window, channels of a group, filters) as (groups, taps * channels, filters of a group)."""
    *window, channels, filters = kernel.shape
    split = kernel.reshape(prod(window) * channels, groups, filters // groups)
    return split.transpose(1, 0, 2)


def _join_groups(rows: Array, batch: int, grid: WindowGrid) -> Array:
    """The inverse of `_split_groups`."""
    groups, _, channels = rows.shape
    return rows.transpose(1, 0, 2).reshape(batch, *grid.output, groups * channels)


def pad_for_maximum(inputs: Array, grid: WindowGrid, border_counts: bool) -> Array:
    """Pad with zeros, or with a value that no pixel is below."""
    if border_counts or not any(map(any, grid.pads)):
        return pad_images(inputs, grid.pads)
    if inputs.dtype.kind == "f":
        return pad_images(inputs, grid.pads, -np.inf)
    lowest = False if inputs.dtype.kind == "b" else np.iinfo(inputs.dtype).min
    return pad_images(inputs, grid.pads, lowest)


def _inside(
    inputs_shape: Sizes, grid: WindowGrid, border_counts: bool
) -> Iterator[Array] | Iterator[None]:
    """Tell pixels, for each tap, from a border that stands for nothing; None: all may count.

    The value that fills such a border may be a pixel's too, and must not claim what is the pixel's.
    """
    if border_counts or not any(map(any, grid.pads)):
        return repeat(None, prod(grid.window))
    image = np.ones((1, *inputs_shape[1:-1], 1), np.bool_)
    return window_positions(pad_images(image, grid.pads), grid)


def _largest(padded: Array, grid: WindowGrid) -> Array:
    # The copy keeps a window of one pixel from returning a view of the caller's array.
    positions = window_positions(padded, grid)
    return reduce(np.maximum, positions, next(positions).copy())


def pixels_averaged(inputs_shape: Sizes, grid: WindowGrid, border_counts: bool) -> Array | int:
    """Count the pixels each average is over: broadcasts against the outputs."""
    if border_counts or not any(map(any, grid.pads)):
        return prod(grid.window)
    counts: Array = np.ones(1)
    for size, window, stride, (before, _), places in zip(
        inputs_shape[1:-1], grid.window, grid.strides, grid.pads, grid.output, strict=True
    ):
        starts = np.arange(places) * stride - before
        inside = np.minimum(starts + window, size) - np.maximum(starts, 0)
        counts = counts[..., None] * inside
    return counts[0, ..., None]
