"""conv2d and its gradients against Keras, central differences, hand-worked numbers and theory."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.reference import ShapeError, conv2d, conv2d_gradients

from .oracles import assert_agree, central_differences, keras_conv, nudged

# inputs (batch, height, width, channels), kernel (rows, cols), strides, padding
CASES = [
    ((2, 5, 7, 4), (3, 3), 2, ((1, 1), (1, 1))),
    ((2, 5, 7, 4), (3, 3), 1, "valid"),
    ((3, 6, 4, 2), (3, 2), (2, 3), "same"),
    ((2, 7, 9, 3), (5, 3), 3, ((2, 2), (2, 2))),
    ((2, 4, 6, 1), (1, 1), 2, ((3, 3), (3, 3))),
    ((2, 6, 5, 3), (2, 4), (3, 1), ((0, 1), (2, 3))),
    ((2, 8, 5, 2), (2, 2), 3, "valid"),
    ((2, 6, 8, 3), (3, 3), 2, "same"),
    ((4, 3, 2, 5), (3, 2), 1, "valid"),
]
GRID = [
    ((2, height, width, 3), kernel, strides, ((pad, pad), (pad, pad)))
    for (height, width), kernel, strides, pad in product(
        [(5, 7), (8, 6), (9, 4)],
        [(1, 1), (2, 2), (3, 3), (4, 3), (3, 4)],
        [1, 2, 3, (1, 3), (3, 2)],
        [0, 1, 2, 3],
    )
]
DTYPES = [np.float32, np.float64]


def draw(shape, window, strides, padding, dtype, filters=6):
    """(inputs, kernel, bias, grad_outputs) for a case."""
    rng = np.random.default_rng(7)
    inputs = rng.standard_normal(shape).astype(dtype)
    kernel = rng.standard_normal((*window, shape[-1], filters)).astype(dtype)
    bias = rng.standard_normal(filters).astype(dtype)
    outputs = conv2d(inputs, kernel, bias, strides=strides, padding=padding)
    return inputs, kernel, bias, rng.standard_normal(outputs.shape).astype(dtype)


def compare_with_keras(case, dtype, kernel_change=lambda kernel: kernel):
    """Hold outputs and the three gradients to Keras; `kernel_change` spoils only our side."""
    _, _, strides, padding = case
    inputs, kernel, bias, grad_outputs = draw(*case, dtype)
    expected = keras_conv(inputs, kernel, bias, grad_outputs, strides=strides, padding=padding)
    ours = kernel_change(kernel)
    outputs = conv2d(inputs, ours, bias, strides=strides, padding=padding)
    gradients = conv2d_gradients(grad_outputs, inputs, ours, strides=strides, padding=padding)
    for received, wanted in zip((outputs, *gradients), expected, strict=True):
        assert_agree(received, wanted)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_conv2d_agrees_with_keras(case, dtype):
    """values and all three gradients, with the dtype kept"""
    compare_with_keras(case, dtype)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", GRID)
def test_conv2d_agrees_with_keras_on_the_whole_grid(case, dtype):
    """every kernel with every stride and pad"""
    compare_with_keras(case, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("change", [nudged, lambda kernel: kernel[::-1], lambda kernel: -kernel])
def test_comparison_with_keras_notices_a_wrong_kernel(change, dtype):
    """one number off by 0.01, a flip or a sign does not pass"""
    with pytest.raises(AssertionError):
        compare_with_keras(CASES[0], dtype, change)


def compare_with_differences(case, change=lambda array: array):
    """Hold each gradient to central differences of a loss; `change` spoils ours."""
    _, _, strides, padding = case
    inputs, kernel, bias, grad_outputs = draw(*case, np.float64, filters=3)
    arrays = [inputs, kernel, bias]
    gradients = conv2d_gradients(grad_outputs, inputs, kernel, strides=strides, padding=padding)
    for place, gradient in enumerate(gradients):

        def loss(moved, place=place):
            given_arrays = [*arrays[:place], moved, *arrays[place + 1 :]]
            outputs = conv2d(*given_arrays, strides=strides, padding=padding)
            return float(np.sum(outputs * grad_outputs))

        expected = central_differences(loss, arrays[place])
        np.testing.assert_allclose(change(gradient), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("case", [CASES[0], CASES[1], CASES[2], CASES[5]])
def test_conv2d_gradients_agree_with_central_differences(case):
    """dL/dinputs, dL/dkernel and dL/dbias of L = sum(outputs * grad_outputs)"""
    compare_with_differences(case)


def test_comparison_with_differences_notices_a_wrong_gradient():
    """a gradient off by 0.01 in one number does not pass"""
    with pytest.raises(AssertionError):
        compare_with_differences(CASES[0], nudged)


def test_conv2d_by_hand():
    """integers worked on paper: cross-correlation, the kernel is not flipped"""
    inputs = np.arange(1.0, 13.0).reshape(1, 3, 4, 1)
    kernel = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(2, 2, 1, 1)
    # Top left: 1*1 + 2*2 + 5*3 + 6*4 = 44; one pixel to the right adds 1 + 2 + 3 + 4 = 10.
    expected = [[44.0, 54.0, 64.0], [84.0, 94.0, 104.0]]
    np.testing.assert_array_equal(conv2d(inputs, kernel)[0, :, :, 0], expected)
    np.testing.assert_array_equal(
        conv2d(inputs, kernel, np.array([-4.0]), strides=2)[0, :, :, 0], [[40.0, 60.0]]
    )
    with_border = conv2d(inputs, kernel, strides=2, padding=((1, 0), (1, 1)))[0, :, :, 0]
    np.testing.assert_array_equal(with_border, [[4.0, 18.0, 12.0], [46.0, 94.0, 44.0]])


def test_conv2d_gradients_by_hand():
    """each output's gradient reaches the pixels and weights that made it, and no others"""
    inputs = np.arange(1.0, 13.0).reshape(1, 3, 4, 1)
    kernel = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(2, 2, 1, 1)
    grad_outputs = np.array([10.0, 100.0]).reshape(1, 1, 2, 1)
    grad_inputs, grad_kernel, grad_bias = conv2d_gradients(grad_outputs, inputs, kernel, strides=2)
    np.testing.assert_array_equal(
        grad_inputs[0, :, :, 0], [[10, 20, 100, 200], [30, 40, 300, 400], [0, 0, 0, 0]]
    )
    np.testing.assert_array_equal(grad_kernel[:, :, 0, 0], [[310, 420], [750, 860]])
    np.testing.assert_array_equal(grad_bias, [110])


