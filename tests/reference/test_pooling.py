"""Pooling and its gradients against Keras, central differences, hand-worked numbers and theory."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.reference import (
    ShapeError,
    average_pool2d,
    average_pool2d_gradients,
    max_pool2d,
    max_pool2d_gradients,
)

from .oracles import assert_agree, central_differences, keras_pool, nudged

POOLS = {
    "max": (max_pool2d, max_pool2d_gradients),
    "average": (average_pool2d, average_pool2d_gradients),
}

# inputs (batch, height, width, channels), pool_size, strides, padding
CASES = [
    ((2, 5, 7, 4), (3, 3), 2, "valid"),
    ((2, 6, 8, 3), (3, 3), 2, "same"),
    ((3, 6, 5, 2), (2, 3), (3, 1), "same"),
    ((2, 7, 4, 3), (3, 2), 1, "valid"),
    ((2, 8, 5, 3), (2, 2), 3, "valid"),
    ((2, 5, 7, 3), (3, 3), 2, ((1, 1), (1, 1))),
    ((2, 4, 6, 5), (1, 1), 1, "valid"),
    ((2, 5, 6, 3), (4, 2), 1, ((0, 2), (3, 1))),
]
GRID = [
    ((2, height, width, 3), pool_size, strides, padding)
    for (height, width), pool_size, strides, padding in product(
        [(5, 7), (8, 6)],
        [(1, 1), (2, 2), (3, 3), (4, 3)],
        [1, 2, 3, (1, 3)],
        ["valid", "same", *(((pad, pad), (pad, pad)) for pad in (1, 2, 3))],
    )
]
DTYPES = [np.float32, np.float64]
BOTH = pytest.mark.parametrize("kind", POOLS)


def draw(kind, case, dtype):
    """(inputs, grad_outputs) for a case; pixels far enough apart for central differences."""
    shape, pool_size, strides, padding = case
    rng = np.random.default_rng(11)
    inputs = (rng.permutation(np.prod(shape)).reshape(shape) / 10 - 5).astype(dtype)
    outputs = POOLS[kind][0](inputs, pool_size, strides=strides, padding=padding)
    return inputs, rng.standard_normal(outputs.shape).astype(dtype)


def compare_with_keras(kind, case, dtype, change=lambda array: array):
    """Hold outputs and gradient to Keras; `change` spoils only what our side is given."""
    _, pool_size, strides, padding = case
    inputs, grad_outputs = draw(kind, case, dtype)
    options = {"strides": strides, "padding": padding}
    expected = keras_pool(kind, inputs, grad_outputs, pool_size, **options)
    pool, gradients = POOLS[kind]
    assert_agree(pool(change(inputs), pool_size, **options), expected[0])
    assert_agree(gradients(change(grad_outputs), inputs, pool_size, **options), expected[1])


@BOTH
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_pool_agrees_with_keras(kind, case, dtype):
    """values and gradient, with the dtype kept"""
    compare_with_keras(kind, case, dtype)


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", GRID)
def test_pool_agrees_with_keras_on_the_whole_grid(kind, case, dtype):
    """every window with every stride and padding"""
    compare_with_keras(kind, case, dtype)


@BOTH
@pytest.mark.parametrize("change", [lambda array: array + 0.01, lambda array: array[:, ::-1]])
def test_comparison_with_keras_notices_other_values(kind, change):
    """pixels off by 0.01 or upside down do not pass"""
    with pytest.raises(AssertionError):
        compare_with_keras(kind, CASES[0], np.float32, change)


def test_comparison_with_keras_notices_a_wrong_gradient():
    """right values with one gradient off by 0.01 do not pass"""
    inputs, grad_outputs = draw("max", CASES[0], np.float32)
    expected = keras_pool("max", inputs, grad_outputs, (3, 3), strides=2, padding="valid")[1]
    received = max_pool2d_gradients(nudged(grad_outputs), inputs, (3, 3), strides=2)
    with pytest.raises(AssertionError):
        assert_agree(received, expected)


@pytest.mark.parametrize("case", CASES)
def test_max_pool2d_gradients_agree_with_keras_on_ties(case):
    """the first of tied pixels in reading order receives the gradient, as in TensorFlow"""
    shape, pool_size, strides, padding = case
    inputs = np.random.default_rng(3).integers(0, 3, shape).astype(np.float64) - 1
    _, grad_outputs = draw("max", case, np.float64)
    options = {"strides": strides, "padding": padding}
    expected = keras_pool("max", inputs, grad_outputs, pool_size, **options)[1]
    assert_agree(max_pool2d_gradients(grad_outputs, inputs, pool_size, **options), expected)


def test_max_pool2d_gradients_to_all_ties_differ_from_keras():
    """the comparison above sees who receives the gradient"""
    inputs, (_, grad_outputs) = np.zeros((2, 5, 7, 4)), draw("max", CASES[0], np.float64)
    expected = keras_pool("max", inputs, grad_outputs, (3, 3), strides=2, padding="valid")[1]
    with pytest.raises(AssertionError):
        assert_agree(max_pool2d_gradients(grad_outputs, inputs, 3, strides=2, ties="all"), expected)


def compare_with_differences(kind, case, change=lambda array: array):
    """Hold the gradient to central differences of a loss; `change` spoils ours."""
    _, pool_size, strides, padding = case
    inputs, grad_outputs = draw(kind, case, np.float64)
    options = {"strides": strides, "padding": padding}
    pool, gradients = POOLS[kind]
    expected = central_differences(
        lambda moved: float(np.sum(pool(moved, pool_size, **options) * grad_outputs)), inputs
    )
    received = change(gradients(grad_outputs, inputs, pool_size, **options))
    np.testing.assert_allclose(received, expected, rtol=1e-6, atol=1e-7)


@BOTH
@pytest.mark.parametrize("case", CASES[:6])
def test_pool_gradients_agree_with_central_differences(kind, case):
    """dL/dinputs of L = sum(outputs * grad_outputs)"""
    compare_with_differences(kind, case)


@BOTH
def test_comparison_with_differences_notices_a_wrong_gradient(kind):
    """a gradient off by 0.01 in one number does not pass"""
    with pytest.raises(AssertionError):
        compare_with_differences(kind, CASES[0], nudged)


IMAGE = np.array([[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 6.0], [9.0, 7.0, -1.0, 3.0]])
IMAGE = IMAGE.reshape(1, 3, 4, 1)


def test_max_pool2d_by_hand():
    """integers worked on paper; strides default to the window"""
    np.testing.assert_array_equal(max_pool2d(IMAGE, 2)[0, :, :, 0], [[5, 8]])
    np.testing.assert_array_equal(
        max_pool2d(IMAGE, 2, strides=1)[0, :, :, 0], [[5, 8, 8], [9, 8, 8]]
    )
    np.testing.assert_array_equal(
        max_pool2d(IMAGE, (1, 3), strides=(2, 1))[0, :, :, 0], [[5, 5], [9, 7]]
    )


def test_average_pool2d_by_hand():
    """integers worked on paper; "same" divides by the pixels there are, a border counts"""
    np.testing.assert_array_equal(average_pool2d(IMAGE, 2)[0, :, :, 0], [[13 / 4, 16 / 4]])
    np.testing.assert_array_equal(
        average_pool2d(IMAGE, 2, padding="same")[0, :, :, 0], [[13 / 4, 16 / 4], [16 / 2, 2 / 2]]
    )
    np.testing.assert_array_equal(
        average_pool2d(IMAGE, 2, padding=((0, 1), (0, 0)))[0, :, :, 0],
        [[13 / 4, 16 / 4], [16 / 4, 2 / 4]],
    )


def test_max_pool2d_of_negative_pixels_ignores_same_padding_but_not_a_border_of_zeros():
    """ "same" never lets padding win; ((top, bottom), (left, right)) is zeros that may"""
    negative = -IMAGE - 1.5
    assert max_pool2d(negative, 2, padding="same").max() < 0
    assert max_pool2d(negative, 2, padding=((0, 1), (0, 0)))[0, 1, 0, 0] == 0


def test_max_pool2d_gradients_by_hand():
    """overlapping windows add up; ties give to the first, or to all of them"""
    grad_outputs = np.array([[1.0, 10.0, 100.0], [1000.0, 2.0, 20.0]]).reshape(1, 2, 3, 1)
    gradient = max_pool2d_gradients(grad_outputs, IMAGE, 2, strides=1)[0, :, :, 0]
    np.testing.assert_array_equal(gradient, [[0, 1, 0, 0], [0, 0, 132, 0], [1000, 0, 0, 0]])

    tied, one = np.array([[4.0, 7.0], [7.0, 7.0]]).reshape(1, 2, 2, 1), np.ones((1, 1, 1, 1))
    first = max_pool2d_gradients(one, tied, 2)[0, :, :, 0]
    every = max_pool2d_gradients(one, tied, 2, ties="all")[0, :, :, 0]
    np.testing.assert_array_equal(first, [[0, 1], [0, 0]])
    np.testing.assert_array_equal(every, [[0, 1], [1, 1]])


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_pool_of_integer_images(dtype, padding):
    """a maximum keeps the integers, an average is float64"""
    inputs = np.arange(2 * 5 * 4 * 3).reshape(2, 5, 4, 3)
    largest = max_pool2d(inputs.astype(dtype), 2, padding=padding)
    average = average_pool2d(inputs.astype(dtype), 2, padding=padding)
    assert (largest.dtype, average.dtype) == (dtype, np.float64)
    options = {"padding": padding}
    np.testing.assert_array_equal(largest, max_pool2d(inputs.astype(float), 2, **options))
    np.testing.assert_array_equal(average, average_pool2d(inputs.astype(float), 2, **options))


SEEDS = st.integers(0, 2**32 - 1)
SMALL = st.integers(1, 3)


@given(SEEDS, SMALL, SMALL, st.sampled_from(["valid", "same"]))
def test_pool_bounds_and_means(seed, window, strides, padding):
    """minimum <= average <= maximum in each window, and constants stay what they are"""
    inputs = np.random.default_rng(seed).standard_normal((2, 5, 7, 3))
    options = {"strides": strides, "padding": padding}
    largest, average = (POOLS[kind][0](inputs, window, **options) for kind in POOLS)
    smallest = -max_pool2d(-inputs, window, **options)
    assert np.all(smallest <= average + 1e-12)
    assert np.all(average <= largest + 1e-12)
    for pool, _ in POOLS.values():
        np.testing.assert_allclose(pool(np.full_like(inputs, 2.5), window, **options), 2.5)


@BOTH
@given(seed=SEEDS, strides=SMALL, rows=SMALL, cols=SMALL)
def test_pool_of_a_shifted_image_is_shifted(kind, seed, strides, rows, cols):
    """moving the image by whole strides moves the outputs by as many places"""
    image, pool = np.random.default_rng(seed).standard_normal((2, 5, 7, 3)), POOLS[kind][0]
    moved = ((rows * strides, 0), (cols * strides, 0))
    shifted = pool(image, (3, 2), strides=strides, padding=moved)
    np.testing.assert_array_equal(shifted[:, rows:, cols:], pool(image, (3, 2), strides=strides))


@BOTH
@given(seed=SEEDS, window=SMALL, strides=SMALL, padding=st.sampled_from(["valid", "same"]))
def test_pool_gradients_hand_out_what_came_in(kind, seed, window, strides, padding):
    """each output's gradient is shared out whole: the sums per channel are equal"""
    rng, (pool, gradients) = np.random.default_rng(seed), POOLS[kind]
    inputs = rng.integers(0, 3, (2, 5, 7, 3)).astype(np.float64)
    options = {"strides": strides, "padding": padding}
    grad_outputs = rng.standard_normal(pool(inputs, window, **options).shape)
    received = gradients(grad_outputs, inputs, window, **options)
    np.testing.assert_allclose(received.sum(axis=(1, 2)), grad_outputs.sum(axis=(1, 2)), atol=1e-10)


