"""Numbers, words and flags that callers pass, checked one by one; it knows no model."""

import math
import operator
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dlcnn.understanding.errors import UnderstandingError

__all__ = [
    "array_of",
    "batch_of",
    "choice",
    "columns_of",
    "flag",
    "number",
    "range_of",
    "whole",
]

_LARGEST = 2**63 - 1  # of the numbers that arrays count with


def array_of(given: Any) -> npt.NDArray[Any]:
    """What was passed as an array; one of objects if it is none."""
    try:
        return np.asarray(given)
    except (TypeError, ValueError, RuntimeError):  # the last of a tensor that is being trained
        return np.empty(0, object)


def batch_of(batch_size: Any, where: str) -> int:
    """A batch size as a plain integer, 1 or more."""
    return whole(where, "batch_size", batch_size, least=1)


def number(
    where: str,
    name: str,
    value: Any,
    *,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
) -> float:
    """A finite number within bounds, as Python's own.

    Args:
        where: the function that an error names.
        name: the argument.
        value: what was passed.
        least: the smallest that is allowed.
        most: the largest.
        above: what it must be larger than.

    Raises:
        UnderstandingError: it is something else.
    """
    try:
        plain = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        plain = math.nan
    if not (math.isfinite(plain) and _within(plain, least, most, above)):
        raise _refused(where, name, value, "a number", least, above, most)
    return plain


def whole(
    where: str, name: str, value: Any, *, least: int | None = None, most: int | None = None
) -> int:
    """A whole number within bounds, as Python's own; NumPy's integers are as good as any.

    Arguments and errors are those of `number`.
    """
    try:
        plain = None if isinstance(value, bool | np.bool_) else operator.index(value)
    except TypeError:
        plain = None
    if plain is None or abs(plain) > _LARGEST or not _within(plain, least, most, None):
        raise _refused(where, name, value, "a whole number", least, None, most)
    return plain


def _within(value: float, least: float | None, most: float | None, above: float | None) -> bool:
    return (
        (least is None or value >= least)
        and (most is None or value <= most)
        and (above is None or value > above)
    )


def _refused(
    where: str, name: str, value: Any, kind: str, *bounds: float | None
) -> UnderstandingError:
    words = zip(("from", "above", "up to"), bounds, strict=True)
    rule = " ".join([kind, *(f"{word} {bound:g}" for word, bound in words if bound is not None)])
    shown = textwrap.shorten(repr(value), 60, placeholder=" ...")  # it may be an array
    return UnderstandingError(f"{where}: {name} is {rule}. Received {name}={shown}. Name another.")


def columns_of(columns: Any) -> int | None:
    """How many pictures stand in a row of a figure; None leaves it to the drawing.

    Raises:
        UnderstandingError: it is no number from 1.
    """
    if columns is None:
        return None
    return whole("figure", "columns", columns, least=1)


def flag(where: str, name: str, value: Any) -> bool:
    """True or False.

    Raises:
        UnderstandingError: it is something else, such as "no", which Python takes for true.
    """
    if not isinstance(value, bool | np.bool_):
        raise UnderstandingError(
            f"{where}: {name} is True or False. Received {name}={value!r}. Name one of them."
        )
    return bool(value)


def range_of(where: str, value_range: Any) -> tuple[float, float]:
    """The smallest and the largest value of a pixel, as Python's own numbers.

    Raises:
        UnderstandingError: they are no two numbers in this order.
    """
    try:
        low, high = (number(where, "value_range", each) for each in value_range)
    except (TypeError, ValueError):
        low, high = 0.0, 0.0
    if not low < high:
        raise UnderstandingError(
            f"{where}: value_range is the smallest and the largest value of a pixel. Received "
            f"value_range={value_range!r}. Give two numbers, such as (0, 1)."
        )
    return low, high


def choice(where: str, name: str, value: Any, allowed: Sequence[str]) -> str:
    """One of some words.

    Raises:
        UnderstandingError: it is another.
    """
    if not isinstance(value, str) or value not in allowed:
        raise UnderstandingError(
            f"{where}: {name} is one of {', '.join(map(repr, allowed))}. Received "
            f"{name}={value!r}. Name one of them."
        )
    return str(value)
