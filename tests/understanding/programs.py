"""What tests compute on a backend of its own: `python -m tests.understanding.programs PATH`.

A process is needed since Keras holds one backend only.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.understanding.models import branched, classifier, forms, images, one_unit, two_units

ROOT = Path(__file__).parents[2]
TARGETS = [2, 0, 1]
OPTIONS = {
    "smoothgrad": {"samples": 5, "kind": "plain"},
    "integrated_gradients": {"steps": 40, "baseline": 0.2},
    "occlusion": {"patch": (3, 4), "stride": 3},
}


def grid():
    """The maps of every method on every form: name of the method / name of the form to (N, H, W).

    Forms that compute one function are named `same: ...`.
    """
    models = {f"same: {name}": classifier(*form) for name, form in forms()}
    models |= {"branched": branched(), "one unit": one_unit(), "two units": two_units()}
    models["other weights"] = classifier(seed=2)
    return {
        f"{method}/{name}": maps
        for name, model in models.items()
        for method, maps in of_all_methods(model, two="unit" in name).items()
    }


def of_all_methods(model, given=None, *, two=False, batch_size=64):
    """The maps of one model by every method."""
    from dlcnn.understanding import METHODS

    given = images() if given is None else given
    targets = [1, 0, 1] if two else TARGETS
    return {
        name: np.asarray(method(model, given, targets, batch_size, **OPTIONS.get(name, {})))
        for name, method in METHODS.items()
    }


def grid_on(backend, path):
    """The grid as a process of that backend computes it."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",  # networks this small need no more
    }
    process = subprocess.run(
        [sys.executable, "-m", "tests.understanding.programs", str(path)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    with np.load(path) as archive:
        return dict(archive)


def _write_grid(path):
    np.savez(path, **grid())


if __name__ == "__main__":
    _write_grid(sys.argv[1])
