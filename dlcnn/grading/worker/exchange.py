"""Trusted side: the conversation with one worker.

Every wait has a deadline and every size a limit. What is said becomes a record in `replies`;
forking and ending processes is the session's part (`session`).
"""

import math
import os
import secrets
import select
import socket
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from dlcnn.grading.worker import replies, wire
from dlcnn.grading.worker.records import (
    AnswerRefusedError,
    Failure,
    FailureKind,
    Limits,
    Loaded,
    Program,
    Reply,
    cleaned,
)

__all__ = ["Answer", "Worker"]

Answer = Callable[[str, tuple[Any, ...], dict[str, Any]], object]

_KEPT_BYTES = 64 << 10
_READ_BYTES = 1 << 16
_MAX_ASKS = 20_000
_MAX_STALE = 16
_READY_SECONDS = 60.0  # for a worker that has to load Keras by itself


class _OutputFloodError(Exception):
    """More was printed than a call may print."""


_SEEN_KINDS: dict[type[Exception], FailureKind] = {
    TimeoutError: "time",
    _OutputFloodError: "output",
    wire.TooLargeError: "size",
    wire.WireError: "protocol",
}


class _Log:
    """What the worker prints, read as it comes so that it never waits for us, kept up to a cap."""

    def __init__(self, descriptor: int, limit: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self._limit = limit
        self._ended = False
        self.start()

    def start(self) -> None:
        """Count from here."""
        self._kept = bytearray()
        self._count = 0

    def drain(self) -> bool:
        """Read what is there; False once nobody can print any more."""
        while not self._ended:
            try:
                chunk = os.read(self.descriptor, _READ_BYTES)
            except BlockingIOError:
                return True
            self._ended = not chunk
            self._count += len(chunk)
            self._kept += chunk[: _KEPT_BYTES - len(self._kept)]
            if self._count > self._limit:
                raise _OutputFloodError
        return False

    def text(self) -> str:
        """What was printed since `start`."""
        if not self._kept:
            return ""
        return cleaned(self._kept.decode("utf-8", "replace"), _KEPT_BYTES)


class Worker:
    """One process with one student's functions: what loading gave, then call after call."""

    def __init__(
        self,
        program: Program,
        limits: Limits,
        channel: socket.socket,
        log: int,
        end: Callable[[], int | None],
        answered: Collection[str] = (),
    ) -> None:
        """Wait for the definitions of a worker that was just ordered.

        Args:
            answered: the functions that its code may ask for, and no others.
            end: kills the worker; its wait status, or None where that could not be learned.
        """
        self.loaded = Loaded()
        self.load_failure: Failure | None = None
        self.load_seconds = 0.0
        self._program = program
        self._limits = limits
        self._channel = channel
        self._end = end
        self._answered = [*answered]
        self._log = _Log(log, limits.output_bytes)
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        self._poll.register(log, select.POLLIN)
        self._deadline = 0.0
        self._patience = 0.0  # what a call's questions may still add to its deadline
        self._closed = False
        channel.setblocking(False)
        self._load()

    def call(
        self,
        function: str,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        answer: Answer | None = None,
    ) -> Reply:
        """Call a function of the student's.

        Args:
            answer: gives the value of another task's function that the worker was told to ask for
                (`answered`); its AnswerRefusedError is told to the student's code.
        """
        if self._closed:
            raise ValueError(f"call: the worker has ended. Received function={function!r}.")
        identity = secrets.token_hex(8)
        arguments = (tuple(args), dict(kwargs or {}))
        frame = wire.encode((identity, function, *arguments))
        self._log.start()
        started = time.monotonic()
        self._deadline = started + self._limits.wall_seconds
        self._patience = self._limits.wall_seconds
        try:
            wire.send(self._channel, frame, wait=self._wait_to_send)
            message = self._reply_to(identity, answer)
            known, limits = self.loaded, self._limits
            reply = replies.reply(message, arguments, function, self._program, known, limits)
            self._log.drain()
        except Exception as error:
            reply = Reply(failure=self._fail(error), exhausted=True)
        if reply.exhausted:
            self.close()
        return replace(reply, printed=self._log.text(), seconds=time.monotonic() - started)

    def close(self) -> None:
        """Forget the worker; its processes are the session's to end."""
        if not self._closed:
            self._closed = True
            self._channel.close()
            os.close(self._log.descriptor)

    def _load(self) -> None:
        try:
            self._wait_until_ready()
            started = time.monotonic()
            self._deadline = started + self._limits.wall_seconds
            self.loaded = replies.loaded(self._receive().value, self._program)
            self._log.drain()
            self.load_seconds = time.monotonic() - started
        except Exception as error:
            self.load_failure = self._fail(error)
            self.close()

    def _wait_until_ready(self) -> None:
        """Until the worker is isolated and has what student code needs: none of its time so far."""
        self._deadline = time.monotonic() + _READY_SECONDS
        try:
            self._receive()
        except TimeoutError as error:  # no student's doing
            raise EOFError from error

    def _reply_to(self, identity: str, answer: Answer | None) -> wire.Message:
        """The reply to this call; a stale one is the leftover of a forgery and not taken for it."""
        asked = stale = 0
        while stale < _MAX_STALE:
            message = self._receive()
            said = message.value
            if not isinstance(said, tuple) or len(said) not in (4, 5) or said[0] != identity:
                stale += 1
            elif said[1] != "ask":
                return message
            else:
                asked += 1
                if answer is None or asked > _MAX_ASKS:
                    break
                self._answer(said[2], said[3], answer)
        raise wire.WireError("no reply to the call")

    def _answer(self, name: Any, arguments: Any, answer: Answer) -> None:
        if name not in self._answered:
            raise wire.WireError("a question that is not answered")
        if not isinstance(arguments, tuple) or len(arguments) != 2:
            raise wire.WireError("a question of no known kind")
        args, kwargs = arguments
        if not isinstance(args, tuple) or not isinstance(kwargs, dict):
            raise wire.WireError("a question of no known kind")
        started = time.monotonic()
        try:
            frame = wire.encode(("value", answer(name, args, kwargs)))
        except (AnswerRefusedError, wire.TooLargeError) as error:
            frame = wire.encode(("error", cleaned(str(error))))
        # The grader's time is not the student's, but asking may not hold it up without end.
        spent = min(time.monotonic() - started, self._patience)
        self._deadline += spent
        self._patience -= spent
        wire.send(self._channel, frame, wait=self._wait_to_send)

    def _receive(self) -> wire.Message:
        limit = self._limits.answer_bytes
        return wire.read(wire.receive(self._channel, max_bytes=limit, wait=self._wait))

    def _wait(self) -> None:
        """Return when the channel is ready, taking prints in the meantime."""
        while True:
            remaining = self._deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            ready = [descriptor for descriptor, _ in self._poll.poll(math.ceil(remaining * 1000))]
            if self._log.descriptor in ready and not self._log.drain():
                self._poll.unregister(self._log.descriptor)
            if self._channel.fileno() in ready:
                return

    def _wait_to_send(self) -> None:
        self._poll.modify(self._channel, select.POLLOUT)
        try:
            self._wait()
        finally:
            self._poll.modify(self._channel, select.POLLIN)

    def _fail(self, error: Exception) -> Failure:
        """The failure that was seen from outside, after the end of the worker."""
        status = self._end()
        if isinstance(error, EOFError | ConnectionError):
            return replies.death(status, self._limits)
        for raised, kind in _SEEN_KINDS.items():
            if isinstance(error, raised):
                return replies.seen(kind, self._limits)
        raise error
