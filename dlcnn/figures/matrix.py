"""Tables of counts as pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.figures.colours import SEQUENTIAL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["confusion", "shares"]

_NUMBERS_UP_TO = 20  # classes; beyond it the numbers in the cells cannot be read


def confusion(
    counts: npt.NDArray[np.integer[Any]], class_names: Sequence[str], *, title: str = ""
) -> "Figure":
    """Draw a confusion matrix: a row per true class, a column per predicted class.

    The colour is a cell's share of its row, so that classes of different size compare.

    Args:
        counts: (classes, classes) images of the row's class that were taken for the column's.
        class_names: as many as there are classes.
        title: stands above the figure.

    Raises:
        ValueError: `counts` is not square, or `class_names` has another length.
    """
    from dlcnn.figures.figure import Figure

    size = len(class_names)
    if counts.shape != (size, size):
        raise ValueError(
            f"confusion: counts has a row and a column per class. Received counts.shape="
            f"{counts.shape} and {size} class names."
        )
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.2 + 0.45 * min(size, _NUMBERS_UP_TO)
    figure = Figure(figsize=(side + 0.9, side), layout="constrained")
    axes = figure.subplots()
    picture = axes.imshow(shares, cmap=SEQUENTIAL, vmin=0, vmax=1)
    axes.set(xlabel="predicted", ylabel="true", xticks=range(size), yticks=range(size))
    axes.set_xticklabels(class_names)
    axes.set_yticklabels(class_names)
    if max(map(len, class_names), default=0) > 3:
        axes.tick_params(axis="x", labelrotation=45)
    if size <= _NUMBERS_UP_TO:
        for (row, column), count in np.ndenumerate(counts):
            colour = "black" if shares[row, column] > 0.5 else "white"
            axes.text(column, row, str(count), ha="center", va="center", color=colour)
    figure.colorbar(picture, ax=axes, label="share of the true class", shrink=0.85)
    if title:
        figure.suptitle(title)
    return figure


def shares(
    values: npt.NDArray[Any],
    row_names: Sequence[str],
    column_names: Sequence[str],
    *,
    label: str,
    title: str = "",
) -> "Figure":
    """Draw a table of shares, each a number on its colour.

    Args:
        values: (rows, columns) from 0 to 1.
        row_names: as many as there are rows.
        column_names: as many as there are columns.
        label: what the shares are of, beside the scale.
        title: stands above the figure.

    Raises:
        ValueError: there are other numbers of names.
    """
    from dlcnn.figures.figure import Figure

    if values.shape != (len(row_names), len(column_names)):
        raise ValueError(
            f"shares: each row and each column has a name. Received values.shape={values.shape}, "
            f"{len(row_names)} row names and {len(column_names)} column names."
        )
    size = (3.4 + 1.1 * len(column_names), 1.2 + 0.6 * len(row_names))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    picture = axes.imshow(values, cmap=SEQUENTIAL, vmin=0, vmax=1, aspect="auto")
    axes.set(xticks=range(len(column_names)), yticks=range(len(row_names)))
    axes.set_xticklabels(column_names)
    axes.set_yticklabels(row_names)
    for (row, column), share in np.ndenumerate(values):
        colour = "black" if share > 0.5 else "white"
        axes.text(column, row, f"{share:.1%}", ha="center", va="center", color=colour)
    figure.colorbar(picture, ax=axes, label=label)
    if title:
        figure.suptitle(title)
    return figure
