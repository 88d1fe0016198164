"""Trusted side: one submission's workers, and what is said to the process that forks them.

A session knows its zygote only as what gives it a nest and ends it. It runs no student code, and
none of its waits is without an end.
"""

import contextlib
import os
import socket
import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dlcnn.errors import DlcnnError
from dlcnn.grading.worker import wire
from dlcnn.grading.worker.exchange import Worker
from dlcnn.grading.worker.records import Limits, Program

if TYPE_CHECKING:
    from dlcnn.grading.worker.pool import Zygote

__all__ = ["GRACE_SECONDS", "LOST", "Session", "grace", "order"]

GRACE_SECONDS = 3.0  # for our own processes to do as they are told
LOST = (OSError, EOFError, wire.WireError)  # OSError includes TimeoutError

_ATTEMPTS = 2  # to isolate a submission


def order(sock: socket.socket, letter: bytes, *descriptors: int) -> None:
    """Give one of the one-letter orders, and with it what the order is about."""
    sock.settimeout(GRACE_SECONDS)
    socket.send_fds(sock, [letter], descriptors)


def grace() -> float:
    """The end of a wait for our own processes, on the monotonic clock."""
    return time.monotonic() + GRACE_SECONDS


class Session:
    """One submission's workers, one at a time, each a fresh fork."""

    def __init__(self, zygote: "Zygote", program: Program, limits: Limits) -> None:
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
        end = self._end_worker
        return Worker(self._program, self._limits, channel, log, end, answered)

    def _send(self, answered: Collection[str], *descriptors: int) -> None:
        """Order a worker; where the nest is lost, the worker's channel will show it."""
        if self._nest is None:
            self._nest = self._isolated_nest()
        try:
            order(self._nest, b"w", *descriptors)
            wire.send(self._nest, wire.encode(sorted(answered)), grace())
        except LOST:
            self._abandon()

    def _isolated_nest(self) -> socket.socket:
        """A nest that has been isolated and sent the program; never one that is less isolated."""
        said: Any = None
        for _ in range(_ATTEMPTS):
            nest = self._zygote._open()
            try:
                with contextlib.suppress(ConnectionError):  # it may have said why it ended
                    wire.send(nest, _request(self._program, self._limits), grace())
                said = wire.decode(wire.receive(nest, grace()))
                if said is None:
                    return nest
            except LOST as error:
                said = f"{type(error).__name__} {error}"
            nest.close()
            self._zygote._end_nest()
        raise self._not_isolated(said)

    def _not_isolated(self, said: str) -> DlcnnError:
        return DlcnnError(
            "worker: student code must be isolated before it is run. Received "
            f"isolation={self._zygote.isolation.tier!r}, which failed now: {said}. Nothing was "
            "run: grade again, and if that does not help, look at the machine's limits (ulimit)."
        )

    def _end_worker(self) -> int | None:
        """Kill the worker and what it started; its wait status if the nest can tell."""
        if self._nest is None:
            return None
        try:
            order(self._nest, b"e")
            status = wire.decode(wire.receive(self._nest, grace()))
        except LOST:
            self._abandon()
            return None
        if isinstance(status, str):
            self._abandon()
            raise self._not_isolated(status)
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
            "model_files": [
                (task, name, np.frombuffer(data, np.uint8))
                for task, name, data in program.model_files
            ],
            "memory_bytes": limits.memory_mb << 20,
            "seconds": limits.wall_seconds,
            "answer_bytes": limits.answer_bytes,
        }
    )
