"""Every convolution on random cases: against Keras, central differences, and what must hold of all.

One, two and three axes, strides, dilation, groups and each way to pad, forward and backward.
`test_convolution` has the two-dimensional one by hand and on fixed cases.
"""

import numpy as np
import pytest
from hypothesis import assume, given, settings

from dlcnn import reference
from dlcnn.reference import conv2d, conv2d_gradients

from .cases import Case, convolutions
from .oracles import assert_agree, central_differences, keras_conv, nudged, with_gradients

pytestmark = pytest.mark.usefixtures("both_ways")

CONV = {axes: getattr(reference, f"conv{axes}d") for axes in (1, 2, 3)}
GRADIENTS = {axes: getattr(reference, f"conv{axes}d_gradients") for axes in (1, 2, 3)}


def draw(case):
    """(inputs, kernel, bias, grad_outputs) of a case."""
    inputs, kernel, bias = case.draw(case.inputs, case.kernel, case.kernel[-1:])
    outputs = CONV[case.axes](inputs, kernel, **case.options)
    return inputs, kernel, bias, case.draw(outputs.shape)[0]


def compare_with_keras(case, change=lambda kernel: kernel):
    """Hold outputs and the three gradients to Keras; `change` spoils only our kernel."""
    inputs, kernel, bias, grad_outputs = draw(case)
    expected = keras_conv(inputs, kernel, bias, grad_outputs, **case.options)
    outputs = CONV[case.axes](inputs, change(kernel), bias, **case.options)
    gradients = GRADIENTS[case.axes](grad_outputs, inputs, change(kernel), **case.options)
    for received, wanted in zip((outputs, *gradients), expected, strict=True):
        assert_agree(received, wanted)


@settings(max_examples=200)
@given(convolutions())
def test_conv_agrees_with_keras(case):
    """outputs and all three gradients, with the dtype kept"""
    compare_with_keras(case)


@pytest.mark.slow
@settings(max_examples=2500)
@given(convolutions())
def test_conv_agrees_with_keras_on_thousands_of_cases(case):
    """the same, on more of them"""
    compare_with_keras(case)


FIXED = [
    Case((2, 9, 3), (3, 3, 4), {"strides": 2, "padding": "same"}, np.float64, 1),
    Case(
        (2, 6, 7, 4),
        (2, 3, 2, 6),
        {"dilation_rate": (1, 2), "groups": 2, "padding": "full"},
        np.float64,
        2,
    ),
    Case(
        (2, 5, 6, 2),
        (3, 2, 2, 3),
        {"strides": (2, 1), "padding": {"mode": "reflect", "pad": ((1, 2), (3, 0))}},
        np.float64,
        3,
    ),
    Case(
        (2, 4, 5, 3),
        (3, 3, 1, 3),
        {"groups": 3, "padding": {"mode": "symmetric", "pad": "same"}},
        np.float64,
        4,
    ),
    Case(
        (2, 3, 4, 5, 2), (2, 1, 3, 2, 3), {"strides": (1, 2, 1), "padding": "same"}, np.float64, 5
    ),
]


@pytest.mark.parametrize(
    "change", [nudged, lambda kernel: kernel[::-1], lambda kernel: np.roll(kernel, 1, axis=-1)]
)
@pytest.mark.parametrize("case", FIXED)
def test_comparison_with_keras_notices_a_wrong_kernel(case, change):
    """one number off by 0.01, a flip or exchanged filters do not pass"""
    oracle = {"strides": 1, **case.options}
    case = Case(case.inputs, case.kernel, oracle, case.dtype, case.seed)
    compare_with_keras(case)
    with pytest.raises(AssertionError):
        compare_with_keras(case, change)


@pytest.mark.parametrize("case", FIXED)
@pytest.mark.parametrize("change", [lambda gradient: gradient, nudged])
def test_gradients_agree_with_central_differences(case, change):
    """dL/dinputs, dL/dkernel and dL/dbias of L = sum(outputs * grad_outputs); not when nudged"""
    inputs, kernel, bias, grad_outputs = draw(case)
    arrays = [inputs, kernel, bias]
    gradients = GRADIENTS[case.axes](grad_outputs, inputs, kernel, **case.options)
    for place, gradient in enumerate(gradients):

        def loss(moved, place=place):
            given_arrays = [*arrays[:place], moved, *arrays[place + 1 :]]
            return float(np.sum(CONV[case.axes](*given_arrays, **case.options) * grad_outputs))

        expected = central_differences(loss, arrays[place])
        agrees = np.allclose(change(gradient), expected, rtol=1e-6, atol=1e-7)
        assert agrees == (change is not nudged)


@given(convolutions())
def test_gradients_are_the_adjoints(case):
    """<conv(x, k), g> = <x, grad_inputs> = <k, grad_kernel>, and grad_bias is the sum of g"""
    case = Case(case.inputs, case.kernel, case.options, np.float64, case.seed)
    inputs, kernel, _, grad_outputs = draw(case)
    outputs = CONV[case.axes](inputs, kernel, **case.options)
    grads = GRADIENTS[case.axes](grad_outputs, inputs, kernel, **case.options)
    grad_inputs, grad_kernel, grad_bias = grads
    both = np.sum(outputs * grad_outputs)
    np.testing.assert_allclose(np.sum(inputs * grad_inputs), both, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.sum(kernel * grad_kernel), both, rtol=1e-9, atol=1e-9)
    total = grad_outputs.reshape(-1, grad_outputs.shape[-1]).sum(axis=0)
    np.testing.assert_allclose(grad_bias, total, rtol=1e-9, atol=1e-9)


