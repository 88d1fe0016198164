"""How the reference is made fast: the functions of `plain`, with the same arguments and results.

Each picks an algorithm for its arguments; what none of them is made for, and what is so small that
any plan costs more than the work, is left to `plain`. Four rooms hold the algorithms: `columns` (a
product of matrices made piece by piece), `scatter` (the same the other way around), `winograd`
(fewer products for kernels of 3x3) and `pools`. They share `blocks`, `pixels` and `products` (what
is computed at a time), `sharing` and `blas` (threads, while BLAS keeps to one) and `settings` (what
may be used). Which algorithm is taken, and in which pieces, follows from the arguments and the
memory allowed: results do not depend on the number of threads.

Measured in `benchmarks/convolution.py`.
"""

from contextlib import AbstractContextManager, nullcontext
from math import prod

import numpy as np

from dlcnn.reference import plain
from dlcnn.reference._arguments import Array, Sizes
from dlcnn.reference._windows import WindowGrid
from dlcnn.reference.engine import columns, pools, scatter, winograd
from dlcnn.reference.engine.blas import one_blas_thread
from dlcnn.reference.engine.blocks import Places
from dlcnn.reference.engine.pixels import all_finite
from dlcnn.reference.engine.settings import current, settings
from dlcnn.reference.plain import Ties

__all__ = [
    "average_pool",
    "average_pool_gradient",
    "bias_gradient",
    "correlate",
    "correlate_inputs_gradient",
    "correlate_kernel_gradient",
    "max_pool",
    "max_pool_gradient",
    "settings",
]

# All windows as rows: up to this, or to the size of a few kernels, a plan costs more than it saves.
_SMALL_BYTES, _FEW_KERNELS = 1 << 21, 4
_FEW = 1 << 16  # numbers that are pooled or added up at once
_PLACES, _ROWS = 64, 64  # places in a row, and rows in a part, of a sum over all of them
_WINOGRAD_CHANNELS = 32  # below, its transforms cost more than the products that it saves


def correlate(
    inputs: Array, kernel: Array, bias: Array | None, grid: WindowGrid, groups: int
) -> Array:
    """As `plain.correlate`."""
    if not _suits(inputs, inputs.shape, kernel.shape, grid, groups):
        with _plainly():
            return plain.correlate(inputs, kernel, bias, grid, groups)
    outputs = np.empty((inputs.shape[0], *grid.output, kernel.shape[-1]), inputs.dtype)
    with one_blas_thread:
        _correlate(*_in_two_axes(inputs, kernel, outputs, grid), bias)
    return outputs


def correlate_inputs_gradient(
    grad_outputs: Array, kernel: Array, inputs_shape: Sizes, grid: WindowGrid, groups: int
) -> Array:
    """As `plain.correlate_inputs_gradient`."""
    dilated = max(grid.dilation_rate) > 1
    if (
        not _suits(grad_outputs, inputs_shape, kernel.shape, grid, groups)
        or (dilated and max(grid.strides) > 1)
        or not (all_finite(kernel) and all_finite(grad_outputs))
    ):
        with _plainly():
            return plain.correlate_inputs_gradient(grad_outputs, kernel, inputs_shape, grid, groups)
    gradient = np.empty(inputs_shape, grad_outputs.dtype)
    pixels, kernel, gradients, places = _in_two_axes(gradient, kernel, grad_outputs, grid)
    with one_blas_thread:
        if dilated or places.window == places.strides == (1, 1) or _suits_winograd(kernel, places):
            around = _turned_around(places, pixels.shape)
            turned = kernel[::-1, ::-1].transpose(0, 1, 3, 2)
            _correlate(gradients, turned, pixels, around, None)
        else:
            scatter.inputs_gradient(gradients, kernel, places, pixels, current())
    return gradient


def correlate_kernel_gradient(
    inputs: Array, grad_outputs: Array, kernel_shape: Sizes, grid: WindowGrid, groups: int
) -> Array:
    """As `plain.correlate_kernel_gradient`."""
    if not _suits(inputs, inputs.shape, kernel_shape, grid, groups):
        with _plainly():
            return plain.correlate_kernel_gradient(inputs, grad_outputs, kernel_shape, grid, groups)
    kernel = np.empty(kernel_shape, inputs.dtype)
    images, kernel, gradients, places = _in_two_axes(inputs, kernel, grad_outputs, grid)
    by_winograd = (
        _suits_winograd(kernel, places)
        and current().allows(winograd.sums_bytes(kernel))
        and all_finite(images)
        and all_finite(gradients)
    )
    how = winograd if by_winograd else columns
    with one_blas_thread:
        gradient: Array = how.kernel_gradient(images, gradients, places, current())
    return gradient.reshape(kernel_shape)


def bias_gradient(grad_outputs: Array) -> Array:
    """Add up (batch, *spatial, filters) over all places, to (filters,)."""
    filters = grad_outputs.shape[-1]
    places = grad_outputs.reshape(-1, filters)
    if grad_outputs.size <= _FEW or not grad_outputs.flags.c_contiguous:
        return np.asarray(places.sum(axis=0))
    whole = len(places) // _PLACES * _PLACES
    rows = places[:whole].reshape(-1, _PLACES * filters)  # long ones: BLAS is at its speed then
    starts = range(0, len(rows), _ROWS)
    ones = np.ones(_ROWS, rows.dtype)
    sums = np.empty((len(starts) + 1, _PLACES, filters), rows.dtype)
    with one_blas_thread:
        for number, start in enumerate(starts):
            part = rows[start : start + _ROWS]
            np.matmul(ones[: len(part)], part, out=sums[number].reshape(-1))
    sums[-1] = 0
    sums[-1, : len(places) - whole] = places[whole:]
    # Along a contiguous axis NumPy adds in pairs: many places cost little accuracy.
    return np.asarray(np.ascontiguousarray(sums.reshape(-1, filters).T).sum(axis=1))


