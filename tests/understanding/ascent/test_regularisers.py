"""Tests of penalties, blurring and shifting, by hand."""

import keras
import numpy as np

from dlcnn.understanding.ascent import regularisers


def test_total_variation_of_a_hand_worked_image():
    """a 2 x 3 image: 7 down the columns and 10 along the rows, over 6 values"""
    image = np.array([[1, 2, 4], [0, 5, 1]], np.float32)[None, :, :, None]
    images = np.concatenate([image, np.ones_like(image)])

    found = keras.ops.convert_to_numpy(regularisers.total_variation(images))

    assert found.tolist() == [np.float32((1 + 3 + 3 + 1 + 2 + 5 + 4) / 6), 0]


def test_mean_square_of_a_hand_worked_image():
    """1 + 4 + 9 + 16 over 4 values, of each image its own"""
    images = np.array([[1, 2, 3, 4], [0, 0, 0, 2]], np.float32).reshape(2, 1, 2, 2)

    found = keras.ops.convert_to_numpy(regularisers.mean_square(images))

    assert found.tolist() == [7.5, 1]


def test_gaussian_keeps_what_is_even_and_spreads_a_dot():
    """an even image stays even up to its edge, a dot becomes the outer product of two bells"""
    rows, columns = regularisers.gaussian(7, 1.0), regularisers.gaussian(9, 1.0)
    even, dot = np.ones((1, 7, 9, 2), np.float32), np.zeros((1, 7, 9, 1), np.float32)
    dot[0, 3, 4] = 1

    np.testing.assert_allclose(regularisers.blurred(even, rows, columns), even, rtol=1e-6)
    found = np.asarray(regularisers.blurred(dot, rows, columns))[0, ..., 0]
    np.testing.assert_allclose(found, np.outer(rows[:, 3], columns[:, 4]), rtol=1e-6)
    assert found[3, 4] > found[2, 4] > found[1, 4] > 0
    np.testing.assert_allclose(rows[3, 2] / rows[3, 3], np.exp(-0.5), rtol=1e-6)
    assert (regularisers.gaussian(5, 0.0) == np.eye(5)).all()


def test_turns_shift_an_image_and_back():
    """taken in the first order it is rolled, and in the second it lies as before"""
    image = np.arange(2 * 4 * 5).reshape(2, 4, 5, 1)
    rows, columns = regularisers.turns(4, 1), regularisers.turns(5, -2)

    there = np.asarray(regularisers.shifted(image, rows[0], columns[0]))
    back = np.asarray(regularisers.shifted(there, rows[1], columns[1]))

    assert (there == np.roll(image, (1, -2), axis=(1, 2))).all()
    assert (back == image).all()
