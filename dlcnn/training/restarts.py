"""Several trainings from different initialisations: how far they spread, and the best of them.

Each is a training of its own, with its own seed and, in a run folder, its own sub-folder; this
module compares them and knows nothing of how one is done.
"""

import json
import re
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcnn import figures
from dlcnn.files import write_atomically
from dlcnn.training.errors import DivergedError, TrainingError
from dlcnn.training.evaluate import evaluate
from dlcnn.training.evaluation import Evaluation
from dlcnn.training.fit import fit
from dlcnn.training.run import writing

if TYPE_CHECKING:
    import keras

    from dlcnn.data.dataset import Dataset

__all__ = ["Member", "Restarts", "Spread", "kept_of", "restarts"]

SUMMARY = "restarts.json"
_FOLDER_NAME = r"seed-\d+"


@dataclass(frozen=True)
class Member:
    """One of the trainings.

    Attributes:
        seed: of its initialisation, its batches and its augmentation.
        history: a value per epoch for each figure, as in `keras.callbacks.History.history`.
        epoch: the one that its model is of, from 1.
        evaluation: its results on the test images.
    """

    seed: int
    history: Mapping[str, list[float]]
    epoch: int
    evaluation: Evaluation

    @property
    def folder_name(self) -> str:
        """Of its run folder, in that of all of them."""
        return _folder_name(self.seed)

    @property
    def outcome(self) -> dict[str, float]:
        """The figures of its model: of that epoch, and on the test images."""
        return {
            **{name: column[self.epoch - 1] for name, column in self.history.items()},
            "test_accuracy": self.evaluation.accuracy,
            "test_loss": self.evaluation.loss,
        }

    @property
    def merit(self) -> tuple[float, float]:
        """What the best has most of: see `restarts`."""
        ended = self.outcome
        prefix = "val_" if "val_loss" in ended else ""
        return ended[f"{prefix}accuracy"], -ended[f"{prefix}loss"]


@dataclass(frozen=True)
class Spread:
    """Where the results of several trainings lie; the deviation is that of a sample (n - 1)."""

    mean: float
    deviation: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """The spread of at least one value; a single one deviates by 0."""
        deviation = statistics.stdev(values) if len(values) > 1 else 0.0
        return cls(statistics.fmean(values), deviation, min(values), max(values))


@dataclass(frozen=True)
class Restarts:
    """Several trainings of one network.

    Attributes:
        members: those that came to their end, in the order of their seeds.
        best: which of them is kept, an index.
        model: the model of the best.
        diverged: of each seed whose loss or weights became no numbers, what was said of it.
    """

    members: tuple[Member, ...]
    best: int
    model: "keras.Model"
    diverged: Mapping[int, str] = field(default_factory=dict)

    @property
    def times(self) -> int:
        """How many trainings there were, the diverged ones too."""
        return len(self.members) + len(self.diverged)

    @property
    def spread(self) -> dict[str, Spread]:
        """For each figure that all members have, how it spreads over them."""
        columns = [member.outcome for member in self.members]
        names = [name for name in columns[0] if all(name in column for column in columns)]
        return {name: Spread.of([column[name] for column in columns]) for name in names}

    def __str__(self) -> str:
        """The spread, a line per figure, and which training was kept."""
        width = max(len(name) for name in self.spread)
        lines = [f"{'':<{width}}  {'mean':>8}  {'deviation':>9}  {'minimum':>8}  {'maximum':>8}"]
        for name, each in self.spread.items():
            lines.append(
                f"{name:<{width}}  {each.mean:>8.4f}  {each.deviation:>9.4f}"
                f"  {each.minimum:>8.4f}  {each.maximum:>8.4f}"
            )
        return "\n".join([*lines, self.summary()])

    def summary(self) -> str:
        """One line: how many trainings, which is kept, and which are not in the figures."""
        kept = self.members[self.best]
        seeds = ", ".join(map(str, self.diverged))
        return (
            f"Kept of {self.times} trainings: seed {kept.seed}, "
            f"test accuracy {kept.evaluation.accuracy:.2%}."
            + (f" Diverged, and not in the figures: seed {seeds}." if seeds else "")
        )

    def save(self, folder: Path) -> None:
        """Write restarts.json, restarts.png and README.md into `folder`."""
        content = {
            "version": 1,
            "kept": self.members[self.best].folder_name,
            "spread": {name: asdict(spread) for name, spread in self.spread.items()},
            "members": [
                {"folder": member.folder_name, "seed": member.seed, "outcome": member.outcome}
                for member in self.members
            ],
            "diverged": [
                {"folder": _folder_name(seed), "seed": seed, "reason": reason}
                for seed, reason in self.diverged.items()
            ],
        }
        curves = figures.compare_runs(
            [member.history for member in self.members],
            best=self.best,
            title=f"{len(self.members)} trainings, run {self.best + 1} "
            f"(seed {self.members[self.best].seed}) is kept",
        )
        with writing(folder):
            write_atomically(folder / SUMMARY, json.dumps(content, indent=1) + "\n")
            figures.save(curves, folder / "restarts.png")
            write_atomically(folder / "README.md", self._readme())

    def _readme(self) -> str:
        seeds = sorted([*self.diverged, *(member.seed for member in self.members)])
        runs = ", ".join(f"[{_folder_name(seed)}]({_folder_name(seed)})" for seed in seeds)
        spread = "\n".join(f"    {line}" for line in str(self).splitlines()[:-1])
        return (
            f"# {self.times} trainings of one network\n\n{self.summary()} "
            f"Each is a run folder of its own: {runs}. The rule by which one is kept never "
            "looks at the test images.\n\nHow the results spread over the initialisations:\n\n"
            f"{spread}\n\n![The curves of all trainings](restarts.png)\n"
        )


