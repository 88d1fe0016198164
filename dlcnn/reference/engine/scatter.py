"""The gradient of the inputs: what `columns` does, the other way around.

Each output hands its gradient to the pixels of its window. A row of the block has the gradients of
a few outputs side by side, as far as they reach into the same few pixels of each row; its product
with the kernel is what these pixels get, in all rows of pixels that the row of outputs reaches.
Rows of outputs share most of them: they are added up in a block of sums that has a place for each
row of the kernel. After each row of outputs the rows of pixels that no other reaches are done and
written, and their places begin again with zeros. So no gradient is copied twice, no sum leaves the
cache before it is complete, and strides cost no zeros. A kernel that is too large to be kept in
every turn adds to the rows of pixels themselves.

With strides a row of the block stands for whole strides of pixels, with `neighbours` for several.
"""

from collections.abc import Iterator

import numpy as np

from dlcnn.reference._arguments import Array, Sizes
from dlcnn.reference.engine.blocks import Cut, Places, Spread, Task, Turns, best_neighbours
from dlcnn.reference.engine.products import multiply
from dlcnn.reference.engine.settings import Settings
from dlcnn.reference.engine.sharing import share

__all__ = ["inputs_gradient"]


def inputs_gradient(
    grad_outputs: Array, kernel: Array, places: Places, gradient: Array, settings: Settings
) -> None:
    """Carry a gradient back through a correlation without dilation to its images.

    All gradients and weights are finite: some meet zeros here that they do not meet there.

    Args:
        grad_outputs: (batch, rows, cols, filters).
        kernel: (window_height, window_width, channels, filters).
        places: where the windows lay.
        gradient: (batch, height, width, channels), written.
        settings: what may be used.
    """
    plan = _Plan(kernel, gradient.shape, places, settings)
    turns = plan.turned(kernel)
    if not (plan.turns.rolls and plan.reaches_all(gradient.shape[1])):
        gradient[...] = 0

    def work(tasks: Iterator[Task]) -> None:
        filters = grad_outputs.shape[-1]
        most = plan.cut.most_rows
        block = np.empty(most * plan.depth, kernel.dtype)
        bordered = Spread.memory(plan.cut, plan.reach, plan.neighbours, 1, grad_outputs)
        made = np.empty((most if plan.turns.rolls else 0, turns.shape[-1]), kernel.dtype)
        sums = np.empty((most, turns.shape[-1]), kernel.dtype)
        for task in tasks:
            columns = block[: task.block_rows * plan.depth]
            target = columns.reshape(task.batch, len(task.cols), plan.reach, filters)
            columns = columns.reshape(-1, plan.depth)
            product, total = made[: task.block_rows], sums[: task.block_rows]
            total[...] = 0
            pixel_rows = _PixelRows(plan, task, total, gradient)
            spread = Spread(
                grad_outputs[task.images],
                plan.first + task.cols.start * plan.neighbours - plan.before,
                len(task.cols),
                plan.reach,
                plan.neighbours,
                1,
                bordered,
            )
            outputs = plan.outputs_of(task)
            for number, output in enumerate(outputs):
                turn = number % plan.turns.count
                spread.copy(output, target)
                if plan.turns.rolls:
                    multiply(columns, turns[turn], product)
                    total += product
                    pixel_rows.write(output, turn, range(plan.turns.new_rows))
                else:
                    multiply(columns, turns[turn], total)
                    pixel_rows.add(output)
            if outputs and plan.turns.rolls:
                pixel_rows.write(outputs[-1], turn, range(plan.turns.new_rows, places.window[0]))

    tasks = plan.cut.tasks(gradient.shape[1], 4 * places.window[0])
    share(tasks, work, plan.cut.threads)


