"""How correlations over two axes are cut into blocks that fit in a processor's cache.

What `columns` and `scatter` share: where windows lie, how many of them make a block, and how rows
of pixels are spread out so that each row of a block has the pixels of its windows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlcnn.reference._arguments import Array
from dlcnn.reference.engine.pixels import inside
from dlcnn.reference.engine.settings import Settings

__all__ = [
    "Cut",
    "Places",
    "Spread",
    "Task",
    "Turns",
    "all_tasks",
    "best_neighbours",
    "stretches",
]

_TURNS_BYTES = 1 << 20  # a kernel in all its turns must stay in the cache with a block
_BLOCK_BYTES = 3 << 18  # what today's cores have in caches for themselves
_BORDERED_ROWS = 8  # rows of pixels that get their border in one go
_ENOUGH_TASKS = 4  # so that two or four threads all have something to do

_LANES = 16  # numbers that a processor multiplies at once
_COPY = 20  # lanes multiplied in the time that a number is copied into a block
_MOST_NEIGHBOURS = 16


@dataclass(frozen=True)
class Places:
    """Where the windows of a correlation over two axes lie: one output for each.

    The first window begins `top` rows and `left` columns outside of the image.
    """

    window: tuple[int, int]
    strides: tuple[int, int]
    dilation_rate: tuple[int, int]
    top: int
    left: int
    rows: int
    cols: int


@dataclass(frozen=True)
class Task:
    """A stretch of images, of rows and of columns of blocks: what one thread does."""

    images: slice
    rows: range
    cols: range

    @property
    def batch(self) -> int:
        """Images of the task."""
        batch: int = self.images.stop - self.images.start
        return batch

    @property
    def block_rows(self) -> int:
        """Rows of its blocks."""
        return self.batch * len(self.cols)


def stretches(count: int, length: int) -> list[range]:
    """The numbers below `count`, so many at a time."""
    return [range(start, min(start + length, count)) for start in range(0, count, length)]


def all_tasks(images: list[range], rows: list[range], cols: list[range]) -> list[Task]:
    """A task for each stretch of each, in the order of the outputs."""
    return [
        Task(slice(some.start, some.stop), down, across)
        for some in images
        for down in rows
        for across in cols
    ]


class Cut:
    """Blocks of some images and columns: by sizes and the memory allowed, never by threads."""

    def __init__(
        self,
        batch: int,
        cols: int,
        depth: int,
        width: int,
        dtype: np.dtype[Any],
        settings: Settings,
    ) -> None:
        """Cut `batch` images with `cols` rows of a block in each row.

        Args:
            batch: images.
            cols: rows of a block that one row of an image makes.
            depth: numbers in a row of a block.
            width: numbers in a row of its product.
            dtype: what the numbers are.
            settings: what may be used.
        """
        row_bytes = (depth + width) * dtype.itemsize
        # A product of few rows spends its time on reading the kernel: as many as that has bytes.
        wanted = max(_BLOCK_BYTES, depth * width * dtype.itemsize)
        self.block_bytes = settings.scratch_bytes(wanted)
        rows = self.block_bytes // row_bytes
        self._batch = batch
        self._cols = cols
        #: columns, images and rows of the largest task's blocks
        self.most_cols = max(1, min(cols, rows))
        groups = max(1, -(-batch // max(1, rows // cols)))
        self.most_images = -(-batch // groups)
        self.most_rows = self.most_images * self.most_cols
        self.threads = settings.threads_with(self.most_rows * row_bytes)

    def tasks(self, rows: int, shortest: int) -> list[Task]:
        """All tasks, in the order of the images; their `rows` in bands of at least `shortest`."""
        images = stretches(self._batch, self.most_images)
        cols = stretches(self._cols, self.most_cols)
        wanted = -(-_ENOUGH_TASKS // (len(images) * len(cols)))
        bands = max(1, min(wanted, rows // shortest))
        return all_tasks(images, stretches(rows, -(-rows // bands)), cols)


class Turns:
    """How the rows of a kernel meet a block that has a place for each, and rolls on.

    With every row of windows some places get new rows, and the kernel's first row meets the place
    after those: `number` says how often the block has rolled. A kernel that is too large to be
    kept in every turn does not roll: all places get new rows, and there is one turn.
    """

    def __init__(self, height: int, new_rows: int, kernel_bytes: int) -> None:
        self.height = height
        self.new_rows = min(new_rows, height)
        self.count = height // gcd(height, self.new_rows)
        self.rolls = self.count * kernel_bytes <= _TURNS_BYTES
        if not self.rolls:
            self.new_rows, self.count = height, 1

    def first(self, number: int) -> int:
        """The place that meets the kernel's first row."""
        return number * self.new_rows % self.height

    def stack(self, kernel: Array, axis: int) -> Array:
        """The kernel in each turn, one after the other; its rows are along `axis`."""
        others = [np.roll(kernel, self.first(number), axis) for number in range(1, self.count)]
        return np.stack([kernel, *others]) if others else kernel[None]


