"""The same training on TensorFlow, JAX and PyTorch."""

from importlib.util import find_spec

import numpy as np
import pytest

from dlcnn.training import fit
from tests.training.examples import drawn_dataset
from tests.training.programs import answer, fixed_model, start

OTHERS = [
    pytest.param(name, marks=pytest.mark.skipif(not find_spec(name), reason=f"no {name} here"))
    for name in ("jax", "torch")
]


@pytest.fixture(scope="module")
def on_tensorflow():
    """The history in this process."""
    options = {"epochs": 3, "batch_size": 16, "verbose": 0, "validation": 0.2}
    return fit(fixed_model(), drawn_dataset(), **options).history


@pytest.mark.parametrize("backend", OTHERS)
def test_fit_learns_the_same_on_every_backend(backend, on_tensorflow):
    """From equal weights every epoch has equal figures: the batches come in one order."""
    history = answer(start("train_plainly", backend=backend))

    assert history.keys() == on_tensorflow.keys()
    for name, column in history.items():
        np.testing.assert_allclose(column, on_tensorflow[name], rtol=2e-4, err_msg=name)
    assert history["loss"][0] > history["loss"][-1]


def test_fit_learns_otherwise_in_another_order(on_tensorflow):
    """The comparison above would see another order: with another seed the figures differ."""
    options = {"epochs": 3, "batch_size": 16, "verbose": 0, "validation": 0.2}

    history = fit(fixed_model(), drawn_dataset(), seed=1, **options).history

    assert not np.allclose(history["loss"], on_tensorflow["loss"], rtol=2e-4)
