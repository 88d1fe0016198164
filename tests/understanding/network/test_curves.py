"""The numbers that describe a tuning curve."""

import numpy as np
import pytest

from dlcnn.understanding.network.curves import Curve


def _curve(values, responses, baseline=0.0, period=None):
    responses = np.asarray(responses, float)[:, None]
    return Curve("degrees", np.asarray(values, float), responses, np.array([baseline]), period)


def test_curve_measures_a_triangle_by_hand():
    """A triangle of height 4 over a baseline of 1, from 2 to 6, is half as high for 2 units."""
    curve = _curve([0, 2, 4, 6, 8], [1, 1, 5, 1, 1], baseline=1)

    assert curve.peak == [4]
    assert curve.width == [2]
    assert curve.selectivity == pytest.approx([1])


def test_curve_comes_round():
    """A peak at the seam of a period is as wide as one in the middle, and as selective."""
    middle = _curve([0, 45, 90, 135], [0, 1, 4, 1], period=180)
    seam = _curve([0, 45, 90, 135], [4, 1, 0, 1], period=180)

    assert (middle.peak[0], seam.peak[0]) == (90, 0)
    assert middle.width == pytest.approx(seam.width)
    assert middle.width == pytest.approx([60])
    # On a full circle 45 and 135 degrees lie opposite each other, and cancel.
    assert seam.selectivity == pytest.approx([4 / 6])
    open_ended = _curve([0, 45, 90, 135], [4, 1, 0, 1])
    assert np.isnan(open_ended.width[0])  # without a period the curve ends at its peak


@pytest.mark.parametrize("period", [180, None])
def test_curve_that_is_flat_selects_nothing(period):
    """All responses alike give a selectivity of 0, and no width."""
    flat = _curve([0, 45, 90, 135], [2, 2, 2, 2], period=period)

    assert flat.selectivity == pytest.approx([0], abs=1e-12)
    assert np.isnan(flat.width[0])


def test_curve_without_a_response_has_no_peak():
    """A neuron that answers to nothing more than to the grey field has none of the numbers."""
    silent = _curve([0, 1, 2], [-1, 0, -2])

    assert np.isnan([silent.peak[0], silent.width[0], silent.selectivity[0]]).all()