class Spread:
    """Rows of pixels, each copied so that the rows of a block have the pixels of their windows."""

    def __init__(
        self, images: Array, start: int, cols: int, reach: int, apart: int, rate: int, memory: Array
    ) -> None:
        """Spread `images` for `cols` rows of a block for each of them.

        Args:
            images: (batch, height, width, channels), of one task.
            start: the column of pixels that the first row of the block begins with.
            cols: rows of the block for one image.
            reach: pixels in a row of the block.
            apart: pixels from the beginning of one row of the block to that of the next.
            rate: pixels from one of those in a row of the block to the next.
            memory: for a few rows of pixels of each image, where some columns are outside.
        """
        batch, self._height, width, _ = images.shape
        count = (cols - 1) * apart + (reach - 1) * rate + 1
        first, last = inside(start, count, width)
        self._pixels = images[:, :, start + first : start + last]
        self._bordered: Array | None = None
        self._held = range(0)
        pixels = self._pixels
        if last - first < count:
            pixels = memory[:batch, :, :count]
            pixels[:, :, :first] = 0
            pixels[:, :, last:] = 0
            self._bordered = pixels[:, :, first:last]
        image, down, across, channel = pixels.strides
        self._spread = as_strided(
            pixels,
            (batch, pixels.shape[1], cols, reach, images.shape[-1]),
            (image, down, apart * across, rate * across, channel),
            writeable=False,
        )

    @staticmethod
    def memory(cut: Cut, reach: int, apart: int, rate: int, like: Array) -> Array:
        """Memory for the largest task."""
        count = (cut.most_cols - 1) * apart + (reach - 1) * rate + 1
        row_bytes = cut.most_images * count * like.shape[-1] * like.itemsize
        rows = max(1, min(_BORDERED_ROWS, cut.block_bytes // (4 * row_bytes)))
        return np.empty((cut.most_images, rows, count, like.shape[-1]), like.dtype)

    def copy(self, row: int, target: Array) -> None:
        """Copy a row of pixels to (batch, cols, reach, channels); one not in the image is zeros."""
        if not 0 <= row < self._height:
            target[...] = 0
            return
        if self._bordered is not None:
            if row not in self._held:
                self._held = range(row, min(row + self._bordered.shape[1], self._height))
                rows = slice(self._held.start, self._held.stop)
                self._bordered[:, : len(self._held)] = self._pixels[:, rows]
            row -= self._held.start
        target[...] = self._spread[:, row]


def best_neighbours(cols: int, cost: Callable[[int], tuple[int, int, int]]) -> int:
    """How many windows side by side had best share a row of a block.

    Args:
        cols: windows in a row.
        cost: for so many neighbours, how many numbers of a row of the block are multiplied, how
            many of them are copied for it, and the columns of its product.
    """

    def per_window(neighbours: int) -> float:
        multiplied, copied, columns = cost(neighbours)
        lanes = -(-columns // _LANES) * _LANES
        return (multiplied * lanes + copied * _COPY) / neighbours

    return min(range(1, min(cols, _MOST_NEIGHBOURS) + 1), key=per_window)
