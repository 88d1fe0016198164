"""Arrays as grids of numbers: the right slices, the right marks, the right shades."""

import numpy as np
import pytest

from dlcnn.grading.render.picture import Cell, picture
from tests.grading.render.samples import SMALLEST, VALUES


def _facts(given, yours, expected, **more):
    arrays = {"input": given, "yours": yours, "expected": expected}
    nested = {name: np.asarray(array).tolist() for name, array in arrays.items()}
    inputs = [["stride", 2], ["A_prev", list(np.shape(given))]]
    return {**VALUES, "smallest": {"inputs": inputs, "picture": nested}, **more}


def _texts(grid):
    return [[cell.text for cell in row] for row in grid.rows]


def _shown(rows):
    return [[(grid.title, grid.place) for grid in row] for row in rows]


def test_picture_of_one_channel_is_one_row_of_grids():
    """Input, yours, expected and difference side by side, with their place in the array."""
    drawn = picture({**VALUES, "smallest": SMALLEST})
    assert _shown(drawn.rows) == [
        [(title, "[0, :, :, 0]") for title in ("input A_prev", "yours", "expected", "difference")]
    ]
    given, yours, expected, difference = drawn.rows[0]
    assert _texts(given) == [["3", "-8", "1"]]
    assert yours.rows == ((Cell("3"), Cell("-8", differs=True)),)
    assert expected.rows == ((Cell("3"), Cell("1")),)
    assert difference.rows == ((Cell("0"), Cell("\N{MINUS SIGN}9", differs=True, shade=-3)),)
    assert drawn.outlined
    assert drawn.shaded


def test_picture_leaves_out_grids_without_a_difference():
    """Of 2 examples with 2 channels only the channel that differs is compared; all are inputs."""
    given = np.arange(24.0).reshape(2, 2, 3, 2)
    yours = given.copy()
    yours[1, 0, 2, 0] += 1
    drawn = picture(_facts(given, yours, given))
    places = [f"[{example}, :, :, {channel}]" for example in (0, 1) for channel in (0, 1)]
    assert _shown(drawn.rows) == [
        [("input A_prev", place) for place in places],
        [(title, "[1, :, :, 0]") for title in ("yours", "expected", "difference")],
    ]
    assert _texts(drawn.rows[1][2]) == [["0", "0", "+1"], ["0", "0", "0"]]
    assert drawn.shortened
    assert not picture(_facts(given, given + 1, given)).shortened


def test_picture_shades_by_share_of_the_largest_difference():
    """Three steps on each side of none, the sign said by the text as well."""
    expected = np.zeros((1, 6))
    yours = np.array([[9.0, -9, 5, -5, 2, 0]])
    cells = picture(_facts(expected, yours, expected)).rows[0][-1].rows[0]
    assert [cell.shade for cell in cells] == [3, -3, 2, -2, 1, 0]
    assert [cell.text[0] for cell in cells] == [
        "+",
        "\N{MINUS SIGN}",
        "+",
        "\N{MINUS SIGN}",
        "+",
        "0",
    ]


def test_picture_marks_what_differs_by_no_number():
    """NaN, infinity and booleans are unequal without a size; equal ones are not marked."""
    facts = _facts([[1.0, 2, 3, 4]], [[0] * 4], [[0] * 4])
    facts["smallest"]["picture"] |= {
        "yours": [["nan", "inf", "nan", 1.0]],
        "expected": [["nan", "-inf", 1.0, 1.0]],
    }
    drawn = picture(facts)
    cells = drawn.rows[0][-1].rows[0]
    assert [cell.text for cell in cells] == ["0", "≠", "≠", "0"]
    assert [cell.shade for cell in cells] == [0, None, None, 0]
    assert not drawn.shaded
    booleans = picture(_facts([[1, 2]], [[True, False]], [[True, True]])).rows[0]
    assert [_texts(grid) for grid in booleans[1:]] == [
        [["True", "False"]],
        [["True", "True"]],
        [["=", "≠"]],
    ]


@pytest.mark.parametrize(("rtol", "differs"), [(1e-6, True), (1e-2, False)])
def test_picture_marks_by_the_checks_own_tolerance(rtol, differs):
    """A value within the tolerance is not marked; also where the check has partial points."""
    facts = _facts([[1.0, 1.0]], [[2.0, 1.001]], [[1.0, 1.0]], rtol=rtol)
    assert picture(facts).rows[0][1].rows[0][1].differs is differs
    partial = {"failures": [VALUES | {"rtol": rtol}], "smallest": facts["smallest"]}
    assert picture(partial).rows[0][1].rows[0][1].differs is differs


def test_picture_of_unequal_shapes_has_no_difference():
    """Both are shown, nothing is marked."""
    drawn = picture(_facts(np.ones((3, 3)), np.ones((3, 3)), np.ones((2, 2))))
    assert _shown(drawn.rows) == [[("input A_prev", ""), ("yours", ""), ("expected", "")]]
    assert not drawn.outlined


@pytest.mark.parametrize(
    ("shape", "place", "size"),
    [
        ((), "", (1, 1)),
        ((4,), "", (1, 4)),
        ((2, 3), "", (2, 3)),
        ((2, 3, 1), "[:, :, 0]", (2, 3)),
        ((1, 1, 5), "[0, 0, :]", (1, 5)),
        ((1, 1, 1), "[:, :, 0]", (1, 1)),
        ((2, 1, 1, 3), "[:, 0, 0, :]", (2, 3)),
        ((1, 2, 3, 1), "[0, :, :, 0]", (2, 3)),
    ],
)
def test_picture_takes_arrays_of_any_rank_apart(shape, place, size):
    """Images by height and width; single pixels by examples and channels; the rest as it is."""
    array = np.zeros(shape)
    grid = picture(_facts(array, array + 1, array)).rows[0][1]
    assert (grid.place, (len(grid.rows), len(grid.rows[0]))) == (place, size)


def test_picture_is_none_where_nothing_can_be_drawn():
    """No smallest input, no arrays in it, or arrays that are empty, too large or of rank 5."""
    assert picture(VALUES) is None
    assert picture({**VALUES, "smallest": {"inputs": []}}) is None
    for shape in ((0,), (100,), (1, 1, 1, 1, 1)):
        assert picture(_facts(*[np.zeros(shape)] * 3)) is None
