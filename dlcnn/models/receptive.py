"""Receptive fields: which input pixels a unit of a layer depends on, from the graph alone.

It must not run a model, and knows nothing of weights.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import keras
from keras import layers

from dlcnn.models.errors import ModelError
from dlcnn.models.graph import Node, layer_calls, position
from dlcnn.models.shapes import TensorShape
from dlcnn.models.taps import MERGING, Taps, collapsed_axes, mixed_axes, taps

__all__ = ["ReceptiveField", "receptive_field", "receptive_fields"]


@dataclass(frozen=True)
class ReceptiveField:
    """The window of input pixels that a unit depends on, per spatial axis (rows, columns).

    The unit at `index` sees the pixels from `index * stride - padding` on, `size` of them.

    Attributes:
        size: pixels; after up-sampling, where units differ, those of the unit that sees most.
        stride: pixels between the windows of neighbouring units; a fraction after up-sampling.
        padding: pixels that the window of the first unit lies outside the image.
        whole: a unit depends on the whole input (after global pooling, Flatten); then `size` is
            the input's (None where that is open) and `stride` and `padding` are 0.
        global_context: besides the window, everything is seen through a branch with global
            pooling, as in squeeze-and-excite.
        aligned: wherever branches merge, their windows have the same centre.
    """

    size: tuple[int | None, ...]
    stride: tuple[int | Fraction, ...]
    padding: tuple[int, ...]
    whole: bool = False
    global_context: bool = False
    aligned: bool = True

    def __str__(self) -> str:
        if self.whole:
            known = self.size and None not in self.size
            return "the whole input" + (f" ({self.size_text})" if known else "")
        text = f"{self.size_text}, stride {self.stride_text}, padding {_short(self.padding)}"
        if self.global_context:
            text += ", and the whole input through global pooling"
        return text if self.aligned else text + ", branches not aligned"

    @property
    def size_text(self) -> str:
        """The size as one number if rows and columns agree: "3", "5x3"."""
        return _short(self.size)

    @property
    def stride_text(self) -> str:
        """The stride in the same way."""
        return _short(self.stride)


def _short(values: Sequence[object]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def receptive_field(model: keras.Model, layer: str | keras.Layer | None = None) -> ReceptiveField:
    """The input window that one unit of a layer depends on, computed from the model's graph.

    Paths through branches count with the union of their windows. "same" padding at a stride is
    that of the model's input size; an open size is taken as a multiple of the strides.
    Global pooling, Flatten, and a GroupNormalization see the whole input; where such a path
    joins others that still have a position, as in squeeze-and-excite, the window is that of the
    others and `global_context` says so. Of a model with several outputs the first one counts.

    Args:
        model: Functional or Sequential.
        layer: the layer or its name, as `summary_table` shows it; by default the last layer whose
            units still see a window, or the output if none does.

    Raises:
        ModelError: there is no such layer, or what it depends on cannot be told from the graph.

    Source: Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural Networks",
    Distill 2019; `padding` is their effective padding.
    """
    nodes, outputs = layer_calls(model, "receptive_field")
    found = receptive_fields(nodes)
    if layer is not None:
        index = position(nodes, layer, "receptive_field")
    else:
        at_output = _ancestors(nodes, outputs[0].node)
        local = [i for i in at_output if _is_window(found[i]) and nodes[i].parents]
        index = local[-1] if local else outputs[0].node
    result = found[index]
    if isinstance(result, str):
        raise ModelError(
            f"receptive_field: the window of {nodes[index].name!r} cannot be told. "
            f"Received {result}. Ask for a layer before it."
        )
    return result


def _is_window(result: "ReceptiveField | str") -> bool:
    # What cannot be told counts too, so that a network is not silently judged by its beginning.
    return isinstance(result, str) or not result.whole


def _ancestors(nodes: Sequence[Node], index: int) -> list[int]:
    """The nodes that `index` depends on, itself included, in order."""
    needed = {index}
    for place in range(index, -1, -1):
        if place in needed:
            needed.update(nodes[place].parents)
    return sorted(needed)


def receptive_fields(nodes: Sequence[Node]) -> list[ReceptiveField | str]:
    """The receptive field of every node, or the reason why there is none."""
    data_format = next(
        (node.layer.data_format for node in nodes if hasattr(node.layer, "data_format")),
        keras.config.image_data_format(),
    )
    views: list[_View | str] = []
    for node in nodes:
        below = [views[parent] for parent in node.parents]
        reason = next((each for each in below if isinstance(each, str)), None)
        known = [each for each in below if isinstance(each, _View)]
        views.append(reason or _view(node, known, data_format))
    return [view if isinstance(view, str) else view.summary() for view in views]


@dataclass(frozen=True)
class _Axis:
    """The windows of all units along one axis: they repeat every `len(first)` units.

    Unit `len(first)` sees what unit 0 sees, `shift` pixels further on. Without up-sampling the
    period is a single unit.
    """

    first: tuple[int, ...] = (0,)
    last: tuple[int, ...] = (0,)
    shift: int = 1

    def first_of(self, unit: int) -> int:
        return self.first[unit % len(self.first)] + unit // len(self.first) * self.shift

    def last_of(self, unit: int) -> int:
        return self.last[unit % len(self.last)] + unit // len(self.last) * self.shift

    @property
    def stride(self) -> Fraction:
        return Fraction(self.shift, len(self.first))

    def through(self, reading: Taps) -> "_Axis":
        """The windows of the units above, which read these."""
        units = len(self.first) * reading.up
        period = units // math.gcd(units, reading.down)
        return _Axis(
            tuple(self.first_of(reading.first_of(unit)) for unit in range(period)),
            tuple(self.last_of(reading.last_of(unit)) for unit in range(period)),
            self.shift * period * reading.down // units,
        )

    def over(self, period: int) -> "_Axis":
        """The same windows, written down for a multiple of the period."""
        return _Axis(
            tuple(map(self.first_of, range(period))),
            tuple(map(self.last_of, range(period))),
            self.shift * period // len(self.first),
        )


@dataclass(frozen=True)
class _View:
    """What the units of a node see: windows along `axes`, or the whole input if there are none."""

    source: str
    image: TensorShape
    axes: tuple[_Axis, ...]
    context: bool = False
    aligned: bool = True

    def summary(self) -> ReceptiveField:
        if not self.axes:
            zeros = (0,) * len(self.image)
            return ReceptiveField(self.image, zeros, zeros, whole=True)
        strides = (axis.stride for axis in self.axes)
        return ReceptiveField(
            tuple(max(map(_length, axis.first, axis.last)) for axis in self.axes),
            tuple(s.numerator if s.denominator == 1 else s for s in strides),
            tuple(-axis.first[0] for axis in self.axes),
            global_context=self.context,
            aligned=self.aligned,
        )


def _length(first: int, last: int) -> int:
    return last - first + 1


def _view(node: Node, below: list[_View], data_format: str) -> _View | str:
    """What a node's units see, given what the units see that it reads."""
    layer = node.layer
    if not below:
        image = _spatial(node.output_shape, data_format)
        return _View(node.name, image, (_Axis(),) * len(image))
    if len(below) > 1:
        return _merged(node, below, data_format)
    (view,) = below
    if not view.axes or isinstance(layer, MERGING):
        return view
    positions = {*range(1, len(node.input_shapes[0]))} - {_channels(node, data_format)}
    if positions <= (collapsed_axes(node) or set()):
        return replace(view, axes=())
    mixed = mixed_axes(node)
    if mixed is not None and not mixed & positions:
        return view
    # A normalization keeps each unit in its place; Dense along positions would not.
    if positions <= (mixed or set()) and not isinstance(layer, layers.Dense):
        return replace(view, context=True)
    if getattr(layer, "data_format", data_format) != data_format:
        return f"{node.kind} {node.name!r}, which takes another axis for the channels"
    reading = taps(layer, _spatial(node.input_shapes[0], data_format))
    if reading is None:
        return f"{node.kind} {node.name!r}, whose way of looking is not known"
    return replace(view, axes=tuple(map(_Axis.through, view.axes, reading)))


