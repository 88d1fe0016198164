"""Equivalent spellings: the one or more steps that a layer or operation stands for.

`Conv2D(8, 4, activation="relu")` is a Conv2D and a ReLU; `x + y` and `Add()([x, y])` are one thing;
a linear activation is nothing. Knows single calls only; `canonical` puts them together.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from math import prod
from typing import Any

from dlcnn.grading.graph.description import Call, Layer, Shape, tensors
from dlcnn.grading.graph.settings import (
    Group,
    Settings,
    cleaned,
    counted_axes,
    is_opaque,
    padding_matters,
)

__all__ = ["COMMUTATIVE", "Step", "spell"]

COMMUTATIVE = frozenset({"Add", "Multiply", "Maximum", "Minimum", "Average"})

_WITH_ACTIVATION = frozenset(
    [
        "Dense",
        "EinsumDense",
        "Conv1D",
        "Conv2D",
        "Conv3D",
        "Conv1DTranspose",
        "Conv2DTranspose",
        "Conv3DTranspose",
        "DepthwiseConv1D",
        "DepthwiseConv2D",
        "SeparableConv1D",
        "SeparableConv2D",
    ]
)
_ACTIVATION_LAYERS = frozenset({"Activation", "ReLU", "LeakyReLU", "ELU", "Softmax"})
# What Keras' activations take besides their input, and what that is if it is not given.
_ACTIVATIONS: dict[str, Settings] = {
    "celu": {"alpha": 1},
    "elu": {"alpha": 1},
    "exponential": {},
    "gelu": {"approximate": False},
    "glu": {"axis": -1},
    "hard_shrink": {"threshold": 0.5},
    "hard_sigmoid": {},
    "hard_silu": {},
    "hard_tanh": {},
    "leaky_relu": {"negative_slope": 0.2},
    "linear": {},
    "log_sigmoid": {},
    "log_softmax": {"axis": -1},
    "mish": {},
    "relu": {},
    "relu6": {},
    "selu": {},
    "sigmoid": {},
    "silu": {},
    "soft_shrink": {"threshold": 0.5},
    "softmax": {"axis": -1},
    "softplus": {},
    "softsign": {},
    "sparse_plus": {},
    "sparse_sigmoid": {},
    "sparsemax": {"axis": -1},
    "squareplus": {"b": 4},
    "tanh": {},
    "tanh_shrink": {},
}
_RELU = frozenset({"negative_slope", "max_value", "threshold"})
_OTHER_NAMES = {"exp": "exponential", "re_lu": "relu", "swish": "silu", "hard_swish": "hard_silu"}
_DECIDED_BY_DTYPE: tuple[Group, ...] = ("dtype",)  # operations such as a cast
_OF_WEIGHTS = ("dtype", "trainable")  # operators have neither
_CALL_ONLY = frozenset({"training", "mask", "kwargs", "args"})


@dataclass(frozen=True)
class Step:
    """One canonical layer.

    Args:
        operation: Keras' class name for it, "Activation" or "keras.ops.…".
        settings: what decides what it computes.
        opaque: whether what it computes is not written down here.
        padding: how padding is written where it makes no difference; then no setting tells it.
    """

    operation: str
    settings: Settings = field(default_factory=dict)
    opaque: bool = False
    padding: str | None = None


def spell(
    layer: Layer, call: Call, inputs: tuple[Shape, ...], also: Collection[Group] = ()
) -> list[Step]:
    """The steps that a call stands for, none where it changes nothing.

    Args:
        layer: what is called.
        call: with what, and the shapes it gives.
        inputs: the shapes that go in.
        also: groups of settings that are left out by default.
    """
    if layer.origin in ("lambda", "custom"):
        return [Step(layer.class_name, opaque=True)]
    if layer.origin == "operation":
        steps = _operation(layer, call, inputs)
    else:
        if not layer.weights:
            also = [group for group in also if group not in _OF_WEIGHTS]
        settings = cleaned(layer.config, also) | _call_settings(call, also)
        steps = _layer(layer.class_name, settings)
    if len(inputs) == len(call.shapes) == 1 and _changes_nothing(steps, inputs[0], call.shapes[0]):
        return []
    steps = [_as_flatten(step, inputs[0], call.shapes[0]) for step in steps]
    return [_finished(step, inputs[0]) for step in steps]


def _finished(step: Step, shape: Shape) -> Step:
    """A step with what decides what it computes of inputs of this shape."""
    settings = counted_axes(step.settings, len(shape))
    padding = None
    if not padding_matters(settings, shape):
        padding = settings["padding"]
        settings = {name: value for name, value in settings.items() if name != "padding"}
    return Step(step.operation, settings, is_opaque(settings), padding)


def _layer(name: str, settings: Settings) -> list[Step]:
    if name in _ACTIVATION_LAYERS:
        return _activation_layer(name, settings)
    if name in _WITH_ACTIVATION:
        activation = settings.pop("activation", "linear")
        return [Step(name, settings), *_activation(activation)]
    return [Step(name, settings)]


def _activation_layer(name: str, settings: Settings) -> list[Step]:
    if name == "Activation":
        return _activation(settings.get("activation", "linear"))
    names = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "Softmax": "softmax"}
    return _named_activation(names[name], settings)


def _activation(value: Any) -> list[Step]:
    """The step of an `activation=`: a name, a layer, or what cannot be told."""
    if isinstance(value, str):
        return _named_activation(value, {})
    if isinstance(value, dict) and isinstance(value.get("object"), str):
        config = value.get("config")
        settings = config if isinstance(config, dict) else {"config": config}
        return _layer(value["object"], settings)
    return [Step("Activation", {"activation": value})]


def _named_activation(name: str, settings: Settings) -> list[Step]:
    name = _OTHER_NAMES.get(name, name)
    usual = _ACTIVATIONS.get(name, {})
    known = usual.keys() | (_RELU if name == "relu" else ())
    settings = usual | {each: settings[each] for each in settings.keys() & known}
    if name == "linear":
        return []
    if name in ("relu", "relu6", "leaky_relu"):
        return [_relu(settings if name != "relu6" else {"max_value": 6})]
    if name == "softmax":
        return [Step("Softmax", settings)]
    if name == "elu":
        return [Step("ELU", settings)]
    return [Step("Activation", {"activation": name, **settings})]


def _relu(settings: Settings) -> Step:
    """ReLU with what it was given besides zeros; with a slope only it is LeakyReLU."""
    given = {name: value for name, value in settings.items() if value not in (0, None)}
    return Step("LeakyReLU" if [*given] == ["negative_slope"] else "ReLU", given)


def _operation(layer: Layer, call: Call, inputs: tuple[Shape, ...]) -> list[Step]:
    """The steps of one of `keras.ops`, or of an operator such as `+`."""
    rank = len(inputs[0])
    settings = counted_axes(cleaned(layer.config, _DECIDED_BY_DTYPE), rank) | _call_settings(
        call, ()
    )
    activation = _snake_case(layer.class_name)
    activation = _OTHER_NAMES.get(activation, activation)
    if activation in _ACTIVATIONS and len(inputs) == 1:
        return _named_activation(activation, settings)
    respell = _RESPELT.get(layer.class_name)
    step = respell(layer.class_name, settings, inputs) if respell else None
    return [step or Step(f"keras.ops.{layer.class_name}", settings)]


def _merge(name: str, settings: Settings, inputs: tuple[Shape, ...]) -> Step:
    """`x + y` and its like; a number in place of a tensor is a setting."""
    arguments = settings.get("call")
    if isinstance(arguments, dict) and name in COMMUTATIVE and len(inputs) == 1:
        constants = [value for value in arguments.values() if value != "tensor"]
        if name == "Maximum" and constants == [0]:
            return _relu({})
        return Step(name, {"constants": constants})
    return Step(name, settings)


def _pooling(name: str, settings: Settings, inputs: tuple[Shape, ...]) -> Step:
    axes = len(inputs[0]) - 2
    operation = {"MaxPool": "MaxPooling", "AveragePool": "AveragePooling"}[name]
    sizes = {
        key: value if isinstance(value, list) else [value] * axes
        for key, value in {"strides": settings.get("pool_size"), **settings}.items()
        if key in ("pool_size", "strides")
    }
    return Step(f"{operation}{axes}D", settings | sizes)


def _global_pooling(name: str, settings: Settings, inputs: tuple[Shape, ...]) -> Step | None:
    axes = len(inputs[0]) - 2
    if axes < 1 or settings.get("axis") != list(range(1, axes + 1)):
        return None
    operation = {"Mean": "GlobalAveragePooling", "Max": "GlobalMaxPooling"}[name]
    return Step(f"{operation}{axes}D", {"keepdims": settings.get("keepdims", False)})


def _reshape(_name: str, settings: Settings, _inputs: tuple[Shape, ...]) -> Step:
    shape = settings.get("newshape")
    return Step("Reshape", {"target_shape": shape[1:] if isinstance(shape, list) else shape})


def _pad(_name: str, settings: Settings, inputs: tuple[Shape, ...]) -> Step | None:
    widths = settings.get("pad_width")
    axes = len(inputs[0]) - 2
    zeros = settings.get("call", {"constant_values": 0}).get("constant_values", 0) == 0
    if settings.get("mode") != "constant" or not zeros or not isinstance(widths, list):
        return None
    if axes < 1 or len(widths) != axes + 2 or widths[0] != [0, 0] or widths[-1] != [0, 0]:
        return None
    padding = widths[1:-1]
    return Step(f"ZeroPadding{axes}D", {"padding": padding if axes > 1 else padding[0]})


_RESPELT: dict[str, Callable[[str, Settings, tuple[Shape, ...]], Step | None]] = {
    **dict.fromkeys(("Add", "Multiply", "Maximum", "Minimum", "Subtract", "Concatenate"), _merge),
    **dict.fromkeys(("MaxPool", "AveragePool"), _pooling),
    **dict.fromkeys(("Mean", "Max"), _global_pooling),
    "Reshape": _reshape,
    "Pad": _pad,
}


def _call_settings(call: Call, also: Collection[Group]) -> Settings:
    """What is passed at a call besides tensors."""
    given = {
        name: value
        for name, value in call.arguments.items()
        if value is not None and (name not in _CALL_ONLY or name in also or any(tensors(value)))
    }
    if all(_is_tensors_only(value) for value in given.values()):
        return {}
    return {"call": cleaned({name: _without_numbers(value) for name, value in given.items()}, also)}


def _is_tensors_only(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_tensors_only, value))
    return isinstance(value, dict) and [*value] == ["tensor"]


def _without_numbers(value: Any) -> Any:
    """Arguments with the word tensor for each tensor: which one it is stands in the graph."""
    if isinstance(value, list):
        return [_without_numbers(each) for each in value]
    if isinstance(value, dict):
        if _is_tensors_only(value):
            return "tensor"
        return {name: _without_numbers(each) for name, each in value.items()}
    return value


def _changes_nothing(steps: list[Step], before: Shape, after: Shape) -> bool:
    if len(steps) != 1:
        return not steps
    operation, settings = steps[0].operation, steps[0].settings
    if operation in ("Reshape", "Flatten"):
        return before == after and before[1:].count(None) <= (operation == "Flatten")
    if operation.endswith("Dropout"):
        return settings.get("rate") == 0
    if operation.startswith("ZeroPadding"):
        return not _any_number(settings.get("padding"))
    return operation == "Identity"


def _any_number(value: object) -> bool:
    return any(map(_any_number, value)) if isinstance(value, list) else value != 0


def _as_flatten(step: Step, before: Shape, after: Shape) -> Step:
    """Flatten for a Reshape that lays everything but the batch in one row."""
    if step.operation != "Reshape":
        return step
    sizes = [size for size in before[1:] if size is not None]
    flat = len(sizes) == len(before) - 1 and after[1:] == (prod(sizes),)
    return Step("Flatten") if flat else Step("Reshape", {"target_shape": list(after[1:])})


def _snake_case(name: str) -> str:
    words = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()
