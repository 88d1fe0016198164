"""Transposed convolutions against Keras, central differences and the convolution they transpose."""

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from dlcnn import reference
from dlcnn.reference import (
    ShapeError,
    conv2d_transpose,
    conv2d_transpose_gradients,
    depthwise_conv2d,
)

from .cases import Case, convolutions, transposed
from .oracles import assert_agree, central_differences, keras_conv_transpose, nudged, per_axis

TRANSPOSE = {axes: getattr(reference, f"conv{axes}d_transpose") for axes in (1, 2, 3)}
GRADIENTS = {axes: getattr(reference, f"conv{axes}d_transpose_gradients") for axes in (1, 2, 3)}


def draw(case):
    """(inputs, kernel, bias, grad_outputs) of a case."""
    inputs, kernel, bias = case.draw(case.inputs, case.kernel, case.kernel[-2:-1])
    outputs = TRANSPOSE[case.axes](inputs, kernel, **case.options)
    return inputs, kernel, bias, case.draw(outputs.shape)[0]


def compare_with_keras(case, change=lambda kernel: kernel):
    """Hold outputs and the three gradients to Keras; `change` spoils only our kernel."""
    inputs, kernel, bias, grad_outputs = draw(case)
    expected = keras_conv_transpose(inputs, kernel, bias, grad_outputs, **case.options)
    outputs = TRANSPOSE[case.axes](inputs, change(kernel), bias, **case.options)
    gradients = GRADIENTS[case.axes](grad_outputs, inputs, change(kernel), **case.options)
    for received, wanted in zip((outputs, *gradients), expected, strict=True):
        assert_agree(received, wanted)


@settings(max_examples=100)
@given(transposed())
def test_conv_transpose_agrees_with_keras(case):
    """outputs and all three gradients, with each output_padding, with the dtype kept"""
    compare_with_keras(case)


@pytest.mark.slow
@settings(max_examples=1000)
@given(transposed())
def test_conv_transpose_agrees_with_keras_on_a_thousand_cases(case):
    """the same, on more of them"""
    compare_with_keras(case)


FIXED = Case((2, 3, 4, 5), (3, 2, 4, 5), {"strides": (2, 3), "padding": "same"}, np.float64, seed=1)


@pytest.mark.parametrize("change", [nudged, lambda kernel: kernel[::-1], np.negative])
def test_comparison_with_keras_notices_a_wrong_kernel(change):
    """one number off by 0.01, a flip or a sign does not pass"""
    compare_with_keras(FIXED)
    with pytest.raises(AssertionError):
        compare_with_keras(FIXED, change)


_ODD = {"strides": 2, "dilation_rate": (1, 2), "output_padding": 1}
_WHOLE, _IN_GROUPS = [(2, 4, 5, 2), (3, 2, 3, 2), (3,)], [(2, 3, 4, 4), (3, 2, 1, 4), (2,)]


@pytest.mark.parametrize("change", [lambda gradient: gradient, nudged])
@pytest.mark.parametrize(
    ("shapes", "options"),
    [
        (_WHOLE, {**_ODD, "padding": "valid"}),
        (_WHOLE, {**_ODD, "padding": "full"}),
        (_WHOLE, {**_ODD, "padding": ((1, 0), (0, 2))}),
        (_IN_GROUPS, {"strides": 2, "groups": 2}),
    ],
)
def test_gradients_agree_with_central_differences(shapes, options, change):
    """also for the borders that Keras has no name for, and in groups; not when nudged by 0.01"""
    rng = np.random.default_rng(2)
    arrays = [rng.standard_normal(shape) for shape in shapes]
    outputs = conv2d_transpose(*arrays, **options)
    grad_outputs = rng.standard_normal(outputs.shape)
    gradients = conv2d_transpose_gradients(grad_outputs, *arrays[:2], **options)
    for place, gradient in enumerate(gradients):

        def loss(moved, place=place):
            given_arrays = [*arrays[:place], moved, *arrays[place + 1 :]]
            return float(np.sum(conv2d_transpose(*given_arrays, **options) * grad_outputs))

        expected = central_differences(loss, arrays[place])
        agrees = np.allclose(change(gradient), expected, rtol=1e-6, atol=1e-7)
        assert agrees == (change is not nudged)


