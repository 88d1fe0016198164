"""Curves over any quantity, with a band around each where there is one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.figures.colours import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["lines"]

_STYLES = ("-", "--", ":", "-.")  # beyond the colours, curves are told apart by their strokes


def lines(
    x: Sequence[float] | npt.NDArray[Any],
    series: Mapping[str, Sequence[float] | npt.NDArray[Any]],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    spread: Mapping[str, Sequence[float] | npt.NDArray[Any]] | None = None,
) -> "Figure":
    """Draw curves over a common axis.

    Args:
        x: the n values of the axis.
        series: n values for each curve, by its name in the legend.
        xlabel: what the axis counts, with its unit.
        ylabel: what the curves tell, with its unit.
        title: stands above the figure.
        spread: how far up and down a curve is shaded, n values, for those that have it.

    Raises:
        ValueError: there is nothing to draw, or a curve has another length than the axis.
    """
    from matplotlib.figure import Figure

    wrong = [name for name, values in series.items() if len(values) != len(x)]
    if not series or wrong:
        raise ValueError(
            f"lines: there is a value of each curve for each of {len(x)} places. Received "
            f"{'no curves' if not series else f'another number for {wrong[0]!r}'}."
        )
    figure = Figure(figsize=(6, 3.8), layout="constrained")
    axes = figure.subplots()
    marker = "o" if len(x) < 2 else ""
    for place, (name, values) in enumerate(series.items()):
        round_, colour = divmod(place, len(COLOURS))
        style: dict[str, Any] = {"color": COLOURS[colour]}
        style["linestyle"] = _STYLES[round_ % len(_STYLES)]
        axes.plot(x, values, marker=marker, label=name, **style)
        if spread is not None and name in spread:
            middle, half = np.asarray(values), np.asarray(spread[name])
            axes.fill_between(x, middle - half, middle + half, color=COLOURS[colour], alpha=0.2)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    if len(series) > 1:
        axes.legend(frameon=False, fontsize=8)
    if title:
        figure.suptitle(title)
    return figure
