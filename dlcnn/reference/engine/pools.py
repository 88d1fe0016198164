"""Pooling a few images at a time, one axis after the other.

The largest of a window is the largest of its rows' largest, and an average adds up likewise: three
by three pixels take two comparisons along each axis instead of eight. A few images at a time stay
in the cache from the first axis to the last. Gradients go the way back: to the first row that has
the largest, then along that row; so they find the first in reading order, or all.
"""

from collections.abc import Callable, Iterator
from math import prod

import numpy as np

from dlcnn.reference import plain
from dlcnn.reference._arguments import Array, Sizes
from dlcnn.reference._windows import WindowGrid, padded_shape
from dlcnn.reference.engine.pixels import all_finite
from dlcnn.reference.engine.settings import Settings
from dlcnn.reference.engine.sharing import share
from dlcnn.reference.padding import crop_images, pad_images
from dlcnn.reference.plain import Ties

__all__ = ["average_pool", "average_pool_gradient", "max_pool", "max_pool_gradient"]

_BLOCK_BYTES = 1 << 19


def max_pool(inputs: Array, grid: WindowGrid, settings: Settings, *, border_counts: bool) -> Array:
    """As `plain.max_pool`."""
    outputs = np.empty((inputs.shape[0], *grid.output, inputs.shape[-1]), inputs.dtype)

    def pool(images: slice) -> None:
        padded = plain.pad_for_maximum(inputs[images], grid, border_counts)
        _reduced(np.maximum, padded, grid, outputs[images])

    _for_each_block(inputs, settings, pool)
    return outputs


def max_pool_gradient(
    grad_outputs: Array,
    inputs: Array,
    grid: WindowGrid,
    ties: Ties,
    settings: Settings,
    *,
    border_counts: bool,
) -> Array:
    """As `plain.max_pool_gradient`."""
    gradient = np.empty(inputs.shape, grad_outputs.dtype)
    bordered = any(map(any, grid.pads))

    def hand_back(images: slice) -> None:
        if not (all_finite(inputs[images]) and all_finite(grad_outputs[images])):
            gradient[images] = plain.max_pool_gradient(
                grad_outputs[images], inputs[images], grid, ties, border_counts=border_counts
            )
            return
        finer = [plain.pad_for_maximum(inputs[images], grid, border_counts)]
        axes = range(len(grid.window), 0, -1)  # along the rows first: the first in reading order
        for axis in axes:
            finer.append(_reduced_along(np.maximum, finer[-1], grid, axis))
        grad = grad_outputs[images]
        for axis in reversed(axes):
            largest = finer.pop()
            last = not (len(finer) > 1 or bordered)
            handed = gradient[images] if last else np.empty(finer[-1].shape, gradient.dtype)
            _hand_back(grad, finer[-1], largest, grid, axis, ties, handed)
            grad = handed
        if bordered:
            gradient[images] = crop_images(grad, grid.pads)

    _for_each_block(inputs, settings, hand_back)
    return gradient


def average_pool(
    inputs: Array, grid: WindowGrid, settings: Settings, *, border_counts: bool
) -> Array:
    """As `plain.average_pool`."""
    outputs = np.empty((inputs.shape[0], *grid.output, inputs.shape[-1]), inputs.dtype)
    averaged = plain.pixels_averaged(inputs.shape, grid, border_counts)

    def pool(images: slice) -> None:
        _reduced(np.add, pad_images(inputs[images], grid.pads), grid, outputs[images])
        outputs[images] /= averaged

    _for_each_block(inputs, settings, pool)
    return outputs


def average_pool_gradient(
    grad_outputs: Array,
    inputs_shape: Sizes,
    grid: WindowGrid,
    settings: Settings,
    *,
    border_counts: bool,
) -> Array:
    """As `plain.average_pool_gradient`."""
    gradient = np.empty(inputs_shape, grad_outputs.dtype)
    averaged = plain.pixels_averaged(inputs_shape, grid, border_counts)
    sizes = padded_shape(inputs_shape, grid)[1:-1]
    bordered = any(map(any, grid.pads))

    def hand_back(images: slice) -> None:
        grad = grad_outputs[images] / averaged
        for axis, size in enumerate(sizes, start=1):
            shape = (*grad.shape[:axis], size, *grad.shape[axis + 1 :])
            last = not (axis < len(sizes) or bordered)
            spread = gradient[images] if last else np.empty(shape, gradient.dtype)
            _spread_back(grad, grid, axis, spread)
            grad = spread
        if bordered:
            gradient[images] = crop_images(grad, grid.pads)

    _for_each_block(gradient, settings, hand_back)
    return gradient


