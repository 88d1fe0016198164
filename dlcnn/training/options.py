"""The settings of a training: what was given, completed from the network's recipe, and checked.

It knows no data, and asks Keras only for the names of its optimizers.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from dlcnn.data.pipeline import check_augmentation
from dlcnn.models import Recipe, find, names
from dlcnn.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

__all__ = ["Options", "complete", "recipe_of"]

_SCHEDULES = ("constant", "cosine")
_UNDECAYED = ("bias", "gamma", "beta")
_MOMENTUM = 0.9


@dataclass(frozen=True)
class Options:
    """Everything but model, data, seed and folder that the result of a training depends on.

    Attributes:
        epochs: passes over the training images.
        batch_size: images per step.
        optimizer: a Keras name; "sgd" has Nesterov momentum of 0.9.
        learning_rate: of the first step.
        schedule: "constant", or "cosine" down to 0 at the last step.
        weight_decay: decoupled, of kernels only.
        augmentation: names of `dlcnn.data.pipeline.AUGMENTATIONS`.
        validation: the share of the training images that is held back to validate on; None: none.
        early_stopping: epochs without a better loss after which training stops with the best
            weights; None: never.
        jit_compile: True, False, or "auto", which is Keras' own choice.
        deterministic: whether the backend may only use operations that always give the same.
    """

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    schedule: str
    weight_decay: float
    augmentation: tuple[str, ...]
    validation: float | None
    early_stopping: int | None
    jit_compile: bool | str
    deterministic: bool

    def __post_init__(self) -> None:
        _expect_count("epochs", self.epochs)
        _expect_count("batch_size", self.batch_size)
        if self.early_stopping is not None:
            _expect_count("early_stopping", self.early_stopping)
        if not (0 < self.learning_rate < math.inf):
            raise _wrong("learning_rate", self.learning_rate, "a number above 0")
        if not (0 <= self.weight_decay < math.inf):
            raise _wrong("weight_decay", self.weight_decay, "a number from 0")
        if self.validation is not None and not 0 < self.validation < 1:
            raise _wrong("validation", self.validation, "a share between 0 and 1, 0.1 for a tenth")
        if self.schedule not in _SCHEDULES:
            raise _wrong("schedule", self.schedule, " or ".join(map(repr, _SCHEDULES)))
        if self.jit_compile not in (True, False, "auto"):
            raise _wrong("jit_compile", self.jit_compile, "True, False or 'auto'")

    def as_facts(self) -> dict[str, Any]:
        """Plain data for a run's manifest."""
        return asdict(self)

    def make_optimizer(self, steps: int) -> "keras.optimizers.Optimizer":
        """The optimizer, for an epoch of `steps` steps.

        Raises:
            TrainingError: Keras has no optimizer of this name.
        """
        import keras

        config: dict[str, Any] = {"learning_rate": self._rate(steps)}
        if self.weight_decay:
            config["weight_decay"] = self.weight_decay
        if self.optimizer.lower() == "sgd":
            config |= {"momentum": _MOMENTUM, "nesterov": True}
        try:
            optimizer = keras.optimizers.get({"class_name": self.optimizer, "config": config})
        except ValueError:
            rule = "a name of Keras, such as 'adam' or 'sgd'"
            raise _wrong("optimizer", self.optimizer, rule) from None
        if self.weight_decay:
            optimizer.exclude_from_weight_decay(var_names=list(_UNDECAYED))
        return optimizer

    def _rate(self, steps: int) -> Any:
        import keras

        if self.schedule == "constant":
            return self.learning_rate
        return keras.optimizers.schedules.CosineDecay(self.learning_rate, self.epochs * steps)


def recipe_of(name: str) -> Recipe:
    """How the network of this name is best trained; the default for one that nobody recorded."""
    return (find(name).recipe if name in names() else None) or Recipe()


def complete(recipe: Recipe, *, augmentation: Iterable[str] | None = None, **given: Any) -> Options:
    """The options, those that are None taken from the recipe.

    Raises:
        TrainingError: an option cannot be so.
        DataError: there is no such augmentation.
    """
    recorded = asdict(recipe)
    chosen = {
        name: recorded[name] if value is None and name in recorded else value
        for name, value in given.items()
    }
    changes = recipe.augmentation if augmentation is None else augmentation
    return Options(augmentation=check_augmentation(changes), **chosen)


def _expect_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _wrong(name, value, "a whole number from 1")


def _wrong(name: str, value: object, rule: str) -> TrainingError:
    return TrainingError(f"fit: {name} is {rule}. Received {name}={value!r}. Name another.")
