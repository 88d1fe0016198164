"""The arithmetic of convolutional layers, in whole numbers: sizes, padding, weights, work, sight.

Sizes and receptive fields are along one axis; take the axes of an image one after the other.
Knows no arrays.
"""

from collections.abc import Iterable, Sequence
from math import prod
from typing import Literal, NamedTuple, TypeAlias

from dlcnn.reference.errors import ShapeError

__all__ = [
    "AxisPadding",
    "ReceptiveField",
    "Window",
    "axis_padding",
    "batch_normalization_parameters",
    "conv_multiply_adds",
    "conv_parameters",
    "dense_multiply_adds",
    "dense_parameters",
    "full_padding",
    "output_size",
    "receptive_field",
    "same_padding",
    "transposed_output_size",
    "window_extent",
]

AxisPadding: TypeAlias = Literal["valid", "same", "full"] | tuple[int, int]


def window_extent(window: int, dilation_rate: int = 1) -> int:
    """Count the pixels from a window's first tap to its last: dilation_rate * (window - 1) + 1."""
    return dilation_rate * (window - 1) + 1


def same_padding(size: int, window: int, stride: int, dilation_rate: int = 1) -> tuple[int, int]:
    """Give the (before, after) pixels that make ceil(size / stride) outputs, as TensorFlow does.

    The odd pixel goes after. With a stride above 1 this is not (window - 1) / 2 on each side.
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + dilation_rate * (window - 1) + 1 - size, 0)
    return total // 2, total - total // 2


def full_padding(window: int, dilation_rate: int = 1) -> tuple[int, int]:
    """Give the (before, after) pixels that let a window touch the image with a single tap."""
    pixels = dilation_rate * (window - 1)
    return pixels, pixels


def axis_padding(
    size: int, window: int, pad: AxisPadding, *, stride: int = 1, dilation_rate: int = 1
) -> tuple[int, int]:
    """Give the (before, after) pixels that "valid", "same", "full" or a pair of pixels stand for.

    Raises:
        ShapeError: `pad` is none of these.
    """
    if pad == "valid":
        return 0, 0
    if pad == "same":
        return same_padding(size, window, stride, dilation_rate)
    if pad == "full":
        return full_padding(window, dilation_rate)
    if isinstance(pad, str) or len(pad) != 2 or min(pad) < 0:
        raise ShapeError(
            "axis_padding: pad must be 'valid', 'same', 'full' or (before, after) pixels, each "
            f"at least 0. Received pad={pad!r}."
        )
    return pad


def output_size(
    size: int, window: int, *, stride: int = 1, pad: AxisPadding = (0, 0), dilation_rate: int = 1
) -> int:
    """Count the places a window takes along one axis.

    Args:
        size: pixels along the axis.
        window: taps of the window.
        stride: pixels moved per output position, >= 1.
        pad: pixels added (before, after), or "valid", "same", "full".
        dilation_rate: pixels from one tap to the next, >= 1.

    Returns:
        floor((size + before + after - dilation_rate * (window - 1) - 1) / stride) + 1.

    Raises:
        ShapeError: the window does not fit even once, or a number is below 1.

    Source: Dumoulin & Visin 2016, relations 6 and 15.
    """
    if window < 1 or stride < 1 or dilation_rate < 1:
        raise _too_small("output_size", window, stride, dilation_rate)
    if isinstance(pad, str):
        pad = axis_padding(size, window, pad, stride=stride, dilation_rate=dilation_rate)
    before, after = pad
    places = (size + before + after - dilation_rate * (window - 1) - 1) // stride + 1
    if places < 1:
        raise ShapeError(
            "output_size: the window must fit in the padded axis. Received "
            f"size={size}, window={window}, pad={pad}, dilation_rate={dilation_rate}."
        )
    return places


def transposed_output_size(
    size: int,
    window: int,
    *,
    stride: int = 1,
    pad: AxisPadding = (0, 0),
    dilation_rate: int = 1,
    output_padding: int | None = None,
) -> int:
    """Count the outputs of a transposed convolution along one axis.

    It is the size of an image on which the convolution with the same options takes `size` places.
    A stride above 1 leaves several such sizes; `output_padding` says which one.

    Args:
        size: pixels along the axis.
        window: taps of the window.
        stride: output pixels moved per input position, >= 1.
        pad: pixels that the convolution would add, (before, after) or "valid", "same", "full".
        dilation_rate: pixels from one tap to the next, >= 1.
        output_padding: pixels added at the end, 0 to stride - 1; None: as many as give
            size * stride outputs for "same", and none left out between windows otherwise.

    Returns:
        (size - 1) * stride + dilation_rate * (window - 1) + 1 - before - after + output_padding.
        For "same", whose border depends on the answer, size * stride, or with `output_padding`
        (size - 1) * stride + (extent modulo 2) + output_padding.

    Raises:
        ShapeError: a number is out of its range, or nothing would be left.

    Source: Dumoulin & Visin 2016, relation 14; agrees with `keras.ops.conv_transpose`.
    """
    where = "transposed_output_size"
    if window < 1 or stride < 1 or dilation_rate < 1:
        raise _too_small(where, window, stride, dilation_rate)
    extent = window_extent(window, dilation_rate)
    reached = (size - 1) * stride
    if pad == "same":
        outputs = size * stride if output_padding is None else reached + extent % 2 + output_padding
        possible = reached < outputs <= reached + stride
    else:
        extra = max(stride - extent, 0) if output_padding is None else output_padding
        before, after = axis_padding(size, window, pad, dilation_rate=dilation_rate)
        outputs = reached + extent - before - after + extra
        possible = 0 <= extra < stride
    if not possible or size < 1 or outputs < 1:
        raise ShapeError(
            f"{where}: the convolution with these options must take size places on at least one "
            f"pixel. Received size={size}, window={window}, stride={stride}, pad={pad!r}, "
            f"dilation_rate={dilation_rate}, output_padding={output_padding}."
        )
    return outputs


def conv_parameters(
    kernel_size: Sequence[int],
    in_channels: int,
    filters: int,
    *,
    groups: int = 1,
    use_bias: bool = True,
) -> int:
    """Count the weights and biases of a convolution, transposed or not.

    A depthwise one has groups = in_channels and filters = in_channels * depth_multiplier.
    """
    return prod(kernel_size) * in_channels // groups * filters + filters * use_bias


def dense_parameters(inputs: int, units: int, *, use_bias: bool = True) -> int:
    """Count the weights and biases of a fully connected layer."""
    return inputs * units + units * use_bias


def batch_normalization_parameters(
    channels: int, *, scale: bool = True, center: bool = True
) -> tuple[int, int]:
    """Count the numbers (trained: gamma, beta; not trained: the moving mean and variance)."""
    return channels * (scale + center), channels * 2


def conv_multiply_adds(
    output_sizes: Sequence[int],
    kernel_size: Sequence[int],
    in_channels: int,
    filters: int,
    *,
    groups: int = 1,
) -> int:
    """Count the multiply-adds of a convolution for one image: each weight once at each place.

    Additions of a bias are not counted. `output_sizes` are (out_height, out_width); a transposed
    convolution lays its kernel down at each place of its input, so give the input's sizes there.
    """
    weights = conv_parameters(kernel_size, in_channels, filters, groups=groups, use_bias=False)
    return prod(output_sizes) * weights


def dense_multiply_adds(inputs: int, units: int) -> int:
    """Count the multiply-adds of a fully connected layer for one example: each weight once."""
    return inputs * units


class Window(NamedTuple):
    """What a layer does along one axis: taps, step, pixels added before the image, dilation."""

    size: int
    stride: int = 1
    pad_before: int = 0
    dilation_rate: int = 1


class ReceptiveField(NamedTuple):
    """What the outputs of a chain of layers see along one axis of its input.

    The first output sees the `size` pixels from pixel `start` on, where a negative number counts
    into the padding; each further output sees as many, `stride` pixels on.
    """

    size: int = 1
    stride: int = 1
    start: int = 0

    def through(self, window: Window) -> "ReceptiveField":
        """Give the field after one more layer, whose windows lie on these outputs."""
        return ReceptiveField(
            size=self.size + (window_extent(window.size, window.dilation_rate) - 1) * self.stride,
            stride=self.stride * window.stride,
            start=self.start - window.pad_before * self.stride,
        )

    def pixels(self, place: int) -> range:
        """Give the pixels that output number `place` sees, those in the padding included."""
        first = self.start + place * self.stride
        return range(first, first + self.size)


def receptive_field(windows: Iterable[Window]) -> ReceptiveField:
    """Give what the last layer of a chain sees of the first one's input.

    Args:
        windows: the layers from the input on; one that works pixel by pixel is Window(1).

    Returns:
        (size, stride, start) in pixels of the input.

    Source: Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural
        networks", equations 2 to 4.
    """
    field = ReceptiveField()
    for window in windows:
        field = field.through(window)
    return field


def _too_small(where: str, window: int, stride: int, dilation_rate: int) -> ShapeError:
    return ShapeError(
        f"{where}: window, stride and dilation_rate must be at least 1. Received "
        f"window={window}, stride={stride}, dilation_rate={dilation_rate}."
    )
