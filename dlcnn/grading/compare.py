"""Compare an answer with what is expected and state the difference as facts.

Answers arrive as plain values (see `worker.wire`), so no object of the student's takes part in a
comparison. This module judges and measures; it does not word, score or explain.
"""

import math
from collections.abc import Mapping, Sequence
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcnn.grading.report import Facts
from dlcnn.grading.worker.wire import Opaque

__all__ = ["compare_array", "compare_plain", "compare_scalar", "describe", "plain_number"]

_TEXT_LIMIT = 200


def compare_array(
    name: str, value: object, expected: NDArray[Any], *, rtol: float, atol: float
) -> Facts | None:
    """State how `value` differs from the array `expected`, or None where it does not.

    Type, shape, dtype and values are looked at in that order; the first that differs is told.
    Values agree where |value - expected| <= atol + rtol * |expected|; NaN agrees with NaN only.
    """
    if not isinstance(value, np.ndarray):
        wanted = describe(expected)
        return {"kind": "type", "name": name, "received": describe(value), "expected": wanted}
    if value.shape != expected.shape:
        return {
            "kind": "shape",
            "name": name,
            "shape": list(value.shape),
            "expected_shape": list(expected.shape),
        }
    if value.dtype != expected.dtype:
        return {
            "kind": "dtype",
            "name": name,
            "shape": list(value.shape),
            "dtype": str(value.dtype),
            "expected_dtype": str(expected.dtype),
        }
    return _compare_values(name, value, expected, rtol, atol)


def compare_scalar(
    name: str, value: object, expected: float, *, rtol: float, atol: float
) -> Facts | None:
    """The same for one number; an array of exactly one number counts as that number."""
    number = np.asarray(value) if isinstance(value, (np.ndarray, np.generic, Number)) else None
    if number is None or number.size != 1 or number.dtype.kind not in "iuf":
        received = describe(value)
        return {"kind": "type", "name": name, "received": received, "expected": "a number"}
    wanted = np.asarray(expected, dtype=np.float64).reshape(())
    return _compare_values(name, number.astype(np.float64).reshape(()), wanted, rtol, atol)


def compare_plain(name: str, value: object, expected: object) -> Facts | None:
    """The same for nested plain values: numbers, texts, None, sequences, dicts and arrays.

    A list equals a tuple with the same items: the course's notebooks use both.
    """
    if isinstance(expected, np.ndarray):
        return compare_array(name, value, expected, rtol=1e-12, atol=0.0)
    if isinstance(expected, Mapping):
        return _compare_mappings(name, value, expected)
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        return _compare_sequences(name, value, expected)
    if _same_scalar(value, expected):
        return None
    return _unequal(name, value, expected)


def describe(value: object) -> str:
    """Say what a value is, as a student would: 'None', 'a string', 'a list of 3 items' …"""
    if value is None:
        return "None"
    if isinstance(value, Opaque):
        return f"an object of type {value.type_name}"
    if isinstance(value, np.ndarray):
        return f"a NumPy array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, (bool, np.bool_)):
        return f"the truth value {bool(value)}"
    if isinstance(value, Number):
        return f"the number {plain_number(value)}"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, (list, tuple, dict)):
        items = "1 item" if len(value) == 1 else f"{len(value)} items"
        return f"a {type(value).__name__} of {items}"
    return f"an object of type {type(value).__name__}"


def plain_number(value: Any) -> float | int | str | bool:
    """A number as JSON can hold it: non-finite and complex ones become text."""
    item = value.item() if isinstance(value, (np.generic, np.ndarray)) else value
    if isinstance(item, float) and not math.isfinite(item):
        return str(item)
    if isinstance(item, complex):
        return str(item)
    result: float | int | str | bool = item
    return result


def _compare_values(
    name: str, value: NDArray[Any], expected: NDArray[Any], rtol: float, atol: float
) -> Facts | None:
    with np.errstate(all="ignore"):  # NaN and infinity are the student's to return
        differs = _differing(value, expected, rtol, atol)
        if not differs.any():
            return None
        wide = np.result_type(value.dtype, np.float64)
        error = np.abs(value.astype(wide) - expected.astype(wide))
        size = np.abs(expected.astype(wide))
        relative = error[size > 0] / size[size > 0]
    first = np.unravel_index(int(np.argmax(differs)), differs.shape)
    return {
        "kind": "values",
        "name": name,
        "shape": list(value.shape),
        "dtype": str(value.dtype),
        "differing": int(np.count_nonzero(differs)),
        "size": int(value.size),
        "index": [int(position) for position in first],
        "yours": plain_number(value[first]),
        "expected": plain_number(expected[first]),
        "not_finite": int(np.count_nonzero(~np.isfinite(value))),
        "max_absolute": _largest(error),
        "max_relative": _largest(relative),
        "rtol": rtol,
        "atol": atol,
    }


def _differing(
    value: NDArray[Any], expected: NDArray[Any], rtol: float, atol: float
) -> NDArray[np.bool_]:
    """Where two arrays of one shape and dtype differ (`np.isclose` takes ten times as long)."""
    unequal: NDArray[np.bool_] = np.asarray(value != expected)
    if expected.dtype.kind in "biu" or not unequal.any():
        return unequal
    within = np.abs(value - expected) <= atol + rtol * np.abs(expected)
    both_nan = (value != value) & (expected != expected)
    # An infinite bound allows nothing: infinity agrees with itself only.
    unequal &= ~both_nan & ~(within & np.isfinite(expected))
    return unequal


def _largest(errors: NDArray[Any]) -> float | int | str | bool | None:
    """The largest finite error, or None where there is none to tell."""
    finite = errors[np.isfinite(errors)]
    return plain_number(np.max(finite)) if finite.size else None


def _compare_mappings(name: str, value: object, expected: Mapping[Any, Any]) -> Facts | None:
    if not isinstance(value, dict) or value.keys() != expected.keys():
        return _unequal(name, value, expected)
    found = (compare_plain(f"{name}[{key!r}]", value[key], expected[key]) for key in expected)
    return next((facts for facts in found if facts), None)


def _compare_sequences(name: str, value: object, expected: Sequence[Any]) -> Facts | None:
    if not isinstance(value, (list, tuple)) or len(value) != len(expected):
        items = ", ".join(describe(item) for item in expected)
        return {
            "kind": "type",
            "name": name,
            "received": describe(value),
            "expected": f"a tuple of {len(expected)}: {items}",
        }
    pairs = zip(value, expected, strict=True)
    found = (compare_plain(f"{name}[{i}]", mine, wanted) for i, (mine, wanted) in enumerate(pairs))
    return next((facts for facts in found if facts), None)


def _same_scalar(value: object, expected: object) -> bool:
    if isinstance(value, np.ndarray):
        return False
    if isinstance(expected, (bool, np.bool_)) or isinstance(value, (bool, np.bool_)):
        booleans = isinstance(value, (bool, np.bool_)) and isinstance(expected, (bool, np.bool_))
        return booleans and bool(value) == bool(expected)
    return bool(value == expected)


def _unequal(name: str, value: object, expected: object) -> Facts:
    return {"kind": "equal", "name": name, "yours": _brief(value), "expected": _brief(expected)}


def _brief(value: object) -> str:
    if isinstance(value, (np.ndarray, Opaque)):
        return describe(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_brief(item)}" for key, item in value.items()) + "}"
    text = str(plain_number(value)) if isinstance(value, np.generic) else repr(value)
    return text if len(text) <= _TEXT_LIMIT else text[: _TEXT_LIMIT - 1] + "…"
