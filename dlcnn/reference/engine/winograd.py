"""Winograd's algorithm for kernels of 3x3: four by four outputs for 36 products instead of 144.

A tile of 6x6 pixels makes 4x4 outputs. Seen as polynomials, the pixels and the kernel are
evaluated at six points along each axis, there multiplied, and the outputs interpolated from the
products: Z = Aᵀ[(G k Gᵀ) · (Bᵀ x B)]A for each pair of channel and filter. The sum over channels
is taken between the two transforms, so that 36 products of matrices (tiles x channels) times
(channels x filters) do the work of a correlation whose matrices have nine times the columns: a
quarter of the multiplications. The two sides of each transform are one matrix, the Kronecker
product of the one for an axis with itself, that a whole block of tiles meets at once.

The gradient of the images is the same with the kernel turned around; the gradient of the kernel
runs the transforms backwards. Powers of the points cost accuracy: results differ from the exact
ones by up to 1e-5 in float32 and 1e-13 in float64, as parts of the largest sum of |pixel * weight|
in a window (4e-6 of the largest output for normal values and 512 channels; as defined, 5e-7).

Source: Lavin & Gray 2016, F(4x4, 3x3).
"""

from collections.abc import Iterator
from functools import cache
from math import isqrt, prod
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlcnn.reference._arguments import Array
from dlcnn.reference.engine.blocks import Places, Task, all_tasks, stretches
from dlcnn.reference.engine.pixels import copy_part
from dlcnn.reference.engine.products import multiply_wide
from dlcnn.reference.engine.settings import Settings
from dlcnn.reference.engine.sharing import SumInOrder, in_parts, share

__all__ = ["correlate", "kernel_gradient", "sums_bytes"]

_MADE = 4  # outputs of a tile, along each axis
_READ = 6  # pixels of a tile, along each axis
_POINTS = _READ**2
_WINDOW = (3, 3)
_TAPS = 9
_BLOCK_BYTES = 3 << 18
_GRADIENT_BLOCK_BYTES = 5 << 18  # the sums are read and written once for each block
_PAGE_BYTES = 4096
_APART_BYTES = 128  # two lines of the cache, so that rows still begin with one

# Of the points that were tried these cost the least accuracy: their powers stay near one.
_FINITE_POINTS = (0.0, 0.5**0.5, -(0.5**0.5), 2**0.5, -(2**0.5))


class _Transforms(NamedTuple):
    """The three transforms of a tile, each as one matrix for both axes."""

    pixels: Array  # (36, 36)
    kernel: Array  # (36, 9)
    outputs: Array  # (16, 36)


@cache
def _transforms(dtype: np.dtype[Any]) -> _Transforms:
    """The transforms that take six values at `_FINITE_POINTS` and at infinity."""
    pixels, kernel, outputs = (np.zeros(shape) for shape in ((6, 6), (6, 3), (4, 6)))
    for row, point in enumerate(_FINITE_POINTS):
        others = [other for other in _FINITE_POINTS if other != point]
        pixels[row, :5] = np.poly(others)[::-1]
        kernel[row] = point ** np.arange(3) / np.prod(point - np.array(others))
        outputs[:, row] = point ** np.arange(4)
    pixels[5] = np.poly(_FINITE_POINTS)[::-1]
    kernel[5, -1] = outputs[-1, 5] = 1
    return _Transforms(*(np.kron(each, each).astype(dtype) for each in (pixels, kernel, outputs)))


