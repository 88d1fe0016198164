"""Square tables of likeness."""

import numpy as np
import pytest

from dlcnn.figures import likeness


def test_likeness_colours_from_minus_1_to_1():
    """Every table has the whole scale, whatever its numbers."""
    table = np.array([[1, 0.2], [0.2, 1]])

    figure = likeness({"cosine": table}, label="filter", title="Filters")

    picture = figure.axes[0].get_images()[0]
    np.testing.assert_array_equal(picture.get_array(), table)
    assert picture.get_clim() == (-1, 1)
    assert figure.axes[0].get_xlabel() == "filter"


@pytest.mark.parametrize("count", [1, 2, 6, 70])
def test_likeness_numbers_rows_and_columns(count):
    """Ticks stand at rows and columns that there are, and at no place between two."""
    axes = likeness({"cosine": np.eye(count)}).axes[0]

    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        shown = [tick for tick in axis.get_ticklocs() if low <= tick <= high]
        assert shown
        assert set(shown) <= set(range(count))


@pytest.mark.parametrize("tables", [{}, {"long": np.zeros((2, 3))}])
def test_likeness_refuses_what_is_not_square(tables):
    """Nothing, or a table that is not square, is refused."""
    with pytest.raises(ValueError, match="square tables"):
        likeness(tables)
