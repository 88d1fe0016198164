"""Keras' training loop, made ready: the compiled model, its batches and its callbacks.

It writes nothing and knows no run folder.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlcnn.data.dataset import Dataset
from dlcnn.data.pipeline import Batches
from dlcnn.training.adversary import Adversary, expect_adversary
from dlcnn.training.devices import Devices, devices_of, only_deterministic
from dlcnn.training.objective import Objective, objective_of
from dlcnn.training.options import Options

if TYPE_CHECKING:
    import keras

__all__ = ["Loop", "prepare"]

_WORK_AT_ONCE = 4_000_000_000  # multiply-adds: a fraction of a second, so that Ctrl-C is prompt


@dataclass(frozen=True)
class Loop:
    """A training that can begin, or go on at any epoch.

    Attributes:
        model: compiled.
        options: of the training.
        seed: of the order of the images and all that is drawn for it.
        objective: what the model is compiled for.
        devices: what it is spread over.
        adversary: what attacks the batches, if anything does.
        training: the batches to train on.
        validating: those to validate on, if any.
        own: the callbacks that the options ask for.
        callbacks: those that were given besides.
        verbose: as in `keras.Model.fit`.
    """

    model: "keras.Model"
    options: Options
    seed: int
    objective: Objective
    devices: Devices
    adversary: Adversary | None
    training: Batches
    validating: Batches | None
    own: Sequence["keras.callbacks.Callback"]
    callbacks: Sequence["keras.callbacks.Callback"]
    verbose: str | int

    @property
    def counting(self) -> list["keras.callbacks.Callback"]:
        """All callbacks of the training itself, whose counts belong to its state."""
        return [*self.own, *self.callbacks]

    def run(
        self, *, initial_epoch: int = 0, also: Sequence["keras.callbacks.Callback"] = ()
    ) -> "keras.callbacks.History":
        """Train from the epoch `initial_epoch` (from 0) to the last."""
        self.training.epoch = initial_epoch
        attacked = nullcontext() if self.adversary is None else self.adversary.attacking(self.model)
        with attacked:
            return self.model.fit(
                **self.training.fit_arguments(),
                validation_data=self.validating and self.validating.for_keras(),
                epochs=self.options.epochs,
                initial_epoch=initial_epoch,
                callbacks=[*self.counting, *also],
                verbose=self.verbose,
            )

    def surroundings(self) -> dict[str, Any]:
        """What the result depends on besides the options, for a run's manifest."""
        import keras

        attacked = {} if self.adversary is None else {"adversary": self.adversary.as_facts()}
        return {
            **attacked,
            "backend": keras.backend.backend(),
            "precision": self.model.dtype_policy.name,
            "devices": self.devices.count,
            "callbacks": [type(callback).__name__ for callback in self.callbacks],
        }


def prepare(
    model: "keras.Model",
    dataset: Dataset,
    options: Options,
    *,
    seed: int,
    adversary: Adversary | None,
    callbacks: Sequence["keras.callbacks.Callback"],
    verbose: str | int,
) -> Loop:
    """Check that everything fits, and compile the model.

    Raises:
        TrainingError: the model fits neither the data nor the devices, or an option is unknown.
        UnderstandingError: the adversary cannot attack the model.
    """
    objective = objective_of(model, dataset)
    expect_adversary(adversary, model)
    devices = devices_of(model, options.batch_size)
    if options.deterministic:
        only_deterministic()
    training, validating = _batches(dataset, options, objective, devices, seed)
    model.compile(
        optimizer=options.make_optimizer(len(training)),
        jit_compile=options.jit_compile,
        steps_per_execution=_steps_at_once(model, options, devices, len(training)),
        **objective.compile_arguments(),
    )
    return Loop(
        model=model,
        options=options,
        seed=seed,
        objective=objective,
        devices=devices,
        adversary=adversary,
        training=training,
        validating=validating,
        own=_own_callbacks(options, training, seed),
        callbacks=callbacks,
        verbose=verbose,
    )


def _batches(
    dataset: Dataset, options: Options, objective: Objective, devices: Devices, seed: int
) -> tuple[Batches, Batches | None]:
    """The batches to train on, and those to validate on if a part is held back for it."""
    ours: dict[str, Any] = {
        "batch_size": options.batch_size,
        "copies": len(objective.outputs),
        "multiple_of": devices.count,
        "share": devices.share,
    }
    order: dict[str, Any] = {"seed": seed, "augmentation": options.augmentation}
    if options.validation is None:
        (images, labels), _ = dataset.arrays()
        return Batches(images, labels, **order, **ours), None
    (images, labels), (others, their_labels) = dataset.split(options.validation, seed).arrays()
    return Batches(images, labels, **order, **ours), Batches(others, their_labels, **ours)


def _own_callbacks(
    options: Options, training: Batches, seed: int
) -> list["keras.callbacks.Callback"]:
    import keras

    from dlcnn.training.callbacks import EpochOrder, FiniteNumbers

    own = [EpochOrder(training, seed), FiniteNumbers()]
    if options.early_stopping is not None:
        own.append(
            keras.callbacks.EarlyStopping(
                "loss" if options.validation is None else "val_loss",
                patience=options.early_stopping,
                restore_best_weights=True,
            )
        )
    return own


def _steps_at_once(model: "keras.Model", options: Options, devices: Devices, steps: int) -> int:
    """How many steps TensorFlow takes without coming back to Python, which a small network awaits.

    Not more than there are in `_WORK_AT_ONCE`, so one for a large network, and a divisor of those
    of an epoch.
    """
    import keras

    from dlcnn.models import summary_table

    if keras.backend.backend() != "tensorflow" or devices.count > 1:
        return 1
    rows = summary_table(model).rows
    work = sum(row.multiply_adds or 0 for row in rows) * options.batch_size
    most = max(1, _WORK_AT_ONCE // max(work, 1))
    return max(count for count in range(1, steps + 1) if steps % count == 0 and count <= most)
