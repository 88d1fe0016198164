"""Putting a border on images, taking it off, and what `padding` may be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.reference import ShapeError
from dlcnn.reference.padding import crop_images, pad_images, resolve_padding

PIXELS = st.integers(0, 4)
PADS = st.tuples(st.tuples(PIXELS, PIXELS), st.tuples(PIXELS, PIXELS))


def images(dtype=np.float64):
    return np.arange(1, 2 * 3 * 4 * 5 + 1).reshape(2, 3, 4, 5).astype(dtype)


@given(PADS, st.sampled_from([0, -np.inf, 7.5]), st.sampled_from([np.float32, np.float64]))
def test_pad_images_agrees_with_numpy(pads, value, dtype):
    """the same border as `np.pad`, with the dtype kept"""
    padded = pad_images(images(dtype), pads, value)
    expected = np.pad(images(dtype), ((0, 0), *pads, (0, 0)), constant_values=value)
    assert padded.dtype == dtype
    np.testing.assert_array_equal(padded, expected)


@given(PADS)
def test_crop_images_undoes_pad_images(pads):
    """taking the border off gives the images back, also when a side has none"""
    np.testing.assert_array_equal(crop_images(pad_images(images(), pads), pads), images())


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ("valid", ((0, 0), (0, 0))),
        ("same", ((0, 1), (2, 2))),
        (((1, 2), (3, 0)), ((1, 2), (3, 0))),
        ([[1, 2], [3, np.int64(0)]], ((1, 2), (3, 0))),
    ],
)
def test_resolve_padding_gives_pixels(padding, expected):
    """each way to say padding becomes ((top, bottom), (left, right))"""
    assert resolve_padding("here", padding, (6, 9), (3, 5), (2, 1)) == expected


@pytest.mark.parametrize(
    "padding", ["SAME", "full", 1, None, (1, 1), ((1, 1), (1, -1)), ((1, 1), (1, 0.5)), ((1, 1),)]
)
def test_resolve_padding_refuses_anything_else(padding):
    """the error names the operation, the rule and what came"""
    with pytest.raises(ShapeError, match=r"^here: padding must be .* Received padding=") as caught:
        resolve_padding("here", padding, (6, 9), (3, 5), (2, 1))
    assert repr(padding) in str(caught.value)
