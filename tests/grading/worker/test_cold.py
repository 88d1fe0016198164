"""A profile that cannot be forked once it is loaded: that is seen, told, and its workers work.

The processes are started from a copy of the untrusted side, in which loading a profile already runs
what no fork survives: it hangs for real, and is ended for real.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dlcnn.grading.worker import cold, pool
from dlcnn.grading.worker.pool import Limits, Program, Zygote

GRADING = Path(pool.__file__).parents[1]
KERAS = (GRADING / "worker" / "profiles" / "keras.py").read_text(encoding="utf-8")
PROGRAM = Program((("cell 1", 1, "def answer(x): return x + 1\n"),))

# What it computes is computed by a thread, which a fork does not have. It takes a while to load.
THREADED = """
import time
from concurrent.futures import ThreadPoolExecutor

def load():
    global threads
    time.sleep({load_seconds})
    threads = ThreadPoolExecutor(1)
    if {has_run}:
        threads.submit(int).result()

def canary():
    threads.submit(int).result()

def call(function, args, kwargs):
    return threads.submit(function, *args).result()

OPERATIONS = {{"call": call}}

def stand_in(name, ask):
    return ask

def prepare(source):
    pass

def refresh():
    pass
"""


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, float], None]:
    """`use(name, profile, seconds)`: start from a copy with that profile, patient for that long."""

    def copy(name: str, profile: str, seconds: float) -> None:
        copied = tmp_path / "dlcnn" / "grading"
        for folder in ("worker", "sandbox"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(GRADING / folder, copied / folder, ignore=ignored)
        (copied / "worker" / "profiles" / f"{name}.py").write_text(profile, encoding="utf-8")
        probe = copied / "sandbox" / "probe.py"
        text = probe.read_text(encoding="utf-8")
        assert "_SECONDS = 20.0" in text
        text = text.replace("_SECONDS = 20.0", f"_SECONDS = {seconds}")
        probe.write_text(text, encoding="utf-8")
        monkeypatch.setattr(pool, "_ZYGOTE", copied / "worker" / "zygote.py")

    return copy


@pytest.mark.parametrize("tier", ["full", "partial", "process"])
def test_profile_that_hangs_in_a_fork_is_loaded_by_each_worker(use, tier):
    """It is as isolated as otherwise, the reason is told, and loading is not the student's time"""
    with Zygote(tier=tier) as usual:
        expected = usual.isolation.tier
    use("threaded", THREADED.format(load_seconds=0.4, has_run=True), 2.0)
    with Zygote("threaded", tier=tier) as zygote:
        assert zygote.isolation.tier == expected
        assert cold.NOTE in zygote.isolation.reason
        with zygote.session(PROGRAM, Limits(wall_seconds=0.3)) as session:
            for number in range(3):
                worker = session.worker()
                assert worker.load_failure is None
                assert worker.call("answer", (number,)).value == number + 1


def test_profile_that_has_run_nothing_stays_warm(use):
    """The control: the same threads, none of them started before the fork"""
    use("threaded", THREADED.format(load_seconds=0.0, has_run=False), 2.0)
    with Zygote("threaded") as zygote:
        assert cold.NOTE not in (zygote.isolation.reason or "")
        with zygote.session(PROGRAM) as session:
            assert session.worker().call("answer", (1,)).value == 2


def test_profile_whose_canary_raises_is_not_loaded_again(use):
    """What fails is told as it is: loading it in each worker would not mend it"""
    broken = THREADED.format(load_seconds=0.0, has_run=False).replace(
        "    threads.submit(int).result()\n\ndef call", "    1 / 0\n\ndef call"
    )
    use("threaded", broken, 2.0)
    with Zygote("threaded") as zygote:
        assert zygote.isolation.tier == "process"
        assert "ZeroDivisionError" in zygote.isolation.reason
        assert cold.NOTE not in zygote.isolation.reason


@pytest.mark.slow
def test_tensorflow_that_has_run_an_operation_is_loaded_by_each_worker(use):
    """The real thing: after one operation a fork hangs, and every worker loads Keras by itself"""
    use(
        "keras",
        f"{KERAS}\nimport_only = load\ndef load():\n    import_only()\n    canary()\n",
        20.0,
    )
    source = """
import keras

def answer(X):
    return keras.Sequential([keras.layers.Dense(3)])(X).numpy()
"""
    program = Program((("cell 1", 1, source),))
    with Zygote("keras") as zygote:
        assert cold.NOTE in zygote.isolation.reason
        with zygote.session(program, Limits(wall_seconds=5, memory_mb=500)) as session:
            X = np.ones((2, 4), np.float32)
            first, second = (session.worker().call("answer", (X,)) for _ in range(2))
    assert first.failure is None
    assert first.value.shape == (2, 3)
    np.testing.assert_array_equal(first.value, second.value)
