"""Untrusted side: lets code that was right under an older NumPy still be right in the worker.

Gives NumPy's module the names that it has dropped, and holds what rewritten code (`rewriting`)
calls. Remembers by kind what really was tolerated; the words for it are the grader's, which uses
nothing of this but its tables. Standard library and NumPy only.
"""

import builtins
import math
from collections.abc import Callable, Collection, Mapping
from types import ModuleType
from typing import Any

import numpy as np

__all__ = [
    "CHOOSE",
    "CONVERSIONS",
    "KINDS",
    "ORDINARY",
    "REFUSED",
    "REMOVED",
    "STORE",
    "TOLERANT",
    "install",
    "star_names",
    "supply",
    "tolerated",
]

CONVERSIONS: Mapping[str, type] = {"float": float, "int": int, "complex": complex}

# In `builtins`, where they are no global of the student's; inside a class, Python leaves names
# with underscores on both sides as they are.
STORE = "__store_one_number__"
REFUSED = "__refused__"
CHOOSE = "__choose__"
ORDINARY = "__ordinary_{}__"
TOLERANT = "__tolerant_{}__"

# What NumPy has, and the other names of it that it has dropped.
_OTHER_NAMES = {
    "all": "alltrue",
    "any": "sometrue",
    "asmatrix": "mat",
    "bool_": "bool8",
    "bytes_": "bytes0 string_",
    "clongdouble": "clongfloat longcomplex",
    "complex128": "cfloat complex_",
    "complex64": "singlecomplex",
    "cumprod": "cumproduct",
    "float64": "float_",
    "inf": "Inf Infinity infty PINF",
    "intp": "int0",
    "longdouble": "longfloat",
    "nan": "NAN NaN",
    "ndim": "rank",
    "object_": "object0",
    "prod": "product",
    "round": "round_",
    "str_": "str0 unicode_",
    "trapezoid": "trapz",
    "uintp": "uint0",
    "void": "void0",
    "vstack": "row_stack",
}
_RENAMED = {name: present for present, names in _OTHER_NAMES.items() for name in names.split()}
_BUILTIN = {"int": int, "float": float, "complex": complex, "object": object, "str": str}


def _as_float_array(array: Any, dtype: Any = np.float64) -> Any:
    return np.asarray(array, dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def _sorted_by_rows(array: Any) -> Any:
    copy = np.array(array, subok=True)
    copy.sort(0)
    return copy


_OTHERS: dict[str, tuple[str, object]] = {
    "asfarray": ("np.asarray(array, dtype=float)", _as_float_array),
    "asscalar": ("array.item()", lambda array: np.asarray(array).item()),
    "in1d": ("np.isin", lambda array, *args, **options: np.isin(np.ravel(array), *args, **options)),
    "math": ("math (after import math)", math),
    "msort": ("np.sort(array, axis=0)", _sorted_by_rows),
    "NINF": ("-np.inf", -np.inf),
    "NZERO": ("-0.0", -0.0),
    "PZERO": ("0.0", 0.0),
    "unicode": ("str", str),
}

# What to write instead of each dropped name.
REMOVED: Mapping[str, str] = {
    **{name: f"np.{present}" for name, present in _RENAMED.items()},
    **{name: name for name in _BUILTIN},
    **{name: advice for name, (advice, _) in _OTHERS.items()},
}
KINDS = CONVERSIONS.keys() | {"store"} | {f"np.{name}" for name in REMOVED}

# A star import never gave those that would have hidden what Python has by the same name.
_STARRED = REMOVED.keys() - _BUILTIN.keys() - {"unicode", "math"}

_happened: set[str] = set()


def tolerated() -> list[str]:
    """The kinds of what was tolerated in this process so far, in a fixed order."""
    return sorted(_happened)


def install() -> None:
    """Give this process what rewritten code calls, and NumPy's module its dropped names."""
    helpers = {STORE: _store_one_number, REFUSED: (TypeError, ValueError), CHOOSE: _choose}
    for name, conversion in CONVERSIONS.items():
        helpers[ORDINARY.format(name)] = conversion
        helpers[TOLERANT.format(name)] = _tolerant[name]
    vars(builtins).update(helpers)
    values = {name: getattr(np, present) for name, present in _RENAMED.items()} | _BUILTIN
    supply(np, "np", values | {name: value for name, (_, value) in _OTHERS.items()})


def supply(module: ModuleType, shown: str, values: Mapping[str, object]) -> None:
    """Let a module answer for names that it lacks.

    Args:
        module: the module.
        shown: what it is called in the kinds that are counted, before a dot and the name.
        values: what it gives for each name.
    """
    ordinary = getattr(module, "__getattr__", None)

    def answer(name: str) -> object:
        if name in values:
            _happened.add(f"{shown}.{name}")
            setattr(module, name, values[name])  # from now on as fast as any other
            return values[name]
        if ordinary is None:
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        return ordinary(name)

    module.__dict__["__getattr__"] = answer


def star_names(used: Collection[str]) -> list[str]:
    """Those of the names used by a submission that `from numpy import *` gave and gives no more."""
    return sorted(name for name in _STARRED.intersection(used) if name not in vars(np))


def _is_one_number(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0 and value.size == 1


def _made_tolerant(conversion: type) -> Callable[[Any], object]:
    def convert(value: Any) -> object:
        try:
            return conversion(value)
        except TypeError:
            if not _is_one_number(value):
                raise
        result: object = conversion(np.ndarray.item(value))
        _happened.add(conversion.__name__)
        return result

    return convert


_tolerant = {name: _made_tolerant(conversion) for name, conversion in CONVERSIONS.items()}


def _choose(function: Any) -> Any:
    """The tolerant form of a function that has one, else the function."""
    for name, conversion in CONVERSIONS.items():
        if function is conversion:
            return _tolerant[name]
    return function


def _store_one_number(target: Any, key: Any, value: Any) -> bool:
    """Do a store that was refused, if it is one that older NumPy did; whether it is."""
    array = target.base if isinstance(target, np.flatiter) else target
    if not (isinstance(array, np.ndarray) and array.dtype.kind in "iufc" and _is_one_number(value)):
        return False
    try:
        target[key] = np.ndarray.item(value)
    except Exception:
        return False
    _happened.add("store")
    return True
