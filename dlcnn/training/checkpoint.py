"""Everything that training goes on from, in one file: never half of one, the old until the new.

It holds every variable of the model (weights, running averages, the states of random generators)
and of the optimizer (slots, iterations, learning rate), what callbacks have counted, and how far
training has come. It knows nothing of run folders.
"""

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.files import replacing
from dlcnn.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

__all__ = ["Checkpoint", "variables_of"]

_FACTS = "facts"


@dataclass(frozen=True)
class Checkpoint:
    """The state at the end of an epoch.

    Attributes:
        epochs: how many are done.
        ended: why training ended itself after them; "" while it goes on.
        variables: in the order of `variables_of`.
        callbacks: for each, its plain numbers and its lists of arrays, by attribute.
    """

    epochs: int
    ended: str
    variables: Sequence[npt.NDArray[Any]]
    callbacks: Sequence[Mapping[str, Any]]

    @classmethod
    def of(
        cls,
        model: "keras.Model",
        callbacks: Iterable["keras.callbacks.Callback"],
        *,
        epochs: int,
        ended: str = "",
    ) -> "Checkpoint":
        """Take the state of a compiled model and of its callbacks as they are now."""
        arrays = [_array(variable) for variable in variables_of(model)]
        return cls(epochs, ended, arrays, [_counted(callback) for callback in callbacks])

    @property
    def best_weights(self) -> list[npt.NDArray[Any]] | None:
        """What early stopping has kept to end with, if it goes along."""
        kept = (counted.get("best_weights") for counted in self.callbacks)
        return next((weights for weights in kept if weights), None)

    def is_finite(self) -> bool:
        """Whether no variable holds NaN or infinity."""
        return all(
            np.isfinite(array).all()
            for array in self.variables
            if np.issubdtype(array.dtype, np.inexact)
        )

    def restore_model(self, model: "keras.Model") -> None:
        """Put the variables back into a compiled model.

        Raises:
            TrainingError: they are another model's.
        """
        variables = variables_of(model)
        if [tuple(each.shape) for each in variables] != [each.shape for each in self.variables]:
            raise TrainingError(
                f"fit: a checkpoint holds the variables of its model. Received one of other "
                f"shapes for model={model.name!r}. Put the right one back, or train into another "
                "folder."
            )
        for variable, array in zip(variables, self.variables, strict=True):
            variable.assign(array)

    def restore_callbacks(self, callbacks: Iterable["keras.callbacks.Callback"]) -> None:
        """Put back what callbacks had counted."""
        for callback, counted in zip(callbacks, self.callbacks, strict=True):
            for name, value in counted.items():
                setattr(callback, name, value)

    def write(self, path: Path) -> None:
        """Write it to `path`, atomically."""
        arrays: dict[str, Any] = {
            _key("variable", place): each for place, each in enumerate(self.variables)
        }
        numbers = []
        for place, counted in enumerate(self.callbacks):
            lists = {name: value for name, value in counted.items() if isinstance(value, list)}
            numbers.append({name: counted[name] for name in counted if name not in lists})
            for name, values in lists.items():
                group = f"callback/{place}/{name}"
                arrays |= {_key(group, at): each for at, each in enumerate(values)}
        facts = {"epochs": self.epochs, "ended": self.ended, "callbacks": numbers}
        arrays[_FACTS] = np.array(json.dumps(facts))
        with replacing(path) as temporary, temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)

    @classmethod
    def read(cls, path: Path) -> "Checkpoint":
        """The checkpoint in `path`.

        Raises:
            TrainingError: it is damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                facts = json.loads(str(archive[_FACTS]))
                arrays = {name: archive[name] for name in sorted(set(archive.files) - {_FACTS})}
            callbacks = facts["callbacks"]
            for name in arrays:  # sorted, so that each list comes in its order
                if name.startswith("callback/"):
                    _, place, attribute, _ = name.split("/")
                    callbacks[int(place)].setdefault(attribute, []).append(arrays[name])
            variables = [each for name, each in arrays.items() if name.startswith("variable/")]
            return cls(facts["epochs"], facts["ended"], variables, callbacks)
        except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
            raise TrainingError(
                f"{path}: training goes on from the checkpoint that it wrote. Received one that "
                f"is damaged ({error}). Put it back, or train into another folder."
            ) from None


def variables_of(model: "keras.Model") -> list[Any]:
    """All that changes while a compiled model is trained, in an order that its layers give."""
    if not model.optimizer.built:  # before the first step
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _array(variable: Any) -> npt.NDArray[Any]:
    """A copy of the variable; bfloat16, which NumPy does not know, as float32, which holds it."""
    array = np.array(variable.numpy())
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _counted(callback: "keras.callbacks.Callback") -> dict[str, Any]:
    """Plain numbers and lists of arrays among a callback's attributes: what it counts and keeps."""
    public = {name: value for name, value in vars(callback).items() if not name.startswith("_")}
    return {name: value for name, value in public.items() if _is_counted(value)}


def _is_counted(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(each, np.ndarray) for each in value)
    return value is None or isinstance(value, bool | int | float)


def _key(group: str, place: int) -> str:
    return f"{group}/{place:05}"