@pytest.mark.parametrize("dtype", [np.int64, np.uint8])
def test_conv2d_computes_integer_images_in_float64(dtype):
    """nothing is rounded or wrapped on the way"""
    inputs = np.full((2, 3, 4, 1), 200, dtype)
    outputs = conv2d(inputs, np.full((2, 2, 1, 3), 0.5))
    np.testing.assert_array_equal(outputs, np.full((2, 2, 3, 3), 400.0))
    assert outputs.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_conv2d_keeps_the_dtype_of_inputs(dtype):
    """also when kernel and bias are of another dtype"""
    inputs, kernel, bias, grad_outputs = draw(*CASES[0], np.float64)
    outputs = conv2d(inputs.astype(dtype), kernel, bias, strides=2, padding=CASES[0][3])
    gradients = conv2d_gradients(
        grad_outputs, inputs.astype(dtype), kernel, strides=2, padding=CASES[0][3]
    )
    assert {array.dtype for array in (outputs, *gradients)} == {np.dtype(dtype)}


SEEDS = st.integers(0, 2**32 - 1)
SMALL = st.integers(1, 3)


@given(SEEDS, st.floats(-3, 3), SMALL, st.integers(0, 3))
def test_conv2d_is_linear_in_inputs_and_in_kernel(seed, factor, strides, pad):
    """conv(a*x + y, k) = a*conv(x, k) + conv(y, k), and the same for the kernel"""
    rng = np.random.default_rng(seed)
    one, other = rng.standard_normal((2, 2, 5, 6, 3))
    kernel, second = rng.standard_normal((2, 3, 2, 3, 4))
    options = {"strides": strides, "padding": ((pad, pad), (pad, 0))}
    np.testing.assert_allclose(
        conv2d(factor * one + other, kernel, **options),
        factor * conv2d(one, kernel, **options) + conv2d(other, kernel, **options),
        atol=1e-10,
    )
    np.testing.assert_allclose(
        conv2d(one, factor * kernel + second, **options),
        factor * conv2d(one, kernel, **options) + conv2d(one, second, **options),
        atol=1e-10,
    )


@given(SEEDS, SMALL, SMALL, SMALL)
def test_conv2d_of_a_shifted_image_is_shifted(seed, strides, rows, cols):
    """moving the image by whole strides moves the outputs by as many places"""
    rng = np.random.default_rng(seed)
    image, kernel = rng.standard_normal((2, 5, 7, 3)), rng.standard_normal((3, 2, 3, 4))
    moved = ((rows * strides, 0), (cols * strides, 0))
    shifted = conv2d(image, kernel, strides=strides, padding=moved)
    outputs = conv2d(image, kernel, strides=strides)
    np.testing.assert_allclose(shifted[:, rows:, cols:], outputs, atol=1e-10)


