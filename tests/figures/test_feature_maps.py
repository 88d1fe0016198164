"""Rows of small maps."""

import numpy as np
import pytest

from dlcnn.figures import feature_maps


def test_feature_maps_wrap_a_single_row():
    """Many maps in one row stand in several lines, each with its text."""
    maps = np.arange(2 * 3 * 14.0).reshape(2, 3, 14)

    figure = feature_maps({"layer": maps}, [[f"map {each}" for each in range(14)]])

    assert len(figure.axes) == 14
    assert figure.axes[12].get_subplotspec().rowspan.start == 1
    assert figure.axes[13].get_title() == "map 13"
    np.testing.assert_array_equal(figure.axes[13].get_images()[0].get_array(), maps[..., 13])


@pytest.mark.parametrize("rows", [{}, {"layer": np.zeros((2, 3, 1))}])
def test_feature_maps_refuse_rows_without_labels(rows):
    """Nothing to draw, or no texts for a row, is refused."""
    with pytest.raises(ValueError, match="one or more rows"):
        feature_maps(rows, [])


@pytest.mark.parametrize("count", [1, 2, 5, 9720])
def test_feature_maps_draw_a_row_of_numbers_as_bars(count):
    """Few numbers have a bar each, many share one outline; places are whole numbers."""
    values = np.random.default_rng(0).standard_normal(count)

    (axes,) = feature_maps({"flat": values}, [[""]]).axes

    if count < 10:
        np.testing.assert_allclose([bar.get_height() for bar in axes.patches], values)
    else:
        (outline,) = axes.patches
        np.testing.assert_array_equal(outline.get_data().values, values)
        np.testing.assert_array_equal(outline.get_data().edges, np.arange(count + 1) - 0.5)
        assert outline.get_fill()
    low, high = axes.get_xlim()
    shown = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert shown
    assert set(shown) <= set(range(count))
