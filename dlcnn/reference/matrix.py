"""Convolution written as a matrix: windows as rows, and the kernel as a Toeplitz matrix.

With im2col a convolution is one matrix product over all windows,

    conv2d(x, k) = im2col(x, window) @ k.reshape(-1, filters)

and with the convolution matrix U it is one over the whole image: U @ x.reshape(-1). So a
convolution is a fully connected layer whose weights are U transposed: most of them 0, and the rest
the same few numbers again and again. Knows no layers and no course.
"""

from math import prod
from operator import index

import numpy as np

from dlcnn.reference import plain
from dlcnn.reference._arguments import (
    Array,
    IntOrSizes,
    Sizes,
    as_images,
    as_numbers,
    as_sizes,
    require_shape,
    result_type,
)
from dlcnn.reference._convolution import ConvOptions, as_groups, as_kernel, convolve
from dlcnn.reference._windows import WindowGrid, gather_windows, lay_mirror, place_windows
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.padding import Padding, crop_images, fold_mirror, pad_images

__all__ = ["col2im", "convolution_as_dense", "convolution_matrix", "im2col"]


def im2col(
    inputs: Array,
    window: IntOrSizes,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
) -> Array:
    """Copy each window of a batch of images into a row.

    Args:
        inputs: (batch, height, width, channels).
        window: pixels a window covers, int or (rows, cols).
        strides: as `conv2d`.
        padding: as `conv2d`.
        dilation_rate: as `conv2d`.

    Returns:
        (batch * out_height * out_width, rows * cols * channels), the dtype of `inputs`: windows in
        reading order, image after image, and in each the pixels in reading order with their
        channels.

    Raises:
        ShapeError: `inputs` are not images, or the window does not fit in the padded image.
        ValueError: `inputs` does not hold real numbers.

    Source: Chellapilla, Puri & Simard 2006, "High performance convolutional neural networks for
        document processing", section 2.
    """
    images = as_images("im2col", "inputs", inputs, 2, "channels_last")
    grid = _place("im2col", images.shape, window, strides, padding, dilation_rate)
    images, grid = lay_mirror("im2col", images, grid)
    windows = gather_windows(pad_images(images, grid.pads), grid).copy()
    return windows.reshape(len(images) * prod(grid.output), prod(grid.window) * images.shape[-1])


def col2im(
    columns: Array,
    inputs_shape: Sizes,
    window: IntOrSizes,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
) -> Array:
    """Add each row back onto the pixels of its window: the adjoint of `im2col`.

    It is not the inverse: a pixel that lies in several windows gets the sum of what they hold.

    Args:
        columns: (batch * out_height * out_width, rows * cols * channels), as `im2col` returns.
        inputs_shape: (batch, height, width, channels) of what was given to `im2col`.
        window: as given to `im2col`.
        strides: as given to `im2col`.
        padding: as given to `im2col`.
        dilation_rate: as given to `im2col`.

    Returns:
        `inputs_shape`, the dtype of `columns`.

    Raises:
        ShapeError: as `im2col`, or `columns` does not have the shape that `im2col` gives.
        ValueError: `columns` does not hold real numbers.
    """
    columns = as_numbers("col2im", "columns", columns)
    shape = _as_shape(inputs_shape)
    outer = _place("col2im", shape, window, strides, padding, dilation_rate)
    batch, *_, channels = shape
    taps, places = prod(outer.window), batch * prod(outer.output)
    if columns.shape != (places, taps * channels):
        raise ShapeError(
            f"col2im: columns must have shape {(places, taps * channels)}, a row for each window. "
            f"Received columns.shape={columns.shape}."
        )
    mirrored, grid = lay_mirror("col2im", np.empty(shape, columns.dtype), outer)
    parts = columns.reshape(places, taps, channels).transpose(1, 0, 2)
    parts = parts.reshape(taps, batch, *grid.output, channels)
    images = crop_images(plain.add_windows(parts, mirrored.shape, grid), grid.pads)
    return images if grid is outer else fold_mirror(images, outer.pads, outer.mode)


