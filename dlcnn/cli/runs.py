"""Runs as commands name them: the one that was kept, and the data set that it was trained on."""

from pathlib import Path
from typing import TYPE_CHECKING

from dlcnn.errors import DlcnnError

if TYPE_CHECKING:
    from dlcnn.data import Dataset
    from dlcnn.training.run import Run

__all__ = ["dataset_of", "open_run"]


def open_run(folder: Path) -> "Run":
    """The run in a folder; of several trainings the one that was kept, which is told."""
    from dlcnn.training.restarts import kept_of
    from dlcnn.training.run import Run

    run = Run.open(kept_of(folder))
    if run.folder != folder:
        print(f"The training that was kept: {run.folder}")
    return run


def dataset_of(run: "Run", where: str, name: str | None, folder: Path | None) -> "Dataset":
    """The data set that a command names, else the one that the run was trained on.

    Args:
        run: as it was trained.
        where: the command, for the message.
        name: of the data set, if the command names one.
        folder: of its files, likewise.
    """
    from dlcnn.data import load

    facts = run.manifest.data
    if name or folder:
        return load(name or facts.name, folder)
    if facts.source == "rendered":
        return load(facts.name, **facts.options)
    if not Path(facts.source).is_dir() or not facts.source:
        raise DlcnnError(
            f"{where}: the run's data set {facts.name!r} is read again from where it was. "
            f"Received {facts.source or 'nothing'}, which is no folder here. "
            "Name it with --data and --data-folder."
        )
    return load(facts.name, facts.source)
