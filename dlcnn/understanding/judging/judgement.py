"""What judging gives: numbers for each method, as a table and as curves; it computes no curve."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.understanding.judging.erasing import area

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Judgement"]

_Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Judgement:
    """How M methods fare on N images.

    Attributes:
        model: the name of the network.
        methods: their names; the last one, "random", is the baseline of maps made by chance.
        fractions: (S,) shares of the pixels, from 0 to 1.
        deletion: (M, N, S) probability of the class when such a share is deleted, in the order of
            the map. It should fall early.
        insertion: (M, N, S) the same when such a share is put in. It should rise early.
        hits: (M, N) of the pointing game; None without boxes.
        stages: the lowest layer that is random, for each of R stages from the top.
        randomisation: (M, R, N) rank correlation of the map of the network with random weights
            with that of the trained one. It should be near 0: a map that stays does not show
            what was learnt.
    """

    model: str
    methods: tuple[str, ...]
    fractions: npt.NDArray[np.float64]
    deletion: _Floats
    insertion: _Floats
    hits: _Floats | None
    stages: tuple[str, ...]
    randomisation: _Floats

    @property
    def deletion_auc(self) -> _Floats:
        """(M, N) area under the deletion curves: the less, the better."""
        return area(self.fractions, self.deletion)

    @property
    def insertion_auc(self) -> _Floats:
        """(M, N) area under the insertion curves: the more, the better."""
        return area(self.fractions, self.insertion)

    def rows(self) -> list[dict[str, Any]]:
        """A row per method, means over the images; None for what was not measured.

        "randomisation" is the rank correlation after all layers have been made random.
        """
        deleted, inserted = self.deletion_auc.mean(axis=1), self.insertion_auc.mean(axis=1)
        return [
            {
                "method": name,
                "deletion": float(deleted[row]),
                "insertion": float(inserted[row]),
                "pointing": None if self.hits is None else float(self.hits[row].mean()),
                "randomisation": (
                    float(self.randomisation[row, -1].mean()) if self.stages else None
                ),
            }
            for row, name in enumerate(self.methods)
        ]

    def __str__(self) -> str:
        headings = ["method", "deletion", "insertion", "pointing", "randomisation"]
        wishes = ["", "less", "more", "more", "near 0"]
        rows = [
            [row["method"], *(_shown(row[name]) for name in headings[1:])] for row in self.rows()
        ]
        table = [headings, wishes, *rows]
        widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
            for row in table
        ]
        lines.insert(2, "-" * (sum(widths) + 2 * (len(widths) - 1)))
        return "\n".join(lines)

    def figure(self) -> "Figure":
        """Draw deletion, insertion and randomisation, a curve per method, means over the images."""
        from dlcnn.figures import Panel, panels

        x, label = self.fractions, "share of the pixels"
        shown = [
            Panel(
                x,
                self._means(curves),
                label,
                "probability of the class",
                limits=(-0.02, 1.02),
                title=title,
            )
            for title, curves in (
                ("deletion: should fall early", self.deletion),
                ("insertion: should rise early", self.insertion),
            )
        ]
        if self.stages:
            start = np.ones((len(self.methods), 1, self.deletion.shape[1]), np.float32)
            values = np.concatenate([start, self.randomisation], axis=1).swapaxes(1, 2)
            shown.append(
                Panel(
                    range(len(self.stages) + 1),
                    self._means(values),
                    "random from the top down to",
                    "rank correlation with the map",
                    ticks=["none", *self.stages],
                    title="randomisation: should go to 0",
                )
            )
        count = self.deletion.shape[1]
        images = "1 image" if count == 1 else f"{count} images"
        return panels(shown, title=f"{self.model}: mean of {images}")

    def _means(self, values: _Floats) -> dict[str, _Floats]:
        """The means over the images of (M, N, S), by method."""
        return dict(zip(self.methods, values.mean(axis=1), strict=True))


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
