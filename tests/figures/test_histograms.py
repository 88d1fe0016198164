"""Histograms beside each other."""

import numpy as np
import pytest

from dlcnn.figures import histograms


def test_histograms_draw_shares_of_each_group():
    """Counts become shares of their own group, over the edges that they were counted between."""
    counts = {"a": np.array([1, 3]), "b": np.array([5, 0])}

    figure = histograms({"layer": (np.array([0.0, 0.5, 2.0]), counts)}, ["what it is"])

    (axes,) = figure.axes
    assert axes.get_title() == "what it is"
    np.testing.assert_allclose(axes.patches[0].get_data().values, [0.25, 0.75])
    np.testing.assert_allclose(axes.patches[1].get_data().edges, [0, 0.5, 2])
    assert axes.get_yscale() == "log"


def test_histograms_number_less_than_a_decade_in_the_same_size():
    """Where an axis spans less than a power of 10, the numbers between are as large as others."""
    figure = histograms({"layer": (np.arange(4.0), {"": np.array([3, 4, 9])})}, ["narrow"])

    axis = figure.axes[0].yaxis
    sizes = [each.label1.get_size() for each in (*axis.get_major_ticks(), *axis.get_minor_ticks())]
    assert set(sizes) == {7}


def test_histograms_refuse_nothing():
    """Nothing to draw is refused."""
    with pytest.raises(ValueError, match="one or more panels"):
        histograms({}, [])
