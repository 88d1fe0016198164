"""What came out: accuracy, each class, what is taken for what, the worst mistakes.

Counted in NumPy from probabilities and labels; it knows no Keras, no run folder, and nothing of
where the probabilities come from.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn import figures
from dlcnn.files import write_atomically

if TYPE_CHECKING:
    from rich.table import Table

    from dlcnn.data.dataset import Split

__all__ = ["EVALUATION", "Evaluation", "Mistake", "count"]

EVALUATION = "evaluation.json"


@dataclass(frozen=True)
class Mistake:
    """An image that was taken for another class.

    Attributes:
        index: its place in the split.
        true: its class, an index into the class names.
        predicted: the class it was taken for.
        probability: how sure of that the model was.
    """

    index: int
    true: int
    predicted: int
    probability: float


@dataclass(frozen=True)
class Evaluation:
    """The results of a model on one split.

    Attributes:
        class_names: C names.
        accuracy: the share of images whose most probable class is theirs.
        loss: mean cross-entropy in nats, without what regularisers add to it.
        confusion: (C, C) integers; row: true class, column: predicted class.
        mistakes: the images it is most wrong about, the surest mistake first.
    """

    class_names: tuple[str, ...]
    accuracy: float
    loss: float
    confusion: npt.NDArray[np.int64]
    mistakes: tuple[Mistake, ...]

    @property
    def support(self) -> npt.NDArray[np.int64]:
        """(C,) images of each class."""
        counts: npt.NDArray[np.int64] = self.confusion.sum(axis=1)
        return counts

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """(C,) share of the images taken for a class that are of it; 0 where none was taken."""
        return self._share(self.confusion.sum(axis=0))

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """(C,) share of a class's images that were taken for it; 0 where there are none."""
        return self._share(self.support)

    def _share(self, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return np.diag(self.confusion) / np.maximum(counts, 1)

    def summary(self) -> str:
        """One sentence: how many images were right."""
        right, images = int(np.trace(self.confusion)), int(self.confusion.sum())
        return (
            f"{right} of {images} images right: accuracy {self.accuracy:.2%}, loss {self.loss:.4f}"
        )

    def __str__(self) -> str:
        """The summary and a line per class."""
        width = max(5, *(len(name) for name in self.class_names))
        lines = [self.summary(), f"{'class':<{width}}  precision  recall  images"]
        lines += [
            f"{name:<{width}}  {precision:>9}  {recall:>6}  {support:>6}"
            for name, precision, recall, support in self.rows()
        ]
        return "\n".join(lines)

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Name, precision, recall and number of images of each class, worded.

        A class that was never predicted has no precision, one without images no recall: "-".
        """
        predicted = self.confusion.sum(axis=0)
        return [
            (
                name,
                f"{self.precision[place]:.1%}" if predicted[place] else "-",
                f"{self.recall[place]:.1%}" if self.support[place] else "-",
                str(self.support[place]),
            )
            for place, name in enumerate(self.class_names)
        ]

    def table(self) -> "Table":
        """The classes as a table of `rich`, for the terminal."""
        from rich.table import Table
        from rich.text import Text  # a name in brackets is no style

        table = Table(box=None, pad_edge=False)
        table.add_column("class")
        for heading in ("precision", "recall", "images"):
            table.add_column(heading, justify="right")
        for row in self.rows():
            table.add_row(*map(Text, row))
        return table

    def as_json(self) -> dict[str, Any]:
        """Plain data: what evaluation.json holds."""
        columns = zip(self.class_names, self.precision, self.recall, self.support, strict=True)
        return {
            "version": 1,
            "accuracy": self.accuracy,
            "loss": self.loss,
            "images": int(self.confusion.sum()),
            "classes": [
                {"name": name, "precision": float(p), "recall": float(r), "images": int(n)}
                for name, p, r, n in columns
            ],
            "confusion": self.confusion.tolist(),
            "mistakes": [vars(mistake) for mistake in self.mistakes],
        }

    def write(self, path: Path) -> None:
        """Write it as JSON, atomically."""
        write_atomically(path, json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n")

    def save(self, folder: Path, split: "Split", *, title: str = "") -> None:
        """Write evaluation.json and the pictures into `folder`, which is made if need be."""
        self.write(folder / EVALUATION)
        self.save_pictures(folder, split, title=title)

    def save_pictures(self, folder: Path, split: "Split", *, title: str = "") -> list[Path]:
        """Draw confusion.png and misclassified.png into `folder`; the paths written.

        Args:
            folder: where to.
            split: what was evaluated: its images are shown.
            title: the first line of both pictures.
        """
        heading = f"{title}\n" if title else ""
        confusion, misclassified = folder / "confusion.png", folder / "misclassified.png"
        accuracy = f"{heading}accuracy {self.accuracy:.2%} on {self.confusion.sum()} images"
        figures.save(figures.confusion(self.confusion, self.class_names, title=accuracy), confusion)
        if not self.mistakes:  # no sheet without images: an older one would tell a lie
            misclassified.unlink(missing_ok=True)
            return [confusion]
        channels = 3 if split.images.shape[-1] >= 3 else 1  # opacity cannot be seen
        images = split.images[[mistake.index for mistake in self.mistakes], ..., :channels]
        captions = [self._caption(mistake) for mistake in self.mistakes]
        wrong = self.confusion.sum() - np.trace(self.confusion)
        shown = f"{heading}the {len(captions)} surest of {wrong} mistakes"
        figures.save(figures.image_grid(images, captions, title=shown), misclassified)
        return [confusion, misclassified]

    def _caption(self, mistake: Mistake) -> str:
        true, predicted = self.class_names[mistake.true], self.class_names[mistake.predicted]
        return f"true {true}\npredicted {predicted}, {mistake.probability:.0%}"


def count(
    probabilities: npt.NDArray[np.float64],
    labels: npt.NDArray[np.integer[Any]],
    class_names: Sequence[str],
    *,
    loss: float,
    mistakes: int,
) -> Evaluation:
    """Compare what a model says with what is so.

    Args:
        probabilities: (n, C), rows that sum to 1.
        labels: (n,) integers below C.
        class_names: C names.
        loss: passed on.
        mistakes: how many to keep at most.
    """
    size = len(class_names)
    predicted = probabilities.argmax(axis=1)
    confusion = np.zeros((size, size), np.int64)
    np.add.at(confusion, (labels, predicted), 1)
    wrong = np.flatnonzero(predicted != labels)
    certainty = probabilities[wrong, predicted[wrong]]
    worst = wrong[np.argsort(-certainty, kind="stable")][:mistakes]
    return Evaluation(
        tuple(class_names),
        float(np.trace(confusion) / len(labels)),
        loss,
        confusion,
        tuple(
            Mistake(
                int(i), int(labels[i]), int(predicted[i]), float(probabilities[i, predicted[i]])
            )
            for i in worst
        ),
    )
