"""The run folder: what training leaves behind, and finds again to go on.

    manifest.json       what was trained on what, with which options, where, and how far it came
    history.csv         one row of figures per epoch
    checkpoint/         the state to go on from
    logs/               TensorBoard, where it was asked for
    model.keras         the trained model
    evaluation.json     its results on the test images
    curves.png          the history, drawn
    confusion.png       which classes are taken for which
    misclassified.png   the images it is most wrong about
    README.md           all of this in sentences

Every file is replaced as a whole: a reader, or a process killed at any moment, never finds half
of one. It knows nothing of how training is done.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcnn import figures
from dlcnn.files import remove_leftovers, replacing, write_atomically
from dlcnn.training.devices import on_this_machine
from dlcnn.training.errors import TrainingError
from dlcnn.training.evaluation import Evaluation
from dlcnn.training.explain import explain
from dlcnn.training.history import read_history, with_epoch, write_history
from dlcnn.training.manifest import Manifest

if TYPE_CHECKING:
    import keras

    from dlcnn.data.dataset import Split

__all__ = ["Run", "load_model", "writing"]


class Run:
    """One run folder; open or create it with the class methods.

    Attributes:
        folder: where it lies.
        manifest: what is in manifest.json; changed by `update` alone.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Take a folder whose manifest is known."""
        self.folder = folder
        self.manifest = manifest

    @staticmethod
    def is_at(folder: Path | str) -> bool:
        """Whether a run lies in `folder`, sound or damaged."""
        return (Path(folder) / "manifest.json").exists()

    @classmethod
    def create(cls, folder: Path | str, manifest: Manifest) -> "Run":
        """Begin a run in a new or empty folder.

        Raises:
            TrainingError: something is in the folder already, or it cannot be written.
        """
        folder = Path(folder)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            remove_leftovers(folder)
            if any(folder.iterdir()):
                raise TrainingError(
                    f"{folder}: a run begins in a new or empty folder. Received one with other "
                    "files in it. Name another folder, or move them away."
                )
        run = cls(folder, manifest)
        run.update()
        return run

    @classmethod
    def open(cls, folder: Path | str) -> "Run":
        """The run that lies in `folder`.

        Raises:
            TrainingError: no run is there, or its manifest is damaged or of a newer dlcnn.
        """
        folder = Path(folder)
        if not cls.is_at(folder):
            inside = ", ".join(sorted(each.parent.name for each in folder.glob("*/manifest.json")))
            what = "a folder without manifest.json" if folder.is_dir() else "no folder"
            what += f", but with the runs {inside} in it" if inside else ""
            raise TrainingError(
                f"{folder}: a run is the folder that `dlcnn train --run` or "
                f"training.fit(run_dir=…) made. Received {what}. Name a run, or train one."
            )
        return cls(folder, Manifest.read(folder / "manifest.json"))

    @classmethod
    def resume_or_create(cls, folder: Path | str, manifest: Manifest) -> "Run":
        """The run in `folder` when it is the one that `manifest` describes; begun if none is there.

        Args:
            folder: the run folder.
            manifest: what is to be trained now.

        Raises:
            TrainingError: another model, data set, seed or option was trained there.
        """
        if not cls.is_at(folder):
            return cls.create(folder, manifest)
        run = cls.open(folder)
        for place in filter(Path.is_dir, (run.folder, run.checkpoint_path)):
            remove_leftovers(place)
        found = run.manifest.differences(manifest)
        if found:
            raise TrainingError(
                f"{folder}: a run goes on with the model, data and options that it began with. "
                f"Received a run of {'; '.join(found)}. Use the same again, or another folder."
            )
        return run

    @property
    def title(self) -> str:
        """What was trained on what, for people."""
        return f"{self.manifest.model.name} on {self.manifest.data.name}"

    @property
    def checkpoint_path(self) -> Path:
        """The folder with the state to go on from."""
        return self.folder / "checkpoint"

    @property
    def logs_path(self) -> Path:
        """The folder that TensorBoard reads."""
        return self.folder / "logs"

    @property
    def model_path(self) -> Path:
        """The trained model."""
        return self.folder / "model.keras"

    @property
    def history_path(self) -> Path:
        """The figures of each epoch."""
        return self.folder / "history.csv"

    def update(self, **changes: Any) -> None:
        """Change entries of the manifest, such as `status="finished"`, on disk and here."""
        self._change(**changes)
        self.write_readme()

    def _change(self, **changes: Any) -> None:
        changed = Manifest(**{**dict(self.manifest), **changes})
        with writing(self.folder):
            changed.write(self.folder / "manifest.json")
        self.manifest = changed

    def append_epoch(self, epoch: int, logs: Mapping[str, float], *, seconds: float = 0.0) -> None:
        """Put a row into history.csv: `epoch` counts from 1, `logs` are the figures Keras gives.

        A row that is there for this epoch, and those after it, are replaced. `seconds` is added
        to the time of the whole run.
        """
        history = with_epoch(self.history(), epoch, logs)
        with writing(self.folder):
            write_history(self.history_path, history)
        self._change(epochs_done=epoch, seconds=self.manifest.seconds + seconds)

    def keep_epochs(self, epochs: int) -> None:
        """Drop what history.csv holds after the first `epochs`: the rest is about to be repeated.

        Raises:
            TrainingError: the history holds fewer.
        """
        history = self.history()
        done = max((len(column) for column in history.values()), default=0)
        if done < epochs:
            raise TrainingError(
                f"{self.history_path}: the history holds the epochs that the checkpoint is made "
                f"of. Received {done} of {epochs}. Put the file back, or train into another folder."
            )
        if done > epochs:
            with writing(self.folder):
                kept = {name: column[:epochs] for name, column in history.items()}
                write_history(self.history_path, kept)
        if self.manifest.epochs_done != epochs:
            self._change(epochs_done=epochs)

    def history(self) -> dict[str, list[float]]:
        """The columns of history.csv, as `keras.callbacks.History.history` has them."""
        return read_history(self.history_path)

    def save_model(self, model: "keras.Model") -> None:
        """Write model.keras."""
        with writing(self.folder), replacing(self.model_path) as temporary, on_this_machine():
            model.save(temporary)

    def load_model(self) -> "keras.Model":
        """The model in model.keras; code in the file is refused (Keras' safe mode).

        Raises:
            TrainingError: there is none yet, or it is damaged.
        """
        if not self.model_path.exists():
            again = self.manifest.command or "training.fit with the same arguments and run_dir"
            raise TrainingError(
                f"{self.model_path}: the trained model is kept here. Received a run of "
                f"{self.manifest.epochs_done} epochs without one: its training was cut off. "
                f"Go on with it: {again}"
            )
        return load_model(self.model_path)

    def save_evaluation(self, evaluation: "Evaluation", split: "Split") -> None:
        """Write evaluation.json and its pictures; `split` is what was evaluated."""
        with writing(self.folder):
            evaluation.save(self.folder, split, title=self.title)
        self.write_readme()

    def save_curves(self) -> None:
        """Draw curves.png from the history, if there is any."""
        history = self.history()
        if history:
            figure = figures.curves(history, title=self.title)
            with writing(self.folder):
                figures.save(figure, self.folder / "curves.png")
            self.write_readme()

    def write_readme(self) -> None:
        """Write README.md anew from what is in the folder."""
        text = explain(self.folder, self.manifest, self.history())
        with writing(self.folder):
            write_atomically(self.folder / "README.md", text)


def load_model(path: Path) -> "keras.Model":
    """The model in a .keras file; code in the file is refused (Keras' safe mode).

    Raises:
        TrainingError: the file is damaged.
    """
    import keras

    # Their import tells Keras of our own layers and initialisers.
    from dlcnn.models import initializers, layers  # noqa: F401

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # zip, JSON, HDF5 and Keras each raise their own at damage
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise TrainingError(
            f"{path}: a model is a .keras file that this Keras can read. Received one that is "
            f"damaged or made of layers it does not know ({reason[0]}). Train the run again."
        ) from None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in one sentence that something of a run could not be written, such as on a full disk.

    Raises:
        TrainingError: in place of an OSError of the block.
    """
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"{error.filename or path}: training writes its results there. Received "
            f"{error.strerror or error}. Make room or mend the permissions, then go on."
        ) from error
