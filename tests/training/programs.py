"""Trainings that tests start as processes of their own: `python -m tests.training.programs NAME …`.

A process is needed where it is killed, where another backend or other devices are wanted, or where
a setting holds for good. Each prints one line of JSON.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path

import numpy as np

from dlcnn.data.pipeline import Batches
from tests.training.examples import drawn_dataset, small_model

ROOT = Path(__file__).parents[2]
EVERYTHING = {
    "epochs": 6,
    "batch_size": 8,
    "optimizer": "adam",
    "learning_rate": 0.02,
    "schedule": "cosine",
    "weight_decay": 0.01,
    "augmentation": ("shift", "flip", "contrast"),
    "validation": 0.2,
    "early_stopping": 3,
    "deterministic": True,
    "seed": 5,
    "verbose": 0,
}


def start(name, *arguments, backend="tensorflow", seconds=280, **variables):
    """Run a program of this module; the finished process."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        **variables,
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.training.programs", name, *map(str, arguments)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def answer(process):
    """What a program printed, when it ended well."""
    assert process.returncode == 0, process.stderr[-3000:]
    return json.loads(process.stdout.splitlines()[-1])


def model_with_everything():
    """Dropout, running averages and all: what a training can forget."""
    import keras

    keras.utils.set_random_seed(11)
    return keras.Sequential(
        [
            keras.Input((8, 10, 3)),
            keras.layers.Conv2D(6, 3),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.Dropout(0.3),
            keras.layers.Dropout(0.1, seed=4),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def fixed_model():
    """The small model with weights that are the same on every backend."""
    model = small_model()
    random = np.random.default_rng(2)
    model.set_weights([0.2 * random.standard_normal(w.shape) for w in model.get_weights()])
    return model


def train(folder):
    """Begin or go on with the training of everything."""
    from dlcnn import training

    return training.fit(model_with_everything(), drawn_dataset(), run_dir=folder, **EVERYTHING)


def train_and_die(folder, epoch, batch):
    """Train until a batch begins, and be killed: nothing can be tidied up."""
    from dlcnn.training import callbacks, loop

    class Death(callbacks.EpochOrder):
        def on_epoch_begin(self, epoch, logs=None):
            super().on_epoch_begin(epoch, logs)
            self._at = epoch

        def on_train_batch_begin(self, number, logs=None):  # noqa: ARG002  # of Keras
            if (self._at, number) == (int(epoch), int(batch)):
                os.kill(os.getpid(), signal.SIGKILL)

    callbacks.EpochOrder = Death  # not one more callback: that would be another training
    loop._WORK_AT_ONCE = 1  # a step at a time, to die between any two
    train(folder)


def train_and_die_writing(folder, number):
    """Be killed half-way through writing a checkpoint, the one with this number."""
    save, calls = np.savez, []

    def save_half(stream, **arrays):
        calls.append(1)
        if len(calls) > int(number):
            stream.write(b"PK half of a checkpoint")
            stream.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        save(stream, **arrays)

    np.savez = save_half
    train(folder)


def go_on(folder, whole):
    """Go on with a killed training, in copies also with something forgotten; and one never killed.

    The copies are named after what was forgotten: the states of random generators, or the epoch.
    """
    for forgotten in ("states", "epoch"):
        shutil.copytree(folder, f"{folder}-{forgotten}")
    train(folder)
    _forget_states(Path(f"{folder}-states"))
    train(f"{folder}-states")
    _train_forgetting_the_epoch(f"{folder}-epoch")
    train(whole)
    print(json.dumps("done"))


def _forget_states(folder):
    path = folder / "checkpoint" / "state.npz"
    with np.load(path) as archive:
        arrays = dict(archive)
    states = [
        name for name, each in arrays.items() if each.dtype.kind in "iu" and each.shape == (2,)
    ]
    assert len(states) == 2  # one for each Dropout
    for name in states:
        arrays[name] = arrays[name] + 1
    np.savez(path, **arrays)


def _train_forgetting_the_epoch(folder):
    order = Batches.order
    Batches.order = lambda self, _epoch: order(self, 0)
    train(folder)
    Batches.order = order


def train_against_an_adversary(folder):
    """Stopped, refused to other adversaries, gone on with; and never stopped."""
    import keras

    from dlcnn import training
    from dlcnn.understanding import Adversary

    class Stop(keras.callbacks.Callback):
        at = None

        def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002  # of Keras
            if epoch == Stop.at:
                raise KeyboardInterrupt

    def fit(place, adversary):
        model = model_with_everything()
        training.fit(
            model,
            drawn_dataset(),
            run_dir=Path(folder) / place,
            adversary=adversary,
            callbacks=[Stop()],
            **{**EVERYTHING, "epochs": 3, "augmentation": ()},
        )
        return np.concatenate([each.ravel() for each in model.get_weights()])

    ours = Adversary(epsilon=0.2, steps=2)
    Stop.at = 2
    with suppress(KeyboardInterrupt):
        fit("stopped", ours)
    Stop.at = None
    report = {
        "status": training.Run.open(Path(folder) / "stopped").manifest.status,
        "refused": [
            _refusal(fit, "stopped", other) for other in (Adversary(epsilon=0.1, steps=2), None)
        ],
    }
    stopped, whole = fit("stopped", ours), fit("whole", ours)
    report["same"] = stopped.tobytes() == whole.tobytes()
    print(json.dumps(report))


def train_plainly():
    """The history of a training without a folder, from weights that every backend has."""
    from dlcnn import training

    history = training.fit(
        fixed_model(), drawn_dataset(), epochs=3, batch_size=16, verbose=0, validation=0.2
    )
    print(json.dumps(history.history))


def compare_devices(folder):
    """One device, and two with a run folder: the weights they end with, and what is refused."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
    from dlcnn import training

    options = {
        "epochs": 3,
        "batch_size": 16,
        "verbose": 0,
        "validation": 0.3,
        "learning_rate": 0.01,
    }
    one = fixed_model()
    alone = training.fit(one, drawn_dataset(), **options)
    with training.distribute("devices"):
        two = fixed_model()
        training.fit(two, drawn_dataset(), run_dir=folder, **options)
        two = small_model()  # which the run folder gives its weights back
        together = training.fit(two, drawn_dataset(), run_dir=folder, **options)
        refused = [
            _refusal(training.fit, one, drawn_dataset(), **options),
            _refusal(training.fit, two, drawn_dataset(), **{**options, "batch_size": 15}),
        ]
    differences = [
        float(np.abs(a - b).max())
        for a, b in zip(one.get_weights(), two.get_weights(), strict=True)
    ]
    moved = [
        float(np.abs(a - b).max())
        for a, b in zip(one.get_weights(), fixed_model().get_weights(), strict=True)
    ]
    report = {
        "alone": alone.history,
        "together": together.history,
        "differences": differences,
        "moved": moved,
        "refused": refused,
    }
    print(json.dumps(report))


def refuse_to_distribute():
    """What a backend that cannot says."""
    from dlcnn import training

    def build():
        with training.distribute("devices"):
            fixed_model()

    print(json.dumps(_refusal(build)))


def _refusal(function, *arguments, **options):
    from dlcnn.training import TrainingError

    try:
        function(*arguments, **options)
    except TrainingError as error:
        return str(error)
    return "not refused"


def train_on_machines(over, folder=""):
    """What a training over machines ends with; over "", one process alone."""
    import keras

    from dlcnn import training

    keras.utils.set_random_seed(0)
    with training.distribute(over) if over else nullcontext():
        model = fixed_model()
        history = training.fit(
            model,
            drawn_dataset(),
            run_dir=folder or None,
            epochs=3,
            batch_size=16,
            verbose=0,
            validation=0.3,
            learning_rate=0.01,
        )
    weights = np.concatenate([each.ravel() for each in model.get_weights()])
    print(json.dumps({"history": history.history, "weights": weights.tolist()}))


def refuse_machines():
    """What is said where machines cannot be joined."""
    from dlcnn import training

    def build():
        with training.distribute("machines"):
            fixed_model()

    print(json.dumps(_refusal(build)))


def start_together(name, *arguments, count, seconds, **variables):
    """Run a program in `count` processes that are told of one another; the finished processes.

    Those that have not ended after `seconds` are killed.
    """
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    told = {
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": address,
        "KERAS_DISTRIBUTION_NUM_PROCESSES": str(count),
    }
    with ThreadPoolExecutor(count) as threads:
        started = [
            threads.submit(
                start,
                name,
                *arguments,
                **{**told, "KERAS_DISTRIBUTION_PROCESS_ID": str(place), **variables},
                seconds=seconds,
            )
            for place in range(count)
        ]
        return [each.result() for each in started]


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
