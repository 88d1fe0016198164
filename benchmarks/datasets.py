"""What networks learn from the drawn data sets, beside the promises, and the time to draw them.

    python benchmarks/datasets.py [--quick] [--seeds 3] [--only signs happy]

Every network is trained by `training.restarts` with its own recorded recipe, once for each seed, on
the training split alone, and judged on the test split. `--quick` trains one seed for a few epochs:
it shows that all of it runs, not what the networks reach.
"""

import argparse
import importlib
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlcnn import data, models, training
from dlcnn.models import Recipe

if TYPE_CHECKING:
    import keras

_QUICK_EPOCHS = 3
_LOGISTIC = Recipe(epochs=60, batch_size=32)  # it is no network of the library


@dataclass(frozen=True)
class Promise:
    """A network and the test accuracy promised of it: at least, or for a weak one at most."""

    dataset: str
    network: str
    at_least: float | None = None
    at_most: float | None = None
    variant: str | None = None

    def __str__(self) -> str:
        return f"at least {self.at_least:.0%}" if self.at_least else f"at most {self.at_most:.0%}"

    def kept(self, accuracy: float) -> bool:
        """Whether a network of this accuracy is as promised."""
        return (self.at_least or 0) <= accuracy <= (self.at_most or 1)


PROMISES = (
    Promise("signs", "logistic regression", at_most=0.65),
    Promise("signs", "convolutional_model", at_least=0.75),
    Promise("signs", "lenet5", at_least=0.92, variant="course"),
    Promise("signs", "resnet18", at_least=0.97),
    Promise("happy", "logistic regression", at_most=0.80),
    Promise("happy", "happy_model", at_least=0.95),
    Promise("digits", "lenet5", at_least=0.95, variant="course"),
)


def main() -> None:
    """Print the time to draw each data set, then a line for each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each network")
    parser.add_argument("--quick", action="store_true", help="one seed and a few epochs each")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these data sets or networks")
    options = parser.parse_args()
    chosen = [
        promise
        for promise in PROMISES
        if not options.only or {promise.dataset, promise.network} & set(options.only)
    ]
    for name in sorted({promise.dataset for promise in chosen}):
        _time_drawing(name)
    for promise in chosen:
        epochs = _QUICK_EPOCHS if options.quick else None
        _train(promise, seeds=1 if options.quick else options.seeds, epochs=epochs)


def _time_drawing(name: str) -> None:
    """Draw the data set anew, past the cache."""
    renderer = importlib.import_module(f"dlcnn.data.render.{name}")
    started, busy = time.perf_counter(), time.process_time()
    train, test = renderer.render()
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    print(f"{name}: {len(train) + len(test)} images drawn in {seconds:.1f} s ({busy:.1f} s of CPU)")


def _train(promise: Promise, seeds: int, epochs: int | None) -> None:
    """Train the network once for each seed and print what became of the promise."""
    dataset = data.load(promise.dataset)
    started = time.perf_counter()
    recipe = _LOGISTIC if promise.network == "logistic regression" else None
    result = training.restarts(
        _builder(promise, dataset), dataset, times=seeds, epochs=epochs, recipe=recipe, verbose=0
    )
    accuracies = [member.evaluation.accuracy for member in result.members]
    mean = statistics.fmean(accuracies)
    kept = promise.kept(mean) and not result.diverged
    verdict = "not judged" if epochs else "kept" if kept else "NOT KEPT"
    print(
        f"{promise.dataset:8}{promise.network:21}{mean:7.1%}  "
        f"({min(accuracies):.1%} to {max(accuracies):.1%} over {seeds})  "
        f"{promise}: {verdict}  "
        f"{(time.perf_counter() - started) / seeds:.0f} s each",
        flush=True,
    )


def _builder(promise: Promise, dataset: data.Dataset) -> "Callable[[], keras.Model]":
    """What gives a new model of the network each time."""
    if promise.network == "logistic regression":
        return lambda: _logistic_regression(dataset)
    if promise.network == "happy_model":  # one unit for two classes
        return lambda: models.build(promise.network, dataset.image_shape)
    return lambda: models.build(
        promise.network, dataset.image_shape, dataset.num_classes, variant=promise.variant
    )


def _logistic_regression(dataset: data.Dataset) -> "keras.Model":
    """A weight for each pixel and class, and nothing else."""
    import keras

    outputs = keras.layers.Dense(dataset.num_classes, activation="softmax")
    return keras.Sequential(
        [keras.Input(dataset.image_shape), keras.layers.Flatten(), outputs],
        name="logistic_regression",
    )


if __name__ == "__main__":
    main()