def correlate(
    images: Array,
    kernel: Array,
    bias: Array | None,
    places: Places,
    outputs: Array,
    settings: Settings,
) -> None:
    """Write the correlation of images with a kernel, plus the bias of each filter.

    Args:
        images: (batch, height, width, channels).
        kernel: (3, 3, channels, filters).
        bias: (filters,) or None.
        places: where the windows lie, one pixel apart.
        outputs: (batch, rows, cols, filters), written.
        settings: what may be used.
    """
    channels, filters = kernel.shape[2:]
    plan = _Plan(images, filters, places, settings, _BLOCK_BYTES)
    weights = np.empty((_POINTS, channels, filters), kernel.dtype)
    taps = kernel.reshape(_TAPS, -1)
    multiply_wide(plan.transforms.kernel, taps, weights.reshape(_POINTS, -1))

    def work(tasks: Iterator[Task]) -> None:
        pixels = _Tiles(plan, plan.transforms.pixels, channels)
        products = _Rows(_POINTS, plan.most_tiles * filters, images.dtype)
        made = np.empty(_MADE**2 * plan.most_tiles * filters, images.dtype)
        for task in tasks:
            seen = pixels.transformed(images, task, -places.top, -places.left)
            tiles = seen.shape[1]
            by_point = products.of(tiles * filters)
            np.matmul(seen, weights, out=by_point.reshape(_POINTS, tiles, filters))
            by_place = made[: _MADE**2 * tiles * filters].reshape(_MADE**2, -1)
            multiply_wide(plan.transforms.outputs, by_point, by_place)
            tile_axes = (_MADE, _MADE, task.batch, len(task.rows), len(task.cols), filters)
            _put_together(by_place.reshape(tile_axes), bias, task, outputs)

    share(plan.tasks(), work, plan.threads)


def sums_bytes(kernel: Array) -> int:
    """Memory that `kernel_gradient` adds up in, for each thread."""
    return _POINTS * prod(kernel.shape[2:]) * kernel.itemsize


def kernel_gradient(
    images: Array, grad_outputs: Array, places: Places, settings: Settings
) -> Array:
    """Carry a gradient back through `correlate` to the kernel.

    Args:
        images: (batch, height, width, channels).
        grad_outputs: (batch, rows, cols, filters).
        places: where the windows lay.
        settings: what may be used.

    Returns:
        (3, 3, channels, filters).
    """
    channels, filters = images.shape[-1], grad_outputs.shape[-1]
    total_bytes = _POINTS * channels * filters * images.itemsize
    plan = _Plan(images, filters, places, settings, _GRADIENT_BLOCK_BYTES, total_bytes)
    parts = in_parts(plan.tasks(), images.nbytes, _TAPS * channels * filters * images.itemsize)
    gradient = np.empty((_TAPS, channels * filters), images.dtype)
    sums = SumInOrder(gradient)

    def work(numbers: Iterator[int]) -> None:
        pixels = _Tiles(plan, plan.transforms.pixels, channels)
        gradients = _Tiles(plan, plan.transforms.outputs.T, filters)
        product = np.empty((_READ, channels, filters), images.dtype)
        total = np.empty((_POINTS, channels, filters), images.dtype)
        for number in numbers:
            total[...] = 0
            for task in parts[number]:
                seen = pixels.transformed(images, task, -places.top, -places.left)
                seen_gradient = gradients.transformed(grad_outputs, task, 0, 0)
                # A few points at a time: the products are added while they are in the cache.
                for first in range(0, _POINTS, _READ):
                    points = slice(first, first + _READ)
                    pixel, grad = seen[points].transpose(0, 2, 1), seen_gradient[points]
                    np.matmul(pixel, grad, out=product)
                    total[points] += product
            found = np.empty_like(gradient)
            multiply_wide(plan.transforms.kernel.T, total.reshape(_POINTS, -1), found)
            sums.add(number, found)

    share(range(len(parts)), work, plan.threads)
    return gradient.reshape(*_WINDOW, channels, filters)


