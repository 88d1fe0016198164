"""Max and average pooling of images and their gradients; knows no layers and no course.

Padding follows TensorFlow: what "same" adds takes no part in a maximum or an average, while
((top, bottom), (left, right)) is a border of zeros that does, as a ZeroPadding2D before the pool.
"""

from functools import reduce
from typing import Literal

import numpy as np

from dlcnn.reference._arguments import (
    Array,
    IntOrPair,
    as_pair,
    require_images,
    require_shape,
    result_type,
)
from dlcnn.reference._windows import WindowGrid, place_windows, window_positions
from dlcnn.reference.padding import Padding, crop_images, pad_images

__all__ = ["average_pool2d", "average_pool2d_gradients", "max_pool2d", "max_pool2d_gradients"]


def max_pool2d(
    inputs: Array,
    pool_size: IntOrPair,
    *,
    strides: IntOrPair | None = None,
    padding: Padding = "valid",
) -> Array:
    """Keep the largest pixel of each window, channel by channel.

    Args:
        inputs: (batch, height, width, channels).
        pool_size: pixels a window covers, int or (rows, cols), each >= 1.
        strides: pixels moved per output position, int or (rows, cols); None: `pool_size`.
        padding: "valid", "same" or ((top, bottom), (left, right)) pixels of zeros.

    Returns:
        (batch, out_height, out_width, channels) with the dtype of `inputs`.

    Raises:
        ShapeError: `inputs` are not images, or the window does not fit in the padded image.

    Source: agrees with `keras.ops.max_pool`.
    """
    grid = _place_pool("max_pool2d", inputs, pool_size, strides, padding)
    return _largest(_pad_below(inputs, grid, padding), grid)


def max_pool2d_gradients(
    grad_outputs: Array,
    inputs: Array,
    pool_size: IntOrPair,
    *,
    strides: IntOrPair | None = None,
    padding: Padding = "valid",
    ties: Literal["first", "all"] = "first",
) -> Array:
    """Carry a gradient back through `max_pool2d`, to the pixels that were the largest.

    Args:
        grad_outputs: (batch, out_height, out_width, channels), the loss's gradient with respect
            to what `max_pool2d` returned.
        inputs: as given to `max_pool2d`.
        pool_size: as given to `max_pool2d`.
        strides: as given to `max_pool2d`.
        padding: as given to `max_pool2d`.
        ties: who receives the gradient when several pixels of a window are the largest: the
            "first" in reading order, as TensorFlow does, or "all" of them, as the course does.

    Returns:
        grad_inputs, the shape of `inputs` and its dtype (float64 for integer `inputs`).

    Raises:
        ShapeError: as `max_pool2d`, or `grad_outputs` does not have its output's shape.

    Source: agrees with `tf.GradientTape` over `keras.ops.max_pool`.
    """
    where = "max_pool2d_gradients"
    grid = _place_pool(where, inputs, pool_size, strides, padding)
    require_shape(where, "grad_outputs", grad_outputs, _output_shape(inputs, grid))
    padded = _pad_below(inputs, grid, padding)
    largest = _largest(padded, grid)
    unclaimed = np.ones(largest.shape, dtype=np.bool_)

    grad_padded = np.zeros(padded.shape, result_type(inputs))
    for pixels, grad_pixels in zip(
        window_positions(padded, grid), window_positions(grad_padded, grid), strict=True
    ):
        receives = (pixels == largest) & unclaimed
        grad_pixels += grad_outputs * receives
        if ties == "first":
            unclaimed &= ~receives
    return crop_images(grad_padded, grid.pads)


def average_pool2d(
    inputs: Array,
    pool_size: IntOrPair,
    *,
    strides: IntOrPair | None = None,
    padding: Padding = "valid",
) -> Array:
    """Average the pixels of each window, channel by channel.

    Args:
        inputs: (batch, height, width, channels).
        pool_size: pixels a window covers, int or (rows, cols), each >= 1.
        strides: pixels moved per output position, int or (rows, cols); None: `pool_size`.
        padding: "valid", "same" or ((top, bottom), (left, right)) pixels of zeros.

    Returns:
        (batch, out_height, out_width, channels) with the dtype of `inputs`
        (float64 for integer `inputs`).

    Raises:
        ShapeError: `inputs` are not images, or the window does not fit in the padded image.

    Source: agrees with `keras.ops.average_pool`.
    """
    grid = _place_pool("average_pool2d", inputs, pool_size, strides, padding)
    padded = pad_images(inputs.astype(result_type(inputs), copy=False), grid.pads)
    total = np.zeros(_output_shape(inputs, grid), padded.dtype)
    for pixels in window_positions(padded, grid):
        total += pixels
    total /= _pixels_averaged(inputs, grid, padding)
    return total


