"""Histograms of several quantities, each with a curve for each group."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from dlcnn.figures.colours import COLOURS
from dlcnn.figures.titles import wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["histograms"]

_COLUMNS = 3
_INCHES = 3.4  # the width of a panel


def histograms(
    panels: Mapping[str, tuple[npt.NDArray[Any], Mapping[str, npt.NDArray[Any]]]],
    titles: Sequence[str],
    *,
    xlabel: str = "value",
    title: str = "",
) -> "Figure":
    """Draw counts as shares on a logarithmic axis, so that what is rare is seen.

    Args:
        panels: for each quantity the edges (bins + 1,) and the counts (bins,) of each group.
        titles: a text above each panel.
        xlabel: what is counted.
        title: stands above the figure.

    Raises:
        ValueError: there is nothing to draw, or not a title for each panel.
    """
    from dlcnn.figures.figure import Figure

    if not panels or len(titles) != len(panels):
        raise ValueError(
            "histograms: there is a title for each of one or more panels. Received "
            f"{len(panels)} panels and {len(titles)} titles."
        )
    columns = min(_COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(_INCHES * columns, 2.3 * rows + 0.4), layout="constrained")
    all_axes = figure.subplots(rows, columns, squeeze=False).reshape(-1)
    for axes in all_axes[len(panels) :]:
        axes.axis("off")
    for axes, (edges, groups), text in zip(all_axes, panels.values(), titles, strict=False):
        for place, (label, counts) in enumerate(groups.items()):
            axes.stairs(
                counts / max(1, counts.sum()),
                edges,
                color=COLOURS[place % len(COLOURS)],
                linestyle=("-", "--", ":")[place // len(COLOURS) % 3],
                fill=len(groups) == 1,
                label=label,
            )
        axes.set_yscale("log")
        axes.set(xlabel=xlabel, ylabel="share")
        axes.set_title(wrapped(text, _INCHES - 0.6, 8), fontsize=8)
        axes.tick_params(which="both", labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    if max(len(groups) for _, groups in panels.values()) > 1:
        all_axes[0].legend(frameon=False, fontsize=7)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure
