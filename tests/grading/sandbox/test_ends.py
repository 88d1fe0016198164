"""Nothing is left: no process, no mount, no file; and killing the first process ends them all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlcnn.grading.worker.pool import Limits, Zygote
from tests.grading.sandbox.conftest import REPOSITORY, answer_of, session_of
from tests.grading.worker.processes import all_end, open_descriptors

HANG = """
    def answer(): return 1

    def hang():
        while True:
            pass
"""


def below(pid: int) -> list[int]:
    """The processes that a process started, and theirs."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    rows = [[int(word) for word in line.split()] for line in listing.stdout.splitlines()]
    found = [child for child, parent in rows if parent == pid]
    return found + [deeper for child in found for deeper in below(child)]


def test_many_sessions_leave_nothing(zygote):
    """Fifty submissions later there are the same mounts, files, descriptors and processes"""
    answer_of(zygote, HANG)

    def state() -> tuple[object, ...]:
        mounts = Path("/proc/mounts").read_text() if Path("/proc/mounts").exists() else ""
        folders = [
            sorted(folder.iterdir()) for folder in map(Path, ("/", "/dev/shm")) if folder.exists()
        ]
        held = Path(f"/proc/{zygote._process.pid}/fd")  # which it shows to nobody but root
        theirs = len(list(held.iterdir())) if os.access(held, os.R_OK) else 0
        return mounts, folders, open_descriptors(), theirs

    before = state()
    for number in range(50):
        with session_of(zygote, HANG, Limits(0.1)) as session:
            worker = session.worker()
            assert worker.call("answer").value == 1
            if number % 10 == 0:
                assert worker.call("hang").failure.kind == "time"
                assert session.worker().call("answer").value == 1
    assert state() == before
    assert below(zygote._process.pid) == []


def test_session_has_two_processes(zygote):
    """The nest and its worker, which end with the session"""
    with session_of(zygote, HANG) as session:
        session.worker()
        running = below(zygote._process.pid)
        assert len(running) == 2
    assert all_end(running, 0)


@pytest.mark.parametrize("killed", ["zygote", "nest"])
def test_killing_one_of_ours_ends_what_is_below(zygote, killed):
    """kill -9 leaves no worker running, and the next submission works"""
    with Zygote(tier=zygote.isolation.tier) as own:
        with session_of(own, HANG) as session:
            session.worker()
            nest, worker = below(own._process.pid)
            os.kill(own._process.pid if killed == "zygote" else nest, signal.SIGKILL)
            assert all_end([worker])
            assert session.worker().call("answer").value == 1
        assert answer_of(own, HANG).value == 1


GRADER = """
import sys
from dlcnn.grading.worker.pool import Limits, Program, Zygote
zygote = Zygote(tier=sys.argv[1])
source = "def hang():\\n    while True: pass\\n"
worker = zygote.session(Program((("cell 1", 1, source),)), Limits(60)).worker()
print(zygote._process.pid, flush=True)
worker.call("hang")
"""


def test_everything_ends_with_the_grader(zygote):
    """kill -9 of the grader leaves no process behind"""
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADER, zygote.isolation.tier],
        env={"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert grader.stdout is not None
    first = int(grader.stdout.readline())
    running = [first, *below(first)]
    assert len(running) == 3
    time.sleep(0.1)
    grader.kill()
    grader.wait()
    grader.stdout.close()
    assert all_end(running)


def test_thread_bomb_is_bounded(zygote):
    """There is an end to threads, and the next worker is not short of them"""
    source = """
        import threading, time

        def answer():
            threading.stack_size(32768)
            started = []
            for number in range(100_000):
                thread = threading.Thread(target=time.sleep, args=(30,), daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    return number
    """
    for _ in range(2):
        number = answer_of(zygote, source).value
        assert 1 <= number <= (64 if os.geteuid() == 0 else 4000)
