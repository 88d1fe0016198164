"""The arithmetic of convolutional layers, in whole numbers: sizes, padding, weights, work, sight.

Sizes and receptive fields are along one axis; take the axes of an image one after the other.
What no layer can have, a stride of 0 or half a pixel, is a ShapeError. Knows no arrays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from operator import index
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
    _require_whole("window_extent", window=window, dilation_rate=dilation_rate)
    return dilation_rate * (window - 1) + 1


def same_padding(size: int, window: int, stride: int, dilation_rate: int = 1) -> tuple[int, int]:
    """Give the (before, after) pixels that make ceil(size / stride) outputs, as TensorFlow does.

    The odd pixel goes after. With a stride above 1 this is not (window - 1) / 2 on each side.
    """
    where = "same_padding"
    _require_whole(where, window=window, stride=stride, dilation_rate=dilation_rate)
    _require_whole(where, least=0, size=size)
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + dilation_rate * (window - 1) + 1 - size, 0)
    return total // 2, total - total // 2


def full_padding(window: int, dilation_rate: int = 1) -> tuple[int, int]:
    """Give the (before, after) pixels that let a window touch the image with a single tap."""
    _require_whole("full_padding", window=window, dilation_rate=dilation_rate)
    pixels = dilation_rate * (window - 1)
    return pixels, pixels


def axis_padding(
    size: int, window: int, pad: AxisPadding, *, stride: int = 1, dilation_rate: int = 1
) -> tuple[int, int]:
    """Give the (before, after) pixels that "valid", "same", "full" or a pair of pixels stand for.

    Raises:
        ShapeError: `pad` is none of these, or a number is out of its range.
    """
    return _pixels("axis_padding", size, window, pad, stride, dilation_rate)


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
        ShapeError: the window does not fit even once, or a number is out of its range.

    Source: Dumoulin & Visin 2016, relations 6 and 15.
    """
    before, after = _pixels("output_size", size, window, pad, stride, dilation_rate)
    places = (size + before + after - dilation_rate * (window - 1) - 1) // stride + 1
    if places < 1:
        raise ShapeError(
            "output_size: the window must fit in the padded axis. Received "
            f"size={size}, window={window}, pad={(before, after)}, dilation_rate={dilation_rate}."
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
    before, after = _pixels(where, size, window, pad, stride, dilation_rate)
    if output_padding is not None:
        _require_whole(where, least=0, output_padding=output_padding)
    extent = dilation_rate * (window - 1) + 1
    reached = (size - 1) * stride
    if isinstance(pad, str) and pad == "same":
        outputs = size * stride if output_padding is None else reached + extent % 2 + output_padding
        possible = reached < outputs <= reached + stride
    else:
        extra = max(stride - extent, 0) if output_padding is None else output_padding
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

    Raises:
        ShapeError: a number is out of its range, or `groups` does not divide both channel counts.
    """
    weights = _conv_weights("conv_parameters", kernel_size, in_channels, filters, groups)
    return weights + filters * use_bias


def dense_parameters(inputs: int, units: int, *, use_bias: bool = True) -> int:
    """Count the weights and biases of a fully connected layer."""
    _require_whole("dense_parameters", least=0, inputs=inputs, units=units)
    return inputs * units + units * use_bias


def batch_normalization_parameters(
    channels: int, *, scale: bool = True, center: bool = True
) -> tuple[int, int]:
    """Count the numbers (trained: gamma, beta; not trained: the moving mean and variance)."""
    _require_whole("batch_normalization_parameters", least=0, channels=channels)
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

    Raises:
        ShapeError: as `conv_parameters`.
    """
    where = "conv_multiply_adds"
    weights = _conv_weights(where, kernel_size, in_channels, filters, groups)
    return _product(where, "output_sizes", output_sizes) * weights


def dense_multiply_adds(inputs: int, units: int) -> int:
    """Count the multiply-adds of a fully connected layer for one example: each weight once."""
    _require_whole("dense_multiply_adds", least=0, inputs=inputs, units=units)
    return inputs * units


@dataclass(frozen=True)
class Window:
    """What a layer does along one axis: taps, step, pixels added before the image, dilation."""

    size: int
    stride: int = 1
    pad_before: int = 0
    dilation_rate: int = 1

    def __post_init__(self) -> None:
        """Refuse what no layer does."""
        taps, rate = self.size, self.dilation_rate
        _require_whole("Window", size=taps, stride=self.stride, dilation_rate=rate)
        _require_whole("Window", least=0, pad_before=self.pad_before)


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


def _pixels(
    where: str, size: int, window: int, pad: AxisPadding, stride: int, dilation_rate: int
) -> tuple[int, int]:
    """Give the pixels that `pad` stands for, all numbers checked."""
    _require_whole(where, window=window, stride=stride, dilation_rate=dilation_rate)
    _require_whole(where, least=0, size=size)
    if isinstance(pad, str):
        if pad == "valid":
            return 0, 0
        if pad == "same":
            return same_padding(size, window, stride, dilation_rate)
        if pad == "full":
            return full_padding(window, dilation_rate)
    else:
        try:
            before, after = map(index, pad)
            if min(before, after) >= 0:
                return before, after
        except (TypeError, ValueError):
            pass  # told below, in the same words as any other refusal
    raise ShapeError(
        f"{where}: pad must be 'valid', 'same', 'full' or (before, after) pixels, each at least 0. "
        f"Received pad={pad!r}."
    )


def _conv_weights(
    where: str, kernel_size: Sequence[int], in_channels: int, filters: int, groups: int
) -> int:
    """Count the numbers of a kernel."""
    _require_whole(where, least=0, in_channels=in_channels, filters=filters)
    _require_whole(where, groups=groups)
    if in_channels % groups or filters % groups:
        raise ShapeError(
            f"{where}: in_channels and filters must be multiples of groups. Received "
            f"in_channels={in_channels}, filters={filters}, groups={groups}."
        )
    return _product(where, "kernel_size", kernel_size) * (in_channels // groups) * filters


def _product(where: str, name: str, sizes: Sequence[int]) -> int:
    """Multiply the sizes along all axes."""
    try:
        whole = [index(size) for size in sizes]
    except TypeError:
        whole = []
    if not whole or min(whole) < 1:
        raise ShapeError(
            f"{where}: {name} must be a tuple of whole numbers, one for each axis, each at least "
            f"1. Received {name}={sizes!r}."
        )
    return prod(whole)


def _require_whole(where: str, *, least: int = 1, **numbers: int) -> None:
    """Refuse what is not a whole number of at least `least`."""
    try:
        fits = min(map(index, numbers.values())) >= least
    except TypeError:
        fits = False
    if not fits:
        received = ", ".join(f"{name}={number!r}" for name, number in numbers.items())
        raise ShapeError(
            f"{where}: {', '.join(numbers)} must be at least {least}, in whole numbers. "
            f"Received {received}."
        )
