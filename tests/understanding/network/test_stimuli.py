"""Gratings and lines."""

import numpy as np
import pytest

from dlcnn.understanding.network.stimuli import gratings, lines

SIZE, CENTRE = (9, 12), (4.0, 5.0)


def test_gratings_stand_at_90_degrees_and_lie_at_0():
    """Standing stripes are alike in all rows and repeat along columns; lying ones are turned."""
    (standing,) = gratings(SIZE, CENTRE, 90, 0.25, [0])
    (lying,) = gratings(SIZE, CENTRE, 0, 0.25, [0])

    wave = np.array([0, 1, 0, -1, 0, 1, 0, -1, 0, 1, 0, -1])
    np.testing.assert_allclose(standing, np.tile(wave, (9, 1)), atol=1e-12)
    np.testing.assert_allclose(lying, np.repeat(wave[1:10, None], 12, axis=1), atol=1e-12)


def test_gratings_turn_against_the_clock():
    """At 45 degrees the stripes run from the lower left to the upper right."""
    (turned,) = gratings((9, 9), (4, 4), 45, 0.2, [0])

    np.testing.assert_allclose(np.diag(turned[::-1]), 1)
    assert np.ptp(np.diag(turned)) > 1


def test_gratings_move_with_their_phase():
    """A phase of 90 degrees moves the bright stripe a quarter of a wave on; 180 inverts."""
    still, quarter, half = gratings(SIZE, CENTRE, 90, 0.25, [0, 90, 180])

    np.testing.assert_allclose(quarter[:, 1:], still[:, :-1], atol=1e-12)
    np.testing.assert_allclose(half, -still, atol=1e-12)


@pytest.mark.parametrize(("position", "column"), [(0, 5), (3, 8), (-5, 0)])
def test_lines_stand_where_they_are_put(position, column):
    """A standing line of 1 pixel fills the column that lies so far to the right of the centre."""
    (line,) = lines(SIZE, CENTRE, 90, [position], 1)

    expected = np.zeros(SIZE)
    expected[:, column] = 1
    np.testing.assert_allclose(line, expected, atol=1e-12)


@pytest.mark.parametrize("width", [0.5, 1.0, 2.5])
def test_lines_are_as_wide_as_asked(width):
    """A lying line's light adds up to its width, wherever between pixels it lies."""
    shown = lines(SIZE, CENTRE, 0, [0, 0.3], width)

    light = shown.sum(axis=1)
    np.testing.assert_allclose(light, width, atol=1e-12)
