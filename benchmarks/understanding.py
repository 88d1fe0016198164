"""Explanations beside xplique and tf-keras-vis, interleaved in one run: seconds and peak memory.

    python benchmarks/understanding.py [--rounds 7] [--networks small vgg16] [--only smoothgrad]

The peers are for this script only, and do without most of what they declare:

    pip install --no-deps xplique tf-keras-vis tensorflow-probability tf-keras deprecated einops
    pip install opencv-python-headless scikit-image scikit-learn narwhals dm-tree cloudpickle wrapt

All get the same TensorFlow, model without softmax, images and classes, and their own default batch
size; each has run once before it is timed. The last table is the peak memory of SmoothGrad beyond
that of the loaded model, each way in a process of its own (on Linux).
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PEERS = {"xplique": "xplique", "tf-keras-vis": "tf_keras_vis"}
PATCH, STRIDE, SAMPLES, NOISE = 8, 4, 25, 0.15

# Images that each method explains, and the largest time in relation to xplique's.
SIZES = {
    "small": {"saliency": 128, "smoothgrad": 32, "occlusion": 8, "grad_cam": 128},
    "vgg16": {"saliency": 32, "smoothgrad": 4, "occlusion": 1, "grad_cam": 32},
}
BOUNDS = {
    "small": {"saliency": 0.85, "smoothgrad": 0.4, "occlusion": 0.67, "grad_cam": 0.25},
    "vgg16": dict.fromkeys(("saliency", "smoothgrad", "occlusion", "grad_cam"), 1.05),
}


def main() -> None:
    """Print a line per network, method and library, then the memory of SmoothGrad."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--only", nargs="+", choices=SIZES["small"], default=list(SIZES["small"]))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--memory-of", metavar="LIBRARY", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        print(_memory_of(options.memory_of))
        return
    missing = [name for name, module in PEERS.items() if not find_spec(module)]
    if missing:
        print(f"Not installed: {', '.join(missing)}. {__file__} says how.")
    print(f"{len(os.sched_getaffinity(0))} core(s), {options.rounds} rounds, median seconds")
    for network in options.networks:
        for method in options.only:
            _compare(network, method, options.rounds)
    if "smoothgrad" in options.only:
        _print_memory(missing)


def _compare(network: str, method: str, rounds: int) -> None:
    count = SIZES[network][method]
    images, classes = _images(count)
    ways = _ways(_model(network), method, images, classes)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for run in ways.values():
        run()
    for _ in range(rounds):
        for name, run in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    bound = BOUNDS[network][method]
    print(f"\n{network}, {method} of {count} images: at most {bound} of xplique's time")
    for name, each in times.items():
        wall, cpu = (statistics.median(pair[i] for pair in each) for i in (0, 1))
        line = f"  {name:<13} {wall:8.4f} s, CPU {cpu:8.4f} s"
        if "xplique" in times:
            pairs = zip(times["xplique"], each, strict=True)
            ratio = statistics.median(ours[0] / theirs[0] for theirs, ours in pairs)
            line += f", {ratio:.2f} of xplique"
        print(line)


def _images(count: int) -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    return random.random((count, 64, 64, 3), np.float32), random.integers(0, 6, count)


def _model(network: str) -> Any:
    import keras
    from keras import layers

    from dlcnn import models

    keras.utils.set_random_seed(0)
    if network == "vgg16":
        return models.build("vgg16", (64, 64, 3), 6, classifier_activation=None)
    inputs = x = keras.Input((64, 64, 3))
    for filters in (16, 32, 64):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(6)(x))


def _ways(model: Any, method: str, images: Any, classes: Any) -> dict[str, Callable[[], Any]]:
    """Ready to run: the libraries that have the method."""
    from dlcnn import understanding

    ours = {
        "saliency": lambda: understanding.saliency(model, images, classes),
        "smoothgrad": lambda: understanding.smoothgrad(
            model, images, classes, samples=SAMPLES, noise=NOISE
        ),
        "occlusion": lambda: understanding.occlusion(
            model, images, classes, patch=PATCH, stride=STRIDE
        ),
        "grad_cam": lambda: understanding.grad_cam(model, images, classes),
    }
    ways: dict[str, Callable[[], Any]] = {"dlcnn": ours[method]}
    if find_spec("xplique"):
        ways["xplique"] = _xplique(model, method, images, classes)
    if find_spec("tf_keras_vis") and method != "occlusion":
        ways["tf-keras-vis"] = _tf_keras_vis(model, method, images, classes)
    return ways


def _xplique(model: Any, method: str, images: Any, classes: Any) -> Callable[[], Any]:
    from xplique import attributions

    explainers = {
        "saliency": lambda: attributions.Saliency(model),
        "smoothgrad": lambda: attributions.SmoothGrad(model, nb_samples=SAMPLES, noise=NOISE),
        "occlusion": lambda: attributions.Occlusion(model, patch_size=PATCH, patch_stride=STRIDE),
        "grad_cam": lambda: attributions.GradCAM(model),
    }
    explainer = explainers[method]()
    one_hot = np.eye(6, dtype=np.float32)[classes]
    return lambda: np.asarray(explainer(images, one_hot))


def _tf_keras_vis(model: Any, method: str, images: Any, classes: Any) -> Callable[[], Any]:
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.scores import CategoricalScore

    score = CategoricalScore([int(each) for each in classes])
    if method == "grad_cam":
        cam = Gradcam(model)
        return lambda: cam(score, images)
    saliency = Saliency(model)
    samples = SAMPLES if method == "smoothgrad" else 0
    return lambda: saliency(score, images, smooth_samples=samples, smooth_noise=NOISE)


def _memory_of(library: str) -> float:
    """MiB by which SmoothGrad of 32 images raises the peak of this process."""
    images, classes = _images(SIZES["small"]["smoothgrad"])
    model = _model("small")
    run = _ways(model, "smoothgrad", images, classes)[library]
    model.predict(images[:1], verbose=0)
    before = _peak(since_now=True)
    run()
    return (_peak() - before) / 1024


def _peak(*, since_now: bool = False) -> int:
    """KiB at the peak of this process, as Linux counts them."""
    if since_now:
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak of loading TensorFlow
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def _print_memory(missing: list[str]) -> None:
    print("\nsmall, smoothgrad of 32 images: peak memory beyond the loaded model")
    for library in ("dlcnn", *(name for name in PEERS if name not in missing)):
        command = [sys.executable, __file__, "--memory-of", library]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{library}: {done.stderr[-2000:]}")
        print(f"  {library:<13} {float(done.stdout.splitlines()[-1]):7.0f} MiB")


if __name__ == "__main__":
    main()
