"""Curves over any quantity, with a band around each where there is one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from dlcnn.figures.colours import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Panel", "lines", "panels"]

_COLUMNS = 3  # axes beside each other: more would be read on no screen
_STYLES = ("-", "--", ":", "-.")  # beyond the colours, curves are told apart by their strokes

_Values: TypeAlias = Sequence[float] | npt.NDArray[Any]


@dataclass(frozen=True)
class Panel:
    """Curves over a common axis.

    Attributes:
        x: the n values of the axis.
        series: n values for each curve, by its name in the legend.
        xlabel: what the axis counts, with its unit.
        ylabel: what the curves tell, with its unit.
        spread: how far up and down a curve is shaded, n values, for those that have it.
        ticks: n names of the places on the axis, in place of their numbers.
        limits: the least and the most that the vertical axis shows; by default what is there.
        title: stands above the axes.
    """

    x: _Values
    series: Mapping[str, _Values]
    xlabel: str
    ylabel: str
    spread: Mapping[str, _Values] | None = None
    ticks: Sequence[str] | None = None
    limits: tuple[float, float] | None = None
    title: str = ""


def lines(
    x: _Values,
    series: Mapping[str, _Values],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    spread: Mapping[str, _Values] | None = None,
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
    return panels([Panel(x, series, xlabel, ylabel, spread)], title=title)


def panels(shown: Sequence[Panel], *, title: str = "") -> "Figure":
    """Draw curves over several axes in rows of three; a curve has the same colour in all.

    One legend, to the right, is for all of them.

    Args:
        shown: what stands on each.
        title: stands above the figure.

    Raises:
        ValueError: there is nothing to draw, or a curve has another length than its axis.
    """
    from dlcnn.figures.figure import Figure

    if not shown:
        raise ValueError("lines: it draws one panel or more. Received none.")
    for panel in shown:
        wrong = [name for name, values in panel.series.items() if len(values) != len(panel.x)]
        if not panel.series or wrong:
            received = f"another number for {wrong[0]!r}" if wrong else "no curves"
            raise ValueError(
                f"lines: there is a value of each curve for each of {len(panel.x)} places. "
                f"Received {received}."
            )
    names = list(dict.fromkeys(name for panel in shown for name in panel.series))
    columns = min(len(shown), _COLUMNS)
    rows = math.ceil(len(shown) / columns)
    width = 6.0 if columns == 1 else 4.5 * columns
    figure = Figure(figsize=(width, 3.8 * rows), layout="constrained")
    places = figure.subplots(rows, columns, squeeze=False).reshape(-1)
    for axes, panel in zip(places, shown, strict=False):
        _draw(axes, panel, names)
    for axes in places[len(shown) :]:
        axes.remove()
    if len(shown) > 1 and len(names) > 1:
        handles = {line.get_label(): line for axes in figure.axes for line in axes.lines}
        figure.legend(
            [handles[name] for name in names],
            names,
            loc="outside right center",
            frameon=False,
            fontsize=8,
        )
    elif len(names) > 1:
        figure.axes[0].legend(frameon=False, fontsize=8)
    if title:
        figure.suptitle(title)
    return figure


def _draw(axes: "Axes", panel: Panel, names: Sequence[str]) -> None:
    marker = "o" if len(panel.x) < 2 or panel.ticks is not None else ""
    for name, values in panel.series.items():
        round_, colour = divmod(names.index(name), len(COLOURS))
        style: dict[str, Any] = {"color": COLOURS[colour]}
        style["linestyle"] = _STYLES[round_ % len(_STYLES)]
        axes.plot(panel.x, values, marker=marker, label=name, **style)
        if panel.spread is not None and name in panel.spread:
            middle, half = np.asarray(values), np.asarray(panel.spread[name])
            axes.fill_between(
                panel.x, middle - half, middle + half, color=COLOURS[colour], alpha=0.2
            )
    axes.set(xlabel=panel.xlabel, ylabel=panel.ylabel)
    if panel.title:
        axes.set_title(panel.title, fontsize=10)
    if panel.limits is not None:
        axes.set_ylim(panel.limits)
    if panel.ticks is not None:
        axes.set_xticks(list(panel.x), panel.ticks, rotation=30, ha="right", fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
