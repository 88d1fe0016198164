"""Training in a run folder: go on where it stopped, and leave it in order however it ends."""

import zipfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dlcnn.training.checkpoint import Checkpoint
from dlcnn.training.devices import on_this_machine, wait_for_machines
from dlcnn.training.errors import DivergedError, TrainingError
from dlcnn.training.evaluate import evaluate
from dlcnn.training.loop import Loop
from dlcnn.training.manifest import Manifest, Status
from dlcnn.training.run import Run

if TYPE_CHECKING:
    import keras

    from dlcnn.data.dataset import Dataset
    from dlcnn.training.callbacks import Recorder

__all__ = ["fit_in_run"]


def fit_in_run(
    folder: Path, loop: Loop, dataset: "Dataset", *, tensorboard: bool, command: str
) -> "keras.callbacks.History":
    """Begin the training in a new folder, or go on with it; evaluate the model at its end.

    Raises:
        TrainingError: the folder is another training's or cannot be written, or the loss is no
            finite number; the last good checkpoint is kept, and named.
        KeyboardInterrupt: Ctrl-C; the folder and the model are those of the last full epoch.
    """
    from dlcnn.training.callbacks import Recorder

    options = {**loop.options.as_facts(), **loop.surroundings()}
    manifest = Manifest.describe(
        loop.model, dataset, seed=loop.seed, options=options, command=command
    )
    writes = loop.devices.machine == 0
    run = Run.resume_or_create(folder, manifest) if writes else Run(folder, manifest)
    recorder = Recorder(run, loop.counting, plain_names=loop.objective.plain_names, writes=writes)
    _train(run, loop, recorder, _logs(run, wanted=tensorboard and writes))
    unfinished = run.manifest.status in ("running", "interrupted")
    if writes and (unfinished or not zipfile.is_zipfile(run.model_path)):
        _finish(run, loop, recorder, dataset)
    wait_for_machines()
    return _history(loop.model, run if writes else Run.open(folder))


def _train(
    run: Run, loop: Loop, recorder: "Recorder", logs: list["keras.callbacks.Callback"]
) -> None:
    """Train the epochs that are left, and leave the model as the run has it."""
    state = recorder.last()
    done = 0 if state is None else state.epochs
    if state is None and run.history():
        raise TrainingError(
            f"{recorder.path}: training goes on from its checkpoint. Received a history of epochs, "
            "and no such file. Put it back, or train into another folder."
        )
    wait_for_machines()  # none writes before all have read
    if recorder.writes:
        run.keep_epochs(done)
    if state is not None and (state.ended or done == loop.options.epochs):
        _settle(loop, recorder)
        return
    if state is not None:
        state.restore_model(loop.model)
    if recorder.writes:
        run.update(status="running", reason="")
    try:
        loop.run(initial_epoch=done, also=[*logs, recorder])
    except KeyboardInterrupt:
        _leave(run, loop, recorder, status="interrupted", reason="It was told to stop.")
        raise
    except DivergedError as error:
        _leave(run, loop, recorder, status="stopped", reason=str(error))
        raise DivergedError(f"{error}{recorder.kept()}") from None
    except TrainingError as error:  # nothing more can be written, perhaps
        with suppress(TrainingError):
            _leave(run, loop, recorder, status="interrupted", reason=str(error))
        raise TrainingError(f"{error}{recorder.kept()}") from None
    _settle(loop, recorder)


def _settle(loop: Loop, recorder: "Recorder") -> Checkpoint | None:
    """Give the model the weights that the run ends with so far: the best, else the last ones."""
    state = recorder.last()
    if state is not None:
        state.restore_model(loop.model)
        if state.best_weights is not None:
            loop.model.set_weights(state.best_weights)
    return state


def _leave(run: Run, loop: Loop, recorder: "Recorder", *, status: Status, reason: str) -> None:
    """Put folder and model in order when training ended before its time."""
    state = _settle(loop, recorder)
    if not recorder.writes:
        return
    done = 0 if state is None else state.epochs
    run.keep_epochs(done)
    if done:
        run.save_model(loop.model)
        run.save_curves()
    run.update(status=status, reason=reason)


def _finish(run: Run, loop: Loop, recorder: "Recorder", dataset: "Dataset") -> None:
    """Leave the results of a training that came to its end."""
    state = recorder.last()
    run.save_model(loop.model)
    with on_this_machine():
        evaluation = evaluate(loop.model, dataset.test, dataset.class_names)
    run.save_evaluation(evaluation, dataset.test)
    run.save_curves()
    early = state is not None and state.epochs < loop.options.epochs
    reason = state.ended if early and state else ""
    run.update(status="stopped" if early else "finished", reason=reason)


def _history(model: "keras.Model", run: Run) -> "keras.callbacks.History":
    """What Keras gives back, with the figures of all epochs."""
    import keras

    history = keras.callbacks.History()
    history.set_model(model)
    history.history = run.history()
    history.epoch = list(range(run.manifest.epochs_done))
    return history


def _logs(run: Run, *, wanted: bool) -> list["keras.callbacks.Callback"]:
    """Keras' callback that writes logs for TensorBoard.

    Raises:
        TrainingError: TensorBoard is not installed.
    """
    if not wanted:
        return []
    import keras

    if find_spec("tensorboard") is None:
        raise TrainingError(
            "fit: logs for TensorBoard are written with its package. Received tensorboard=True, "
            "and no package tensorboard. Install it: pip install tensorboard."
        )
    return [keras.callbacks.TensorBoard(run.logs_path)]