@given(convolutions())
def test_conv_is_linear_in_inputs_and_in_kernel(case):
    """conv(2x + y, k) = 2 conv(x, k) + conv(y, k), and the same for the kernel"""
    case = Case(case.inputs, case.kernel, case.options, np.float64, case.seed)
    x, y, k, m = case.draw(case.inputs, case.inputs, case.kernel, case.kernel)

    def conv(inputs, kernel):
        return CONV[case.axes](inputs, kernel, **case.options)

    np.testing.assert_allclose(conv(2 * x + y, k), 2 * conv(x, k) + conv(y, k), atol=1e-10)
    np.testing.assert_allclose(conv(x, 2 * k + m), 2 * conv(x, k) + conv(x, m), atol=1e-10)


@given(convolutions())
def test_channels_first_is_the_same_with_the_axes_moved(case):
    """outputs and gradients; kernel and bias are as they were"""
    inputs, kernel, bias, grad_outputs = draw(case)

    def moved(images):
        return np.ascontiguousarray(np.moveaxis(images, -1, 1))

    first = {**case.options, "data_format": "channels_first"}
    outputs = CONV[case.axes](inputs, kernel, bias, **case.options)
    received = CONV[case.axes](moved(inputs), kernel, bias, **first)
    assert_agree(received, moved(outputs))
    expected = GRADIENTS[case.axes](grad_outputs, inputs, kernel, **case.options)
    received = GRADIENTS[case.axes](moved(grad_outputs), moved(inputs), kernel, **first)
    for ours, theirs in zip(received, (moved(expected[0]), *expected[1:]), strict=True):
        assert_agree(ours, theirs)


@given(convolutions())
def test_groups_are_convolutions_of_their_own(case):
    """each part of the filters is a convolution of its part of the channels"""
    groups = case.options["groups"]
    assume(groups > 1)
    inputs, kernel, bias, _ = draw(case)
    alone = {**case.options, "groups": 1}
    parts = [
        CONV[case.axes](*part, **alone)
        for part in zip(
            np.split(inputs, groups, axis=-1),
            np.split(kernel, groups, axis=-1),
            np.split(bias, groups),
            strict=True,
        )
    ]
    whole = CONV[case.axes](inputs, kernel, bias, **case.options)
    np.testing.assert_allclose(whole, np.concatenate(parts, axis=-1), rtol=1e-5, atol=1e-5)


def test_groups_agree_with_keras_own():
    """the oracle splits groups; here Keras itself does"""
    import keras

    rng = np.random.default_rng(8)
    inputs, kernel = rng.standard_normal((2, 5, 6, 4)), rng.standard_normal((3, 2, 2, 6))
    outputs = conv2d(inputs, kernel, groups=2, strides=2)
    grad_outputs = rng.standard_normal(outputs.shape)
    expected = with_gradients(
        lambda images, filters: keras.ops.conv(images, filters, strides=2),
        grad_outputs,
        inputs,
        kernel,
    )
    gradients = conv2d_gradients(grad_outputs, inputs, kernel, groups=2, strides=2)
    for ours, theirs in zip((outputs, *gradients[:2]), expected, strict=True):
        assert_agree(ours, theirs)


@given(convolutions(axes=(2,)))
def test_a_dilated_kernel_is_one_with_zeros_between_its_taps(case):
    """and a "full" border is as wide as that kernel less one pixel"""
    inputs, kernel, _, _ = draw(case)
    rates = np.broadcast_to(case.options["dilation_rate"], 2)
    rows, cols = rates * (np.array(kernel.shape[:2]) - 1) + 1
    spread = np.zeros((rows, cols, *kernel.shape[2:]), kernel.dtype)
    spread[:: rates[0], :: rates[1]] = kernel
    plain = {**case.options, "dilation_rate": 1}
    np.testing.assert_allclose(
        conv2d(inputs, kernel, **case.options),
        conv2d(inputs, spread, **plain),
        rtol=1e-5,
        atol=1e-5,
    )


def test_conv1d_and_conv3d_are_conv2d_with_an_axis_less_or_more():
    """a sequence is an image of one row, an image a volume of one slice"""
    rng = np.random.default_rng(9)
    image, kernel = rng.standard_normal((2, 1, 9, 3)), rng.standard_normal((1, 4, 3, 5))
    outputs = conv2d(image, kernel, strides=2, dilation_rate=2)
    row = CONV[1](image[:, 0], kernel[0], strides=2, dilation_rate=2)
    np.testing.assert_allclose(row, outputs[:, 0], atol=1e-12)
    slab = CONV[3](image[:, None], kernel[None], strides=2, dilation_rate=2)
    np.testing.assert_allclose(slab, outputs[:, None], atol=1e-12)


def test_conv3d_by_hand():
    """a cube of 2 pixels a side with a kernel that counts in powers of ten"""
    cube = np.arange(1.0, 9.0).reshape(1, 2, 2, 2, 1)
    kernel = (10.0 ** np.arange(8)).reshape(2, 2, 2, 1, 1)
    assert CONV[3](cube, kernel).item() == 87654321.0