@given(SEEDS, SMALL, st.integers(0, 3))
def test_conv2d_gradients_are_the_adjoints(seed, strides, pad):
    """<conv(x, k), g> = <x, grad_inputs> = <k, grad_kernel>, and grad_bias is the sum of g"""
    rng = np.random.default_rng(seed)
    inputs, kernel = rng.standard_normal((2, 6, 5, 3)), rng.standard_normal((2, 3, 3, 4))
    options = {"strides": strides, "padding": ((pad, 0), (pad, pad))}
    outputs = conv2d(inputs, kernel, **options)
    grad_outputs = rng.standard_normal(outputs.shape)
    grad_inputs, grad_kernel, grad_bias = conv2d_gradients(grad_outputs, inputs, kernel, **options)
    product_of_both = np.sum(outputs * grad_outputs)
    np.testing.assert_allclose(np.sum(inputs * grad_inputs), product_of_both, atol=1e-9)
    np.testing.assert_allclose(np.sum(kernel * grad_kernel), product_of_both, atol=1e-9)
    np.testing.assert_allclose(grad_bias, grad_outputs.sum(axis=(0, 1, 2)), atol=1e-9)


def test_conv2d_changes_no_argument():
    """inputs, kernel, bias and gradients are only read"""
    arrays = draw(*CASES[0], np.float64)
    for array in arrays:
        array.flags.writeable = False
    inputs, kernel, bias, grad_outputs = arrays
    conv2d(inputs, kernel, bias, strides=2, padding=CASES[0][3])
    conv2d_gradients(grad_outputs, inputs, kernel, strides=2, padding=CASES[0][3])


INPUTS, KERNEL = np.zeros((2, 5, 7, 4)), np.zeros((3, 3, 4, 6))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: conv2d(INPUTS[..., :3], KERNEL),
            r"^conv2d: kernel expects 4 input channels, inputs has 3\. "
            r"Received inputs\.shape=\(2, 5, 7, 3\), kernel\.shape=\(3, 3, 4, 6\)\.$",
        ),
        (lambda: conv2d(INPUTS[0], KERNEL), r"inputs must have the 4 axes.*\(5, 7, 4\)\.$"),
        (lambda: conv2d(INPUTS, KERNEL[0]), r"kernel must have the 4 axes.*\(3, 4, 6\)\.$"),
        (lambda: conv2d(INPUTS, KERNEL, np.zeros(4)), r"bias must have shape \(6,\).*=\(4,\)\.$"),
        (lambda: conv2d(INPUTS[:, :2], KERNEL), r"must fit.*window=\(3, 3\).*=\(2, 7\), .*'valid'"),
        (lambda: conv2d(INPUTS, KERNEL, strides=0), r"strides must be.*Received strides=0\.$"),
        (lambda: conv2d(INPUTS, KERNEL, strides=1.5), r"strides must be.*Received strides=1\.5\.$"),
        (lambda: conv2d(INPUTS, KERNEL, strides=(1, 2, 3)), r"strides must be.*=\(1, 2, 3\)\.$"),
        (lambda: conv2d(INPUTS, KERNEL, padding="SAME"), r"padding must be.*='SAME'\.$"),
        (
            lambda: conv2d_gradients(np.zeros((2, 3, 5, 4)), INPUTS, KERNEL),
            r"^conv2d_gradients: grad_outputs must have shape \(2, 3, 5, 6\).*=\(2, 3, 5, 4\)\.$",
        ),
        (lambda: conv2d_gradients(INPUTS, INPUTS[0], KERNEL), r"^conv2d_gradients: inputs must"),
    ],
)
def test_conv2d_refuses_what_does_not_fit(call, message):
    """a ShapeError, which is a ValueError, with the rule and what was received"""
    with pytest.raises(ShapeError, match=message) as caught:
        call()
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("groups", [1.0, (2,), "1", None])
def test_conv2d_refuses_groups_that_are_no_integer(groups):
    """one as well as two of them"""
    with pytest.raises(ShapeError, match=r"^conv2d: groups must be one integer, .* Received gro"):
        conv2d(np.zeros((2, 5, 7, 4)), np.zeros((3, 3, 4, 6)), groups=groups)


@pytest.mark.parametrize("one", [True, np.int64(1)])
def test_conv2d_takes_whatever_counts_as_an_integer_for_groups(one):
    """as strides do"""
    rng = np.random.default_rng(8)
    inputs, kernel = rng.standard_normal((2, 5, 7, 4)), rng.standard_normal((3, 3, 4, 6))
    np.testing.assert_array_equal(conv2d(inputs, kernel, groups=one), conv2d(inputs, kernel))


@pytest.mark.parametrize("padding", ["valid", "same", "full"])
def test_conv2d_refuses_a_kernel_of_no_pixels(padding):
    """whatever the border"""
    with pytest.raises(ShapeError, match=r"^conv2d: kernel must have at least one pixel along"):
        conv2d(np.zeros((2, 5, 7, 4)), np.zeros((0, 3, 4, 6)), padding=padding)
