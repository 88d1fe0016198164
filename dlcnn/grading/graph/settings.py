"""A layer's configuration, cleaned: what decides what the layer computes, in one form each.

Knows Keras' words for settings, not what they do; `spelling` knows which layers are the same.
"""

from collections.abc import Collection, Mapping
from math import ceil
from typing import Any, Literal, get_args

__all__ = ["Group", "Settings", "cleaned", "counted_axes", "is_opaque", "padding_matters"]

Settings = dict[str, Any]
Group = Literal["initializers", "regularizers", "constraints", "dtype", "trainable", "training"]

GROUPS: tuple[Group, ...] = get_args(Group)
_ENDINGS = {
    "_initializer": "initializers",
    "_regularizer": "regularizers",
    "_constraint": "constraints",
}
# Never part of what is computed: names, draws, and how the backend goes about it.
_NEVER = frozenset(
    [
        "autocast",
        "batch_shape",
        "build_config",
        "build_input_shape",
        "implementation",
        "input_spec",
        "mask",
        "name",
        "optional",
        "quantization_config",
        "ragged",
        "seed",
        "sparse",
        "synchronized",
        "unroll",
        "use_cudnn",
    ]
)
_TENSORFLOW_NAMES = {"softmax_v2": "softmax", "log_softmax_v2": "log_softmax", "swish": "silu"}


def cleaned(config: Mapping[str, Any], also: Collection[Group] = ()) -> Settings:
    """The settings in a configuration that are compared.

    Args:
        config: names and plain values.
        also: groups of settings that are left out by default.
    """
    settings = {
        name: _value(value, also)
        for name, value in config.items()
        if value is not None and name not in _NEVER and _is_compared(name, also)
    }
    if settings.get("data_format") == "channels_last":
        del settings["data_format"]
    if isinstance(settings.get("padding"), str):
        settings["padding"] = settings["padding"].lower()
    return settings


def is_opaque(value: object) -> bool:
    """Whether something in a value could not be told, or is not Keras' own."""
    if isinstance(value, dict):
        return "opaque" in value or any(map(is_opaque, value.values()))
    return isinstance(value, list) and any(map(is_opaque, value))


def counted_axes(settings: Settings, rank: int) -> Settings:
    """The settings with axes counted from the first one: -1 of a rank of 4 is 3."""
    axis = settings.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        axis = axis[0]
    if isinstance(axis, list) and all(type(each) is int for each in axis):
        return settings | {"axis": sorted(_from_first(each, rank) for each in axis)}
    return settings | {"axis": _from_first(axis, rank)} if type(axis) is int else settings


def padding_matters(settings: Settings, shape: tuple[int | None, ...]) -> bool:
    """Whether "same" and "valid" differ: not where "same" would not pad these inputs at all."""
    window = settings.get("kernel_size", settings.get("pool_size"))
    strides = settings.get("strides", 1)
    if settings.get("padding") not in ("same", "valid") or window is None:
        return True
    sizes = shape[2:] if settings.get("data_format") == "channels_first" else shape[1:-1]
    windows, steps = _each(window, len(sizes)), _each(strides, len(sizes))
    dilations = _each(settings.get("dilation_rate", 1), len(sizes))
    if windows is None or steps is None or dilations is None:
        return True
    return any(_pads(*place) for place in zip(sizes, windows, steps, dilations, strict=True))


def _pads(size: int | None, window: int, stride: int, dilation: int) -> bool:
    reach = (window - 1) * dilation + 1
    if size is None:
        return reach > 1
    return (ceil(size / stride) - 1) * stride + reach > size


def _each(value: object, rank: int) -> list[int] | None:
    """A size per spatial axis, or None where these are no sizes."""
    given = value if isinstance(value, list) else [value] * rank
    sizes = [size for size in given if type(size) is int and size > 0]
    return sizes if len(sizes) == len(given) == rank else None


def _from_first(axis: int, rank: int) -> int:
    return axis if axis >= 0 else axis + rank


def _is_compared(name: str, also: Collection[Group]) -> bool:
    for ending, group in _ENDINGS.items():
        if name.endswith(ending):
            return group in also
    return name not in GROUPS or name in also


def _value(value: Any, also: Collection[Group]) -> Any:
    if isinstance(value, list):
        return [_value(each, also) for each in value]
    if not isinstance(value, dict):
        return value
    if "object" in value and "config" in value:
        return _object(value, also)
    return cleaned(value, also)


def _object(value: dict[str, Any], also: Collection[Group]) -> Any:
    """An object in a configuration; a function of Keras or TensorFlow is its name."""
    name, module, config = value["object"], value.get("module", "keras."), value["config"]
    if name == "function" and str(module).startswith(("keras.", "tensorflow.")):
        return _TENSORFLOW_NAMES.get(config, config) if isinstance(config, str) else config
    if name == "slice" and module == "builtins":
        return {"object": name, "config": _value(config, also)}
    if module != "keras.":
        return {"opaque": name}
    return {"object": name, "config": _value(config, also)}
