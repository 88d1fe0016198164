"""Depthwise convolution: each channel has filters of its own, and sees no other channel.

It is the convolution whose groups are the single channels; only the kernel is written otherwise.
"""

import numpy as np

from dlcnn.reference._arguments import Array, DataFormat, IntOrSizes
from dlcnn.reference._convolution import ConvOptions, as_kernel, convolve, convolve_gradients
from dlcnn.reference.padding import Padding

__all__ = [
    "depthwise_conv1d",
    "depthwise_conv1d_gradients",
    "depthwise_conv2d",
    "depthwise_conv2d_gradients",
]


def depthwise_conv2d(
    inputs: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Cross-correlate each channel of a batch of images with its own filters.

    Args:
        inputs: (batch, height, width, in_channels).
        kernel: (kernel_height, kernel_width, in_channels, depth_multiplier).
        bias: (in_channels * depth_multiplier,) or None.
        strides: as `conv2d`.
        padding: as `conv2d`.
        dilation_rate: as `conv2d`.
        data_format: as `conv2d`.

    Returns:
        (batch, out_height, out_width, in_channels * depth_multiplier) with the dtype of `inputs`
        (float64 for integer `inputs`): all filters of the first channel, then of the second, ...

    Raises:
        ShapeError: as `conv2d`.
        ValueError: as `conv2d`.

    Source: agrees with `keras.ops.depthwise_conv`.
    """
    where = "depthwise_conv2d"
    kernel, groups = _one_group_per_channel(where, 2, kernel)
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    return convolve(where, 2, inputs, kernel, bias, options)


def depthwise_conv2d_gradients(
    grad_outputs: Array,
    inputs: Array,
    kernel: Array,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
    data_format: DataFormat = "channels_last",
) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `depthwise_conv2d`.

    Args:
        grad_outputs: the loss's gradient with respect to what `depthwise_conv2d` returned, of its
            shape; the others are as given to it.

    Returns:
        (grad_inputs, grad_kernel, grad_bias) with the shapes of `inputs`, `kernel` and the bias.

    Raises:
        ShapeError: as `depthwise_conv2d`, or `grad_outputs` does not have its output's shape.
        ValueError: as `depthwise_conv2d`.

    Source: agrees with `tf.GradientTape` over `keras.ops.depthwise_conv`.
    """
    where = "depthwise_conv2d_gradients"
    grouped, groups = _one_group_per_channel(where, 2, kernel)
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    gradients = convolve_gradients(where, 2, grad_outputs, inputs, grouped, options)
    return gradients[0], gradients[1].reshape(np.shape(kernel)), gradients[2]


def depthwise_conv1d(
    inputs: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Cross-correlate each channel of a batch of sequences with its own filters.

    Args and errors as `depthwise_conv2d`, along one axis: inputs (batch, length, in_channels),
    kernel (kernel_length, in_channels, depth_multiplier), padding ((before, after),) steps.

    Returns:
        (batch, out_length, in_channels * depth_multiplier) with the dtype of `inputs` (float64 for
        integer `inputs`).

    Source: agrees with `keras.ops.depthwise_conv`.
    """
    where = "depthwise_conv1d"
    kernel, groups = _one_group_per_channel(where, 1, kernel)
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    return convolve(where, 1, inputs, kernel, bias, options)


def depthwise_conv1d_gradients(
    grad_outputs: Array,
    inputs: Array,
    kernel: Array,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
    data_format: DataFormat = "channels_last",
) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `depthwise_conv1d`.

    Args and errors as `depthwise_conv2d_gradients`: grad_outputs (batch, out_length,
    in_channels * depth_multiplier).

    Returns:
        (grad_inputs, grad_kernel, grad_bias) with the shapes of `inputs`, `kernel` and the bias.

    Source: agrees with `tf.GradientTape` over `keras.ops.depthwise_conv`.
    """
    where = "depthwise_conv1d_gradients"
    grouped, groups = _one_group_per_channel(where, 1, kernel)
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    gradients = convolve_gradients(where, 1, grad_outputs, inputs, grouped, options)
    return gradients[0], gradients[1].reshape(np.shape(kernel)), gradients[2]


def _one_group_per_channel(where: str, axes: int, kernel: Array) -> tuple[Array, int]:
    """Write the kernel as a grouped convolution has it: (*window, 1, in_channels * multiplier)."""
    kernel = as_kernel(where, axes, kernel, "in_channels, depth_multiplier")
    *window, channels, multiplier = kernel.shape
    return kernel.reshape(*window, 1, channels * multiplier), channels
