"""Boxes and arrows: a chain of blocks, in columns like a text, branches side by side."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlcnn.figures.chain import Block, Box, Placed, column_width, place_block, split_columns
from dlcnn.figures.colours import COLOURS, GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ROLES", "Block", "Box", "diagram"]

ROLES = ("convolution", "pooling", "dense", "merge")
"""What a box can be, beside anything else in grey: each has its colour."""

_FONT = 7.5  # points
_INK = "#333333"
_GUTTER = 0.42  # inches between columns
_MARGIN = 0.2
_TITLE = 0.35


def diagram(blocks: Sequence[Block], *, title: str = "") -> "Figure":
    """Draw a chain of blocks from top to bottom, wrapped into columns from left to right.

    Args:
        blocks: each goes on from the last box of the one before.
        title: stands above the figure.

    Raises:
        ValueError: there is nothing to draw.
    """
    from dlcnn.figures.figure import Figure

    if not any(block.boxes for block in blocks):
        raise ValueError("diagram: it draws at least one box. Received none.")
    box_width = _box_width([box for block in blocks for box in block.boxes])
    columns = split_columns([place_block(block, box_width) for block in blocks])
    inner = sum(map(column_width, columns)) + _GUTTER * (len(columns) - 1)
    width = max(inner, 0.085 * len(title)) + 2 * _MARGIN
    top = _MARGIN + (_TITLE if title else 0)
    height = max(sum(block.height for block in column) for column in columns) + top + _MARGIN
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    # One unit is one inch, so that texts fit their boxes; down is positive.
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    axes.text(width / 2, _MARGIN, title, ha="center", va="top", fontsize=10, color=_INK)
    left = (width - inner) / 2
    came_from = None
    for column in columns:
        came_from = _draw_column(axes, column, left, top, came_from)
        left += column_width(column) + _GUTTER
    return figure


def _box_width(boxes: Sequence[Box]) -> float:
    longest = max(len(line) for box in boxes for line in (box.title, *box.lines))
    return 0.16 + longest * _FONT * 0.58 / 72


def _draw_column(
    axes: "Axes",
    column: Sequence[Placed],
    left: float,
    top: float,
    came_from: tuple[float, float] | None,
) -> tuple[float, float]:
    """Draw blocks below each other; where the chain leaves the last one."""
    axis = left + max(block.axis for block in column)
    if came_from is not None:
        x, y = came_from
        gutter = left - _GUTTER / 2
        below = y + 0.1
        points = [(x, y), (x, below), (gutter, below), (gutter, top), (axis, top)]
        axes.plot(*zip(*points, strict=True), color=_INK, lw=0.9, zorder=1)
    y = top
    for block in column:
        _draw_block(axes, block, axis - block.axis, y)
        y += block.height
    return axis, y


def _draw_block(axes: "Axes", block: Placed, left: float, top: float) -> None:
    for path in block.paths:
        xs, ys = zip(*path, strict=True)
        axes.plot(
            [left + x for x in xs],
            [top + y for y in ys],
            color=_INK,
            lw=0.9,
            solid_joinstyle="round",
            zorder=1,
        )
    ends = {path[-1] for path in block.paths if path[-1][1] in {box[1] for box in block.boxes}}
    for x, y in ends:
        axes.plot(left + x, top + y - 0.03, marker="v", ms=3.5, color=_INK, zorder=2)
    for box, (x, y, width, height) in zip(block.block.boxes, block.boxes, strict=True):
        _draw_box(axes, box, (left + x, top + y), width, height)
    if block.frame:
        x, y, width, height = block.frame
        _rectangle(axes, (left + x, top + y), width, height, fc="#F4F4F4", ec="#C8C8C8", zorder=0)
        label = f"\u00d7 {block.block.times}"
        middle = top + y + height / 2
        axes.text(left + x + width + 0.05, middle, label, va="center", weight="bold", color=_INK)


def _draw_box(
    axes: "Axes", box: Box, corner: tuple[float, float], width: float, height: float
) -> None:
    from matplotlib.colors import to_rgb

    colour = dict(zip(ROLES, COLOURS, strict=False)).get(box.role, GREY)
    pale = tuple(1 - 0.16 * (1 - part) for part in to_rgb(colour))
    _rectangle(axes, corner, width, height, fc=pale, ec=colour, zorder=3)
    left, top = corner
    lines = (box.title, *box.lines)
    step = (height - 0.09) / len(lines)
    for number, line in enumerate(lines):
        axes.text(
            left + width / 2,
            top + 0.045 + step * (number + 0.5),
            line,
            ha="center",
            va="center_baseline",
            fontsize=_FONT,
            weight="normal" if number else "bold",
            color=_INK,
            zorder=4,
        )


def _rectangle(
    axes: "Axes", corner: tuple[float, float], width: float, height: float, **style: Any
) -> None:
    from matplotlib.patches import FancyBboxPatch

    rounded = "round,pad=0,rounding_size=0.06"
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=rounded, lw=1.1, **style))
