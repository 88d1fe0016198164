"""Tables of counts as pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.figures.colours import SEQUENTIAL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["confusion"]

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
    from matplotlib.figure import Figure

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
