"""Convolution of images and its gradients, in the words of Keras; knows no layers and no course."""

import numpy as np

from dlcnn.reference._arguments import (
    Array,
    IntOrPair,
    require_images,
    require_shape,
    result_type,
)
from dlcnn.reference._windows import WindowGrid, gather_windows, place_windows, window_positions
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.padding import Padding, crop_images, pad_images

__all__ = ["conv2d", "conv2d_gradients"]


def conv2d(
    inputs: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntOrPair = 1,
    padding: Padding = "valid",
) -> Array:
    """Cross-correlate a batch of images with a bank of filters.

    Args:
        inputs: (batch, height, width, in_channels).
        kernel: (kernel_height, kernel_width, in_channels, filters).
        bias: (filters,) or None.
        strides: pixels moved per output position, int or (rows, cols), each >= 1.
        padding: "valid", "same" or ((top, bottom), (left, right)) pixels of zeros.

    Returns:
        (batch, out_height, out_width, filters) with the dtype of `inputs`
        (float64 for integer `inputs`).

    Raises:
        ShapeError: `kernel` expects a channel count that `inputs` does not have, `bias` is not
            one number per filter, or the kernel does not fit in the padded image.

    Source: Dumoulin & Visin 2016, relation 6; agrees with `keras.ops.conv`.
    """
    grid = _place_kernel("conv2d", inputs, kernel, strides, padding)
    filters = kernel.shape[3]
    if bias is not None:
        require_shape("conv2d", "bias", bias, (filters,))
    dtype = result_type(inputs)
    padded = pad_images(inputs.astype(dtype, copy=False), grid.pads)
    outputs: Array = _columns(padded, grid) @ kernel.astype(dtype, copy=False).reshape(-1, filters)
    if bias is not None:
        outputs += bias.astype(dtype, copy=False)
    return outputs.reshape(inputs.shape[0], *grid.output, filters)


def conv2d_gradients(
    grad_outputs: Array,
    inputs: Array,
    kernel: Array,
    *,
    strides: IntOrPair = 1,
    padding: Padding = "valid",
) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `conv2d`.

    Args:
        grad_outputs: (batch, out_height, out_width, filters), the loss's gradient with respect
            to what `conv2d` returned.
        inputs: as given to `conv2d`.
        kernel: as given to `conv2d`.
        strides: as given to `conv2d`.
        padding: as given to `conv2d`.

    Returns:
        (grad_inputs, grad_kernel, grad_bias) with the shapes of `inputs`, `kernel` and
        (filters,), and the dtype of `inputs` (float64 for integer `inputs`).

    Raises:
        ShapeError: as `conv2d`, or `grad_outputs` does not have its output's shape.

    Source: agrees with `tf.GradientTape` over `keras.ops.conv`.
    """
    where = "conv2d_gradients"
    grid = _place_kernel(where, inputs, kernel, strides, padding)
    batch, _, _, channels = inputs.shape
    filters = kernel.shape[3]
    require_shape(where, "grad_outputs", grad_outputs, (batch, *grid.output, filters))

    dtype = result_type(inputs)
    padded = pad_images(inputs.astype(dtype, copy=False), grid.pads)
    grad_rows = grad_outputs.astype(dtype, copy=False).reshape(-1, filters)
    grad_kernel = (_columns(padded, grid).T @ grad_rows).reshape(kernel.shape)

    grad_padded = np.zeros_like(padded)
    weights_by_position = kernel.astype(dtype, copy=False).reshape(-1, channels, filters)
    for pixels, weights in zip(
        window_positions(grad_padded, grid), weights_by_position, strict=True
    ):
        pixels += (grad_rows @ weights.T).reshape(pixels.shape)
    return crop_images(grad_padded, grid.pads), grad_kernel, grad_rows.sum(axis=0)


def _place_kernel(
    where: str, inputs: Array, kernel: Array, strides: IntOrPair, padding: Padding
) -> WindowGrid:
    """Check that the kernel belongs to the inputs and lay its windows over them."""
    require_images(where, "inputs", inputs)
    if kernel.ndim != 4:
        raise ShapeError(
            f"{where}: kernel must have the 4 axes (kernel_height, kernel_width, in_channels, "
            f"filters). Received kernel.shape={kernel.shape}."
        )
    kernel_height, kernel_width, in_channels, _ = kernel.shape
    if inputs.shape[3] != in_channels:
        raise ShapeError(
            f"{where}: kernel expects {in_channels} input channels, inputs has "
            f"{inputs.shape[3]}. Received inputs.shape={inputs.shape}, kernel.shape={kernel.shape}."
        )
    return place_windows(where, inputs, (kernel_height, kernel_width), strides, padding)


def _columns(padded: Array, grid: WindowGrid) -> Array:
    """Copy each window into one row: (places in all images, kernel rows * cols * channels)."""
    windows = gather_windows(padded, grid)
    batch, out_height, out_width, rows, cols, channels = windows.shape
    return windows.reshape(batch * out_height * out_width, rows * cols * channels)
