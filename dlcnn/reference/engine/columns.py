"""Correlation as one product of matrices, whose left one never exists as a whole.

`plain` copies each window into a row of a matrix and multiplies it with the kernel. That matrix is
as many times larger than the images as the window has pixels, and copying it costs more than the
product. Here the same rows are made for a few images and one row of windows at a time, in a block
that stays in the processor's cache:

1. Rolling. A row of windows shares most of its pixels with the next. The block keeps a place for
   each row of the kernel, and only the rows of pixels that are new take the place of those that
   are done. Which kernel row meets which place then turns with every step, so the kernel is kept
   in every turn.
2. Neighbours. BLAS is slow for products of few columns, that is, filters. Where there are few,
   `neighbours` windows side by side become one row, and the kernel stands in its matrix that many
   times, each time moved by a stride: a Toeplitz matrix. Its zeros cost products and save copies.
3. Borders are never added: a row of pixels outside is a place of zeros, and columns outside are
   zeros in the one row of pixels that is being spread. The bias is one more weight, whose pixel
   is always one.

The gradient of the kernel is the product of the same columns with the outputs' gradient, added up.
"""

from collections.abc import Iterator
from math import gcd

import numpy as np

from dlcnn.reference._arguments import Array
from dlcnn.reference.engine.blocks import Cut, Places, Spread, Task, Turns, best_neighbours
from dlcnn.reference.engine.pixels import all_finite
from dlcnn.reference.engine.products import multiply
from dlcnn.reference.engine.settings import Settings
from dlcnn.reference.engine.sharing import SumInOrder, in_parts, share

__all__ = ["correlate", "kernel_gradient", "neighbours"]

_LONG_ROW = 48  # rows of a block from which a product is at its speed


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
        kernel: (window_height, window_width, channels, filters).
        bias: (filters,) or None.
        places: where the windows lie.
        outputs: (batch, rows, cols, filters), written.
        settings: what may be used.
    """
    filters = kernel.shape[-1]
    plan = _Plan(images, places, filters, settings, biased=bias is not None)
    turns = plan.turned(kernel, bias)

    def work(tasks: Iterator[Task]) -> None:
        block = _Block(plan, images)
        made = np.empty((plan.cut.most_rows, turns.shape[-1]), images.dtype)
        for task in tasks:
            start, stop = plan.places_of(task)
            target = outputs[task.images, :, start:stop]
            products = made[: task.block_rows]
            pixels = products.reshape(task.batch, -1, filters)[:, : stop - start]
            # A long row of outputs is written as it is made, short ones of all images together.
            fits = (stop - start) == len(task.cols) * plan.neighbours
            straight = fits and len(task.cols) >= _LONG_ROW and outputs.flags.c_contiguous
            for row, turn, columns in block.over(task):
                there = target[:, row]
                if straight:
                    rows = there.reshape(task.batch, len(task.cols), -1)
                    multiply(columns.reshape(task.batch, -1, plan.depth), turns[turn], rows)
                else:
                    multiply(columns, turns[turn], products)
                    there[...] = pixels

    share(plan.tasks(), work, plan.cut.threads)


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
        (window_height, window_width, channels, filters).
    """
    channels, filters = images.shape[-1], grad_outputs.shape[-1]
    plan = _Plan(images, places, filters, settings)
    shape = (plan.turns.count, plan.depth, plan.neighbours * filters)
    parts = in_parts(plan.tasks(), images.nbytes, shape[1] * shape[2] * images.itemsize)
    gradient = np.empty((*places.window, channels, filters), images.dtype)
    sums = SumInOrder(gradient)

    def work(numbers: Iterator[int]) -> None:
        block = _Block(plan, images)
        product = np.empty(shape[1:], images.dtype)
        laid = np.empty((plan.cut.most_rows, shape[-1]), images.dtype)
        total = np.empty(shape, images.dtype)
        for number in numbers:
            total[...] = 0
            for task in parts[number]:
                start, stop = plan.places_of(task)
                source = grad_outputs[task.images, :, start:stop]
                copied = laid[: task.block_rows]
                pixels = copied.reshape(task.batch, -1, filters)
                pixels[:, stop - start :] = 0
                for row, turn, columns in block.over(task):
                    there, laid_out = source[:, row], copied
                    if there.flags.c_contiguous and there.size == copied.size:
                        laid_out = there.reshape(copied.shape)
                    else:
                        pixels[:, : stop - start] = there
                    np.matmul(columns.T, laid_out, out=product)
                    total[turn] += product
            sums.add(number, plan.unturned(total))

    share(range(len(parts)), work, plan.cut.threads)
    return gradient


def neighbours(places: Places, channels: int, filters: int) -> int:
    """How many windows side by side share a row of the block."""
    (height, width), step = places.window, places.strides[1]
    if width == 1 or places.dilation_rate[1] > 1:
        return 1
    new_rows = min(places.strides[0], height)

    def cost(count: int) -> tuple[int, int, int]:
        reach = ((count - 1) * step + width) * channels
        return height * reach, new_rows * reach, count * filters

    return best_neighbours(places.cols, cost)


