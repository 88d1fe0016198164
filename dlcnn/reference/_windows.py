"""Where windows lie on padded images, and the pixels under them.

The one place that knows strides; knows nothing of what is done with the pixels.
"""

from collections.abc import Iterator
from typing import NamedTuple

from numpy.lib.stride_tricks import sliding_window_view

from dlcnn.reference._arguments import Array, IntOrPair, Pair, as_pair
from dlcnn.reference.arithmetic import output_size
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.padding import Padding, Pads, resolve_padding

__all__ = ["WindowGrid", "gather_windows", "place_windows", "window_positions"]


class WindowGrid(NamedTuple):
    """The windows of one operation: their size, steps, the border and how many there are."""

    window: Pair
    strides: Pair
    pads: Pads
    output: Pair


def place_windows(
    where: str, images: Array, window: Pair, strides: IntOrPair, padding: Padding
) -> WindowGrid:
    """Lay windows over images of shape (batch, height, width, channels).

    Raises:
        ShapeError: `strides` or `padding` is malformed, or the window fits nowhere.
    """
    steps = as_pair(where, "strides", strides)
    _, height, width, _ = images.shape
    pads = resolve_padding(where, padding, (height, width), window, steps)
    try:
        rows = output_size(height, window[0], stride=steps[0], pad=pads[0])
        cols = output_size(width, window[1], stride=steps[1], pad=pads[1])
    except ShapeError:
        raise ShapeError(
            f"{where}: the window must fit in the padded image. Received window={window}, "
            f"image (height, width)={(height, width)}, padding={padding!r}."
        ) from None
    return WindowGrid(window, steps, pads, (rows, cols))


def gather_windows(padded: Array, grid: WindowGrid) -> Array:
    """View padded images as (batch, out_height, out_width, rows, cols, channels), read-only."""
    rows, cols = grid.strides
    every_place = sliding_window_view(padded, grid.window, axis=(1, 2))
    return every_place[:, ::rows, ::cols].transpose(0, 1, 2, 4, 5, 3)


def window_positions(padded: Array, grid: WindowGrid) -> Iterator[Array]:
    """Yield, for each position in the window, that pixel of all windows at once.

    Each is a writable view of `padded` of shape (batch, out_height, out_width, channels);
    positions come row by row. No view holds a pixel twice, so `+=` on it is safe.
    """
    row_step, col_step = grid.strides
    row_span, col_span = grid.output[0] * row_step, grid.output[1] * col_step
    for row in range(grid.window[0]):
        for col in range(grid.window[1]):
            yield padded[:, row : row + row_span : row_step, col : col + col_span : col_step]
