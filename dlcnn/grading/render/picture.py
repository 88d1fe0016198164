"""The smallest input that shows a failure as grids of numbers: input, yours, expected, difference.

Grids are plain data; where they stand and what they look like is the page's business.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from dlcnn.grading.render.plain import is_finite, number
from dlcnn.grading.report import Facts

__all__ = ["Cell", "Grid", "Picture", "picture"]

_TITLES = ("yours", "expected", "difference")
_DIGITS = 4
_STEPS = 3  # shades of a difference on each side of none
_MOST_VALUES = 64
_MOST_AXES = 4


@dataclass(frozen=True)
class Cell:
    """One value: its text, whether it differs, and the shade of a difference.

    `shade` is -3 to 3, below 0 where yours is too small; None where no number tells how far off.
    """

    text: str
    differs: bool = False
    shade: int | None = 0


Rows = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Grid:
    """Two axes of an array, such as one channel of one example; `place` is its index."""

    title: str
    place: str
    rows: Rows

    @property
    def cells(self) -> Iterator[Cell]:
        """Every cell, row by row."""
        return chain.from_iterable(self.rows)


@dataclass(frozen=True)
class Picture:
    """Grids, those that belong side by side in one tuple.

    `shortened` where grids without a difference were left out.
    """

    rows: tuple[tuple[Grid, ...], ...]
    shortened: bool

    @property
    def outlined(self) -> bool:
        """Whether any value is marked as differing: none is where the shapes differ."""
        return any(cell.differs for cell in self._cells)

    @property
    def shaded(self) -> bool:
        """Whether any difference is a number, so that its colour needs a key."""
        return any(cell.shade for cell in self._cells)

    @property
    def _cells(self) -> Iterator[Cell]:
        return chain.from_iterable(grid.cells for row in self.rows for grid in row)


def picture(facts: Facts) -> Picture | None:
    """The picture of a failed check.

    Args:
        facts: of the check; None comes of those without a small input that shows the failure.
    """
    shown = facts.get("smallest", {}).get("picture")
    if not shown:
        return None
    given, yours, expected = (_array(shown[name]) for name in ("input", "yours", "expected"))
    title = f"input {_name(facts, given)}".rstrip()
    first = tuple(Grid(title, *plane) for plane in _planes(_cells(given)))
    compared = tuple(_compared(yours, expected, _allowed(facts)))
    differing = tuple(row for row in compared if any(cell.differs for cell in row[-1].cells))
    told = differing or compared
    rows = (first + told[0],) if len(first) == len(told) == 1 else (first, *told)
    rows = tuple(filter(None, rows))
    return Picture(rows, shortened=told != compared) if rows else None


def _array(nested: Any) -> Any:
    """Nested lists as an array of whatever they hold: numbers, and texts such as "nan"."""
    return np.atleast_1d(np.array(nested, dtype=object))


def _name(facts: Facts, given: Any) -> str:
    shape = list(given.shape)
    return next((name for name, value in facts["smallest"]["inputs"] if value == shape), "")


def _allowed(facts: Facts) -> tuple[float, float]:
    told = facts["failures"][0] if "failures" in facts else facts
    return told.get("rtol", 0), told.get("atol", 0)


def _planes(array: Any) -> Iterator[tuple[str, Rows]]:
    """The array as one grid or several, each with its place: "[0, :, :, 2]"."""
    if not 0 < array.size <= _MOST_VALUES or array.ndim > _MOST_AXES:
        return
    if array.ndim < 3:
        yield "", _rows(array)
        return
    shown = _shown_axes(array)
    for index in np.ndindex(*(1 if axis in shown else n for axis, n in enumerate(array.shape))):
        place = tuple(slice(None) if axis in shown else at for axis, at in enumerate(index))
        text = ", ".join(":" if isinstance(at, slice) else str(at) for at in place)
        yield f"[{text}]", _rows(array[place])


def _rows(plane: Any) -> Rows:
    return tuple(map(tuple, np.atleast_2d(plane)))


def _shown_axes(array: Any) -> set[int]:
    """Height and width; where these hold one value only, examples and channels."""
    height, width, channels = range(array.ndim - 3, array.ndim)
    if array.size > 1 and array.shape[height] == array.shape[width] == 1:
        return {0, channels} if array.ndim == _MOST_AXES else {channels}
    return {height, width}


def _cells(array: Any, differences: Any = None) -> Any:
    """A cell for each value, marked where its difference is."""

    def cell(value: Any, difference: Cell | None) -> Cell:
        return Cell(number(value, _DIGITS), difference is not None and difference.differs)

    return np.frompyfunc(cell, 2, 1)(array, differences)


def _compared(
    yours: Any, expected: Any, allowed: tuple[float, float]
) -> Iterator[tuple[Grid, ...]]:
    """For each plane yours, expected and difference; where shapes differ there is no difference."""
    if yours.shape != expected.shape:
        both = zip(_TITLES, (yours, expected), strict=False)
        yield tuple(
            Grid(title, *plane) for title, array in both for plane in _planes(_cells(array))
        )
        return
    differences = _differences(yours, expected, allowed)
    arrays = (_cells(yours, differences), _cells(expected), differences)
    for planes in zip(*map(_planes, arrays), strict=True):
        yield tuple(Grid(title, *plane) for title, plane in zip(_TITLES, planes, strict=True))


def _differences(yours: Any, expected: Any, allowed: tuple[float, float]) -> Any:
    """A cell for each value: yours minus expected, shaded by its share of the largest."""
    errors = np.frompyfunc(_error, 2, 1)(yours, expected)
    largest = max((abs(error) for error in errors.flat if error is not None), default=0)
    rtol, atol = allowed

    def cell(error: float | None, wanted: Any) -> Cell:
        if error is None:
            return Cell("≠", differs=True, shade=None)
        if error == 0 or abs(error) <= atol + rtol * abs(wanted):
            return Cell("=" if isinstance(wanted, bool) else "0")
        sign = "+" if error > 0 else "\N{MINUS SIGN}"
        shade = math.copysign(math.ceil(_STEPS * abs(error) / largest), error)
        return Cell(sign + number(abs(error), _DIGITS - 1), differs=True, shade=int(shade))

    return np.frompyfunc(cell, 2, 1)(errors, expected)


def _error(yours: Any, expected: Any) -> float | None:
    """Yours minus expected; None where they differ by no number: NaN, infinity, True or False."""
    if yours == expected:
        return 0.0
    numbers = is_finite(yours) and is_finite(expected)
    if not numbers or isinstance(yours, bool) or isinstance(expected, bool):
        return None
    return float(yours) - float(expected)