def restarts(
    build: "Callable[[], keras.Model]",
    dataset: "Dataset",
    times: int = 5,
    *,
    seed: int = 0,
    run_dir: Path | str | None = None,
    **options: Any,
) -> Restarts:
    """Train a network from several initialisations and keep the best.

    The best has the highest validation accuracy where `options` hold back a part for validation,
    else the highest training accuracy; the lower loss decides between equals. The test images are
    never asked. A training that diverges is told, and the others go on.

    Args:
        build: gives a new model each time; its initial weights follow from Keras' seed, which is
            set before.
        dataset: what to train and to evaluate on.
        times: how many trainings, with the seeds `seed`, `seed + 1`, …
        seed: of the first.
        run_dir: where each training gets a run folder, `seed-0` and so on. The same call goes on
            where it stopped: what is finished there is not trained again.
        **options: as for `training.fit`.

    Raises:
        TrainingError: `times` is less than 1, something else is in `run_dir`, or what
            `training.fit` refuses.
        DivergedError: all trainings diverge.
    """
    import keras

    if times < 1:
        raise TrainingError(
            f"restarts: there is at least one training. Received times={times}. Name more."
        )
    folder = None if run_dir is None else _folder_of_runs(Path(run_dir))
    members: list[Member] = []
    diverged: dict[int, str] = {}
    best, kept = 0, None
    for number in range(seed, seed + times):
        keras.utils.set_random_seed(number)
        model = build()
        place = None if folder is None else folder / _folder_name(number)
        try:
            history = fit(model, dataset, seed=number, run_dir=place, **options)
            evaluation = evaluate(model, dataset.test, dataset.class_names)
        except DivergedError as error:
            diverged[number] = str(error)
            continue
        epoch = _epoch_of_model(history.history, is_best=bool(options.get("early_stopping")))
        members.append(Member(number, history.history, epoch, evaluation))
        if kept is None or members[-1].merit > members[best].merit:
            best, kept = len(members) - 1, model
    if kept is None:
        raise DivergedError(
            "restarts: of several trainings one stays with finite numbers. "
            f"Received times={times}, and all diverged, the last one so: {diverged[number]}"
        )
    result = Restarts(tuple(members), best, kept, diverged)
    if folder is not None:
        result.save(folder)
    return result


def kept_of(folder: Path) -> Path:
    """The run folder of the training that restarts in `folder` kept; else `folder` itself.

    Raises:
        TrainingError: restarts.json is damaged.
    """
    summary = folder / SUMMARY
    if not summary.is_file():
        return folder
    try:
        kept = json.loads(summary.read_bytes())["kept"]
    except (ValueError, LookupError, TypeError):
        kept = None
    if not isinstance(kept, str) or not re.fullmatch(_FOLDER_NAME, kept):
        raise TrainingError(
            f"{summary}: it names the training that was kept. Received a file that is damaged. "
            "Name the run folder of one training."
        )
    return folder / kept


def _folder_name(seed: int) -> str:
    return f"seed-{seed}"


def _epoch_of_model(history: Mapping[str, list[float]], *, is_best: bool) -> int:
    """The last epoch; the best one, where early stopping put its weights back."""
    losses = history.get("val_loss", history["loss"])
    return losses.index(min(losses)) + 1 if is_best else len(losses)


def _folder_of_runs(folder: Path) -> Path:
    """A folder that holds nothing but what earlier restarts left, if anything."""
    ours = {SUMMARY, "restarts.png", "README.md"}
    others = [
        path.name
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.name not in ours and not re.fullmatch(_FOLDER_NAME, path.name)
    ]
    if others:
        raise TrainingError(
            f"{folder}: restarts go into a new or empty folder, or go on in their own. "
            f"Received one with {sorted(others)[0]}. Name another folder."
        )
    return folder
