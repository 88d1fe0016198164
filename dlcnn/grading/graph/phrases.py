"""A layer in a few words: what it is, which one it is, and the settings one would name."""

from collections.abc import Collection, Iterator
from typing import Any

from dlcnn.grading.graph.nodes import INPUT
from dlcnn.grading.render.plain import counted, number, one_line

__all__ = ["one_of", "phrase", "settings_phrase"]

_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
]
_BY = "×"  # noqa: RUF001  as sizes are written, not the letter
_MAX_TEXT = 60
_MAX_NAMED = 8
# Settings that are named only where they are not what one gets without asking for them.
_USUAL: dict[str, Any] = {
    "depth_multiplier": 1,
    "dilation_rate": 1,
    "groups": 1,
    "keepdims": False,
    "padding": "valid",
    "trainable": True,
    "use_bias": True,
}
# Settings that are named only where they differ.
_QUIET = frozenset(
    ["axis", "call", "center", "epsilon", "momentum", "place", "renorm", "renorm_momentum", "scale"]
)
_WORDS = {"strides": "stride", "dilation_rate": "dilation", "use_bias": "bias"}
_COUNTED = ("filters", "units", "kernel_size")
_SIZES = frozenset({*_COUNTED, "pool_size", "strides"})

Layer = dict[str, Any]  # a reference of `places`


def one_of(layer: Layer) -> str:
    """A layer as one of its kind, in brief: "the first Dense with 6 units"."""
    told = phrase(layer, brief=True)
    if layer["operation"] == INPUT or layer.get("of", 1) == 1:
        return f"the {told}"
    ordinal = layer["ordinal"]
    which = _ORDINALS[ordinal - 1] if ordinal <= len(_ORDINALS) else _numbered(ordinal)
    return f"the {which} {told}"


def phrase(layer: Layer, differing: Collection[str] = (), *, brief: bool = False) -> str:
    """A layer with the settings that matter: "Dense with 6 units", "Dropout (rate 0.4)".

    Args:
        layer: its operation and settings.
        differing: settings to name in any case.
        brief: whether size and stride are enough where there are such.
    """
    operation = one_line(layer["operation"], _MAX_TEXT)
    if layer["operation"] == INPUT:
        return "input"
    told = settings_phrase(layer, differing, brief=brief)
    if not told or layer["operation"] == "Activation":
        return f"{operation} {told}".strip()
    counts = any(name in layer["settings"] for name in _COUNTED)
    return f"{operation} with {told}" if counts else f"{operation} ({told})"


def settings_phrase(layer: Layer, differing: Collection[str] = (), *, brief: bool = False) -> str:
    """The settings of a layer that matter, without its operation."""
    size = [*_size(layer, differing)]
    names = differing if brief and size else {*layer["settings"], *differing}
    named = [*size, *_others(layer, names, differing)]
    return ", ".join(named[:_MAX_NAMED])


def _size(layer: Layer, differing: Collection[str]) -> Iterator[str]:
    """What one says first of a layer: how many of what size."""
    settings = layer["settings"]
    amount = [
        counted(settings[name], name.removesuffix("s"))
        for name in ("filters", "units")
        if type(settings.get(name)) is int
    ]
    if "kernel_size" in settings:
        yield " of ".join([*(amount or ["kernels"]), _sizes(settings["kernel_size"])])
    elif amount:
        yield amount[0]
    if "pool_size" in settings:
        yield _sizes(settings["pool_size"])
    usual = "pool_size" not in settings and _is(settings.get("strides", 1), 1)
    if "strides" in differing or not usual:
        yield f"stride {_stride(settings.get('strides'))}"


def _others(layer: Layer, names: Collection[str], differing: Collection[str]) -> Iterator[str]:
    settings = layer["settings"]
    for name in sorted({*names} - _SIZES):
        value = settings.get(name)
        quiet = name in _QUIET or (name in _USUAL and _is(value, _USUAL[name]))
        if name not in differing and quiet:
            continue
        if layer["operation"].startswith("ZeroPadding") and name == "padding":
            yield _amounts(value)
        elif layer["operation"] == "Activation" and name == "activation":
            yield _value(value)
        else:
            yield f"{_word(name)} {_value(value)}" if name in settings else f"no {_word(name)}"


def _is(value: object, usual: object) -> bool:
    """Whether a setting is the usual one, along each axis."""
    if isinstance(value, list):
        return all(_is(each, usual) for each in value)
    return type(value) is type(usual) and value == usual


def _sizes(value: object) -> str:
    """A size per axis, as in 2 by 3."""
    if isinstance(value, list) and value and all(type(each) is int for each in value):
        return _BY.join(number(each) for each in value)
    return _value(value)


def _stride(value: Any) -> str:
    """A stride per axis, one number where they are the same."""
    return _sizes(value[:1] if _is_even(value) else value)


def _amounts(value: Any) -> str:
    """How much padding: one number where it is the same on all sides."""
    return (
        f"{value[0][0]} on each side" if _is_even(value) and _is_even(value[0]) else _value(value)
    )


def _is_even(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(each == value[0] for each in value)


def _word(name: str) -> str:
    return one_line(_WORDS.get(name, name), _MAX_TEXT)


def _value(value: object) -> str:
    if isinstance(value, dict):
        name = value.get("object") or value.get("opaque")
        return one_line(str(name), _MAX_TEXT) if name else "{…}"
    if isinstance(value, list):
        return one_line(f"({', '.join(map(_value, value))})", _MAX_TEXT)
    return f'"{one_line(value, _MAX_TEXT)}"' if isinstance(value, str) else number(value)


def _numbered(ordinal: int) -> str:
    ending = (
        "th"
        if ordinal % 100 in (11, 12, 13)
        else {1: "st", 2: "nd", 3: "rd"}.get(ordinal % 10, "th")
    )
    return f"{ordinal}{ending}"
