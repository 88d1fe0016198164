"""history.csv: one row of figures per epoch, read back to the same floats; knows no Keras."""

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

from dlcnn.files import write_atomically
from dlcnn.training.errors import TrainingError

__all__ = ["read_history", "with_epoch", "write_history"]


def read_history(path: Path) -> dict[str, list[float]]:
    """The columns of the file, as `keras.callbacks.History.history` has them; {} when it is new.

    Raises:
        TrainingError: the file is not what `write_history` writes.
    """
    if not path.exists():
        return {}
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        names, rows = lines[0], [[float(cell) for cell in line] for line in lines[1:]]
    except (OSError, ValueError, IndexError, csv.Error) as error:
        raise _damaged(path, str(error)) from None
    if names[:1] != ["epoch"] or any(len(row) != len(names) for row in rows):
        raise _damaged(path, "rows that do not fit the heading")
    if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
        raise _damaged(path, "epochs that do not count 1, 2, 3 …")
    return {name: [row[place] for row in rows] for place, name in enumerate(names) if place}


def write_history(path: Path, history: Mapping[str, list[float]]) -> None:
    """Write the columns, all of one length, atomically; the epochs are counted from 1."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *history])
    for number, row in enumerate(zip(*history.values(), strict=True), start=1):
        writer.writerow([number, *(repr(value) for value in row)])
    write_atomically(path, text.getvalue())


def with_epoch(
    history: Mapping[str, list[float]], epoch: int, logs: Mapping[str, float]
) -> dict[str, list[float]]:
    """A copy with the row `epoch` (counted from 1) put in; what was there from it on is dropped.

    A figure that some epochs do not have is NaN there.
    """
    names = dict.fromkeys([*history, *logs])
    missing = [math.nan] * (epoch - 1)
    return {
        name: [*history.get(name, missing)[: epoch - 1], float(logs.get(name, math.nan))]
        for name in names
    }


def _damaged(path: Path, reason: str) -> TrainingError:
    return TrainingError(
        f"{path}: a run's history has a heading and one row of numbers per epoch. "
        f"Received {reason}. Put the file back, or train into another folder."
    )