def _for_each_block(inputs: Array, settings: Settings, do: Callable[[slice], None]) -> None:
    """Do it for a few images at a time, in as many threads as may work."""
    image_bytes = prod(inputs.shape[1:]) * inputs.dtype.itemsize
    at_once = max(1, settings.scratch_bytes(_BLOCK_BYTES) // max(1, image_bytes))
    blocks = [
        slice(start, min(start + at_once, len(inputs))) for start in range(0, len(inputs), at_once)
    ]

    def work(tasks: Iterator[slice]) -> None:
        for images in tasks:
            do(images)

    share(blocks, work, settings.threads_with(3 * at_once * image_bytes))


def _reduced(operation: np.ufunc, values: Array, grid: WindowGrid, outputs: Array) -> None:
    """Write what `operation` makes of the pixels of each window; rows of pixels first."""
    axes = len(grid.window)
    for axis in range(1, axes):
        values = _reduced_along(operation, values, grid, axis)
    _reduced_along(operation, values, grid, axes, outputs)


def _reduced_along(
    operation: np.ufunc, values: Array, grid: WindowGrid, axis: int, outputs: Array | None = None
) -> Array:
    """What `operation` makes of the taps along one axis."""
    first, *others = (values[tap] for tap in _taps(grid, axis))
    if not others:
        if outputs is None:
            return first
        outputs[...] = first
        return outputs
    made: Array = operation(first, others[0], out=outputs)
    for other in others[1:]:
        operation(made, other, out=made)
    return made


def _hand_back(
    grad: Array,
    finer: Array,
    largest: Array,
    grid: WindowGrid,
    axis: int,
    ties: Ties,
    handed: Array,
) -> None:
    """Hand a gradient to the first, or to all, of the taps along one axis that are the largest."""
    _zero_unreached(handed, grid, axis)
    unclaimed: Array | None = None
    for tap, pixels in enumerate(_taps(grid, axis)):
        if ties == "first" and unclaimed is not None and tap == grid.window[axis - 1] - 1:
            receives = unclaimed  # one of all finite pixels is the largest
        else:
            receives = finer[pixels] == largest
            if ties == "first" and unclaimed is not None:
                receives &= unclaimed
                unclaimed ^= receives
            elif ties == "first":
                unclaimed = ~receives
        if tap < grid.strides[axis - 1]:
            np.multiply(grad, receives, out=handed[pixels])
        else:
            handed[pixels] += grad * receives


def _spread_back(grad: Array, grid: WindowGrid, axis: int, spread: Array) -> None:
    """Hand a gradient to all taps along one axis."""
    _zero_unreached(spread, grid, axis)
    for tap, pixels in enumerate(_taps(grid, axis)):
        if tap < grid.strides[axis - 1]:
            spread[pixels] = grad
        else:
            spread[pixels] += grad


def _zero_unreached(finer: Array, grid: WindowGrid, axis: int) -> None:
    """Begin with zeros where none of the first taps, a stride of them, lies on."""
    window, stride, places = (each[axis - 1] for each in (grid.window, grid.strides, grid.output))
    before = (slice(None),) * axis
    finer[(*before, slice(places * stride, None))] = 0
    for gap in range(window, stride):
        finer[(*before, slice(gap, None, stride))] = 0


def _taps(grid: WindowGrid, axis: int) -> Iterator[tuple[slice, ...]]:
    """For each tap along one axis, the pixels of all windows that it lies on."""
    stride, places = grid.strides[axis - 1], grid.output[axis - 1]
    for tap in range(grid.window[axis - 1]):
        yield (slice(None),) * axis + (slice(tap, tap + (places - 1) * stride + 1, stride),)
