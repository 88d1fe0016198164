"""Trusted side: warm processes for student code, and their certain end.

A `Zygote` is started once and lends a `Session` per submission; a session forks a fresh `Worker`
whenever it is asked to. Each zygote belongs to one thread. Nothing here reads student code, and
nothing that the other side does can hold the grader up beyond its deadlines.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import astuple
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from dlcnn.errors import DlcnnError
from dlcnn.grading.worker import wire
from dlcnn.grading.worker.exchange import Worker
from dlcnn.grading.worker.records import (
    Failure,
    Frame,
    Isolation,
    Limits,
    Loaded,
    Problem,
    Program,
    Reply,
)

__all__ = [
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
_START_SECONDS = 60.0
_GRACE_SECONDS = 3.0  # for our own processes to do as they are told
_ATTEMPTS = 2  # to isolate a submission
_ONE_THREAD = ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM", "BLIS")  # threads do not survive a fork
_LOST = (OSError, EOFError, wire.WireError)  # OSError includes TimeoutError


class Zygote:
    """A process that has loaded what student code needs, and can be forked in a millisecond."""

    def __init__(
        self, profile: str = "numpy", require: str = "process", tier: str = "full"
    ) -> None:
        """Start it.

        Args:
            profile: what it loads, a module of `profiles`.
            require: the least tier of isolation to be content with, one of `TIERS`.
            tier: the most isolation to ask for, where the machine gives more.
        """
        self._profile = profile
        self._tier = tier
        self._session: Session | None = None
        self.isolation = self._start()
        if TIERS.index(self.isolation.tier) < TIERS.index(require):
            self.close()
            raise DlcnnError(
                f"worker: isolation must be at least {require}. Received "
                f"isolation={self.isolation.tier!r}: {self.isolation.reason}. Ask for less with "
                "--require-isolation process, for code that you trust."
            )

    def session(self, program: Program, limits: Limits | None = None) -> "Session":
        """Workers for one submission; one session at a time. A zygote that died is replaced."""
        if self._session is not None:
            raise ValueError("session: the zygote's last session must be closed first.")
        self._session = Session(self, program, limits or Limits())
        return self._session

    @cached_property
    def second(self) -> "Zygote":
        """Another of the same profile, for a session beside its own; ends with it."""
        return Zygote(self._profile, tier=self._tier)

    def close(self) -> None:
        """End it and everything below it."""
        if "second" in self.__dict__:
            self.second.close()
        if self._session is not None:
            self._session.close()
        self._control.close()  # the zygote ends when nobody is left to give it orders
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

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
        except _LOST as error:
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
            f"python={sys.executable!r}. Check that NumPy can be imported there."
        )

    def _open(self) -> socket.socket:
        """A fresh nest, and the socket on which it takes orders."""
        session, theirs = socket.socketpair()
        with theirs:
            try:
                _order(self._control, b"o", theirs.fileno())
            except _LOST:
                self._replace()
                _order(self._control, b"o", theirs.fileno())
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
            _order(self._control, b"c")
            wire.receive(self._control, _grace())
        except _LOST:  # it died or does not obey: the next session starts another
            self._stop()

    def _stop(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()


class Session:
    """One submission's workers, one at a time, each a fresh fork."""

    def __init__(self, zygote: Zygote, program: Program, limits: Limits) -> None:
        self._zygote = zygote
        self._program = program
        self._limits = limits
        self._nest: socket.socket | None = None
        self._worker: Worker | None = None

    def worker(self, answered: Collection[str] = ()) -> Worker:
        """A fresh worker; the one before it is killed.

        Args:
            answered: functions that are not the student's in this worker: a call to one of them
                goes to the `answer` of `Worker.call`.
        """
        if self._worker is not None:
            self._worker.close()
        self._worker = self._forked(answered)
        failure = self._worker.load_failure
        if failure is not None and failure.kind == "crash" and self._nest is None:
            self._worker = self._forked(answered)  # our own processes died: once more
        return self._worker

    def close(self) -> None:
        """End every process of the submission."""
        if self._worker is not None:
            self._worker.close()
            self._end_worker()
        self._abandon()
        self._zygote._session = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _forked(self, answered: Collection[str]) -> Worker:
        channel, their_channel = socket.socketpair()
        log, their_log = os.pipe()
        try:
            with their_channel:
                self._send(answered, their_channel.fileno(), their_log)
        finally:
            os.close(their_log)
        return Worker(self._program, self._limits, channel, log, self._end_worker)

    def _send(self, answered: Collection[str], *descriptors: int) -> None:
        """Order a worker; where the nest is lost, the worker's channel will show it."""
        if self._nest is None:
            self._nest = self._isolated_nest()
        try:
            _order(self._nest, b"w", *descriptors)
            wire.send(self._nest, wire.encode(sorted(answered)), _grace())
        except _LOST:
            self._abandon()

    def _isolated_nest(self) -> socket.socket:
        """A nest that has been isolated and sent the program; never one that is less isolated."""
        said: Any = None
        for _ in range(_ATTEMPTS):
            nest = self._zygote._open()
            try:
                wire.send(nest, _request(self._program, self._limits), _grace())
                said = wire.decode(wire.receive(nest, _grace()))
                if said is None:
                    return nest
            except _LOST as error:
                said = f"{type(error).__name__} {error}"
            nest.close()
            self._zygote._end_nest()
        raise DlcnnError(
            "worker: a submission must be isolated before it is read. Received "
            f"isolation={self._zygote.isolation.tier!r}, which now failed: {said}. Nothing was run; "
            "grade again, and if that does not help, look at the machine's memory and limits."
        )

    def _end_worker(self) -> int | None:
        """Kill the worker and what it started; its wait status if the nest can tell."""
        if self._nest is None:
            return None
        try:
            _order(self._nest, b"e")
            status = wire.decode(wire.receive(self._nest, _grace()))
        except _LOST:
            self._abandon()
            return None
        return status if isinstance(status, int) else None

    def _abandon(self) -> None:
        """End the nest, whether it still obeys or not."""
        if self._nest is not None:
            self._nest.close()
            self._nest = None
            self._zygote._end_nest()


def _request(program: Program, limits: Limits) -> bytes:
    cells = [
        (label, line, np.frombuffer(source.encode("utf-8", "surrogatepass"), np.uint8))
        for label, line, source in program.cells
    ]
    return wire.encode(
        {
            "cells": cells,
            "stand_ins": sorted(program.stand_ins),
            "silent": sorted(program.silent),
            "names": list(program.names),
            "compat": program.compat,
            "memory_bytes": limits.memory_mb << 20,
            "seconds": limits.wall_seconds,
            "answer_bytes": limits.answer_bytes,
        }
    )


def _order(sock: socket.socket, letter: bytes, *descriptors: int) -> None:
    sock.settimeout(_GRACE_SECONDS)
    socket.send_fds(sock, [letter], descriptors)


def _grace() -> float:
    return time.monotonic() + _GRACE_SECONDS
