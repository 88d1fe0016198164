"""Transposed convolution along one, two and three axes: the adjoint of `convolution`.

What a convolution gathers into an output, this hands out from an input: for every x and y

    sum(conv2d(x, kernel) * y) = sum(x * conv2d_transpose(y, kernel))

so it is also the input gradient of the convolution, and its own input gradient is the convolution.
Knows no layers and no course.
"""

from dlcnn.reference._arguments import Array, DataFormat, IntOrSizes
from dlcnn.reference._convolution import (
    TransposeOptions,
    convolve_transposed,
    convolve_transposed_gradients,
)
from dlcnn.reference.padding import Padding

__all__ = [
    "conv1d_transpose",
    "conv1d_transpose_gradients",
    "conv2d_transpose",
    "conv2d_transpose_gradients",
    "conv3d_transpose",
    "conv3d_transpose_gradients",
]


def conv2d_transpose(
    inputs: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    output_padding: IntOrSizes | None = None,
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Lay the kernel down at each pixel of a batch of images, times that pixel, and add up.

    Args:
        inputs: (batch, height, width, in_channels).
        kernel: (kernel_height, kernel_width, filters / groups, in_channels), as the convolution
            that is transposed would have it: from `filters` channels to `in_channels`.
        bias: (filters,) or None.
        strides: output pixels moved per input pixel, int or (rows, cols), each >= 1.
        padding: what the convolution would add and this crops: "valid", "same", "full" or
            ((top, bottom), (left, right)) pixels.
        output_padding: pixels added below and to the right, int or (rows, cols), each below the
            stride; None: as Keras, height * stride rows for "same", and else as many as the last
            stride reaches.
        dilation_rate: pixels from one tap of the kernel to the next, int or (rows, cols).
        groups: equal parts of the channels, each handed out to its part of the filters only. With
            groups = filters this transposes a depthwise convolution, whose kernel (rows, cols,
            channels, depth_multiplier) is kernel.reshape(rows, cols, 1, -1) here.
        data_format: "channels_last", or "channels_first" for inputs and outputs that are
            (batch, channels, height, width); the kernel is the same for both.

    Returns:
        (batch, out_height, out_width, filters) with the dtype of `inputs` (float64 for integer
        `inputs`); sizes are `arithmetic.transposed_output_size`.

    Raises:
        ShapeError: `kernel` expects a channel count that `inputs` does not have, `bias` is not
            one number per filter, `groups` does not divide in_channels, or no image has a
            convolution of the size of `inputs`.
        ValueError: an array does not hold real numbers, or `data_format` is neither of the two.

    Source: Dumoulin & Visin 2016, chapter 4; agrees with `keras.ops.conv_transpose`.
    """
    options = TransposeOptions(strides, padding, output_padding, dilation_rate, groups, data_format)
    return convolve_transposed("conv2d_transpose", 2, inputs, kernel, bias, options)


def conv2d_transpose_gradients(
    grad_outputs: Array,
    inputs: Array,
    kernel: Array,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    output_padding: IntOrSizes | None = None,
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `conv2d_transpose`.

    Args:
        grad_outputs: (batch, out_height, out_width, filters), the loss's gradient with respect
            to what `conv2d_transpose` returned; the others are as given to it.

    Returns:
        (grad_inputs, grad_kernel, grad_bias) with the shapes of `inputs`, `kernel` and
        (filters,), and the dtype of `inputs` (float64 for integer `inputs`).

    Raises:
        ShapeError: as `conv2d_transpose`, or `grad_outputs` does not have its output's shape.
        ValueError: as `conv2d_transpose`.

    Source: agrees with `tf.GradientTape` over `keras.ops.conv_transpose`.
    """
    options = TransposeOptions(strides, padding, output_padding, dilation_rate, groups, data_format)
    where = "conv2d_transpose_gradients"
    return convolve_transposed_gradients(where, 2, grad_outputs, inputs, kernel, options)


def conv1d_transpose(
    inputs: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    output_padding: IntOrSizes | None = None,
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Lay the kernel down at each step of a batch of sequences, times that step, and add up.

    Args and errors as `conv2d_transpose`, along one axis: inputs (batch, length, in_channels),
    kernel (kernel_length, filters / groups, in_channels), padding ((before, after),) steps.

    Returns:
        (batch, out_length, filters) with the dtype of `inputs` (float64 for integer `inputs`).

    Source: agrees with `keras.ops.conv_transpose`.
    """
    options = TransposeOptions(strides, padding, output_padding, dilation_rate, groups, data_format)
    return convolve_transposed("conv1d_transpose", 1, inputs, kernel, bias, options)


def conv1d_transpose_gradients(
    grad_outputs: Array,
    inputs: Array,
    kernel: Array,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    output_padding: IntOrSizes | None = None,
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `conv1d_transpose`.

    Args and errors as `conv2d_transpose_gradients`: grad_outputs (batch, out_length, filters).

    Returns:
        (grad_inputs, grad_kernel, grad_bias) with the shapes of `inputs`, `kernel` and (filters,).

    Source: agrees with `tf.GradientTape` over `keras.ops.conv_transpose`.
    """
    options = TransposeOptions(strides, padding, output_padding, dilation_rate, groups, data_format)
    where = "conv1d_transpose_gradients"
    return convolve_transposed_gradients(where, 1, grad_outputs, inputs, kernel, options)


def conv3d_transpose(
    inputs: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    output_padding: IntOrSizes | None = None,
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Lay the kernel down at each voxel of a batch of volumes, times that voxel, and add up.

    Args and errors as `conv2d_transpose`, along three axes: inputs (batch, depth, height, width,
    in_channels), kernel (kernel_depth, kernel_height, kernel_width, filters / groups,
    in_channels), padding ((front, back), (top, bottom), (left, right)) voxels.

    Returns:
        (batch, out_depth, out_height, out_width, filters) with the dtype of `inputs` (float64 for
        integer `inputs`).

    Source: agrees with `keras.ops.conv_transpose`.
    """
    options = TransposeOptions(strides, padding, output_padding, dilation_rate, groups, data_format)
    return convolve_transposed("conv3d_transpose", 3, inputs, kernel, bias, options)


def conv3d_transpose_gradients(
    grad_outputs: Array,
    inputs: Array,
    kernel: Array,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    output_padding: IntOrSizes | None = None,
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `conv3d_transpose`.

    Args and errors as `conv2d_transpose_gradients`: grad_outputs (batch, out_depth, out_height,
    out_width, filters).

    Returns:
        (grad_inputs, grad_kernel, grad_bias) with the shapes of `inputs`, `kernel` and (filters,).

    Source: agrees with `tf.GradientTape` over `keras.ops.conv_transpose`.
    """
    options = TransposeOptions(strides, padding, output_padding, dilation_rate, groups, data_format)
    where = "conv3d_transpose_gradients"
    return convolve_transposed_gradients(where, 3, grad_outputs, inputs, kernel, options)
