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
