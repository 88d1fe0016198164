"""What a layer costs: multiply-adds for one image, by arithmetic on shapes.

It must not know where a layer stands in a network.
"""

import math
from collections.abc import Sequence
from typing import Any

from keras import layers

from dlcnn.models.graph import Node
from dlcnn.models.shapes import TensorShape

__all__ = ["multiply_adds"]

_CONVOLUTIONS = (
    *(layers.Conv1D, layers.Conv2D, layers.Conv3D),
    *(layers.DepthwiseConv1D, layers.DepthwiseConv2D),
)
_SEPARABLE = (layers.SeparableConv1D, layers.SeparableConv2D)
_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
_NORMALIZATIONS = (
    *(layers.BatchNormalization, layers.LayerNormalization, layers.GroupNormalization),
    *(layers.Normalization, layers.PReLU),
)


def multiply_adds(node: Node) -> int | None:
    """Multiplications, each with an addition, that a layer makes for one image.

    Products of weights with values are counted, as papers do; biases, pooling, activations,
    merges, normalisation and scales per channel (which a trained network can fold into the
    convolution before them) count as 0. A transposed convolution spreads every input position
    over its whole kernel, what "same" cuts off included.

    Returns:
        The count, or None where the image size is open or the layer's arithmetic is not known.
    """
    layer: Any = node.layer
    if isinstance(layer, _CONVOLUTIONS):
        return _products(_positions(node.output_shape, layer), layer.kernel.shape)
    if isinstance(layer, _SEPARABLE):
        positions = _positions(node.output_shape, layer)
        depthwise = _products(positions, layer.depthwise_kernel.shape)
        pointwise = _products(positions, layer.pointwise_kernel.shape)
        return None if depthwise is None or pointwise is None else depthwise + pointwise
    if isinstance(layer, _TRANSPOSED):
        return _products(_positions(node.input_shapes[0], layer), layer.kernel.shape)
    if isinstance(layer, layers.Dense):
        return _products(node.output_shape[1:-1], layer.kernel.shape)
    scales = isinstance(layer, _NORMALIZATIONS) or node.kind == "LayerScale"
    return 0 if scales or not getattr(layer, "weights", ()) else None


def _positions(shape: TensorShape, layer: Any) -> TensorShape:
    """Rows and columns, without batch and channels."""
    return shape[1:-1] if layer.data_format == "channels_last" else shape[2:]


def _products(positions: TensorShape, kernel: Sequence[int]) -> int | None:
    known = [size for size in positions if size is not None]
    return math.prod(known) * math.prod(kernel) if len(known) == len(positions) else None
