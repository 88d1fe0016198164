"""Every spelling of pixels, labels and classes in use is understood, every other one refused."""

import numpy as np
import pytest

from dlcnn.data import DataError
from dlcnn.data.values import (
    class_names_from,
    expect_image_header,
    labels_from,
    pixels_from,
    seed_from,
)

_PIXELS = np.array([0, 51, 128, 255], np.uint8).reshape(2, 1, 2, 1)


@pytest.mark.parametrize(
    "values",
    [
        _PIXELS,
        _PIXELS[..., 0],
        _PIXELS.astype(np.int64),
        _PIXELS.astype(np.float64),
        _PIXELS.astype(np.float16),
        _PIXELS / 255,
        (_PIXELS / 255).astype(np.float32),
        (_PIXELS / 255).astype(np.float16),
    ],
)
def test_pixels_from_every_kind_of_number(values):
    """Integers, floating point to 1 or to 255, with or without a channel axis: the same pixels."""
    expect_image_header("here", values.shape, values.dtype)
    pixels = pixels_from("here", values)
    np.testing.assert_array_equal(pixels, _PIXELS)
    assert pixels.dtype == np.uint8


def test_pixels_from_floating_point_are_rounded():
    """To the nearest pixel value, never down to 0 by a cast."""
    values = np.array([0.4, 0.6, 127.4, 254.6]).reshape(1, 2, 2, 1)
    assert pixels_from("here", values).ravel().tolist() == [0, 1, 127, 255]


@pytest.mark.parametrize("value", [-1.0, 255.5, np.nan, np.inf, -np.inf])
def test_pixels_from_other_numbers_are_refused(value):
    """Standardised images, or none at all, are no pixels."""
    values = np.ones((2, 3, 2, 1))
    values[1, 2, 0, 0] = value
    with pytest.raises(DataError, match=r"here: a pixel is a number from 0 to 255"):
        pixels_from("here", values)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((4, 6), np.uint8),
        ((4, 6, 5, 3, 1), np.uint8),
        ((), np.uint8),
        ((0, 6, 5, 3), np.uint8),
        ((4, 6, 0, 3), np.uint8),
        ((4, 6, 5, 3), np.complex128),
        ((4, 6, 5, 3), np.dtype("S1")),
        ((4, 6, 5, 3), object),
        ((4, 6, 5, 3), bool),
    ],
)
def test_expect_image_header_of_what_is_no_image(shape, dtype):
    """Another rank, nothing at all, or no numbers."""
    with pytest.raises(DataError, match="here: images are numbers of shape"):
        expect_image_header("here", shape, np.dtype(dtype))


def test_expect_image_header_of_channels_first():
    """Said as such: they would be read as images of 3 rows."""
    with pytest.raises(DataError, match="channels come last"):
        expect_image_header("here", (4, 3, 6, 5), np.dtype(np.uint8))


_LABELS = np.array([2, 0, 1, 2, 1])


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float64])
@pytest.mark.parametrize("shape", [(5,), (1, 5), (5, 1)])
def test_labels_from_every_shape_in_use(shape, dtype):
    """A list, a row or a column of whole numbers of any type."""
    labels = labels_from("here", _LABELS.reshape(shape).astype(dtype), 5, 3)
    np.testing.assert_array_equal(labels, _LABELS)
    assert labels.dtype == np.int64


@pytest.mark.parametrize("dtype", [np.int64, np.float32, bool])
def test_labels_from_one_hot_rows(dtype):
    """The index of the single 1."""
    labels = labels_from("here", np.eye(3)[_LABELS].astype(dtype), 5, 3)
    np.testing.assert_array_equal(labels, _LABELS)


def test_labels_from_a_row_of_one_image():
    """One image has one label, or one row; a column of 0 and 1 stays a column for one class."""
    assert labels_from("here", np.array([[1]]), 1, 2).tolist() == [1]
    assert labels_from("here", np.array([[0, 1]]), 1, 2).tolist() == [1]
    assert labels_from("here", np.array([[0], [0]]), 2, 1).tolist() == [0, 0]


def test_labels_from_booleans():
    """Smiling or not."""
    assert labels_from("here", np.array([True, False]), 2, 2).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (_LABELS[:4], r"each of 5 images has one label.*Received shape=\(4,\)"),
        (np.eye(3)[_LABELS].T, r"Received shape=\(3, 5\)"),
        (np.eye(4)[_LABELS], r"Received shape=\(5, 4\)"),
        (np.array(1), r"Received shape=\(\)"),
        (_LABELS + 1, "one of 3 classes, from 0 to 2. Received labels from 1 to 3"),
        (_LABELS - 1, "Received labels from -1 to 1"),
        (np.array([0, 1, 2, 2, 2**63], np.uint64), f"to {2**63}"),
        (_LABELS + 0.5, "whole numbers"),
        (np.array([0, 1, 2, np.nan, 0]), "whole numbers"),
        (np.array([0, 1, 2, np.inf, 0]), "Received labels from 0.0 to inf"),
        (np.array([b"a", b"b", b"a", b"b", b"a"]), "whole numbers. Received dtype=|S1"),
        (np.eye(3)[_LABELS] * 2, r"a single 1 among 0s. Received \[0.0, 0.0, 2.0\] for image 0"),
        (np.ones((5, 3)), r"a single 1 among 0s. Received \[1.0, 1.0, 1.0\] for image 0"),
        (np.zeros((5, 3)), "a single 1 among 0s"),
        (np.tile([1, 2, 0], (5, 1)), r"a single 1 among 0s. Received \[1, 2, 0\] for image 0"),
    ],
)
def test_labels_from_others_are_refused(labels, words):
    """Too few, turned, outside the classes, no whole numbers, no single 1: each in its words."""
    with pytest.raises(DataError, match=words):
        labels_from("here", labels, 5, 3)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (np.arange(6), ("0", "1", "2", "3", "4", "5")),
        (np.array([0, 1], np.uint8), ("0", "1")),
        (np.array([b"non-cat", b"cat"]), ("non-cat", "cat")),
        (np.array([["tür".encode(), b"wand"]]), ("tür", "wand")),
    ],
)
def test_class_names_from_bytes_and_numbers(values, names):
    """Bytes are decoded, numbers written out."""
    assert class_names_from("here", values) == names


@pytest.mark.parametrize(
    "values",
    [
        np.array([1, 2, 3]),
        np.array([0, 1, 1]),
        np.array([0.0, 1.0]),
        np.array([], np.int64),
        np.array([], "S3"),
        np.array([b"cat", b""]),
        np.array([b"cat", b"\x1b[31mdog"]),
    ],
)
def test_class_names_from_others_are_refused(values):
    """Numbers that are no indexes would name images wrongly; names have letters, none hidden."""
    with pytest.raises(DataError, match="here: classes are names"):
        class_names_from("here", values)


@pytest.mark.parametrize("value", [0, 7, np.int64(7), np.uint8(7), 2**64 - 1])
def test_seed_from_whole_numbers(value):
    """Those of NumPy too; it is Python's int that comes back."""
    found = seed_from("here", value)
    assert (found, type(found)) == (value, int)


@pytest.mark.parametrize("value", [-1, 2**64, 1.0, True, np.True_, "1", None, np.array([1, 2])])
def test_seed_from_anything_else(value):
    """In a sentence."""
    with pytest.raises(DataError, match=r"here: a seed is a whole number from 0.*Received seed="):
        seed_from("here", value)