def _spatial(shape: TensorShape, data_format: str) -> TensorShape:
    return shape[1:-1] if data_format == "channels_last" else shape[2:]


def _channels(node: Node, data_format: str) -> int:
    return len(node.input_shapes[0]) - 1 if data_format == "channels_last" else 1


def _joins_positions(node: Node, data_format: str) -> bool:
    """Whether it puts images beside each other instead of onto each other."""
    channels = _channels(node, data_format)
    axis = node.layer.axis if isinstance(node.layer, layers.Concatenate) else channels
    return bool(axis % len(node.output_shape) != channels)


def _merged(node: Node, below: list[_View], data_format: str) -> _View | str:
    """What a node sees that reads several: the union of their windows."""
    sources = sorted({view.source for view in below})
    if len(sources) > 1:
        return f"{node.kind} {node.name!r}, which depends on several inputs: {', '.join(sources)}"
    local = [view for view in below if view.axes]
    if not local:
        return below[0]
    known = isinstance(node.layer, MERGING) or mixed_axes(node) == set()
    if not known or _joins_positions(node, data_format):
        return f"{node.kind} {node.name!r}, whose way of looking is not known"
    context = len(local) < len(below) or any(view.context for view in local)
    aligned = all(view.aligned for view in local)
    axes = []
    for branches in zip(*(view.axes for view in local), strict=True):
        least, most = min(axis.stride for axis in branches), max(axis.stride for axis in branches)
        if least < most:
            return f"{node.kind} {node.name!r}, which merges strides {least} and {most}"
        period = math.lcm(*(len(axis.first) for axis in branches))
        same = [axis.over(period) for axis in branches]
        centres = {tuple(map(sum, zip(axis.first, axis.last, strict=True))) for axis in same}
        aligned = aligned and len(centres) == 1
        first = tuple(map(min, zip(*(axis.first for axis in same), strict=True)))
        last = tuple(map(max, zip(*(axis.last for axis in same), strict=True)))
        axes.append(_Axis(first, last, same[0].shift))
    return replace(local[0], axes=tuple(axes), context=context, aligned=aligned)
