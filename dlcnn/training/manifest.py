"""What a run was: the model, the data, the options, the machine and how far it came.

Plain data that is written as JSON. It knows nothing of how training is done, nor of the other
files of a run folder.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from dlcnn.files import write_atomically
from dlcnn.training.describe import describe_device, describe_versions, model_digest, model_name
from dlcnn.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

    from dlcnn.data.dataset import Dataset

__all__ = ["VERSION", "DataFacts", "Manifest", "ModelFacts", "Status"]

VERSION = 1
_ABOUT = ("source", "description", "version")  # the rest of a drawn data set's info are options
Status = Literal["running", "interrupted", "stopped", "finished"]


class _Plain(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ModelFacts(_Plain):
    """The model: its input_shape is without the batch, its digest is of the configuration."""

    name: str
    input_shape: list[int | None]
    digest: str


class DataFacts(_Plain):
    """The data: the digest is of the contents, the options are those of `dlcnn.data.load`."""

    name: str
    digest: str
    source: str
    class_names: list[str]
    options: dict[str, Any]


class Manifest(_Plain):
    """The facts of one run; `manifest.json` holds them under the same names.

    Attributes:
        model: what was trained.
        data: what it was trained on.
        seed: what every random number of the run follows from.
        options: the keyword arguments of `training.fit`, as plain data.
        command: the command line that continues the run; "" when it was started from Python.
        versions: of dlcnn, Keras, its backend, NumPy and Python.
        device: what it was trained on, in words.
        status: "running", "interrupted" (can be continued), "stopped" (ended itself before the
            last epoch, and says why) or "finished".
        reason: why it has this status, a sentence or "".
        epochs_done: the rows of history.csv.
        seconds: the time that training took, in all; the only entry that equal runs differ in.
        version: of this form.
    """

    model: ModelFacts
    data: DataFacts
    seed: int
    options: dict[str, Any]
    command: str
    versions: dict[str, str]
    device: str
    status: Status = "running"
    reason: str = ""
    epochs_done: int = 0
    seconds: float = 0.0
    version: int = VERSION

    @classmethod
    def describe(
        cls,
        model: "keras.Model",
        dataset: "Dataset",
        *,
        seed: int,
        options: Mapping[str, Any],
        command: str = "",
    ) -> "Manifest":
        """The manifest of a run that starts now."""
        source = str(dataset.info.get("source", ""))
        info = dataset.info if source == "rendered" else {}
        drawn = {name: value for name, value in info.items() if name not in _ABOUT}
        return cls(
            model=ModelFacts(
                name=model_name(model),
                input_shape=list(model.input_shape[1:]),
                digest=model_digest(model),
            ),
            data=DataFacts(
                name=dataset.name,
                digest=dataset.digest(),
                source=source,
                class_names=list(dataset.class_names),
                options=_plain(drawn),
            ),
            seed=seed,
            options=_plain(options),
            command=command,
            versions=describe_versions(),
            device=describe_device(),
        )

    def differences(self, other: "Manifest") -> list[str]:
        """What makes `other` another run than this one, a phrase each."""
        pairs = [
            ("model", self.model.name, other.model.name),
            ("input shape", self.model.input_shape, other.model.input_shape),
            ("data", self.data.name, other.data.name),
            ("seed", self.seed, other.seed),
        ]
        pairs += _entries("", self.options, other.options)
        found = [f"{what} {ours!r}, not {new!r}" for what, ours, new in pairs if ours != new]
        # Digests tell people nothing: they speak only when the names do not.
        if not found and self.model.digest != other.model.digest:
            found.append(f"a model {self.model.name!r} of other layers")
        if not found and self.data.digest != other.data.digest:
            found.append(f"data {self.data.name!r} of other contents")
        return found

    def write(self, path: Path) -> None:
        """Write it to `path`, atomically."""
        text = json.dumps(self.model_dump(), indent=1, sort_keys=True, ensure_ascii=False)
        write_atomically(path, text + "\n")

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """The manifest in `path`.

        Raises:
            TrainingError: it is no manifest, damaged, or of a newer dlcnn.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise _damaged(path, str(error)) from None
        version = content.get("version") if isinstance(content, dict) else None
        if isinstance(version, int) and version > VERSION:
            raise TrainingError(
                f"{path}: this dlcnn reads manifests up to version {VERSION}. Received "
                f"version={version}. Install the dlcnn that wrote the run, or a newer one."
            )
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            place = ".".join(map(str, first["loc"])) or "the file"
            raise _damaged(path, f"{place}: {first['msg']}") from None


def _entries(what: str, ours: Any, new: Any) -> list[tuple[str, Any, Any]]:
    """What is compared of two facts: themselves, or entry by entry what they are made of."""
    if not (isinstance(ours, dict) and isinstance(new, dict)):
        return [(what, ours, new)]
    return [
        entry
        for name in sorted({*ours, *new})
        for entry in _entries(f"{what} {name}".strip(), ours.get(name), new.get(name))
    ]


def _plain(options: Mapping[str, object]) -> dict[str, Any]:
    """Through JSON and back: what is written equals what is compared, so tuples become lists."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(options), default=str))
    return plain


def _damaged(path: Path, reason: str) -> TrainingError:
    return TrainingError(
        f"{path}: a run's manifest is the JSON that training wrote. Received {reason}. "
        "The run cannot be continued or evaluated without it: train into another folder."
    )
