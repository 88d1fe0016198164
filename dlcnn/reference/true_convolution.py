"""Convolution as mathematics defines it: the kernel is flipped along each axis.

    true_convolution2d(inputs, kernel) = conv2d(inputs, kernel[::-1, ::-1])

Each is what the other does on the way back. The gradient of a cross-correlation with respect to its
inputs is the full true convolution of the outputs' gradient, with channels and filters swapped
(for stride 1 and padding "valid"; a stride puts that many zeros less one between the gradients, and
what was padding is cropped from the result):

    conv2d_gradients(grad_outputs, inputs, kernel)[0]
        = true_convolution2d(grad_outputs, kernel.swapaxes(2, 3), padding="full")

and the gradient of a true convolution is a full cross-correlation in the same way.

Source: Goodfellow, Bengio & Courville 2016, "Deep Learning", section 9.1.
"""

from dlcnn.reference._arguments import Array, DataFormat, IntOrSizes
from dlcnn.reference._convolution import ConvOptions, as_kernel, convolve, convolve_gradients
from dlcnn.reference.padding import Padding

__all__ = [
    "true_convolution1d",
    "true_convolution1d_gradients",
    "true_convolution2d",
    "true_convolution2d_gradients",
    "true_convolution3d",
    "true_convolution3d_gradients",
]


def true_convolution2d(
    inputs: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Convolve a batch of images with a bank of filters, each flipped in height and width.

    Args and errors as `conv2d`: inputs (batch, height, width, in_channels), kernel
    (kernel_height, kernel_width, in_channels / groups, filters). Strides count from the first
    place that the flipped kernel takes, and an even "same" border has its odd pixel after the
    image.

    Returns:
        (batch, out_height, out_width, filters) with the dtype of `inputs` (float64 for integer
        `inputs`).

    Source: agrees with `keras.ops.conv` of the flipped kernel.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    flipped = _flip("true_convolution2d", 2, kernel)
    return convolve("true_convolution2d", 2, inputs, flipped, bias, options)


def true_convolution2d_gradients(
    grad_outputs: Array,
    inputs: Array,
    kernel: Array,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `true_convolution2d`.

    Args and errors as `conv2d_gradients`: grad_outputs (batch, out_height, out_width, filters).

    Returns:
        (grad_inputs, grad_kernel, grad_bias) with the shapes of `inputs`, `kernel`, as given and
        not as flipped, and (filters,).

    Source: agrees with `tf.GradientTape` over `keras.ops.conv` of the flipped kernel.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    where = "true_convolution2d_gradients"
    return _flipped_gradients(where, 2, grad_outputs, inputs, kernel, options)


def true_convolution1d(
    inputs: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Convolve a batch of sequences with a bank of filters, each turned round.

    Args and errors as `conv1d`: inputs (batch, length, in_channels), kernel (kernel_length,
    in_channels / groups, filters).

    Returns:
        (batch, out_length, filters) with the dtype of `inputs` (float64 for integer `inputs`).

    Source: with one channel and padding "full" it is `np.convolve`.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    flipped = _flip("true_convolution1d", 1, kernel)
    return convolve("true_convolution1d", 1, inputs, flipped, bias, options)


def true_convolution1d_gradients(
    grad_outputs: Array,
    inputs: Array,
    kernel: Array,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `true_convolution1d`.

    Args and errors as `conv1d_gradients`: grad_outputs (batch, out_length, filters).

    Returns:
        (grad_inputs, grad_kernel, grad_bias) as `true_convolution2d_gradients`.

    Source: agrees with `tf.GradientTape` over `keras.ops.conv` of the flipped kernel.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    where = "true_convolution1d_gradients"
    return _flipped_gradients(where, 1, grad_outputs, inputs, kernel, options)


def true_convolution3d(
    inputs: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Convolve a batch of volumes with a bank of filters, each flipped along all three axes.

    Args and errors as `conv3d`: inputs (batch, depth, height, width, in_channels), kernel
    (kernel_depth, kernel_height, kernel_width, in_channels / groups, filters).

    Returns:
        (batch, out_depth, out_height, out_width, filters) with the dtype of `inputs` (float64 for
        integer `inputs`).

    Source: agrees with `keras.ops.conv` of the flipped kernel.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    flipped = _flip("true_convolution3d", 3, kernel)
    return convolve("true_convolution3d", 3, inputs, flipped, bias, options)


def true_convolution3d_gradients(
    grad_outputs: Array,
    inputs: Array,
    kernel: Array,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `true_convolution3d`.

    Args and errors as `conv3d_gradients`: grad_outputs (batch, out_depth, out_height, out_width,
    filters).

    Returns:
        (grad_inputs, grad_kernel, grad_bias) as `true_convolution2d_gradients`.

    Source: agrees with `tf.GradientTape` over `keras.ops.conv` of the flipped kernel.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    where = "true_convolution3d_gradients"
    return _flipped_gradients(where, 3, grad_outputs, inputs, kernel, options)


def _flip(where: str, axes: int, kernel: Array) -> Array:
    """Turn a kernel round along its spatial axes, which come first."""
    kernel = as_kernel(where, axes, kernel, "in_channels, filters")
    return kernel[(slice(None, None, -1),) * axes]


def _flipped_gradients(
    where: str, axes: int, grad_outputs: Array, inputs: Array, kernel: Array, options: ConvOptions
) -> tuple[Array, Array, Array]:
    flipped = _flip(where, axes, kernel)
    grad_inputs, grad_flipped, grad_bias = convolve_gradients(
        where, axes, grad_outputs, inputs, flipped, options
    )
    return grad_inputs, _flip(where, axes, grad_flipped), grad_bias