def convolution_matrix(
    kernel: Array,
    input_size: Sizes,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
) -> Array:
    """Give the matrix U with U @ image.reshape(-1) equal to the cross-correlation of the image.

    Row by row, U holds the kernel laid at one place of the image and zeros elsewhere. For stride 1
    and padding "valid" it is block Toeplitz: block (i, j) depends on j - i only, and is 0 outside
    the kernel's rows.

    Args:
        kernel: (kernel_height, kernel_width).
        input_size: (height, width) of the image.
        strides: as `conv2d`.
        padding: as `conv2d`.
        dilation_rate: as `conv2d`.

    Returns:
        (out_height * out_width, height * width), the dtype of `kernel` (float64 for integers).

    Raises:
        ShapeError: `kernel` does not have two axes, or does not fit in the padded image.
        ValueError: `kernel` does not hold real numbers.

    Example:
        >>> u = np.array([[1.0, 4, 1], [1, 4, 3], [3, 3, 1]])
        >>> x = np.array([[4, 5, 8, 7], [1, 8, 8, 8], [3, 6, 6, 4], [6, 5, 7, 8]])
        >>> convolution_matrix(u, (4, 4)) @ x.reshape(-1)
        array([122., 148., 126., 134.])

    Source: Dumoulin & Visin 2016, section 4.1.
    """
    kernel = as_numbers("convolution_matrix", "kernel", kernel)
    if kernel.ndim != 2:
        raise ShapeError(
            "convolution_matrix: kernel must have the 2 axes (kernel_height, kernel_width). "
            f"Received kernel.shape={kernel.shape}."
        )
    options = ConvOptions(strides, padding, dilation_rate, 1, "channels_last")
    responses = _responses("convolution_matrix", kernel[:, :, None, None], input_size, options)
    return responses.reshape(len(responses), -1).T


def convolution_as_dense(
    kernel: Array,
    bias: Array | None,
    input_size: Sizes,
    *,
    strides: IntOrSizes = 1,
    padding: Padding = "valid",
    dilation_rate: IntOrSizes = 1,
    groups: int = 1,
) -> tuple[Array, Array]:
    """Give the fully connected layer that does what a convolution does.

    Flattening the image, then `flat @ weights + biases`, is the convolution followed by
    flattening. Row number i of the weights is what the convolution makes of the image that is 1 at
    its i-th number and 0 elsewhere.

    Args:
        kernel: (kernel_height, kernel_width, in_channels / groups, filters).
        bias: (filters,) or None.
        input_size: (height, width) of the images.
        strides: as `conv2d`.
        padding: as `conv2d`.
        dilation_rate: as `conv2d`.
        groups: as `conv2d`.

    Returns:
        weights (height * width * in_channels, out_height * out_width * filters) and biases
        (out_height * out_width * filters,), the dtype of `kernel` (float64 for integers). Mind the
        size: a 3x3 layer from 64x64x3 to 8 filters has 224 weights here, and 4e8 there.

    Raises:
        ShapeError: as `conv2d`.
        ValueError: as `conv2d`.
    """
    where = "convolution_as_dense"
    kernel = as_kernel(where, 2, kernel, "in_channels, filters")
    groups = as_groups(where, groups, "filters", kernel.shape[-1])
    options = ConvOptions(strides, padding, dilation_rate, groups, "channels_last")
    responses = _responses(where, kernel, input_size, options)
    numbers, *output, filters = responses.shape
    biases = np.zeros(filters, responses.dtype)
    if bias is not None:
        require_shape(where, "bias", as_numbers(where, "bias", bias), (filters,))
        biases += bias
    return responses.reshape(numbers, prod(output) * filters), np.tile(biases, prod(output))


def _responses(where: str, kernel: Array, input_size: Sizes, options: ConvOptions) -> Array:
    """Give what a convolution makes of each image that is 1 at one number and 0 elsewhere."""
    sizes = as_sizes(where, "input_size", input_size, 2)
    shape = (*sizes, kernel.shape[2] * options.groups)
    numbers = prod(shape)
    images = np.eye(numbers, dtype=result_type(kernel)).reshape(numbers, *shape)
    return convolve(where, 2, images, kernel, None, options)


def _as_shape(inputs_shape: Sizes) -> Sizes:
    """Give the shape of a batch of images; the batch and the channels may be none."""
    try:
        shape = tuple(map(index, inputs_shape))
        if len(shape) == 4 and min(shape) >= 0:
            return shape
    except TypeError:
        pass  # told below, in the same words as any other refusal
    raise ShapeError(
        "col2im: inputs_shape must be the integers (batch, height, width, channels). "
        f"Received inputs_shape={inputs_shape!r}."
    )


def _place(
    where: str,
    shape: Sizes,
    window: IntOrSizes,
    strides: IntOrSizes,
    padding: Padding,
    dilation_rate: IntOrSizes,
) -> WindowGrid:
    sizes = as_sizes(where, "window", window, 2)
    return place_windows(where, tuple(shape[1:-1]), sizes, strides, padding, dilation_rate)
