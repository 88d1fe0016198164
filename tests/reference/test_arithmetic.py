"""The sizes of outputs and of "same" padding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.reference import ShapeError
from dlcnn.reference.arithmetic import output_size, same_padding

SIZES = st.integers(1, 40)
STRIDES = st.integers(1, 5)
PADS = st.tuples(st.integers(0, 4), st.integers(0, 4))


@pytest.mark.parametrize(
    ("size", "window", "stride", "pad", "expected"),
    [
        (5, 3, 1, (0, 0), 3),
        (5, 3, 2, (1, 1), 3),
        (7, 3, 2, (1, 1), 4),
        (6, 3, 2, (0, 1), 3),
        (224, 7, 2, (3, 3), 112),
        (3, 3, 3, (0, 0), 1),
        (8, 3, 3, (0, 0), 2),
    ],
)
def test_output_size_follows_the_formula(size, window, stride, pad, expected):
    """floor((size + before + after - window) / stride) + 1, worked by hand"""
    assert output_size(size, window, stride=stride, pad=pad) == expected


@given(SIZES, SIZES, STRIDES, PADS)
def test_output_size_counts_the_places_that_fit(size, window, stride, pad):
    """it is the number of starts, one stride apart, whose window ends inside the padded axis"""
    total = size + sum(pad)
    places = [start for start in range(0, total, stride) if start + window <= total]
    if places:
        assert output_size(size, window, stride=stride, pad=pad) == len(places)
    else:
        with pytest.raises(ShapeError):
            output_size(size, window, stride=stride, pad=pad)


def test_output_size_of_a_window_that_does_not_fit_names_the_sizes():
    """a window one pixel too large is refused, even where the division would round up to 0"""
    with pytest.raises(ShapeError, match=r"must fit.*size=2, window=5, pad=\(1, 1\)"):
        output_size(2, 5, stride=2, pad=(1, 1))


@given(SIZES, SIZES, STRIDES)
def test_same_padding_gives_one_output_per_stride(size, window, stride):
    """ceil(size / stride) outputs, and the odd pixel goes after"""
    before, after = same_padding(size, window, stride)
    assert after - before in (0, 1)
    if stride <= window:
        assert output_size(size, window, stride=stride, pad=(before, after)) == -(-size // stride)


def test_same_padding_on_an_even_size_differs_from_one_pixel_each_side():
    """with stride 2 TensorFlow pads (0, 1) where `pad=1` means (1, 1)"""
    assert same_padding(6, 3, 2) == (0, 1)
    assert same_padding(7, 3, 2) == (1, 1)
    assert same_padding(6, 3, 1) == (1, 1)