@BOTH
def test_pool_changes_no_argument_and_returns_new_arrays(kind):
    """inputs are only read, and a window of one pixel still gives a copy"""
    inputs, grad_outputs = draw(kind, CASES[6], np.float64)
    inputs.flags.writeable = grad_outputs.flags.writeable = False
    pool, gradients = POOLS[kind]
    assert not np.shares_memory(pool(inputs, 1), inputs)
    assert not np.shares_memory(gradients(grad_outputs, inputs, 1), grad_outputs)


INPUTS = np.zeros((2, 5, 7, 4))


@BOTH
@pytest.mark.parametrize(
    ("inputs", "pool_size", "options", "message"),
    [
        (INPUTS[0], 2, {}, r"inputs must have the 4 axes.*inputs\.shape=\(5, 7, 4\)\.$"),
        (INPUTS, 0, {}, r"pool_size must be.*Received pool_size=0\.$"),
        (INPUTS, (2, 3, 4), {}, r"pool_size must be.*Received pool_size=\(2, 3, 4\)\.$"),
        (INPUTS, 2, {"strides": -1}, r"strides must be.*Received strides=-1\.$"),
        (INPUTS, 6, {}, r"must fit.*window=\(6, 6\).*=\(5, 7\), padding='valid'\.$"),
        (INPUTS, 2, {"padding": "SAME"}, r"padding must be.*padding='SAME'\.$"),
    ],
)
def test_pool_refuses_what_does_not_fit(kind, inputs, pool_size, options, message):
    """a ShapeError that names the operation, the rule and what was received, both ways"""
    pool, gradients = POOLS[kind]
    with pytest.raises(ShapeError, match=f"^{pool.__name__}: .*{message}"):
        pool(inputs, pool_size, **options)
    with pytest.raises(ShapeError, match=f"^{gradients.__name__}: .*{message}"):
        gradients(inputs, inputs, pool_size, **options)


@BOTH
def test_pool_gradients_refuse_a_gradient_of_another_shape(kind):
    """nothing is broadcast"""
    _, gradients = POOLS[kind]
    with pytest.raises(ShapeError, match=r"grad_outputs must have shape \(2, 2, 3, 4\)"):
        gradients(np.zeros((2, 2, 3, 1)), INPUTS, 2)
