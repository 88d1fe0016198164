"""How alike things are, each with each, as pictures of square tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from dlcnn.figures.colours import DIVERGING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["likeness"]


def likeness(
    tables: Mapping[str, npt.NDArray[Any]], *, label: str = "", title: str = ""
) -> "Figure":
    """Draw square tables of numbers from -1 (blue) through 0 (white) to 1 (red).

    Args:
        tables: (n, n) each, by the text above it.
        label: what the rows and columns are.
        title: stands above the figure.

    Raises:
        ValueError: there is nothing to draw, or a table is not square.
    """
    from matplotlib.ticker import MaxNLocator

    from dlcnn.figures.figure import Figure

    wrong = [name for name, table in tables.items() if table.shape != table.shape[::-1]]
    if not tables or wrong:
        raise ValueError(
            "likeness: there are square tables to draw. Received "
            f"{f'another shape for {wrong[0]!r}' if wrong else 'none'}."
        )
    figure = Figure(figsize=(3.6 * len(tables) + 0.9, 4.0), layout="constrained")
    all_axes = figure.subplots(1, len(tables), squeeze=False)[0]
    for axes, (name, table) in zip(all_axes, tables.items(), strict=True):
        picture = axes.imshow(table, cmap=DIVERGING, vmin=-1, vmax=1, interpolation="nearest")
        axes.set(xlabel=label, ylabel=label)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_title(name, fontsize=9)
    figure.colorbar(picture, ax=list(all_axes), shrink=0.8)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure
