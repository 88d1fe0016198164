"""Training spread over two devices that one processor plays, and over two processes."""

from importlib.util import find_spec

import numpy as np
import pytest

from dlcnn.training import TrainingError, distribute
from tests.training.programs import answer, start, start_together

TWO_ON_JAX = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
ONE_ON_JAX = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""}
needs_jax = pytest.mark.skipif(not find_spec("jax"), reason="no jax here")
CASES = [
    pytest.param("tensorflow", {}, id="tensorflow"),
    pytest.param(
        "jax",
        TWO_ON_JAX,
        id="jax",
        marks=needs_jax,
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


@needs_jax
def test_distribute_over_machines_gives_the_result_of_one(tmp_path):
    """Two processes that are told of each other both end with the weights and figures of one."""
    alone = answer(start("train_on_machines", "", backend="jax", **ONE_ON_JAX))

    machines = start_together(
        "train_on_machines",
        "machines",
        tmp_path / "run",
        count=2,
        seconds=120,
        backend="jax",
        **ONE_ON_JAX,
    )

    for together in map(answer, machines):
        np.testing.assert_allclose(together["weights"], alone["weights"], atol=1e-4)
        for name, column in alone["history"].items():
            np.testing.assert_allclose(together["history"][name], column, rtol=1e-3, err_msg=name)


@needs_jax
@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({}, id="none"),
        pytest.param({"KERAS_DISTRIBUTION_JOB_ADDRESSES": "localhost:1"}, id="one"),
        pytest.param(
            {
                "KERAS_DISTRIBUTION_JOB_ADDRESSES": "localhost:1",
                "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
                "KERAS_DISTRIBUTION_PROCESS_ID": "2",
            },
            id="a-third-of-two",
        ),
    ],
)
def test_distribute_refuses_machines_that_are_not_told_of_one_another(variables):
    """Without its three variables a program never trains alone, as if nothing had been asked."""
    message = answer(start("refuse_machines", backend="jax", **ONE_ON_JAX, **variables))

    assert "three variables" in message
    for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID"):
        assert f"KERAS_DISTRIBUTION_{name}=" in message


def test_distribute_refuses_machines_on_tensorflow():
    """Keras cannot there: one sentence says where it can, with or without TF_CONFIG."""
    message = answer(start("refuse_machines"))

    assert "on JAX only" in message
    assert "backend='tensorflow'" in message
