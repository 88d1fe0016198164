"""Grade an attack beside an honest neighbour, and assert all that must hold afterwards.

Every assertion that is common to the attacks lives in `Arena.grade` and nowhere else.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlcnn.grading.course_code import beside
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.report import SubmissionReport
from dlcnn.grading.worker.pool import Zygote
from tests.conftest import CORRECT
from tests.grading.attacks.attack import Attack
from tests.grading.attacks.processes import descendants, end_all, settled
from tests.grading.attacks.world import World

__all__ = ["Arena", "Outside", "WarmOutside"]

_OUTSIDE = Path(__file__).with_name("outside.py")
_HANG_SECONDS = 1.0
_CONTROL_SECONDS = 20.0
_SURVIVOR_SECONDS = 5.0
_SETTLE_SECONDS = 1.0
_REPORT_BYTES = 32_000
_PLAIN_VERDICT = "np.allclose(scale(X, 3.0), solution(X, 3.0))"


class Arena:
    """One warm zygote, a world of canaries, and the neighbour's result before any attack."""

    def __init__(self, zygote: Zygote, world: World, descriptor_secret: str) -> None:
        self.world = world
        self._zygote = zygote
        self._descriptor_secret = descriptor_secret
        self.tier = zygote.isolation.tier
        self.targets = world.targets(zygote._process.pid, descriptor_secret)
        self._honest = self._grade_honest()
        beside(world.exam, zygote).close()
        # Counted only now: a canary outlives its zygote's start, longer on a busy machine.
        self._processes = Counter(settled().values())

    def face(self, attack: Attack) -> SubmissionReport:
        """Grade an attack, and its accomplice after it; the report of the first."""
        reports = [
            self.grade(source, attack.marks, attack.bound, attack.linger)
            for source in attack.submissions(self.targets)
        ]
        return reports[0]

    def grade(
        self,
        source: str,
        marks: tuple[str, ...] = (),
        bound: float = 8.0,
        linger: float = 0.0,
        deserved: tuple[float, float] = (0, 0),
    ) -> SubmissionReport:
        """Grade a hostile text; assert that it got what it deserves and did no harm."""
        with self._nothing_lost():
            started = time.monotonic()
            report = self._grade("mallory", source)
            seconds = time.monotonic() - started
        if linger:
            time.sleep(linger)

        bound *= self.world.exam.spec.limits.wall_seconds
        assert seconds < bound, f"it took {seconds:.1f} s"
        assert report.status == "graded", report.notes
        checks = [check for task in report.tasks for check in task.checks]
        assert "ERROR" not in {check.status for check in checks}
        assert (report.score, report.optional_score) == deserved, f"undeserved: {checks}"

        told = json.dumps(report.to_json(), allow_nan=False, ensure_ascii=False)
        read_out = (self.world.secret, self._descriptor_secret, self.world.exam.secret, *marks)
        assert [text for text in read_out if text in told] == [], told
        assert len(told) < _REPORT_BYTES, "the report was flooded"

        assert self.world.damage() == []
        assert self._grade_honest() == self._honest, "a neighbour's result changed"
        assert self._zygote.isolation.tier == self.tier
        return report

    @contextmanager
    def _nothing_lost(self) -> Iterator[None]:
        """As many processes and descriptors afterwards as before; what is too many is ended."""
        descriptors, before = _descriptors(), descendants()
        yield
        beside(self.world.exam, self._zygote).close()  # the solution's worker stays for the next
        deadline = time.monotonic() + _SETTLE_SECONDS
        while Counter(descendants().values()) != self._processes and time.monotonic() < deadline:
            time.sleep(0.01)
        after = descendants()
        left = Counter(after.values())
        if left != self._processes:
            end_all(after.keys() - before.keys())
        assert left == self._processes, "processes were left or lost"
        assert _descriptors() == descriptors, "descriptors were left open"

    def _grade_honest(self) -> str:
        report = self._grade("bo", CORRECT)
        assert (report.score, report.optional_score) == (10, 4), report
        return json.dumps(report.to_json())

    def _grade(self, student: str, source: str) -> SubmissionReport:
        path = self.world.outside / f"{student}.py"
        path.write_text(source, encoding="utf-8")
        return grade_submission(
            self.world.exam, path, student, self._zygote, shown_path=f"{student}.py"
        )


class Outside:
    """Runs attacks in a plain process of their own, where nothing is in their way."""

    def __init__(self, world: World, descriptor: int, descriptor_secret: str) -> None:
        self._world = world
        self._descriptor = descriptor
        self._descriptor_secret = descriptor_secret
        self._targets = world.targets(world.victim.pid, descriptor_secret)
        self._said = world.outside / "said.txt"

    def works(self, attack: Attack) -> bool:
        """Whether the attack does there what it is for."""
        assert attack.control != "none"
        before = descendants().keys()
        hanging = attack.control == "hang"
        try:
            if self._ends(attack, _HANG_SECONDS if hanging else _CONTROL_SECONDS):
                return not hanging and self._shows(attack)
            return hanging
        finally:
            end_all(descendants().keys() - before)

    def _ends(self, attack: Attack, seconds: float) -> bool:
        """Run it, and see whether it ends in time."""
        with self._said.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-I", _OUTSIDE, *self._job(attack)],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=self._world.outside,
                env={"DLCNN_CANARY": self._descriptor_secret, "PYTHONDONTWRITEBYTECODE": "1"},
                pass_fds=[self._descriptor],
                start_new_session=True,
            )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        else:
            return True
        finally:
            process.kill()
            process.wait()

    def _job(self, attack: Attack) -> list[str]:
        """What the process is told: mode, verdict and files."""
        paths = []
        for number, source in enumerate(attack.submissions(self._targets)):
            paths.append(self._world.outside / f"attack{number}.py")
            paths[-1].write_text(source, encoding="utf-8")
        return [attack.control, attack.verdict or _PLAIN_VERDICT, *map(str, paths)]

    def _shows(self, attack: Attack) -> bool:
        said = self._said.read_text(encoding="utf-8", errors="replace")
        if attack.control == "survivor":
            return self._wait_for_survivor()
        if attack.control == "death":
            return not said.rstrip().endswith(("WORKED", "failed"))
        if attack.control == "leak":
            return any(mark in said for mark in attack.marks)
        return said.rstrip().endswith("WORKED")

    def _wait_for_survivor(self) -> bool:
        deadline = time.monotonic() + _SURVIVOR_SECONDS
        while not self._world.survivor.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return self._world.survivor.exists()


class WarmOutside(Outside):
    """The same where it takes seconds to load what attacks need: each is a fork of one process."""

    def __init__(self, world: World, held: tuple[int, str], warm: "subprocess.Popen[str]") -> None:
        super().__init__(world, *held)
        self._warm = warm

    @staticmethod
    def start(*modules: str) -> "subprocess.Popen[str]":
        """The process that has loaded them."""
        return subprocess.Popen(
            [sys.executable, "-I", _OUTSIDE, "warm", *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"KERAS_HOME": os.devnull, "TF_CPP_MIN_LOG_LEVEL": "3"},
            text=True,
            start_new_session=True,
        )

    def _ends(self, attack: Attack, seconds: float) -> bool:
        job = {"folder": str(self._world.outside), "said": str(self._said)}
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        self._warm.stdin.write(json.dumps({**job, "arguments": self._job(attack)}) + "\n")
        self._warm.stdin.flush()
        child = int(self._warm.stdout.readline())
        in_time = bool(select.select([self._warm.stdout], [], [], seconds)[0])
        if not in_time:
            os.kill(child, signal.SIGKILL)
        self._warm.stdout.readline()
        return in_time


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
