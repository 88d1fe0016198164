"""Where the boxes of a diagram go: geometry in inches, nothing is drawn and nothing measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Block", "Box", "Placed", "place_block", "split_columns"]

ENTRY = -1  # stands in arrows for the block before

_LINE = 0.145  # height of a line of text
_GAP = 0.26  # between rows
_LANE_GAP = 0.14  # between boxes side by side, and between lines that pass boxes
_FRAME = 0.1  # from a repeated block to its frame
_LABEL = 0.34  # beside a frame, for how many times it stands there
_ASPECT = 1.3  # width to height that columns aim at

_Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A step of a diagram.

    Attributes:
        title: its first line.
        lines: what stands below the title.
        role: chooses the colour; see `diagram`.
    """

    title: str
    lines: tuple[str, ...] = ()
    role: str = ""


@dataclass(frozen=True)
class Block:
    """Boxes between two points that everything passes; the last box is where it comes together.

    Attributes:
        boxes: in an order in which each comes after those that it follows.
        arrows: (from, to) positions in `boxes`; from -1 is the block before.
        times: how often the block stands in the chain, in a row.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[int, int], ...]
    times: int = 1


@dataclass(frozen=True)
class Placed:
    """A block with its measures, from its own upper left corner, downwards.

    Attributes:
        block: what is placed.
        boxes: (left, top, width, height) of each box.
        paths: the lines of the arrows, each ending at a box.
        frame: (left, top, width, height) around a repeated block, or None.
        axis: where the chain comes in at the top and goes out at the bottom.
        width: the frame's label included.
        height: the arrow from the block before included.
    """

    block: Block
    boxes: tuple[tuple[float, float, float, float], ...]
    paths: tuple[tuple[_Point, ...], ...]
    frame: tuple[float, float, float, float] | None
    axis: float
    width: float
    height: float


def place_block(block: Block, box_width: float) -> Placed:
    """Give every box of a block its place, branches in lanes side by side."""
    framed = block.times > 1
    inset = _FRAME if framed else 0.0
    top = _GAP / 2 + inset if framed else 0.0
    rows, lanes = _grid(block)
    pitch = box_width + _LANE_GAP
    centres = [inset + pitch * lane + box_width / 2 for lane in lanes]
    axis = centres[-1]
    heights = [_LINE * (1 + len(box.lines)) + 0.09 for box in block.boxes]
    tops, bottoms = _edges(rows, heights, top)
    boxes = tuple(
        (centre - box_width / 2, tops[row], box_width, height)
        for centre, row, height in zip(centres, rows, heights, strict=True)
    )
    right = inset + pitch * max(lanes) + box_width
    router = _Router(rows, centres, boxes, tops, bottoms, (axis, top), right)
    paths = [router.path(*arrow) for arrow in sorted(block.arrows, key=router.span)]
    right += _LANE_GAP * len(router.passing)
    bottom = max(bottoms)
    height = bottom + 2 * inset
    paths += [((axis, 0.0), (axis, top)), ((axis, boxes[-1][1] + heights[-1]), (axis, height))]
    frame = (0.0, top - inset, right + inset, bottom - top + 2 * inset) if framed else None
    width = right + inset + _LABEL if framed else right
    return Placed(block, boxes, tuple(paths), frame, axis, width, height)


def _grid(block: Block) -> tuple[list[int], list[float]]:
    """The row and the lane of each box; the last one in the middle if branches meet in it."""
    rows = _rows(block)
    lanes: list[float] = [*_lanes(block)]
    last = len(rows) - 1
    if sum(target == last for _, target in block.arrows) > 1:
        lanes[last] = max(lanes) / 2
    others = zip(rows[:last], lanes[:last], strict=True)
    if any(row >= rows[last] and abs(lane - lanes[last]) < 1 for row, lane in others):
        rows[last] = max(rows) + 1  # a branch with an end of its own would stand in the way
    return rows, lanes


def _rows(block: Block) -> list[int]:
    """The row of each box: below everything that it follows."""
    rows = [0] * len(block.boxes)
    for source, target in sorted(block.arrows, key=lambda arrow: arrow[1]):
        if source != ENTRY:
            rows[target] = max(rows[target], rows[source] + 1)
    return rows


def _lanes(block: Block) -> list[int]:
    """The lane of each box: that of a box it follows, unless another already goes on there."""
    lanes: list[int] = []
    ends: list[int] = []  # the lowest box of each lane
    for target in range(len(block.boxes)):
        before = [source for source, to in block.arrows if to == target and source != ENTRY]
        lane = next((lane for lane, end in enumerate(ends) if end in before), len(ends))
        ends[lane : lane + 1] = [target]
        lanes.append(lane)
    return lanes


def _edges(
    rows: Sequence[int], heights: Sequence[float], top: float
) -> tuple[list[float], list[float]]:
    """Where each row begins and ends."""
    tops, bottoms = [], []
    for row in range(max(rows) + 1):
        tall = max(height for each, height in zip(rows, heights, strict=True) if each == row)
        tops.append(top + _GAP)
        top += _GAP + tall
        bottoms.append(top)
    return tops, bottoms


class _Router:
    """Leads arrows around boxes: down, across below a row, down, across above a row, down."""

    def __init__(
        self,
        rows: Sequence[int],
        centres: Sequence[float],
        boxes: Sequence[tuple[float, float, float, float]],
        tops: Sequence[float],
        bottoms: Sequence[float],
        entry: _Point,
        right: float,
    ) -> None:
        self.rows, self.centres, self.boxes = rows, centres, boxes
        self.tops, self.bottoms = tops, bottoms
        self.entry, self.right = entry, right
        self.passing: list[list[tuple[int, int]]] = []  # rows passed in each lane beside the boxes

    def row(self, box: int) -> int:
        return -1 if box == ENTRY else self.rows[box]

    def span(self, arrow: tuple[int, int]) -> int:
        """How many rows an arrow goes down; the short ones pass nearest to the boxes."""
        return self.row(arrow[1]) - self.row(arrow[0])

    def path(self, source: int, target: int) -> tuple[_Point, ...]:
        if source == ENTRY:
            (start_x, start_y), row_bottom = self.entry, self.entry[1]
        else:
            _, y, _, height = self.boxes[source]
            start_x, start_y = self.centres[source], y + height
            row_bottom = self.bottoms[self.rows[source]]
        end_x, end_y = self.centres[target], self.tops[self.rows[target]]
        between = (self.row(source) + 1, self.row(target))
        ways = (end_x, start_x) if source == ENTRY else (start_x, end_x)
        x = next((x for x in ways if self.clear(x, between)), None)
        x = self.beside(between) if x is None else x
        out, back = row_bottom + 0.35 * _GAP, end_y - 0.35 * _GAP
        points = [(start_x, start_y), (start_x, out), (x, out), (x, back), (end_x, back)]
        return _straightened([*points, (end_x, end_y)])

    def clear(self, x: float, between: tuple[int, int]) -> bool:
        """Whether no box stands at x in the rows."""
        return not any(
            left <= x <= left + width
            for row, (left, _, width, _) in zip(self.rows, self.boxes, strict=True)
            if row in range(*between)
        )

    def beside(self, between: tuple[int, int]) -> float:
        """A free way down to the right of all boxes."""
        first, last = between
        for number, taken in enumerate(self.passing):
            if all(last < start or end < first for start, end in taken):
                taken.append(between)
                return self.right + _LANE_GAP * (number + 1)
        self.passing.append([between])
        return self.right + _LANE_GAP * len(self.passing)


def _straightened(points: Sequence[_Point]) -> tuple[_Point, ...]:
    """The same line without points where it goes straight on."""
    kept = [points[0]]
    for point, following in zip(points[1:], [*points[2:], None], strict=True):
        level = following is not None and len({kept[-1][0], point[0], following[0]}) == 1
        if point != kept[-1] and not level:
            kept.append(point)
    return tuple(kept)


def split_columns(blocks: Sequence[Placed]) -> list[list[Placed]]:
    """Blocks in columns, so many that the figure is somewhat wider than high."""
    choices = [_in_columns(blocks, count) for count in range(1, min(len(blocks), 12) + 1)]
    return min(choices, key=lambda columns: abs(math.log(_aspect(columns) / _ASPECT)))


def _in_columns(blocks: Sequence[Placed], count: int) -> list[list[Placed]]:
    """Blocks in `count` columns at most, the highest of which is about as low as it can be."""
    height = sum(block.height for block in blocks) / count
    while len(columns := _filled(blocks, height)) > count:
        height *= 1.02
    return columns


def _filled(blocks: Sequence[Placed], height: float) -> list[list[Placed]]:
    """Columns up to the height, or of one block."""
    columns: list[list[Placed]] = [[]]
    room = height
    for block in blocks:
        if columns[-1] and block.height > room:
            columns.append([])
            room = height
        columns[-1].append(block)
        room -= block.height
    return columns


def _aspect(columns: Sequence[Sequence[Placed]]) -> float:
    width = sum(column_width(column) + 2 * _GAP for column in columns)
    return width / max(sum(block.height for block in column) for column in columns)


def column_width(column: Sequence[Placed]) -> float:
    """The width of blocks below each other with their axes in line."""
    return max(block.axis for block in column) + max(block.width - block.axis for block in column)
