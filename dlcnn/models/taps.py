"""How each kind of layer reads the layer below it: all along some axes, or by windows.

The one list of Keras' layers by what they do to positions. It must not know a graph.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from keras import layers

from dlcnn.models.graph import Node
from dlcnn.models.layers import LocalResponseNormalization, SelectChannels
from dlcnn.models.shapes import TensorShape

__all__ = ["MERGING", "Taps", "acts_on_each_position", "collapsed_axes", "mixed_axes", "taps"]

_SLIDING = (
    *(layers.Conv1D, layers.Conv2D, layers.Conv3D),
    *(layers.DepthwiseConv1D, layers.DepthwiseConv2D),
    *(layers.SeparableConv1D, layers.SeparableConv2D),
    *(layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D),
    *(layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D),
)
_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
_PADDING = (layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D)
_CROPPING = (layers.Cropping1D, layers.Cropping2D, layers.Cropping3D)
_UPSAMPLING = (layers.UpSampling1D, layers.UpSampling2D, layers.UpSampling3D)
MERGING = (
    *(layers.Add, layers.Subtract, layers.Multiply, layers.Average),
    *(layers.Maximum, layers.Minimum, layers.Concatenate),
)
_GLOBAL = (
    *(layers.GlobalAveragePooling1D, layers.GlobalAveragePooling2D, layers.GlobalAveragePooling3D),
    *(layers.GlobalMaxPooling1D, layers.GlobalMaxPooling2D, layers.GlobalMaxPooling3D),
)
_ALONG_AXES = (layers.Softmax, layers.LayerNormalization, layers.UnitNormalization)
_EACH_POSITION = (
    *(layers.Activation, layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU),
    *(layers.BatchNormalization, layers.Normalization, layers.Rescaling),
    *(layers.Dropout, layers.SpatialDropout1D, layers.SpatialDropout2D, layers.SpatialDropout3D),
    *(layers.AlphaDropout, layers.GaussianDropout, layers.GaussianNoise),
    *(layers.Identity, layers.ActivityRegularization),
    *(LocalResponseNormalization, SelectChannels),
    # Augmentation does nothing when the network is used.
    *(layers.RandomFlip, layers.RandomRotation, layers.RandomTranslation, layers.RandomZoom),
    *(layers.RandomBrightness, layers.RandomContrast),
)
_REDUCTIONS = {"Amax", "Amin", "Max", "Mean", "Min", "Prod", "Sum"}
# Classes that Keras does not publish: of `keras.ops` on symbolic tensors, of keras.applications.
_NAMED_OF_EACH_POSITION = {
    *("Absolute", "Clip", "Exp", "Log", "Negative", "Power", "Sqrt", "Square"),
    *("Elu", "Gelu", "HardSigmoid", "LeakyRelu", "Relu", "Relu6", "Sigmoid", "Silu", "Tanh"),
    *("Add", "Divide", "Maximum", "Minimum", "Multiply", "Subtract"),
    *("CustomScaleLayer", "LayerScale", "StochasticDepth"),
}


@dataclass(frozen=True)
class Taps:
    """Which units below one unit reads along an axis, as integer arithmetic.

    Unit `o` reads from ceil((o * down + first) / up) to floor((o * down + last) / up).
    """

    down: int
    up: int
    first: int
    last: int

    def first_of(self, unit: int) -> int:
        return -(-(unit * self.down + self.first) // self.up)

    def last_of(self, unit: int) -> int:
        return (unit * self.down + self.last) // self.up


def mixed_axes(node: Node) -> set[int] | None:
    """The axes along which a unit of a layer that keeps all positions reads everything.

    {} for an activation, which reads its own value only; None for a layer that is not of this
    sort, such as a convolution.
    """
    layer: Any = node.layer
    axes = range(len(node.output_shape))
    if isinstance(layer, _EACH_POSITION) or node.kind in _NAMED_OF_EACH_POSITION:
        return set()
    if isinstance(layer, layers.Dense):
        return {axes[-1]}
    if isinstance(layer, layers.GroupNormalization):
        return {*axes[1:]}
    if isinstance(layer, _ALONG_AXES):
        return {axes[axis] for axis in _tuple(layer.axis, 1)}
    return None


def collapsed_axes(node: Node) -> set[int] | None:
    """The axes of which a layer leaves one value or none; None if it is no such layer."""
    axes = range(len(node.input_shapes[0]))
    if isinstance(node.layer, _GLOBAL):
        channels = axes[-1] if node.layer.data_format == "channels_last" else 1
        return {*axes[1:]} - {channels}
    to_vector = isinstance(node.layer, layers.Reshape) and len(node.output_shape) == 2
    if isinstance(node.layer, layers.Flatten) or to_vector:
        return {*axes[1:]}
    if node.kind in _REDUCTIONS:
        return {*axes} if node.layer.axis is None else {axes[axis] for axis in node.layer.axis}
    return None


def acts_on_each_position(node: Node) -> bool:
    """Whether a unit reads its own position only (of each of the layer's inputs)."""
    return mixed_axes(node) in (set(), {len(node.output_shape) - 1})


def taps(layer: Any, sizes: TensorShape) -> list[Taps] | None:
    """How a layer's units read those below, per axis; None for a layer we do not know."""
    rank = len(sizes)
    if isinstance(layer, _PADDING):
        return [Taps(1, 1, -before, -before) for before, _ in _pairs(layer.padding, rank)]
    if isinstance(layer, _CROPPING):
        return [Taps(1, 1, before, before) for before, _ in _pairs(layer.cropping, rank)]
    if isinstance(layer, _UPSAMPLING):
        reads = {"nearest": _repeated, "bilinear": _interpolated}.get(
            getattr(layer, "interpolation", "nearest")
        )
        return reads and [reads(factor) for factor in _tuple(layer.size, rank)]
    if not isinstance(layer, (*_SLIDING, *_TRANSPOSED)):
        return None
    sides = _tuple(getattr(layer, "kernel_size", None) or layer.pool_size, rank)
    dilations = _tuple(getattr(layer, "dilation_rate", 1), rank)
    reaches = [(side - 1) * dilation for side, dilation in zip(sides, dilations, strict=True)]
    strides = _tuple(layer.strides, rank)
    if isinstance(layer, _TRANSPOSED):
        if layer.output_padding is not None:
            return None
        padded = [
            _before_transposed(layer.padding, *each) for each in zip(reaches, strides, strict=True)
        ]
        return [
            Taps(1, stride, before - reach, before)
            for reach, stride, before in zip(reaches, strides, padded, strict=True)
        ]
    return [
        Taps(stride, 1, -before, reach - before)
        for reach, stride, size in zip(reaches, strides, sizes, strict=True)
        for before in (_before(layer.padding, reach, stride, size),)
    ]


def _repeated(factor: int) -> Taps:
    return Taps(1, factor, 1 - factor, 0)


def _interpolated(factor: int) -> Taps:
    """The neighbours of ((unit + 1/2) / factor - 1/2), on either side."""
    return Taps(2, 2 * factor, 2 - 3 * factor, factor)


def _tuple(value: Any, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _pairs(value: Any, rank: int) -> Iterable[tuple[int, int]]:
    """(before, after) per axis; one-dimensional layers keep theirs bare."""
    return [tuple(value)] if rank == 1 else value


def _before(padding: str, reach: int, stride: int, size: int | None) -> int:
    """Zeros that Keras puts before the image."""
    if padding == "valid":
        return 0
    if padding == "causal":
        return reach
    overhang = (size or 0) % stride or stride
    return max(reach + 1 - overhang, 0) // 2


def _before_transposed(padding: str, reach: int, stride: int) -> int:
    """Rows that Keras cuts off before the image of a transposed convolution."""
    return max(reach + 1 - stride, 0) // 2 if padding == "same" else 0
