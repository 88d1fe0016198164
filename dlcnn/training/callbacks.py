"""What happens between Keras' batches and epochs: order, a watch on the numbers, the run folder.

Each is a callback of Keras. They know the run folder and checkpoints, and no options.
"""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras

from dlcnn.data.pipeline import Batches
from dlcnn.training.checkpoint import Checkpoint
from dlcnn.training.devices import seed_backend, wait_for_machines
from dlcnn.training.errors import DivergedError
from dlcnn.training.run import Run, writing

__all__ = ["EpochOrder", "FiniteNumbers", "Recorder"]

_CHECKPOINT = "state.npz"
_MODEL_EVERY = 60.0  # seconds: in a long training the model can be looked at on the way


class EpochOrder(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Tells the batches, and the backend's random numbers, which epoch begins."""

    def __init__(self, batches: Batches, seed: int) -> None:
        super().__init__()
        self._batches = batches
        self._seed = seed

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002  # of Keras
        self._batches.epoch = epoch
        seed_backend(self._seed, epoch)


class FiniteNumbers(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends the training at the first batch whose loss is NaN or infinite, and says why."""

    def __init__(self) -> None:
        super().__init__()
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            self._end(f"loss={loss} at batch {batch + 1} of epoch {self._epoch}")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for name, value in (logs or {}).items():
            if not math.isfinite(value):
                self._end(f"{name}={value} at the end of epoch {epoch + 1}")

    def _end(self, received: str) -> None:
        rate = float(self.model.optimizer.learning_rate)
        raise DivergedError(
            f"fit: the loss stays a finite number. Received {received}, at a learning rate of "
            f"{rate:g}. Mostly the learning rate is too high: try a tenth of it. Else the "
            "precision is too low (float16), or an image or a label is broken."
        )


class Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the run folder up to date at each epoch's end; the last of the callbacks.

    Attributes:
        path: of the checkpoint.
        writes: whether this process writes it.
    """

    def __init__(
        self,
        run: Run,
        others: Sequence[keras.callbacks.Callback],
        *,
        plain_names: Callable[[dict[str, float]], dict[str, float]],
        writes: bool = True,
    ) -> None:
        """Take the run, and the callbacks whose counts belong to its state.

        Args:
            run: where to write.
            others: what stands before this one in the list of callbacks.
            plain_names: renames the figures of an epoch.
            writes: whether this process does; with several machines one of them does.
        """
        super().__init__()
        self._run = run
        self._others = list(others)
        self._plain_names = plain_names
        self.writes = writes
        self.path = run.checkpoint_path / _CHECKPOINT
        self._began = self._saved = time.perf_counter()

    def last(self) -> Checkpoint | None:
        """The state at the end of the last epoch that is on disk; None before training began."""
        return Checkpoint.read(self.path) if self.path.exists() else None

    def kept(self) -> str:
        """A sentence about what training can go on from, to end a message with."""
        state = self.last()
        done = state.epochs if state else 0
        return f" The last good checkpoint, of epoch {done}, is kept: {self.path}." if done else ""

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        state = self.last()
        wait_for_machines()  # none writes before all have read
        if state is None:
            self._keep(Checkpoint.of(self.model, self._others, epochs=0))
        else:  # the others have just forgotten what they had counted
            state.restore_callbacks(self._others)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        ended = f"Early stopping after epoch {epoch + 1}." if self.model.stop_training else ""
        state = Checkpoint.of(self.model, self._others, epochs=epoch + 1, ended=ended)
        if not state.is_finite():
            raise DivergedError(
                f"fit: weights stay finite numbers. Received NaN or infinity after epoch "
                f"{epoch + 1}. Mostly the learning rate is too high: try a tenth of it."
            )
        figures = self._plain_names(logs or {})
        if self.writes:  # the history first: it is cut to the checkpoint, never the reverse
            seconds = time.perf_counter() - self._began
            self._run.append_epoch(epoch + 1, figures, seconds=seconds)
        self._keep(state)
        if self.writes and time.perf_counter() - self._saved > _MODEL_EVERY:
            self._run.save_model(self.model)
            self._saved = time.perf_counter()

    def _keep(self, state: Checkpoint) -> None:
        if self.writes:
            with writing(self.path):
                state.write(self.path)
        wait_for_machines()  # none reads before it is written
