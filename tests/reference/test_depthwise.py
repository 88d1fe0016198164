"""Depthwise convolutions against Keras' own, and against a convolution of each channel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn import reference
from dlcnn.reference import ShapeError, conv2d, depthwise_conv2d, depthwise_conv2d_gradients

from .oracles import assert_agree, keras_depthwise_conv, nudged

CONV = {axes: getattr(reference, f"depthwise_conv{axes}d") for axes in (1, 2)}
GRADIENTS = {axes: getattr(reference, f"depthwise_conv{axes}d_gradients") for axes in (1, 2)}
OPTIONS = st.fixed_dictionaries(
    {
        "strides": st.integers(1, 3),
        "padding": st.sampled_from(["valid", "same"]),
        "dilation_rate": st.integers(1, 2),
    }
)


def compare_with_keras(axes, options, dtype, change=lambda kernel: kernel):
    """Hold outputs and the three gradients to Keras; `change` spoils only our kernel."""
    rng = np.random.default_rng(3)
    shapes = [(2, *(7, 6)[:axes], 3), (*(2, 3)[:axes], 3, 2), (6,)]
    inputs, kernel, bias = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    outputs = CONV[axes](inputs, change(kernel), bias, **options)
    grad_outputs = rng.standard_normal(outputs.shape).astype(dtype)
    expected = keras_depthwise_conv(inputs, kernel, bias, grad_outputs, **options)
    gradients = GRADIENTS[axes](grad_outputs, inputs, change(kernel), **options)
    for received, wanted in zip((outputs, *gradients), expected, strict=True):
        assert_agree(received, wanted)


@given(st.sampled_from([1, 2]), OPTIONS, st.sampled_from([np.float32, np.float64]))
def test_depthwise_conv_agrees_with_keras(axes, options, dtype):
    """outputs and all three gradients, with the dtype kept"""
    compare_with_keras(axes, options, dtype)


@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("change", [nudged, lambda kernel: kernel[..., ::-1]])
def test_comparison_with_keras_notices_a_wrong_kernel(axes, change):
    """one number off by 0.01, or a channel's two filters exchanged, do not pass"""
    with pytest.raises(AssertionError):
        compare_with_keras(axes, {"strides": 1, "padding": "valid"}, np.float64, change)


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