def max_pool(inputs: Array, grid: WindowGrid, *, border_counts: bool) -> Array:
    """As `plain.max_pool`."""
    if not _suits_pools(inputs):
        return plain.max_pool(inputs, grid, border_counts=border_counts)
    return pools.max_pool(inputs, grid, current(), border_counts=border_counts)


def max_pool_gradient(
    grad_outputs: Array, inputs: Array, grid: WindowGrid, ties: Ties, *, border_counts: bool
) -> Array:
    """As `plain.max_pool_gradient`."""
    if not _suits_pools(inputs):
        return plain.max_pool_gradient(
            grad_outputs, inputs, grid, ties, border_counts=border_counts
        )
    with one_blas_thread:
        return pools.max_pool_gradient(
            grad_outputs, inputs, grid, ties, current(), border_counts=border_counts
        )


def average_pool(inputs: Array, grid: WindowGrid, *, border_counts: bool) -> Array:
    """As `plain.average_pool`."""
    if not _suits_pools(inputs):
        return plain.average_pool(inputs, grid, border_counts=border_counts)
    return pools.average_pool(inputs, grid, current(), border_counts=border_counts)


def average_pool_gradient(
    grad_outputs: Array, inputs_shape: Sizes, grid: WindowGrid, *, border_counts: bool
) -> Array:
    """As `plain.average_pool_gradient`."""
    if not _suits_pools(grad_outputs):
        return plain.average_pool_gradient(
            grad_outputs, inputs_shape, grid, border_counts=border_counts
        )
    return pools.average_pool_gradient(
        grad_outputs, inputs_shape, grid, current(), border_counts=border_counts
    )


def _plainly() -> AbstractContextManager[None]:
    """What `plain` computes in: BLAS as it is, or one thread where threads were bounded."""
    return nullcontext() if current().threads is None else one_blas_thread


def _suits_pools(values: Array) -> bool:
    """Whether it is worth pooling a few images at a time."""
    return values.size > _FEW and values.dtype in (np.float32, np.float64)


def _suits(
    values: Array, inputs_shape: Sizes, kernel_shape: Sizes, grid: WindowGrid, groups: int
) -> bool:
    """Whether the algorithms here are made for such a correlation, and it is worth one."""
    places = inputs_shape[0] * prod(grid.output)
    windows_bytes = places * prod(kernel_shape[:-1]) * values.itemsize
    kernel_bytes = prod(kernel_shape) * values.itemsize
    return (
        windows_bytes > current().scratch_bytes(max(_SMALL_BYTES, _FEW_KERNELS * kernel_bytes))
        and groups == 1
        and len(grid.window) <= 2
        and values.dtype in (np.float32, np.float64)
        and min(*inputs_shape, *kernel_shape) > 0
    )


def _suits_winograd(kernel: Array, places: Places) -> bool:
    """Whether Winograd's algorithm is allowed, possible and faster."""
    return (
        not current().exact
        and places.window == (3, 3)
        and places.strides == places.dilation_rate == (1, 1)
        and min(kernel.shape[2:]) >= _WINOGRAD_CHANNELS
    )


def _correlate(
    images: Array, kernel: Array, outputs: Array, places: Places, bias: Array | None
) -> None:
    """Write a correlation over two axes by the algorithm that suits it."""
    by_winograd = _suits_winograd(kernel, places) and all_finite(images) and all_finite(kernel)
    how = winograd if by_winograd else columns
    how.correlate(images, kernel, bias, places, outputs, current())


def _turned_around(places: Places, pixels: Sizes) -> Places:
    """Where the windows of the kernel turned around lie on the outputs, one for each pixel."""
    extents = [
        (taps - 1) * rate for taps, rate in zip(places.window, places.dilation_rate, strict=True)
    ]
    return Places(
        places.window,
        (1, 1),
        places.dilation_rate,
        top=extents[0] - places.top,
        left=extents[1] - places.left,
        rows=pixels[1],
        cols=pixels[2],
    )


def _in_two_axes(
    images: Array, kernel: Array, outputs: Array, grid: WindowGrid
) -> tuple[Array, Array, Array, Places]:
    """Views with two spatial axes, and where the windows lie.

    Sequences are images of one row; so are all pixels together where windows are single pixels.
    """
    kernel = kernel.reshape(*_two(kernel.shape[:-2]), *kernel.shape[-2:])
    if _is_one_product(grid) and images.flags.c_contiguous and outputs.flags.c_contiguous:
        images = images.reshape(1, 1, -1, images.shape[-1])
        outputs = outputs.reshape(1, 1, -1, outputs.shape[-1])
        places = Places((1, 1), (1, 1), (1, 1), 0, 0, 1, outputs.shape[2])
        return images, kernel, outputs, places
    (top, _), (left, _) = ((0, 0), *grid.pads)[-2:]
    sizes = _two(grid.window), _two(grid.strides), _two(grid.dilation_rate)
    places = Places(*sizes, top, left, *_two(grid.output))
    return _as_images(images), kernel, _as_images(outputs), places


def _is_one_product(grid: WindowGrid) -> bool:
    """Whether each output is made of one pixel, in the same order."""
    return max(grid.window) == max(grid.strides) == 1 and not any(map(any, grid.pads))


def _as_images(arrays: Array) -> Array:
    """A view of sequences as images of one row."""
    return arrays if arrays.ndim == 4 else arrays[:, None]


def _two(sizes: Sizes) -> tuple[int, int]:
    """The sizes of two axes, where there may be one."""
    height, width = (1, *sizes)[-2:]
    return height, width
