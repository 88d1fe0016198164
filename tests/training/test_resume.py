"""Trainings killed with SIGKILL and gone on with, beside one that nothing interrupted."""

import json
import random
import signal
from importlib.util import find_spec

import numpy as np
import pytest

from tests.training.programs import EVERYTHING, answer, start

BACKENDS = [
    "tensorflow",
    pytest.param("jax", marks=pytest.mark.skipif(not find_spec("jax"), reason="no jax here")),
    pytest.param(
        "torch",
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(not find_spec("torch"), reason="no torch here"),
        ],
    ),
]
KILLS = {"tensorflow": 2, "jax": 1, "torch": 1}


def state_of(folder):
    """Every variable of model and optimizer, every count of a callback, and the facts."""
    with np.load(folder / "checkpoint" / "state.npz") as archive:
        return dict(archive)


def facts_of(folder):
    """The manifest, without the time that it took."""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest.pop("seconds") > 0
    return manifest


def same_states(left, right):
    """Whether two states hold the same names and the same bits."""
    return left.keys() == right.keys() and all(
        left[name].tobytes() == right[name].tobytes() for name in left
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_resume_gives_the_uninterrupted_run_bit_for_bit(backend, tmp_path):
    """Killed at random batches and while a checkpoint is written: model, optimizer, random states,
    callbacks, history and manifest end as those of a run never killed; and they would not, if the
    random states or the epoch were forgotten.
    """
    batches = 6  # of 48 images
    places = random.sample(range(batches, batches * (EVERYTHING["epochs"] - 3)), KILLS[backend])
    run, whole = tmp_path / "run", tmp_path / "whole"

    for place in sorted(places):
        killed = start("train_and_die", run, *divmod(place, batches), backend=backend)
        assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
        assert json.loads((run / "manifest.json").read_text())["status"] == "running"
    if backend == "tensorflow":
        killed = start("train_and_die_writing", run, 1, backend=backend)
        assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
        assert state_of(run)  # the one before is whole
    answer(start("go_on", run, whole, backend=backend))

    assert same_states(state_of(run), state_of(whole)), places
    assert (run / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    assert facts_of(run) == facts_of(whole)
    assert (run / "evaluation.json").read_bytes() == (whole / "evaluation.json").read_bytes()
    for forgotten in ("states", "epoch"):
        other = state_of(tmp_path / f"run-{forgotten}")
        assert not same_states(other, state_of(whole)), (forgotten, places)
