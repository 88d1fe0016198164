"""Depthwise convolutions against Keras' own, and against a convolution of each channel."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn import reference
from dlcnn.reference import ShapeError, conv2d, depthwise_conv2d, depthwise_conv2d_gradients

from .cases import Case, convolutions
from .oracles import assert_agree, keras_depthwise_conv, nudged, per_axis

CONV = {axes: getattr(reference, f"depthwise_conv{axes}d") for axes in (1, 2)}
GRADIENTS = {axes: getattr(reference, f"depthwise_conv{axes}d_gradients") for axes in (1, 2)}


@st.composite
def depthwise(draw):
    """Convolutions whose kernel is read as (*window, in_channels, depth_multiplier)."""
    case = draw(convolutions(axes=(1, 2), grouped=False))
    # TensorFlow steps equally far along both axes; where they differ, as far as along the rows.
    strides = per_axis(case.options["strides"], case.axes)[0]
    return replace(case, options={**case.options, "strides": strides})


def compare_with_keras(case, change=lambda kernel: kernel):
    """Hold outputs and the three gradients to Keras; `change` spoils only our kernel."""
    *_, channels, multiplier = case.kernel
    inputs, kernel, bias = case.draw(case.inputs, case.kernel, (channels * multiplier,))
    outputs = CONV[case.axes](inputs, change(kernel), bias, **case.options)
    (grad_outputs,) = case.draw(outputs.shape)
    expected = keras_depthwise_conv(inputs, kernel, bias, grad_outputs, **case.options)
    gradients = GRADIENTS[case.axes](grad_outputs, inputs, change(kernel), **case.options)
    for received, wanted in zip((outputs, *gradients), expected, strict=True):
        assert_agree(received, wanted)


@given(depthwise())
def test_depthwise_conv_agrees_with_keras(case):
    """outputs and all three gradients, with each border, with the dtype kept"""
    compare_with_keras(case)


@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("change", [nudged, lambda kernel: kernel[..., ::-1]])
def test_comparison_with_keras_notices_a_wrong_kernel(axes, change):
    """one number off by 0.01, or a channel's two filters exchanged, do not pass"""
    inputs, kernel = (2, *(7, 6)[:axes], 3), (*(2, 3)[:axes], 3, 2)
    case = Case(inputs, kernel, {"strides": 1, "padding": "full"}, np.float64, seed=3)
    compare_with_keras(case)
    with pytest.raises(AssertionError):
        compare_with_keras(case, change)


def test_depthwise_conv2d_is_a_convolution_of_each_channel():
    """with the channel's own filters, whose outputs stand together; mirrors and strides too"""
    rng = np.random.default_rng(4)
    inputs, kernel = rng.standard_normal((2, 5, 7, 3)), rng.standard_normal((3, 2, 3, 4))
    options = {
        "strides": (2, 1),
        "dilation_rate": (1, 2),
        "padding": {"mode": "reflect", "pad": ((1, 2), (0, 3))},
    }
    channels = [conv2d(inputs[..., [c]], kernel[:, :, [c]], **options) for c in range(3)]
    expected = np.concatenate(channels, axis=-1)
    np.testing.assert_allclose(depthwise_conv2d(inputs, kernel, **options), expected, atol=1e-12)
    first = depthwise_conv2d(
        inputs.transpose(0, 3, 1, 2), kernel, **options, data_format="channels_first"
    )
    np.testing.assert_allclose(first, expected.transpose(0, 3, 1, 2), atol=1e-12)


def test_depthwise_conv2d_refuses_what_does_not_fit():
    """the kernel's third axis is the channels'"""
    inputs, kernel = np.zeros((2, 5, 7, 4)), np.zeros((3, 3, 3, 2))
    with pytest.raises(ShapeError, match=r"^depthwise_conv2d: kernel expects 3 input channels"):
        depthwise_conv2d(inputs, kernel)
    with pytest.raises(ShapeError, match=r"4 axes \(.*, in_channels, depth_multiplier\)"):
        depthwise_conv2d(inputs, kernel[0])
    with pytest.raises(ShapeError, match=r"^depthwise_conv2d_gradients: grad_outputs must have"):
        depthwise_conv2d_gradients(inputs, inputs, np.zeros((3, 3, 4, 2)))