def average_pool2d_gradients(
    grad_outputs: Array,
    inputs: Array,
    pool_size: IntOrPair,
    *,
    strides: IntOrPair | None = None,
    padding: Padding = "valid",
) -> Array:
    """Carry a gradient back through `average_pool2d`, an equal share to each pixel averaged.

    Args:
        grad_outputs: (batch, out_height, out_width, channels), the loss's gradient with respect
            to what `average_pool2d` returned.
        inputs: as given to `average_pool2d`; only its shape and dtype matter.
        pool_size: as given to `average_pool2d`.
        strides: as given to `average_pool2d`.
        padding: as given to `average_pool2d`.

    Returns:
        grad_inputs, the shape of `inputs` and its dtype (float64 for integer `inputs`).

    Raises:
        ShapeError: as `average_pool2d`, or `grad_outputs` does not have its output's shape.

    Source: agrees with `tf.GradientTape` over `keras.ops.average_pool`.
    """
    where = "average_pool2d_gradients"
    grid = _place_pool(where, inputs, pool_size, strides, padding)
    require_shape(where, "grad_outputs", grad_outputs, _output_shape(inputs, grid))
    share = grad_outputs / _pixels_averaged(inputs, grid, padding)
    (top, bottom), (left, right) = grid.pads
    batch, height, width, channels = inputs.shape
    padded_shape = (batch, top + height + bottom, left + width + right, channels)
    grad_padded = np.zeros(padded_shape, result_type(inputs))
    for grad_pixels in window_positions(grad_padded, grid):
        grad_pixels += share
    return crop_images(grad_padded, grid.pads)


def _place_pool(
    where: str, inputs: Array, pool_size: IntOrPair, strides: IntOrPair | None, padding: Padding
) -> WindowGrid:
    require_images(where, "inputs", inputs)
    window = as_pair(where, "pool_size", pool_size)
    return place_windows(where, inputs, window, window if strides is None else strides, padding)


def _output_shape(inputs: Array, grid: WindowGrid) -> tuple[int, ...]:
    return (inputs.shape[0], *grid.output, inputs.shape[3])


def _pad_below(inputs: Array, grid: WindowGrid, padding: Padding) -> Array:
    """Pad with zeros, or for "same" with a value that no pixel is below."""
    if padding != "same":
        return pad_images(inputs, grid.pads)
    lowest = -np.inf if inputs.dtype.kind == "f" else np.iinfo(inputs.dtype).min
    return pad_images(inputs, grid.pads, lowest)


def _largest(padded: Array, grid: WindowGrid) -> Array:
    # The copy keeps a window of one pixel from returning a view of the caller's array.
    positions = window_positions(padded, grid)
    return reduce(np.maximum, positions, next(positions).copy())


def _pixels_averaged(inputs: Array, grid: WindowGrid, padding: Padding) -> Array | int:
    """Count the pixels each average is over: broadcasts against the outputs."""
    rows, cols = grid.window
    if padding != "same":
        return rows * cols
    _, height, width, _ = inputs.shape
    (top, _), (left, _) = grid.pads
    rows_inside = _pixels_inside(height, rows, grid.strides[0], top, grid.output[0])
    cols_inside = _pixels_inside(width, cols, grid.strides[1], left, grid.output[1])
    counts: Array = np.outer(rows_inside, cols_inside)[:, :, None]
    return counts


def _pixels_inside(size: int, window: int, stride: int, pad_before: int, places: int) -> Array:
    """Count, for each place along one axis, the pixels of the window that are not padding."""
    starts = np.arange(places) * stride - pad_before
    inside: Array = np.minimum(starts + window, size) - np.maximum(starts, 0)
    return inside
