"""ResNet-50 and convolutional_model on whatever Keras computes with: images/s, peak, memory.

    KERAS_BACKEND=jax python benchmarks/gpu_training.py [--quick] [--precisions float32 bfloat16]

Each pair of network and precision is trained by plain Keras and by `training.fit` on the same noise
images, one after the other, in processes of their own; the first epoch, in which everything is
compiled, is not counted. The share of the peak counts two operations for each multiply-add of the
forward pass and twice as many backward, against the maker's dense figures below; float32 is judged
by TF32, which GPUs since Ampere use for it where the backend allows.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WAYS = ("plain", "dlcnn")
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
BACKWARD = 3  # forward, gradients of the inputs, gradients of the weights

# Dense tera-operations per second in TF32 and bfloat16, from the makers' data sheets.
PEAKS = {
    "H200": {"float32": 494.7, "bfloat16": 989.4},
    "H100": {"float32": 494.7, "bfloat16": 989.4},  # SXM
    "A100": {"float32": 156.0, "bfloat16": 312.0},
    "L4": {"float32": 60.5, "bfloat16": 121.0},
    "T4": {"float32": 8.1, "bfloat16": 8.1},  # it has neither format in its tensor cores
}

# Image size, classes, batch size, batches per epoch; the same for a look on a processor.
NETWORKS = {"resnet50": (224, 1000, 256, 20), "convolutional_model": (64, 6, 1024, 40)}
QUICK = {"resnet50": (64, 6, 8, 2), "convolutional_model": (64, 6, 64, 4)}


def main() -> None:
    """Print the device, then a line for each network, precision and way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--precisions", nargs="+", choices=POLICIES, default=list(POLICIES))
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--quick", action="store_true", help="sizes for a processor")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = QUICK if options.quick else NETWORKS
    if options.one:
        way, network, precision = options.one
        print(json.dumps(_train(way, network, precision, sizes[network], options.epochs)))
        return
    for network in options.networks:
        image, classes, batch_size, _ = sizes[network]
        print(f"{network}, {image} x {image}, {classes} classes, batch size {batch_size}")
        for precision in options.precisions:
            for way in WAYS:
                _print(precision, way, _in_a_process(way, network, precision, sys.argv[1:]))


def _print(precision: str, way: str, result: dict[str, Any]) -> None:
    peak = PEAKS.get(result["kind"], {}).get(precision)
    share = f"{result['teraops'] / peak:.1%} of {peak:g}" if peak else "peak not known"
    print(
        f"  {precision:<9} {way:<6} {result['images']:10.1f} images/s "
        f"{result['teraops']:8.3f} Top/s ({share}) {result['memory_mb']:8.0f} MB {result['of']} "
        f"on {result['device']}, {result['backend']}",
        flush=True,
    )


def _in_a_process(way: str, network: str, precision: str, given: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, __file__, *given, "--one", way, network, precision],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{way}, {network}: {done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _train(
    way: str, network: str, precision: str, size: tuple[int, int, int, int], epochs: int
) -> dict[str, Any]:
    import keras
    import numpy as np

    from dlcnn import models, training
    from dlcnn.data import Dataset, Split
    from dlcnn.training.describe import describe_device

    image, classes, batch_size, batches = size
    keras.config.set_dtype_policy(POLICIES[precision])
    keras.utils.set_random_seed(0)
    model = models.build(network, (image, image, 3), classes)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (batch_size * batches, image, image, 3), dtype=np.uint8)
    split = Split(images, random.integers(0, classes, len(images)))
    dataset = Dataset("noise", split, split, tuple(map(str, range(classes))))
    clock = _clock()
    if way == "plain":
        (x, y), _ = dataset.arrays()
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        options = {"batch_size": batch_size, "epochs": epochs, "callbacks": [clock]}
        model.fit(x, y, verbose=0, **options)
    else:
        recipe = models.Recipe(epochs, batch_size)
        training.fit(model, dataset, recipe=recipe, callbacks=[clock], verbose=0)
    rate = len(images) / clock.median()
    rows = models.summary_table(model).rows
    operations = 2 * BACKWARD * sum(row.multiply_adds or 0 for row in rows)
    memory_mb, of = _memory(keras.backend.backend())
    device = describe_device()
    return {
        "images": rate,
        "teraops": rate * operations / 1e12,
        "memory_mb": memory_mb,
        "of": of,
        "device": device,
        "kind": next((kind for kind in PEAKS if kind in device.replace("-", " ").split()), ""),
        "backend": keras.backend.backend(),
    }


def _memory(backend: str) -> tuple[float, str]:
    """The most memory that was in use: of the first GPU, or of the process without one."""
    if backend == "tensorflow":
        import tensorflow as tf

        if tf.config.list_physical_devices("GPU"):
            return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 1e6, "of the GPU"
    elif backend == "jax":
        import jax

        figures = jax.local_devices()[0].memory_stats()
        if figures:
            return figures["peak_bytes_in_use"] / 1e6, "of the GPU"
    else:
        import torch

        if torch.cuda.is_available():
            return torch.cuda.max_memory_allocated() / 1e6, "of the GPU"
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, "of the process"


def _clock() -> Any:
    import keras

    class _Clock(keras.callbacks.Callback):
        """Seconds from the end of each epoch to that of the next: results are there by then."""

        def __init__(self) -> None:
            super().__init__()
            self._ends: list[float] = []

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002  # of Keras
            self._ends.append(time.perf_counter())

        def median(self) -> float:
            pairs = zip(self._ends, self._ends[1:], strict=False)
            return statistics.median(after - before for before, after in pairs)

    return _Clock()


if __name__ == "__main__":
    main()
