"""Trusted side: warm processes for student code, and their certain end.

A `Zygote` is started once and lends a `Session` per submission; a session forks a fresh `Worker`
whenever it is asked to. Each zygote belongs to one thread. Nothing here reads student code, and
nothing that the other side does can hold the grader up beyond its deadlines.
"""

import socket
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path
from typing import Any, Self

from dlcnn.errors import DlcnnError
from dlcnn.grading.worker import wire
from dlcnn.grading.worker.exchange import Worker
from dlcnn.grading.worker.records import (
    AnswerRefusedError,
    Failure,
    Frame,
    Isolation,
    Limits,
    Loaded,
    Problem,
    Program,
    Reply,
)
from dlcnn.grading.worker.session import GRACE_SECONDS, LOST, Session, grace, order

__all__ = [
    "TIERS",
    "AnswerRefusedError",
    "Failure",
    "Frame",
    "Isolation",
    "Limits",
    "Loaded",
    "Problem",
    "Program",
    "Reply",
    "Session",
    "Worker",
    "Zygote",
]

TIERS = ("process", "partial", "full")  # each includes the ones before it

_ZYGOTE = Path(__file__).with_name("zygote.py")
_START_SECONDS = 120.0  # Keras, and finding out that it cannot be forked, take a while
_IN_PAIRS = ("keras",)  # profiles whose checks ask the solution about every submission
_ONE_THREAD = ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM", "BLIS")  # threads do not survive a fork


class Zygote:
    """A process that has loaded what student code needs, and can be forked in a millisecond."""

    def __init__(
        self,
        profile: str = "numpy",
        require: str = "process",
        tier: str = "full",
        *,
        is_second: bool = False,
    ) -> None:
        """Start it; where its second is sure to be wanted, that one too, at the same time.

        Args:
            profile: what it loads, a module of `profiles`.
            require: the least tier of isolation to be content with, one of `TIERS`.
            tier: the most isolation to ask for, where the machine gives more.
            is_second: whether it is another's second, and so has none.
        """
        self._profile = profile
        self._tier = tier
        self._session: Session | None = None
        self._second: Future[Zygote] | None = None
        if profile in _IN_PAIRS and not is_second:
            self._second = self._start_second()
        self.isolation = self._start()
        if TIERS.index(self.isolation.tier) < TIERS.index(require):
            self.close()
            trusting = ", for code that you trust" if self.isolation.tier == TIERS[0] else ""
            raise DlcnnError(
                f"worker: isolation must be at least {require}. Received "
                f"isolation={self.isolation.tier!r}: {self.isolation.reason}. Mend that, or be "
                f"content with --require-isolation {self.isolation.tier}{trusting}."
            )

    def session(self, program: Program, limits: Limits | None = None) -> Session:
        """Workers for one submission; one session at a time. A zygote that died is replaced."""
        if self._session is not None:
            raise ValueError("session: the zygote's last session must be closed first.")
        self._session = Session(self, program, limits or Limits())
        return self._session

    @property
    def second(self) -> "Zygote":
        """Another of the same profile, for a session beside its own; ends with it."""
        if self._second is None:
            self._second = self._start_second()
        return self._second.result()

    def close(self) -> None:
        """End it and everything below it."""
        if self._second is not None and self._second.exception() is None:
            self._second.result().close()
        if self._session is not None:
            self._session.close()
        self._control.close()  # the zygote ends when nobody is left to give it orders
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _start_second(self) -> "Future[Zygote]":
        thread = ThreadPoolExecutor(1)
        starting = thread.submit(Zygote, self._profile, tier=self._tier, is_second=True)
        thread.shutdown(wait=False)
        return starting

    def _start(self) -> Isolation:
        """Start the process; what isolation it found."""
        self._control, theirs = socket.socketpair()
        environment = {f"{name}_NUM_THREADS": "1" for name in _ONE_THREAD}
        environment["LD_BIND_NOW"] = "1"  # link once, not again in every fork
        command = [sys.executable, "-I", "-X", "utf8", str(_ZYGOTE)]
        with theirs:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno()), self._profile, self._tier],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        try:
            deadline = time.monotonic() + _START_SECONDS
            hello: Any = wire.decode(wire.receive(self._control, deadline))
            return Isolation(hello["tier"], hello["reason"])
        except LOST as error:
            raise DlcnnError(self._why_not_started()) from error
        finally:
            assert self._process.stderr is not None
            self._process.stderr.close()

    def _why_not_started(self) -> str:
        self._control.close()
        self._process.kill()
        assert self._process.stderr is not None
        said = self._process.stderr.read().decode("utf-8", "replace").strip()
        code = self._process.wait()
        last = said.rpartition("\n")[2] or f"it ended with exit code {code}"
        return (
            f"worker: a process for student code could not be started ({last}). Received "
            f"python={sys.executable!r}, profile={self._profile!r}. Check that NumPy and, for the "
            "profile keras, TensorFlow can be imported there."
        )

    def _open(self) -> socket.socket:
        """A fresh nest, and the socket on which it takes orders."""
        session, theirs = socket.socketpair()
        with theirs:
            try:
                order(self._control, b"o", theirs.fileno())
            except LOST:
                self._replace()
                order(self._control, b"o", theirs.fileno())
        return session

    def _replace(self) -> None:
        """Start another in the place of one that died, isolated no less than was reported."""
        self._stop()
        tier, reason = astuple(self._start())
        if TIERS.index(tier) < TIERS.index(self.isolation.tier):
            self._stop()
            raise DlcnnError(
                f"worker: isolation must stay {self.isolation.tier} to the end of a run. Received "
                f"isolation={tier!r}: {reason}. Grade again."
            )

    def _end_nest(self) -> None:
        """Return when nothing of the session is left."""
        try:
            order(self._control, b"c")
            wire.receive(self._control, grace())
        except LOST:  # it died or does not obey: the next session starts another
            self._stop()

    def _stop(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()
