"""Parts of images with zeros around, and whether all is finite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.reference.engine.pixels import all_finite, copy_part


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 12), st.integers(0, 12))
def test_copy_part_is_a_part_of_the_padded_image(top, left, rows, cols):
    """Wherever the part begins and ends, also wholly outside."""
    images = np.random.default_rng(0).standard_normal((2, 4, 5, 3))
    padded = np.pad(images, ((0, 0), (30, 30), (30, 30), (0, 0)))
    part = np.full((2, rows, cols, 3), np.nan)

    copy_part(images, top, left, part)

    expected = padded[:, 30 + top : 30 + top + rows, 30 + left : 30 + left + cols]
    np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_all_finite_sees_one_value(dtype, order):
    """NaN and both infinities, in the middle of many; and that there is none."""
    values = np.asarray(np.random.default_rng(0).standard_normal((7, 11, 13)), dtype, order=order)
    assert all_finite(values)
    for value in (np.nan, np.inf, -np.inf):
        values[3, 4, 5] = value
        assert not all_finite(values)


@pytest.mark.parametrize("order", ["C", "F"])
def test_all_finite_is_careful_with_large_values(order):
    """Values whose products might overflow are not trusted, however they lie; others are."""
    values = np.asarray(np.random.default_rng(0).standard_normal((7, 11, 13)), "f4", order=order)
    assert all_finite(values * np.float32(1e15))
    assert not all_finite(values * np.float32(1e19))


def test_all_finite_takes_nothing():
    """No values are all finite."""
    assert all_finite(np.empty((0, 3)))