class _Plan:
    """The sizes of the blocks, and the kernel as their counterpart."""

    def __init__(
        self, kernel: Array, inputs_shape: Sizes, places: Places, settings: Settings
    ) -> None:
        height, width, self.channels, filters = kernel.shape
        down, step = places.strides
        self.places = places
        #: outputs before one that reach into its stride of pixels
        self.before = -(-width // step) - 1
        #: the stride that holds the first pixel, and the pixels that it holds before
        self.first, self.cropped = divmod(places.left, step)
        pixels = self.cropped + inputs_shape[2]

        def cost(count: int) -> tuple[int, int, int]:
            reach = (count + self.before) * filters
            return reach, reach, height * count * step * self.channels

        self.neighbours = best_neighbours(-(-pixels // step), cost)
        self.reach = self.neighbours + self.before
        self.depth = self.reach * filters
        #: pixels of a row that a row of the block makes
        self.span = self.neighbours * step

        width = height * self.span * self.channels
        self.turns = Turns(height, down, self.depth * width * kernel.itemsize)
        self.cut = Cut(
            inputs_shape[0],
            -(-pixels // self.span),
            self.depth,
            width,
            kernel.dtype,
            settings,
        )

    def reaches_all(self, rows: int) -> bool:
        """Whether each of so many rows of pixels is in some window."""
        places = self.places
        last = (places.rows - 1) * places.strides[0] + places.window[0] - places.top
        return places.strides[0] <= places.window[0] and rows <= last

    def outputs_of(self, task: Task) -> range:
        """The rows of outputs that reach the rows of pixels of a task."""
        places = self.places
        first = task.rows.start + places.top - places.window[0] + 1
        last = task.rows.stop + places.top - 1
        down = places.strides[0]
        return range(max(0, -(-first // down)), min(places.rows, last // down + 1))

    def turned(self, kernel: Array) -> Array:
        """The kernel as a matrix in each turn: (turns, depth, window_height * span * channels)."""
        height, width, channels, filters = kernel.shape
        step = self.places.strides[1]
        moved = np.zeros((self.reach, filters, height, self.span, channels), kernel.dtype)
        for output in range(self.reach):
            first = (output - self.before) * step  # the pixel that its window begins with
            start, stop = max(first, 0), min(first + width, self.span)
            weights = kernel[:, start - first : max(stop, start) - first]
            moved[output, :, :, start:stop] = weights.transpose(3, 0, 1, 2)
        return self.turns.stack(moved, 2).reshape(self.turns.count, self.depth, -1)


class _PixelRows:
    """Where a block of sums, with a place for each row of the kernel, belongs in the gradient."""

    def __init__(self, plan: _Plan, task: Task, total: Array, gradient: Array) -> None:
        places = plan.places
        self._plan = plan
        self._rows = task.rows
        by_row = total.reshape(task.batch, len(task.cols), places.window[0], -1)
        self._sums = [by_row[:, :, place] for place in range(places.window[0])]
        start = task.cols.start * plan.span - plan.cropped
        stop = min(task.cols.stop * plan.span - plan.cropped, gradient.shape[2])
        self._skipped = max(-start, 0)
        self._target = gradient[task.images, :, start + self._skipped : stop]

    def write(self, output: int, turn: int, taps: range) -> None:
        """Write the rows under some taps of a row of outputs, and begin their sums again."""
        for tap in taps:
            sums = self._sums[(tap + self._plan.turns.first(turn)) % len(self._sums)]
            target = self._under(output, tap)
            if target is not None:
                target[...] = self._pixels(sums, target)
            sums[...] = 0

    def add(self, output: int) -> None:
        """Add to the rows under all taps of a row of outputs."""
        for tap, sums in enumerate(self._sums):
            target = self._under(output, tap)
            if target is not None:
                target += self._pixels(sums, target)

    def _under(self, output: int, tap: int) -> Array | None:
        """The row of pixels under a tap; None: it is another task's, or outside."""
        places = self._plan.places
        row = output * places.strides[0] + tap - places.top
        return self._target[:, row] if row in self._rows else None

    def _pixels(self, sums: Array, target: Array) -> Array:
        batch, cols, channels = target.shape
        return sums.reshape(batch, -1, channels)[:, self._skipped : self._skipped + cols]
