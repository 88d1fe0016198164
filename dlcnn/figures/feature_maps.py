"""Rows of small maps, such as the channels of layers or the kernels of filters."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.figures.colours import COLOURS, DIVERGING, GREY, SEQUENTIAL
from dlcnn.figures.heatmaps import stretched
from dlcnn.figures.titles import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["feature_maps"]

_INCHES = 1.1  # the side of a map
_LEAST_WIDTH = 4.0  # of a figure, so that its title has room
_WRAP = 12  # maps beside each other where there is only one row of them
_BARS_APART = 40  # more bars than this are drawn without gaps


def feature_maps(
    rows: Mapping[str, npt.NDArray[Any]],
    labels: Sequence[Sequence[str]],
    *,
    title: str = "",
    image: npt.NDArray[Any] | None = None,
    signed: bool = False,
    scale_per_row: bool = False,
) -> "Figure":
    """Draw a row of maps for each name, vectors as bars. A single row of many maps is wrapped.

    Args:
        rows: (height, width, n) maps, or (n,) numbers, by the name at the row's left.
        labels: for each row, n texts above its maps; what a row of numbers has is left out.
        title: stands above the figure.
        image: (height, width, channels) to show before all rows, or None.
        signed: whether red and blue stand for more and less than 0; else dark is the least.
        scale_per_row: whether the maps of a row share their scale; else each has its own.

    Raises:
        ValueError: there is nothing to draw, or not a text for each map.
    """
    from dlcnn.figures.figure import Figure

    if not rows or len(labels) != len(rows):
        raise ValueError(
            "feature_maps: there are labels for each of one or more rows. Received "
            f"{len(rows)} rows and {len(labels)} lists of labels."
        )
    maps = [array.shape[-1] for array in rows.values() if array.ndim == 3]
    across = min(max(maps, default=4), _WRAP if len(rows) == 1 else max(maps, default=4))
    down = [math.ceil(a.shape[-1] / across) if a.ndim == 3 else 1 for a in rows.values()]
    extra = int(image is not None)
    width = max(_LEAST_WIDTH, _INCHES * across + 0.9)
    figure = Figure(figsize=(width, (_INCHES + 0.2) * (sum(down) + extra) + 0.4))
    figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    grid = figure.add_gridspec(sum(down) + extra, across)
    if image is not None:
        axes = figure.add_subplot(grid[0, 0])
        shown = stretched(image)
        shown = shown if shown.shape[-1] == 3 else shown[..., 0]
        _draw(axes, shown, {"cmap": "gray", "vmin": 0, "vmax": 1}, "image")
    top = extra
    for (name, array), texts, height in zip(rows.items(), labels, down, strict=True):
        if array.ndim == 1:
            axes = figure.add_subplot(grid[top, :])
            _draw_bars(axes, array)
        else:
            together = _scale(array, signed) if scale_per_row else None
            for place, text in zip(range(array.shape[-1]), texts, strict=True):
                values = array[..., place]
                axes = figure.add_subplot(grid[top + place // across, place % across])
                _draw(axes, values, together or _scale(values, signed), text)
        first = next(axes for axes in figure.axes if _row(axes) == top)
        first.set_ylabel(name, fontsize=8, rotation=0, ha="right", va="center", labelpad=6)
        top += height
    if title:
        figure.suptitle(wrapped(title, width, 11), fontsize=11)
    return figure


def _row(axes: "Axes") -> int:
    place = axes.get_subplotspec()
    return -1 if place is None else int(place.rowspan.start)


def _scale(values: npt.NDArray[Any], signed: bool) -> dict[str, Any]:
    if signed:
        most = float(np.abs(values).max()) or 1.0
        return {"cmap": DIVERGING, "vmin": -most, "vmax": most}
    return {"cmap": SEQUENTIAL, "vmin": float(values.min()), "vmax": float(values.max())}


def _draw(axes: "Axes", values: npt.NDArray[Any], scale: dict[str, Any], text: str) -> None:
    axes.imshow(values, interpolation="nearest", **scale)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_title(text, fontsize=7, pad=2)


def _draw_bars(axes: "Axes", values: npt.NDArray[Any]) -> None:
    from matplotlib.ticker import MaxNLocator

    if len(values) <= _BARS_APART:
        axes.bar(range(len(values)), values, color=COLOURS[0])
    else:  # one outline: a bar for each of thousands takes seconds
        axes.stairs(values, np.arange(len(values) + 1) - 0.5, fill=True, color=COLOURS[0])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.axhline(0, color=GREY, lw=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=6)
