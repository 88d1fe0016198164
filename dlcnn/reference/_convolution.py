"""Convolution along any number of axes: what the one-, two- and three-dimensional functions share.

Checks the arguments, lays out the windows and the mirrors, and leaves the numbers to `engine`.
"""

from collections.abc import Mapping, Sequence
from operator import index
from typing import NamedTuple

from dlcnn.reference import engine
from dlcnn.reference._arguments import (
    Array,
    DataFormat,
    IntOrSizes,
    Sizes,
    as_images,
    as_numbers,
    as_output_gradient,
    as_sizes,
    from_channels_last,
    require_shape,
    result_type,
    shape_in_format,
)
from dlcnn.reference._windows import WindowGrid, lay_mirror, place_windows
from dlcnn.reference.arithmetic import transposed_output_size
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.padding import Padding, fold_mirror, resolve_padding

__all__ = [
    "ConvOptions",
    "TransposeOptions",
    "as_groups",
    "as_kernel",
    "convolve",
    "convolve_gradients",
    "convolve_transposed",
    "convolve_transposed_gradients",
]

_KERNELS = {
    1: "kernel_length, ",
    2: "kernel_height, kernel_width, ",
    3: "kernel_depth, kernel_height, kernel_width, ",
}


class ConvOptions(NamedTuple):
    """How a convolution is done, in the words of its public functions."""

    strides: IntOrSizes
    padding: Padding
    dilation_rate: IntOrSizes
    groups: int
    data_format: DataFormat


class TransposeOptions(NamedTuple):
    """How a transposed convolution is done, in the words of its public functions."""

    strides: IntOrSizes
    padding: Padding
    output_padding: IntOrSizes | None
    dilation_rate: IntOrSizes
    groups: int
    data_format: DataFormat


def convolve(
    where: str, axes: int, inputs: Array, kernel: Array, bias: Array | None, options: ConvOptions
) -> Array:
    """Cross-correlate along `axes` spatial axes; arguments and errors as `conv2d`."""
    images, kernel, grid, groups = _place_kernel(where, axes, inputs, kernel, options)
    images, grid = lay_mirror(where, images, grid)
    bias = _as_bias(where, bias, images, kernel.shape[-1])
    outputs = engine.correlate(images, kernel, bias, grid, groups)
    return from_channels_last(outputs, options.data_format)


def convolve_gradients(
    where: str, axes: int, grad_outputs: Array, inputs: Array, kernel: Array, options: ConvOptions
) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `convolve`; arguments and errors as `conv2d_gradients`."""
    images, kernel, outer, groups = _place_kernel(where, axes, inputs, kernel, options)
    shape = (images.shape[0], *outer.output, kernel.shape[-1])
    grad_outputs = as_output_gradient(where, grad_outputs, shape, options.data_format)
    grad_outputs = grad_outputs.astype(images.dtype, copy=False)

    images, grid = lay_mirror(where, images, outer)
    grad_inputs = engine.correlate_inputs_gradient(grad_outputs, kernel, images.shape, grid, groups)
    if grid is not outer:
        grad_inputs = fold_mirror(grad_inputs, outer.pads, outer.mode)
    grad_kernel = engine.correlate_kernel_gradient(images, grad_outputs, kernel.shape, grid, groups)
    grad_bias = engine.bias_gradient(grad_outputs)
    return from_channels_last(grad_inputs, options.data_format), grad_kernel, grad_bias


def convolve_transposed(
    where: str,
    axes: int,
    inputs: Array,
    kernel: Array,
    bias: Array | None,
    options: TransposeOptions,
) -> Array:
    """Apply the adjoint of a convolution; arguments and errors as `conv2d_transpose`."""
    images, kernel, grid, shape, groups = _place_transposed(where, axes, inputs, kernel, options)
    bias = _as_bias(where, bias, images, shape[-1])
    outputs = engine.correlate_inputs_gradient(images, kernel, shape, grid, groups)
    if bias is not None:
        outputs += bias
    return from_channels_last(outputs, options.data_format)


def convolve_transposed_gradients(
    where: str,
    axes: int,
    grad_outputs: Array,
    inputs: Array,
    kernel: Array,
    options: TransposeOptions,
) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `convolve_transposed`: by the convolution that it undoes."""
    images, kernel, grid, shape, groups = _place_transposed(where, axes, inputs, kernel, options)
    grad_outputs = as_output_gradient(where, grad_outputs, shape, options.data_format)
    grad_outputs = grad_outputs.astype(images.dtype, copy=False)
    grad_inputs = engine.correlate(grad_outputs, kernel, None, grid, groups)
    grad_kernel = engine.correlate_kernel_gradient(grad_outputs, images, kernel.shape, grid, groups)
    grad_bias = engine.bias_gradient(grad_outputs)
    return from_channels_last(grad_inputs, options.data_format), grad_kernel, grad_bias


