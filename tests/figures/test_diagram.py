"""Diagrams: every box and arrow is there, and nothing stands on anything else."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.figures import save
from dlcnn.figures.chain import Block, Box, place_block, split_columns
from dlcnn.figures.diagram import ROLES, diagram

_WIDTH = 1.4
_CHAIN = Block((Box("one", ("a line",)),), ((-1, 0),))
_SKIP = Block((Box("left"), Box("right"), Box("sum")), ((-1, 0), (0, 1), (1, 2), (-1, 2)))


@st.composite
def _blocks(draw):
    """Any small graph: each box follows some before it."""
    count = draw(st.integers(1, 7))
    boxes, arrows = [], []
    for target in range(count):
        boxes.append(Box(f"box {target}", ("line",) * draw(st.integers(0, 3))))
        sources = draw(st.sets(st.integers(-1, target - 1), min_size=1, max_size=3))
        arrows += [(source, target) for source in sorted(sources)]
    return Block(tuple(boxes), tuple(arrows), draw(st.integers(1, 3)))


def _overlap(one, other):
    (x, y, width, height), (left, top, across, down) = one, other
    return x < left + across and left < x + width and y < top + down and top < y + height


def _bounds(start, end):
    """A line as a thin rectangle, its ends left out."""
    (x0, y0), (x1, y1) = start, end
    slack = 1e-6
    return (
        min(x0, x1) + slack * (x0 != x1),
        min(y0, y1) + slack * (y0 != y1),
        abs(x1 - x0) - 2 * slack * (x0 != x1),
        abs(y1 - y0) - 2 * slack * (y0 != y1),
    )


def _crossings(placed):
    """The lines that run through boxes."""
    return [
        (path, box)
        for path in placed.paths
        for line in itertools.pairwise(path)
        for box in placed.boxes
        if _overlap(_bounds(*line), box)
    ]


@given(_blocks())
def test_place_block_keeps_boxes_and_lines_apart(block):
    """No box covers another, no line runs through a box, all is within the block's measures."""
    placed = place_block(block, _WIDTH)
    assert not any(_overlap(*pair) for pair in itertools.combinations(placed.boxes, 2))
    assert not _crossings(placed)
    for left, top, width, height in placed.boxes:
        assert 0 <= left < left + width <= placed.width + 1e-9
        assert 0 <= top < top + height <= placed.height + 1e-9
    for x, y in itertools.chain(*placed.paths):
        assert -1e-9 <= x <= placed.width + 1e-9
        assert -1e-9 <= y <= placed.height + 1e-9


def test_place_block_test_tells_a_crossing_line():
    """The comparisons above see a line that does run through a box, and boxes that overlap."""
    placed = place_block(_SKIP, _WIDTH)
    left, top, width, height = placed.boxes[0]
    through = ((left + width / 2, top - 0.1), (left + width / 2, top + height + 0.1))
    assert _crossings(replace(placed, paths=(through,)))
    assert not _crossings(placed)
    assert _overlap(placed.boxes[0], (left + width / 2, top, width, height))
    assert not _overlap(placed.boxes[0], (left + width, top, width, height))


@given(_blocks())
def test_place_block_leads_every_arrow_from_box_to_box(block):
    """Each arrow begins under the box that it leaves and ends on the one that it enters."""
    placed = place_block(block, _WIDTH)
    ends = {(round(path[0][1], 6), round(path[-1][1], 6), path[-1][0]) for path in placed.paths}
    for source, target in block.arrows:
        left, top, width, _ = placed.boxes[target]
        below = None if source < 0 else placed.boxes[source][1] + placed.boxes[source][3]
        assert any(
            bottom == round(top, 6)
            and abs(x - left - width / 2) < 1e-6
            and (below is None or start == round(below, 6))
            for start, bottom, x in ends
        )


def test_place_block_puts_branches_beside_each_other():
    """Boxes that follow the same one share a row; what merges them stands in the middle below."""
    block = Block((Box("a"), Box("b"), Box("sum")), ((-1, 0), (-1, 1), (0, 2), (1, 2)))
    first, second, merged = place_block(block, _WIDTH).boxes
    assert first[1] == second[1] < merged[1]
    assert merged[0] == pytest.approx((first[0] + second[0]) / 2)


def test_place_block_frames_a_repeated_block():
    """Only a block that stands several times has a frame, and all its boxes are in it."""
    assert place_block(_SKIP, _WIDTH).frame is None
    placed = place_block(Block(_SKIP.boxes, _SKIP.arrows, times=3), _WIDTH)
    left, top, width, height = placed.frame
    for x, y, across, down in placed.boxes:
        assert left < x < x + across < left + width
        assert top < y < y + down < top + height


@pytest.mark.parametrize("count", [1, 5, 40])
def test_split_columns_keeps_order_and_shape(count):
    """Every block stands once and in order; long chains become neither strips nor towers."""
    blocks = [place_block(_CHAIN, _WIDTH)] * count
    columns = split_columns(blocks)
    assert sum(map(len, columns)) == count
    assert all(columns)
    if count == 40:
        assert 4 <= len(columns) <= 8
        assert max(map(len, columns)) - min(map(len, columns[:-1])) <= 1


def _texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_diagram_writes_every_box(tmp_path):
    """All titles and lines, the title and the number of repeats are in the figure; it is saved."""
    blocks = [_CHAIN, Block(_SKIP.boxes, _SKIP.arrows, times=4), _CHAIN]
    figure = diagram(blocks, title="network")
    assert sorted(_texts(figure)) == sorted(
        ["network", "one", "a line", "left", "right", "sum", "one", "a line", "\u00d7 4"]
    )
    save(figure, tmp_path / "diagram.png")
    assert (tmp_path / "diagram.png").stat().st_size > 1000


def test_diagram_gives_each_role_its_colour():
    """Boxes of different roles differ in colour, of the same role do not."""
    boxes = [*(Box(role, role=role) for role in ROLES), Box("other"), Box("more", role="?")]
    figure = diagram([Block((box,), ((-1, 0),)) for box in boxes])
    colours = [patch.get_edgecolor() for patch in figure.axes[0].patches]
    assert len(set(colours)) == len(ROLES) + 1
    assert colours[-1] == colours[-2]


def test_diagram_fits_texts_into_boxes():
    """The longest line is no wider than its box."""
    longest = "Separable 3\u00d73 /2, 1024"
    figure = diagram([Block((Box(longest, ("1,234,567 parameters",)),), ((-1, 0),))])
    figure.draw_without_rendering()
    box = figure.axes[0].patches[0].get_window_extent()
    for text in figure.axes[0].texts:
        if text.get_text():
            extent = text.get_window_extent()
            assert box.x0 < extent.x0 < extent.x1 < box.x1
            assert box.y0 < extent.y0 < extent.y1 < box.y1


@pytest.mark.parametrize("blocks", [[], [Block((), ())]])
def test_diagram_of_nothing_is_refused(blocks):
    """Without a box there is nothing to draw."""
    with pytest.raises(ValueError, match="at least one box"):
        diagram(blocks)
