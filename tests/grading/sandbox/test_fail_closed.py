"""A submission is isolated as was reported, or it is not run at all.

What fails is really taken away, from processes that are already running.
"""

import os
import resource
import signal
import subprocess
import sys

import pytest

from dlcnn.errors import DlcnnError
from dlcnn.grading.worker.pool import Program, Zygote
from tests.grading.sandbox.conftest import LIMITS, REPOSITORY, answer_of
from tests.grading.sandbox.test_ends import below

PROGRAM = Program((("cell 1", 1, "import os\ndef answer(): return os.getppid(), os.listdir('.')"),))


def ask(zygote: Zygote) -> object:
    with zygote.session(PROGRAM, LIMITS) as session:
        return session.worker().call("answer").value


TAKE_SCRATCH_AWAY = """
import os, sys
from dlcnn.grading.sandbox import kernel
mounts = os.open(f"/proc/{sys.argv[1]}/ns/mnt", os.O_RDONLY)
kernel.call("setns", mounts, kernel.NEW_MOUNTS)
kernel.mount("none", "/", "none", kernel.BIND | 32)  # remount: to be written in
os.rmdir("/private/scratch")
"""


@pytest.mark.usefixtures("full")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can enter another's file system")
def test_nest_that_cannot_be_set_up_is_loud():
    """The run ends with a sentence that holds the reason, and nothing of the student's was run"""
    with Zygote(tier="full") as zygote:
        assert ask(zygote) == (1, [])
        subprocess.run(
            [sys.executable, "-c", TAKE_SCRATCH_AWAY, str(zygote._process.pid)],
            env={"PYTHONPATH": str(REPOSITORY), "OPENBLAS_NUM_THREADS": "1"},  # alone it may move
            check=True,
        )
        with pytest.raises(DlcnnError, match=r"isolation='full'.*mount /private/scratch: No such"):
            ask(zygote)
        assert below(zygote._process.pid) == []


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")
@pytest.mark.parametrize("tier", ["full", "partial", "process"])
def test_worker_that_cannot_be_limited_is_loud(tier):
    """A worker's failed set-up is the grader's fault, not a crash of the student's"""
    with Zygote(tier=tier) as zygote:
        assert answer_of(zygote, "def answer(): return 1").value == 1
        too_few = int(LIMITS.wall_seconds)
        resource.prlimit(zygote._process.pid, resource.RLIMIT_CPU, (too_few, too_few))
        with pytest.raises(DlcnnError, match=r"must be isolated.*current limit exceeds"):
            ask(zygote)
        assert below(zygote._process.pid) == []


def test_student_cannot_claim_that_isolation_failed(zygote):
    """Nothing that a worker writes or how it ends is taken for a failed set-up"""
    source = """
        import os

        def answer():
            for descriptor in range(3, 64):
                try:
                    os.write(descriptor, b"OSError: no isolation")
                except OSError:
                    continue
            os._exit(1)
    """
    assert answer_of(zygote, source).failure.kind == "protocol"


@pytest.mark.usefixtures("full")
def test_replacement_is_no_less_isolated(monkeypatch):
    """A zygote that died is replaced by one of its tier, or the run ends"""
    with Zygote(tier="full") as zygote:
        os.kill(zygote._process.pid, signal.SIGKILL)
        assert ask(zygote) == (1, [])
        os.kill(zygote._process.pid, signal.SIGKILL)
        monkeypatch.setattr(zygote, "_tier", "process")
        with pytest.raises(DlcnnError, match=r"must stay full.*isolation='process'"):
            ask(zygote)


@pytest.mark.parametrize("source", ["x = " + "(" * 5000, "import os; os._exit(0)"])
def test_hostile_text_is_not_a_failed_set_up(zygote, source):
    """What a submission does to its own nest and worker is its own failure"""
    honest = "def answer(): return 1"
    with zygote.session(Program((("cell 1", 1, honest), ("cell 2", 1, source)))) as session:
        session.worker()
    assert answer_of(zygote, honest).value == 1