class _Plan:
    """The sizes of the blocks of one correlation, and the kernel as their counterpart."""

    def __init__(
        self,
        images: Array,
        places: Places,
        filters: int,
        settings: Settings,
        *,
        biased: bool = False,
    ) -> None:
        batch, _, _, self.channels = images.shape
        height, width = places.window
        step, rate = places.strides[1], places.dilation_rate[1]
        self.places = places
        self.filters = filters
        self.neighbours = neighbours(places, self.channels, filters)
        if self.neighbours > 1 and not all_finite(images):
            self.neighbours = 1  # or 0 times infinity would reach windows that do not have it
        #: pixels that a row of the block holds of one row of pixels
        self.reach = width if rate > 1 else (self.neighbours - 1) * step + width
        self.biased = biased
        self.depth = height * self.reach * self.channels + biased

        # Rows of windows whose pixels are the same but for whole rows of the kernel.
        self.every = places.dilation_rate[0] // gcd(places.strides[0], places.dilation_rate[0])
        new = self.every * places.strides[0] // places.dilation_rate[0]
        kernel_bytes = self.depth * self.neighbours * filters * images.itemsize
        self.turns = Turns(height, new, kernel_bytes)

        self.cut = Cut(
            batch,
            -(-places.cols // self.neighbours),
            self.depth,
            self.neighbours * filters,
            images.dtype,
            settings,
        )

    def tasks(self) -> list[Task]:
        """All tasks; a band of rows of windows that is too short would have its first to fill."""
        return self.cut.tasks(self.places.rows, 2 * self.places.window[0])

    def places_of(self, task: Task) -> tuple[int, int]:
        """The windows in a row that a task has: [start, stop)."""
        stop = min(task.cols.stop * self.neighbours, self.places.cols)
        return task.cols.start * self.neighbours, stop

    def turned(self, kernel: Array, bias: Array | None) -> Array:
        """Kernel and bias as a matrix in each turn: (turns, depth, neighbours * filters)."""
        height, width, channels, filters = kernel.shape
        moved = np.zeros((height, self.reach, channels, self.neighbours, filters), kernel.dtype)
        for number in range(self.neighbours):
            start = number * self.places.strides[1]
            moved[:, start : start + width, :, number] = kernel
        turns = self.turns.stack(moved, 0)
        turns = turns.reshape(self.turns.count, -1, self.neighbours * filters)
        if bias is None:
            return turns
        biases = np.tile(bias, (self.turns.count, 1, self.neighbours))
        return np.concatenate([turns, biases], axis=1)

    def unturned(self, gradient: Array) -> Array:
        """The gradient of the kernel from that of its matrix in each turn."""
        height, width = self.places.window
        split = gradient.reshape(
            self.turns.count, height, self.reach, self.channels, self.neighbours, self.filters
        )
        moved = np.zeros(split.shape[1:], gradient.dtype)
        for number, each in enumerate(split):
            moved += np.roll(each, -self.turns.first(number), axis=0)
        whole = np.zeros((height, width, self.channels, self.filters), gradient.dtype)
        for number in range(self.neighbours):
            start = number * self.places.strides[1]
            whole += moved[:, start : start + width, :, number]
        return whole


class _Block:
    """The rows of the great matrix for a few images and one row of windows, kept by one thread."""

    def __init__(self, plan: _Plan, images: Array) -> None:
        self._plan = plan
        self._images = images
        step, rate = plan.places.strides[1], plan.places.dilation_rate[1]
        #: pixels between the first of a row and that of the next, and between those in a row
        self._apart, self._rate = plan.neighbours * step, rate
        self._columns = np.empty(plan.cut.most_rows * plan.depth, images.dtype)
        self._bordered = Spread.memory(plan.cut, plan.reach, self._apart, rate, images)

    def over(self, task: Task) -> Iterator[tuple[int, int, Array]]:
        """Give, for each row of windows of a task: its number, the turn, and the block."""
        plan, places = self._plan, self._plan.places
        height, down, rate = places.window[0], places.strides[0], places.dilation_rate[0]
        block = self._columns[: task.block_rows * plan.depth].reshape(-1, plan.depth)
        pixels = block
        if plan.biased:
            block[:, -1] = 1
            pixels = block[:, :-1]
        by_tap = pixels.reshape(task.batch, len(task.cols), height, plan.reach, plan.channels)
        places_of_taps = [by_tap[:, :, place] for place in range(height)]
        start = task.cols.start * self._apart - places.left
        spread = Spread(
            self._images[task.images],
            start,
            len(task.cols),
            plan.reach,
            self._apart,
            self._rate,
            self._bordered,
        )
        for first in task.rows[: plan.every]:
            stays = 0
            for number, row in enumerate(range(first, task.rows.stop, plan.every)):
                turn = number % plan.turns.count
                turned = plan.turns.first(turn)
                for tap in range(stays, height):
                    pixels_row = row * down + tap * rate - places.top
                    spread.copy(pixels_row, places_of_taps[(tap + turned) % height])
                stays = height - plan.turns.new_rows
                yield row, turn, block