@given(convolutions(), st.data())
def test_conv_transpose_is_the_adjoint_of_conv(case, data):
    """<conv(x, k), y> = <x, convT(y, k)>, and it is the convolution's input gradient; in groups"""
    padding = case.options["padding"]
    options = {**case.options, "padding": "valid" if isinstance(padding, dict) else padding}
    strides = per_axis(options["strides"], case.axes)
    extra = data.draw(st.tuples(*[st.integers(0, stride - 1) for stride in strides]))
    rng = np.random.default_rng(case.seed)
    kernel = rng.standard_normal(case.kernel)
    grad_outputs = rng.standard_normal((*case.inputs[:-1], case.kernel[-1]))
    try:
        outputs = TRANSPOSE[case.axes](grad_outputs, kernel, **options, output_padding=extra)
    except ShapeError:
        reject()  # nothing would be left inside this border
    assert outputs.shape[-1] == case.inputs[-1]
    inputs = rng.standard_normal(outputs.shape)
    conv = getattr(reference, f"conv{case.axes}d")
    convolved = conv(inputs, kernel, **options)
    assert convolved.shape == grad_outputs.shape
    np.testing.assert_allclose(
        np.sum(inputs * outputs), np.sum(convolved * grad_outputs), rtol=1e-9, atol=1e-9
    )
    gradients = getattr(reference, f"conv{case.axes}d_gradients")
    expected = gradients(grad_outputs, inputs, kernel, **options)[0]
    np.testing.assert_allclose(outputs, expected, atol=1e-10)


def compare_with_each_group(case, change=lambda kernel: kernel):
    """Hold outputs and gradients to a transposed convolution for each group."""
    options = {**case.options, "padding": "same"}
    groups = options.pop("groups")
    inputs, kernel, bias = case.draw(
        (*case.inputs[:-1], case.kernel[-1]), case.kernel, case.inputs[-1:]
    )
    ours = TRANSPOSE[case.axes](inputs, change(kernel), bias, **options, groups=groups)
    (grad_outputs,) = case.draw(ours.shape)
    gradients = GRADIENTS[case.axes](grad_outputs, inputs, change(kernel), **options, groups=groups)

    expected = []
    for group in range(groups):
        part = [np.split(array, groups, axis=-1)[group] for array in (inputs, kernel, bias)]
        outputs = TRANSPOSE[case.axes](*part, **options)
        grad = np.split(grad_outputs, groups, axis=-1)[group]
        expected.append((outputs, *GRADIENTS[case.axes](grad, *part[:2], **options)))
    for received, *parts in zip((ours, *gradients), *expected, strict=True):
        assert_agree(received, np.concatenate(parts, axis=-1))


@given(convolutions())
def test_groups_are_transposed_convolutions_of_their_own(case):
    """each part of the channels makes its part of the filters; the gradients too"""
    compare_with_each_group(case)


GROUPED = Case((2, 4, 5, 6), (3, 2, 2, 6), {"strides": (2, 1), "groups": 3}, np.float64, seed=3)


@pytest.mark.parametrize("change", [nudged, lambda kernel: np.roll(kernel, 2, axis=-1)])
def test_comparison_of_groups_notices_a_wrong_kernel(change):
    """one number off by 0.01, or the kernels of two groups exchanged"""
    compare_with_each_group(GROUPED)
    with pytest.raises(AssertionError):
        compare_with_each_group(GROUPED, change)


def test_groups_transpose_a_depthwise_convolution():
    """with its kernel reshaped: <depthwise(x, k), y> = <x, convT(y, k)>"""
    rng = np.random.default_rng(5)
    inputs, kernel = rng.standard_normal((2, 5, 7, 3)), rng.standard_normal((3, 2, 3, 4))
    convolved = depthwise_conv2d(inputs, kernel)
    other = rng.standard_normal(convolved.shape)
    back = conv2d_transpose(other, kernel.reshape(3, 2, 1, -1), groups=3)
    assert np.sum(convolved * other) == pytest.approx(np.sum(inputs * back))