def _place_kernel(
    where: str, axes: int, inputs: Array, kernel: Array, options: ConvOptions
) -> tuple[Array, Array, WindowGrid, int]:
    """Give images and kernel in one dtype, checked, the kernel's windows, and the groups."""
    images = as_images(where, "inputs", inputs, axes, options.data_format)
    kernel = as_kernel(where, axes, kernel, "in_channels, filters")
    per_group, filters = kernel.shape[-2:]
    groups = as_groups(where, options.groups, "filters", filters)
    if images.shape[-1] != per_group * groups:
        each = "" if groups == 1 else f" ({per_group} in each of {groups} groups)"
        raise ShapeError(
            f"{where}: kernel expects {per_group * groups} input channels{each}, inputs has "
            f"{images.shape[-1]}. Received "
            f"inputs.shape={shape_in_format(images.shape, options.data_format)}, "
            f"kernel.shape={kernel.shape}."
        )
    grid = place_windows(
        where,
        images.shape[1:-1],
        kernel.shape[:-2],
        options.strides,
        options.padding,
        options.dilation_rate,
    )
    dtype = result_type(images)
    return images.astype(dtype, copy=False), kernel.astype(dtype, copy=False), grid, groups


def _place_transposed(
    where: str, axes: int, inputs: Array, kernel: Array, options: TransposeOptions
) -> tuple[Array, Array, WindowGrid, Sizes, int]:
    """Give images, kernel, the windows of the convolution to undo, the output's shape, groups."""
    images = as_images(where, "inputs", inputs, axes, options.data_format)
    kernel = as_kernel(where, axes, kernel, "filters, in_channels")
    per_group, in_channels = kernel.shape[-2:]
    groups = as_groups(where, options.groups, "in_channels", in_channels)
    if images.shape[-1] != in_channels:
        raise ShapeError(
            f"{where}: kernel expects {in_channels} input channels, inputs has "
            f"{images.shape[-1]}. Received "
            f"inputs.shape={shape_in_format(images.shape, options.data_format)}, "
            f"kernel.shape={kernel.shape}."
        )
    sizes = _transposed_sizes(where, images.shape[1:-1], kernel.shape[:-2], options)
    grid = place_windows(
        where, sizes, kernel.shape[:-2], options.strides, options.padding, options.dilation_rate
    )
    dtype = result_type(images)
    shape = (images.shape[0], *sizes, per_group * groups)
    return images.astype(dtype, copy=False), kernel.astype(dtype, copy=False), grid, shape, groups


def _transposed_sizes(where: str, image: Sizes, window: Sizes, options: TransposeOptions) -> Sizes:
    """Give the output's pixels along each axis."""
    axes, padding = len(image), options.padding
    same = isinstance(padding, str) and padding == "same"  # whose border depends on the answer
    if isinstance(padding, Mapping):
        raise ShapeError(
            f"{where}: padding must not be a mirror; the adjoint of a convolution with one is its "
            f"input gradient. Received padding={padding!r}."
        )
    strides = as_sizes(where, "strides", options.strides, axes)
    dilation = as_sizes(where, "dilation_rate", options.dilation_rate, axes)
    pads = resolve_padding(where, padding, image, window, strides, dilation)
    extras: Sequence[int | None] = (None,) * axes
    if options.output_padding is not None:
        extras = as_sizes(where, "output_padding", options.output_padding, axes, least=0)
    try:
        return tuple(
            [
                transposed_output_size(
                    size,
                    taps,
                    stride=stride,
                    pad="same" if same else pad,
                    dilation_rate=rate,
                    output_padding=extra,
                )
                for size, taps, stride, pad, rate, extra in zip(
                    image, window, strides, pads, dilation, extras, strict=True
                )
            ]
        )
    except ShapeError:
        raise ShapeError(
            f"{where}: there must be an image whose convolution has the size of inputs; "
            f"output_padding is below strides. Received image={image}, window={window}, "
            f"strides={strides}, padding={padding!r}, dilation_rate={dilation}, "
            f"output_padding={options.output_padding}."
        ) from None


def as_kernel(where: str, axes: int, kernel: Array, channels: str) -> Array:
    """Give a kernel as an array whose spatial axes come before the two that `channels` names."""
    kernel = as_numbers(where, "kernel", kernel)
    if kernel.ndim != axes + 2:
        raise ShapeError(
            f"{where}: kernel must have the {axes + 2} axes ({_KERNELS[axes]}{channels}). "
            f"Received kernel.shape={kernel.shape}."
        )
    if 0 in kernel.shape[:-2]:
        raise ShapeError(
            f"{where}: kernel must have at least one pixel along each axis. "
            f"Received kernel.shape={kernel.shape}."
        )
    return kernel


def as_groups(where: str, groups: int, name: str, channels: int) -> int:
    """Give the number of groups, which must divide the `channels` that are called `name`."""
    try:
        parts = int(index(groups))  # a truth value is an index too, but no size of an array
    except TypeError:
        parts = 0
    if parts < 1:
        raise ShapeError(
            f"{where}: groups must be one integer, at least 1. Received groups={groups!r}."
        )
    if channels % parts:
        raise ShapeError(
            f"{where}: {name} must be a multiple of groups. "
            f"Received {name}={channels}, groups={parts}."
        )
    return parts


def _as_bias(where: str, bias: Array | None, images: Array, filters: int) -> Array | None:
    if bias is None:
        return None
    bias = as_numbers(where, "bias", bias)
    require_shape(where, "bias", bias, (filters,))
    return bias.astype(images.dtype, copy=False)
