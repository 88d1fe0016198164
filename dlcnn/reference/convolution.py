"""Cross-correlation and its gradients along one, two and three axes, in the words of Keras.

What deep learning calls a convolution: the kernel is not flipped. `true_convolution` flips it.
Knows no layers and no course.
"""

from dlcnn.reference._arguments import Array, DataFormat, IntOrSizes
from dlcnn.reference._convolution import ConvOptions, convolve, convolve_gradients
from dlcnn.reference.padding import Padding

__all__ = [
    "conv1d",
    "conv1d_gradients",
    "conv2d",
    "conv2d_gradients",
    "conv3d",
    "conv3d_gradients",
]


def conv2d(
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
    """Cross-correlate a batch of images with a bank of filters.

    Args:
        inputs: (batch, height, width, in_channels).
        kernel: (kernel_height, kernel_width, in_channels / groups, filters).
        bias: (filters,) or None.
        strides: pixels moved per output position, int or (rows, cols), each >= 1.
        padding: "valid" adds nothing, "same" what makes ceil(size / stride) outputs as TensorFlow
            does, "full" all that a window can touch, ((top, bottom), (left, right)) that many
            pixels, of zeros; {"mode": "reflect" or "symmetric", "pad": any of these} that many
            pixels of the image's mirror image.
        dilation_rate: pixels from one tap of the kernel to the next, int or (rows, cols).
        groups: equal parts of the channels, each seen by its part of the filters only.
        data_format: "channels_last", or "channels_first" for inputs and outputs that are
            (batch, channels, height, width); the kernel is the same for both.

    Returns:
        (batch, out_height, out_width, filters) with the dtype of `inputs`
        (float64 for integer `inputs`).

    Raises:
        ShapeError: `kernel` expects a channel count that `inputs` does not have, `bias` is not
            one number per filter, or the kernel does not fit in the padded image.
        ValueError: an array does not hold real numbers, or `data_format` is neither of the two.

    Kernels of 3x3 with many channels may be computed by Winograd's algorithm: in float32 up to
    1e-5 of the largest sum of |pixel * weight| over a window apart. Where such sums nearly cancel
    (bright images, kernels that add up to 0) that is more of the outputs, as any way of adding in
    float32 loses. `settings` refuses Winograd, and bounds threads and memory.

    Source: Dumoulin & Visin 2016, relation 6; agrees with `keras.ops.conv`.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    return convolve("conv2d", 2, inputs, kernel, bias, options)


def conv2d_gradients(
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
    """Carry a gradient back through `conv2d`.

    The gradient of the inputs is the full true convolution of `grad_outputs` with the same kernel,
    channels and filters swapped, for stride 1, padding "valid" and one group; `true_convolution`
    says what strides and borders change. Both it and the kernel's may be computed by Winograd's
    algorithm, within the bound that `conv2d` gives.

    Args:
        grad_outputs: (batch, out_height, out_width, filters), the loss's gradient with respect
            to what `conv2d` returned.
        inputs: as given to `conv2d`.
        kernel: as given to `conv2d`.
        strides: as given to `conv2d`.
        padding: as given to `conv2d`.
        dilation_rate: as given to `conv2d`.
        groups: as given to `conv2d`.
        data_format: as given to `conv2d`; also the order of axes of `grad_outputs`.

    Returns:
        (grad_inputs, grad_kernel, grad_bias) with the shapes of `inputs`, `kernel` and
        (filters,), and the dtype of `inputs` (float64 for integer `inputs`).

    Raises:
        ShapeError: as `conv2d`, or `grad_outputs` does not have its output's shape.
        ValueError: as `conv2d`.

    Source: agrees with `tf.GradientTape` over `keras.ops.conv`.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    return convolve_gradients("conv2d_gradients", 2, grad_outputs, inputs, kernel, options)


def conv1d(
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
    """Cross-correlate a batch of sequences with a bank of filters: `conv2d` along one axis.

    Args:
        inputs: (batch, length, in_channels).
        kernel: (kernel_length, in_channels / groups, filters).
        bias: (filters,) or None.
        strides: steps moved per output position.
        padding: as `conv2d`, with ((before, after),) steps. What Keras calls "causal" is
            ((dilation_rate * (kernel_length - 1), 0),).
        dilation_rate: steps from one tap of the kernel to the next.
        groups: as `conv2d`.
        data_format: as `conv2d`.

    Returns:
        (batch, out_length, filters) with the dtype of `inputs` (float64 for integer `inputs`).

    Raises:
        ShapeError: as `conv2d`.
        ValueError: as `conv2d`.

    Source: agrees with `keras.ops.conv`.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    return convolve("conv1d", 1, inputs, kernel, bias, options)


def conv1d_gradients(
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
    """Carry a gradient back through `conv1d`: `conv2d_gradients` along one axis.

    Args:
        grad_outputs: (batch, out_length, filters); the others are as given to `conv1d`.

    Returns:
        (grad_inputs, grad_kernel, grad_bias) with the shapes of `inputs`, `kernel` and (filters,).

    Raises:
        ShapeError: as `conv2d_gradients`.
        ValueError: as `conv2d`.

    Source: agrees with `tf.GradientTape` over `keras.ops.conv`.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    return convolve_gradients("conv1d_gradients", 1, grad_outputs, inputs, kernel, options)


def conv3d(
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
    """Cross-correlate a batch of volumes with a bank of filters: `conv2d` along three axes.

    Args:
        inputs: (batch, depth, height, width, in_channels).
        kernel: (kernel_depth, kernel_height, kernel_width, in_channels / groups, filters).
        bias: (filters,) or None.
        strides: voxels moved per output position, int or (depth, rows, cols).
        padding: as `conv2d`, with ((front, back), (top, bottom), (left, right)) voxels.
        dilation_rate: voxels from one tap of the kernel to the next, int or (depth, rows, cols).
        groups: as `conv2d`.
        data_format: as `conv2d`.

    Returns:
        (batch, out_depth, out_height, out_width, filters) with the dtype of `inputs`
        (float64 for integer `inputs`).

    Raises:
        ShapeError: as `conv2d`.
        ValueError: as `conv2d`.

    Source: agrees with `keras.ops.conv`.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    return convolve("conv3d", 3, inputs, kernel, bias, options)


def conv3d_gradients(
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
    """Carry a gradient back through `conv3d`: `conv2d_gradients` along three axes.

    Args:
        grad_outputs: (batch, out_depth, out_height, out_width, filters); the others are as given
            to `conv3d`.

    Returns:
        (grad_inputs, grad_kernel, grad_bias) with the shapes of `inputs`, `kernel` and (filters,).

    Raises:
        ShapeError: as `conv2d_gradients`.
        ValueError: as `conv2d`.

    Source: agrees with `tf.GradientTape` over `keras.ops.conv`.
    """
    options = ConvOptions(strides, padding, dilation_rate, groups, data_format)
    return convolve_gradients("conv3d_gradients", 3, grad_outputs, inputs, kernel, options)