def test_conv2d_transpose_by_hand():
    """each pixel lays the kernel down, two pixels on for the next; overlaps add up"""
    inputs = np.array([[1.0, 10.0], [100.0, 1000.0]]).reshape(1, 2, 2, 1)
    kernel = np.array([[1.0, 2.0, 3.0]]).reshape(1, 3, 1, 1)
    expected = [[1, 2, 13, 20, 30], [0, 0, 0, 0, 0], [100, 200, 1300, 2000, 3000], [0, 0, 0, 0, 0]]
    outputs = conv2d_transpose(inputs, kernel, strides=2)
    np.testing.assert_array_equal(outputs[0, :, :, 0], expected)
    cropped = conv2d_transpose(
        inputs, kernel, np.array([0.5]), strides=2, padding=((0, 0), (1, 1)), output_padding=0
    )
    np.testing.assert_array_equal(
        cropped[0, ::2, :, 0], [[2.5, 13.5, 20.5], [200.5, 1300.5, 2000.5]]
    )


def test_conv2d_transpose_takes_channels_first():
    """the same numbers with the axes moved, gradients too"""
    inputs, kernel, bias, grad_outputs = draw(FIXED)
    outputs = conv2d_transpose(inputs, kernel, bias, **FIXED.options)
    first = {**FIXED.options, "data_format": "channels_first"}
    received = conv2d_transpose(inputs.transpose(0, 3, 1, 2), kernel, bias, **first)
    assert_agree(received, outputs.transpose(0, 3, 1, 2))
    expected = conv2d_transpose_gradients(grad_outputs, inputs, kernel, **FIXED.options)
    gradients = conv2d_transpose_gradients(
        grad_outputs.transpose(0, 3, 1, 2), inputs.transpose(0, 3, 1, 2), kernel, **first
    )
    assert_agree(gradients[0], expected[0].transpose(0, 3, 1, 2))
    for ours, theirs in zip(gradients[1:], expected[1:], strict=True):
        assert_agree(ours, theirs)


INPUTS, KERNEL = np.zeros((2, 3, 4, 5)), np.zeros((3, 2, 6, 5))


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((INPUTS[..., :4], KERNEL), {}, r"kernel expects 5 input channels, inputs has 4\."),
        ((INPUTS[0], KERNEL), {}, r"inputs must have the 4 axes"),
        ((INPUTS, KERNEL[0]), {}, r"4 axes \(kernel_height, kernel_width, filters, in_channels\)"),
        ((INPUTS, KERNEL), {"output_padding": 1}, r"output_padding is below strides.*=1\.$"),
        ((INPUTS, KERNEL), {"output_padding": -1}, r"output_padding must be .* at least 0\."),
        ((INPUTS, KERNEL), {"padding": ((3, 3), (0, 0))}, r"must be an image.*padding=\(\(3, 3\)"),
        ((INPUTS, KERNEL), {"padding": {"mode": "reflect", "pad": "same"}}, r"not be a mirror"),
        ((INPUTS, KERNEL), {"padding": "SAME"}, r"padding must be 'valid'"),
        ((INPUTS, KERNEL), {"strides": 0}, r"strides must be"),
        ((INPUTS, KERNEL[:0]), {}, r"kernel must have at least one pixel along each axis"),
        ((INPUTS, KERNEL), {"groups": 2}, r"in_channels must be a multiple of groups\."),
        ((INPUTS, KERNEL), {"groups": 0}, r"groups must be one integer, .*groups=0\.$"),
        ((INPUTS, KERNEL), {"groups": 1.0}, r"groups must be one integer, .*groups=1\.0\.$"),
        ((INPUTS, KERNEL, np.zeros(5)), {}, r"bias must have shape \(6,\)"),
        ((INPUTS, KERNEL, np.zeros(6)), {"groups": 5}, r"bias must have shape \(30,\)"),
    ],
)
def test_conv2d_transpose_refuses_what_does_not_fit(arguments, options, message):
    """a ShapeError that names the operation, the rule and what was received"""
    with pytest.raises(ShapeError, match=f"^conv2d_transpose: .*{message}"):
        conv2d_transpose(*arguments, **options)


def test_conv2d_transpose_gradients_refuse_a_gradient_of_another_shape():
    """nothing is broadcast"""
    with pytest.raises(ShapeError, match=r"^conv2d_transpose_gradients: .*shape \(2, 5, 5, 6\)"):
        conv2d_transpose_gradients(np.zeros((2, 5, 5, 1)), INPUTS, KERNEL)
