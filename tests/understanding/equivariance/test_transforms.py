"""Moving images: exact where no pixel falls between others, bilinear elsewhere."""

import numpy as np
import pytest

from dlcnn.understanding.equivariance.transforms import (
    Grid,
    moved,
    rotation,
    scaling,
    shift,
    warped,
)


@pytest.fixture
def images():
    return np.random.default_rng(0).normal(size=(2, 6, 8, 3)).astype(np.float32)


def test_moved_shifts_whole_pixels_exactly(images):
    """A shift by whole pixels copies pixels, and fills what comes in."""
    result = moved(images, shift(2, -1), fill=7)
    np.testing.assert_array_equal(result[:, 2:, :-1], images[:, :-2, 1:])
    assert (result[:, :2] == 7).all()
    assert (result[:, :, -1] == 7).all()


def test_moved_interpolates_between_pixels():
    """Half a pixel to the right is the mean of two neighbours; at the edge half is filled."""
    row = np.array([0.0, 2.0, 6.0]).reshape(1, 1, 3, 1)
    assert moved(row, shift(0, 0.5), fill=10).ravel().tolist() == [5.0, 1.0, 4.0]


@pytest.mark.parametrize("turns", [1, 2, 3, -1])
def test_moved_turns_by_90_degrees_exactly(images, turns):
    """On a square, turns by 90 degrees are those of numpy.rot90."""
    square = images[:, :, :6]
    expected = np.rot90(square, turns, axes=(1, 2))
    np.testing.assert_array_equal(moved(square, rotation(90 * turns)), expected)
    assert not np.array_equal(moved(square, rotation(90 * turns + 1)), expected)


def test_moved_turns_what_is_not_square_around_its_middle(images):
    """Turned by 90 degrees, the middle square is that of numpy.rot90, and the rest is filled."""
    result = moved(images, rotation(90), fill=-3)
    np.testing.assert_array_equal(result[:, :, 1:7], np.rot90(images[:, :, 1:7], axes=(1, 2)))
    assert (result[:, :, [0, 7]] == -3).all()


def test_moved_scales_from_the_middle():
    """Twice as large, pixels of an odd row lie two apart, with means between."""
    row = np.array([9.0, 2.0, 4.0, 6.0, 9.0]).reshape(1, 1, 5, 1)
    assert moved(row, scaling(2)).ravel().tolist() == [2.0, 3.0, 4.0, 5.0, 6.0]


def test_warped_moves_a_layer_by_the_shift_over_its_stride():
    """Four pixels to the right are two units of stride 2, read exactly, and one that is outside."""
    reading = warped(shift(0, 4), (5, 8), Grid((2, 3), (3.0, 2.0), (1.0, 0.5)))
    assert reading.weights[0].tolist() == [0, 0, 1, 0, 0, 1]
    assert reading.places[0, [2, 5]].tolist() == [0, 3]
    assert reading.inside.tolist() == [False, False, True] * 2
