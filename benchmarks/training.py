"""Training beside plain Keras, interleaved in one run: seconds per epoch after the first, accuracy.

    python benchmarks/training.py [--networks convolutional_model resnet18] [--rounds 5]

Plain is `model.compile(…); model.fit(x, y, batch_size=64)`; dlcnn is `training.fit` as the command
`dlcnn train` runs it, without and with a run folder (checkpoint, history and manifest after every
epoch). All ways have the same initial weights, optimizer, batch size and epochs, each in a process
of its own, one after the other in every round; each round has its own seed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WAYS = ("plain", "dlcnn", "dlcnn with folder")
BATCH_SIZE, LEARNING_RATE = 64, 1e-3

# Data, images of the training split, and epochs that take a while but not an afternoon.
NETWORKS: dict[str, tuple[str, int, int]] = {
    "convolutional_model": ("signs", 1080, 100),
    "happy_model": ("happy", 600, 20),
    "lenet5": ("signs", 1080, 20),
    "alexnet": ("signs", 320, 4),
    "vgg11": ("signs", 320, 4),
    "resnet18": ("signs", 320, 4),
    "resnet50": ("signs", 192, 4),
    "efficientnet_b0": ("signs", 192, 4),
}

# AlexNet for images of 64 pixels; an EfficientNet that takes the same [0, 1] as the others.
BUILT_WITH: dict[str, dict[str, Any]] = {
    "alexnet": {"variant": "torchvision"},
    "efficientnet_b0": {"include_preprocessing": False},
}


def main() -> None:
    """Print, for each network, a line per way: seconds per epoch, CPU seconds, test accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="in place of each network's own")
    parser.add_argument(
        "--one", nargs=3, metavar=("WAY", "NETWORK", "SEED"), help=argparse.SUPPRESS
    )
    options = parser.parse_args()
    if options.one:
        way, network, seed = options.one
        print(json.dumps(_train(way, network, int(seed), options.epochs)))
        return
    print(
        f"{len(os.sched_getaffinity(0))} core(s), batch size {BATCH_SIZE}, {options.rounds} rounds"
    )
    for network in options.networks:
        results: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for seed in range(options.rounds):
            for way in WAYS:
                results[way].append(_in_a_process(way, network, seed, options.epochs))
        _print(network, results)


def _print(network: str, results: dict[str, list[dict[str, float]]]) -> None:
    data, images, _ = NETWORKS[network]
    print(f"\n{network} on {images} images of {data}")
    for way, each in results.items():
        wall, cpu, accuracy = (
            statistics.median(result[name] for result in each)
            for name in ("wall", "cpu", "accuracy")
        )
        pairs = zip(results["plain"], each, strict=True)
        ratio = statistics.median(plain["wall"] / ours["wall"] for plain, ours in pairs)
        print(
            f"  {way:<18} {wall:7.3f} s per epoch, {cpu:7.3f} s of CPU, "
            f"test accuracy {accuracy:.1%}, plain / this {ratio:.2f}"
        )


def _in_a_process(way: str, network: str, seed: int, epochs: int | None) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", way, network, str(seed)]
    if epochs is not None:
        command += ["--epochs", str(epochs)]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{way}, {network}: {done.stderr[-2000:]}")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _train(way: str, network: str, seed: int, epochs: int | None) -> dict[str, float]:
    from dlcnn.cli.backend import start_backend

    if way != "plain":
        start_backend(None)
    import keras

    from dlcnn import models, training
    from dlcnn.data import Dataset, Split, load

    name, images, usual = NETWORKS[network]
    whole = load(name)
    train = Split(whole.train.images[:images], whole.train.labels[:images])
    dataset = Dataset(name, train, whole.test, whole.class_names)
    keras.utils.set_random_seed(seed)
    shape, classes = dataset.image_shape, dataset.num_classes
    model = models.build(network, shape, classes, **BUILT_WITH.get(network, {}))
    clock = _clock()
    epochs = epochs or usual
    if way == "plain":
        (x, y), _ = dataset.arrays()
        loss = "binary" if dataset.num_classes == 2 else "sparse_categorical"
        optimizer = keras.optimizers.Adam(LEARNING_RATE)
        model.compile(optimizer, f"{loss}_crossentropy", metrics=["accuracy"])
        model.fit(x, y, batch_size=BATCH_SIZE, epochs=epochs, callbacks=[clock])
    else:
        recipe = models.Recipe(epochs, BATCH_SIZE, "adam", LEARNING_RATE)
        with tempfile.TemporaryDirectory() as folder:
            run_dir = Path(folder) / "run" if "folder" in way else None
            training.fit(
                model, dataset, recipe=recipe, seed=seed, run_dir=run_dir, callbacks=[clock]
            )
    accuracy = training.evaluate(model, dataset.test, dataset.class_names).accuracy
    return {**clock.medians(), "accuracy": accuracy}


def _clock() -> Any:
    import keras

    class _Clock(keras.callbacks.Callback):
        """Seconds from the beginning of each epoch to that of the next, without the first."""

        def __init__(self) -> None:
            super().__init__()
            self._times: list[tuple[float, float]] = []

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002  # of Keras
            self._times.append((time.perf_counter(), time.process_time()))

        def medians(self) -> dict[str, float]:
            pairs = list(zip(self._times[1:], self._times[2:], strict=False))
            return {
                name: statistics.median(after[place] - before[place] for before, after in pairs)
                for place, name in enumerate(("wall", "cpu"))
            }

    return _Clock()


if __name__ == "__main__":
    main()