class _Plan:
    """How the tiles are cut into blocks: by the arrays and the memory allowed."""

    def __init__(
        self,
        images: Array,
        filters: int,
        places: Places,
        settings: Settings,
        block_bytes: int,
        sums_bytes: int = 0,
    ) -> None:
        self.places = places
        self.batch, _, _, self.channels = images.shape
        self.filters = filters
        self.dtype = images.dtype
        self.transforms = _transforms(images.dtype)
        self.tile_rows, self.tile_cols = -(-places.rows // _MADE), -(-places.cols // _MADE)

        block_bytes = settings.scratch_bytes(block_bytes)
        tile_bytes = _POINTS * max(self.channels, filters) * self.dtype.itemsize
        tiles = max(1, block_bytes // tile_bytes)
        self._cols_at_once = min(self.tile_cols, tiles)
        rows = max(1, tiles // self.tile_cols)
        self._images_at_once = max(1, min(self.batch, rows // self.tile_rows))
        bands = -(-self.tile_rows // rows)
        self._rows_at_once = -(-self.tile_rows // bands)
        self.most_tiles = self._images_at_once * self._rows_at_once * self._cols_at_once
        points_bytes = self.most_tiles * _POINTS * self.dtype.itemsize
        scratch_bytes = points_bytes * (3 * self.channels + 2 * filters) + sums_bytes
        self.threads = settings.threads_with(scratch_bytes)

    def tasks(self) -> list[Task]:
        """All blocks, in the order of the outputs; their rows and columns are those of tiles."""
        return all_tasks(
            stretches(self.batch, self._images_at_once),
            stretches(self.tile_rows, self._rows_at_once),
            stretches(self.tile_cols, self._cols_at_once),
        )


class _Rows:
    """Memory for a few rows that do not begin at the same place of a page.

    Such rows take each other's place in the cache, since that goes by the place in the page.
    """

    def __init__(self, rows: int, most: int, dtype: np.dtype[Any]) -> None:
        self._rows = rows
        self._apart = _APART_BYTES // dtype.itemsize
        self._memory = np.empty(rows * (most + self._apart), dtype)

    def of(self, length: int) -> Array:
        """The rows, each of `length` values."""
        whole = length * self._memory.itemsize % _PAGE_BYTES == 0
        stride = length + self._apart if whole else length
        return self._memory[: self._rows * stride].reshape(self._rows, stride)[:, :length]


class _Tiles:
    """Tiles cut out of images and transformed, in memory that one thread uses again and again."""

    def __init__(self, plan: _Plan, transform: Array, channels: int) -> None:
        """Cut the tiles that `transform` is for, one every `_MADE` pixels."""
        self._dtype = plan.dtype
        self._transform = np.ascontiguousarray(transform)
        self._channels = channels
        self._size = isqrt(transform.shape[1])
        most = plan.most_tiles * channels
        self._cut = _Rows(self._size**2, most, plan.dtype)
        self._seen = _Rows(_POINTS, most, plan.dtype)
        self._part: Array = np.empty(0, plan.dtype)

    def transformed(self, images: Array, task: Task, top: int, left: int) -> Array:
        """The tiles of a block at each point: (36, tiles, channels).

        Args:
            images: (batch, height, width, channels).
            task: the block.
            top: the row that the first tile of an image begins with.
            left: the column, likewise.
        """
        batch, rows, cols = task.batch, len(task.rows), len(task.cols)
        part = self._part_of(batch, rows, cols)
        first, start = task.rows.start * _MADE + top, task.cols.start * _MADE + left
        copy_part(images[task.images], first, start, part)
        image, row, col, channel = part.strides
        shape = (self._size, self._size, batch, rows, cols, self._channels)
        tiles = as_strided(
            part, shape, (row, col, image, _MADE * row, _MADE * col, channel), writeable=False
        )
        values = batch * rows * cols * self._channels
        cut, seen = self._cut.of(values), self._seen.of(values)
        np.copyto(cut.reshape(shape), tiles)
        multiply_wide(self._transform, cut, seen)
        return seen.reshape(_POINTS, -1, self._channels)

    def _part_of(self, batch: int, rows: int, cols: int) -> Array:
        """Memory for the pixels of a block."""
        more = self._size - _MADE
        shape = (batch, rows * _MADE + more, cols * _MADE + more, self._channels)
        if self._part.shape != shape:
            self._part = np.empty(shape, self._dtype)
        return self._part


def _put_together(tiles: Array, bias: Array | None, task: Task, outputs: Array) -> None:
    """Write tiles (4, 4, batch, rows, cols, filters), plus the bias, where they belong."""
    _, _, batch, rows, cols, filters = tiles.shape
    first, start = task.rows.start * _MADE, task.cols.start * _MADE
    there = outputs[task.images, first : first + rows * _MADE, start : start + cols * _MADE]
    whole = there.shape[1:3] == (rows * _MADE, cols * _MADE)
    target = there
    if not whole:  # the last tiles reach beyond the outputs
        target = np.empty((batch, rows * _MADE, cols * _MADE, filters), tiles.dtype)
    by_tile = target.reshape(batch, rows, _MADE, cols, _MADE, filters)
    in_order = tiles.transpose(2, 3, 0, 4, 1, 5)
    if bias is None:
        by_tile[...] = in_order
    else:
        np.add(in_order, bias, out=by_tile)
    if not whole:
        there[...] = target[:, : there.shape[1], : there.shape[2]]
