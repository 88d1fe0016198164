"""Training spread over two devices that one processor plays."""

from importlib.util import find_spec

import numpy as np
import pytest

from dlcnn.training import TrainingError, distribute
from tests.training.programs import answer, start

TWO_ON_JAX = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
CASES = [
    pytest.param("tensorflow", {}, id="tensorflow"),
    pytest.param(
        "jax",
        TWO_ON_JAX,
        id="jax",
        marks=pytest.mark.skipif(not find_spec("jax"), reason="no jax here"),
    ),
]


@pytest.mark.parametrize(("backend", "variables"), CASES)
def test_distribute_gives_the_result_of_one_device(backend, variables, tmp_path):
    """Two devices end with the weights and figures of one, but for rounding; a model that was
    built outside of the block, and a batch that two cannot share, are refused.
    """
    report = answer(start("compare_devices", tmp_path / "run", backend=backend, **variables))

    assert max(report["differences"]) < 1e-4
    assert min(report["moved"]) > 1e-2  # it has learnt something
    for name, column in report["together"].items():
        np.testing.assert_allclose(column, report["alone"][name], rtol=1e-3, err_msg=name)
    outside, odd = report["refused"]
    assert "built outside" in outside
    assert "batch_size=15" in odd
    assert "multiple of 2" in odd


@pytest.mark.skipif(not find_spec("torch"), reason="no torch here")
def test_distribute_refuses_torch():
    """Keras has no data parallelism on PyTorch: one sentence says so."""
    message = answer(start("refuse_to_distribute", backend="torch"))

    assert "TensorFlow and JAX only" in message
    assert "backend='torch'" in message


def test_distribute_refuses_what_it_does_not_know():
    """Another word than devices or machines is named."""
    with pytest.raises(TrainingError, match="over='planets'"), distribute("planets"):
        pass
