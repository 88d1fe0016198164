"""Tuning curves, and the numbers that describe them. It must not know where responses come from."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Curve"]

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """How units respond as one property of a stimulus changes.

    What describes a curve counts the response above the baseline, and what lies below it as 0.

    Attributes:
        axis: what changes, with its unit.
        values: (n,) of it, increasing.
        responses: (n, units).
        baseline: (units,) the response to a uniform grey field.
        period: after how much it comes back to itself; None if it does not.
    """

    axis: str
    values: _Array
    responses: _Array
    baseline: _Array
    period: float | None = None

    @property
    def above(self) -> _Array:
        """(n, units) how far the responses lie above the baseline, 0 or more."""
        return np.maximum(self.responses - self.baseline, 0)

    @property
    def peak(self) -> _Array:
        """(units,) the value of the strongest response; NaN where none lies above the baseline."""
        above = self.above
        best = self.values[above.argmax(axis=0)]
        return np.where(above.max(axis=0) > 0, best, np.nan)

    @property
    def width(self) -> _Array:
        """(units,) the full width at half height about the peak, between values on a line.

        NaN where a curve does not fall to half its height on both sides.
        """
        return np.array([self._width(curve) for curve in self.above.T])

    @property
    def selectivity(self) -> _Array:
        """(units,) from 0, all values alike, to 1, a single value; NaN without any response.

        Where it is periodic: the length of the mean response vector, 1 less the
        circular variance. Else the sparseness of the responses.

        Source: Ringach, Shapley & Hawken 2002; Vinje & Gallant 2000.
        """
        above = self.above
        total = above.sum(axis=0)
        safe = np.where(total > 0, total, 1)
        if self.period is not None:
            turns = np.exp(2j * np.pi * self.values / self.period)
            index = np.abs(turns @ above) / safe
        else:
            count = len(self.values)
            squares = count * (above**2).sum(axis=0)
            uneven = 1 - total**2 / np.where(squares > 0, squares, 1)
            index = uneven / (1 - 1 / count) if count > 1 else np.zeros_like(total)
        return np.where(total > 0, index, np.nan)

    def _width(self, curve: _Array) -> float:
        top = int(curve.argmax())
        half = curve[top] / 2
        if half <= 0:
            return float("nan")
        after = self._reach(curve, top, half, 1)
        before = self._reach(curve, top, half, -1)
        return after + before

    def _reach(self, curve: _Array, top: int, half: float, step: int) -> float:
        """How far from the peak, in one direction, the curve falls to half."""
        count, here = len(curve), top
        travelled = 0.0
        for _ in range(count - 1):
            following = here + step
            if self.period is None and not 0 <= following < count:
                break
            following %= count
            gap = abs(self.values[following] - self.values[here])
            if self.period is not None and (following - here) * step < 0:
                gap = self.period - gap
            if curve[following] <= half:
                share = (curve[here] - half) / (curve[here] - curve[following])
                return float(travelled + gap * share)
            travelled, here = travelled + gap, following
        return float("nan")
