"""Curves: colours that stay with their names, and lengths that must agree."""

import pytest

from dlcnn.figures import Panel, lines, panels


def test_lines_draws_each_curve_with_its_band():
    """A curve has its name, its values and its band; the axes have their labels."""
    figure = lines(
        [0, 2, 5],
        {"a": [1, 2, 3], "b": [3, 2, 1]},
        xlabel="pixels",
        ylabel="error",
        title="two",
        spread={"a": [1, 1, 1]},
    )
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.lines] == ["a", "b"]
    assert axes.lines[1].get_ydata().tolist() == [3, 2, 1]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("pixels", "error")
    assert len(axes.collections) == 1
    assert figure.get_suptitle() == "two"


def test_panels_keep_the_colour_of_a_name():
    """The same curve has one colour in all panels, and ticks their names."""
    left = Panel([0, 1], {"a": [1, 2], "b": [2, 1]}, "x", "y", title="left")
    right = Panel([0, 1], {"b": [0, 1]}, "x", "y", ticks=["none", "all"])
    first, second = panels([left, right]).axes
    assert first.lines[1].get_color() == second.lines[0].get_color()
    assert first.lines[0].get_color() != second.lines[0].get_color()
    assert first.get_title() == "left"
    assert [tick.get_text() for tick in second.get_xticklabels()] == ["none", "all"]


@pytest.mark.parametrize("series", [{}, {"a": [1, 2, 3]}])
def test_lines_refuses_curves_of_another_length(series):
    """Nothing to draw, or a value too many, is refused."""
    with pytest.raises(ValueError, match="each of 2 places"):
        lines([0, 1], series, xlabel="x", ylabel="y")


def test_lines_of_more_curves_than_colours_differ_in_their_strokes():
    """No two curves look the same, however many there are."""
    figure = lines(
        [0, 1], {f"curve {i}": [i, i] for i in range(20)}, xlabel="x", ylabel="y", title="many"
    )
    looks = {(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines}
    assert len(looks) == 20


def test_lines_of_one_place_can_be_seen():
    """A curve of a single value is a point; a single curve needs no legend."""
    (axes,) = lines([3], {"only": [1]}, xlabel="x", ylabel="y").axes
    assert axes.lines[0].get_marker() == "o"
    assert axes.get_legend() is None


def test_panels_refuse_to_draw_nothing():
    """There is at least one panel."""
    with pytest.raises(ValueError, match="one panel or more"):
        panels([])


def test_panels_stand_in_rows_of_three():
    """Five panels make two rows, and no empty axes stay."""
    figure = panels([Panel([0, 1], {"a": [1, 2]}, "x", "y", title=str(n)) for n in range(5)])
    places = [axes.get_subplotspec() for axes in figure.axes]
    assert [(p.rowspan.start, p.colspan.start) for p in places] == [
        *((0, 0), (0, 1), (0, 2)),
        *((1, 0), (1, 1)),
    ]
    assert figure.get_size_inches()[0] < 15
