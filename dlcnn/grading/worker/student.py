"""Untrusted side: the worker, a forked process that holds one student's functions and calls them.

It is sent a function's name and arguments and returns the value, or what went wrong. Whatever
student code does to this process can change its answers and nothing else: the grader believes no
word of it. It knows no check, no expected value and no file of the course.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from socket import socket
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from dlcnn.grading.worker import compat, statements, wire
    from dlcnn.grading.worker.profiles import Profile
else:
    import compat
    import statements
    import wire

__all__ = ["serve"]

_MODULE = "submission"
_MAX_FRAMES = 20
_MAX_PROBLEMS = 100


def serve(
    channel: socket,
    program: list[statements.Statement],
    problems: list[statements.Problem],
    request: dict[str, Any],
    profile: "Profile",
    renew_limits: Callable[[], None],
) -> None:
    """Run the definitions, say what came of them, then answer calls until the channel closes.

    Before the definitions it says that it is ready: from then on it is the student's time.
    """
    wire.send(channel, wire.encode(None))
    labels = {each.label for each in program}
    student = _Student(channel, labels, profile, request["answer_bytes"])
    wire.send(channel, wire.encode(student.load(program, problems, request)))
    while True:
        try:
            call = wire.read(wire.receive(channel))
        except EOFError:
            return
        renew_limits()
        wire.send(channel, student.respond(call))


class UpstreamError(Exception):
    """The grader answered for another task, and that call was wrong."""


class HandedIn(NamedTuple):
    """A model file that came with the code: its name, its bytes, and what the code defines."""

    name: str
    data: Any
    functions: Mapping[str, Any]


class _Student:
    def __init__(
        self, channel: socket, labels: set[str], profile: "Profile", answer_bytes: int
    ) -> None:
        self._channel = channel
        self._labels = labels
        self._profile = profile
        self._answer_bytes = answer_bytes
        self._model_files: dict[str, HandedIn] = {}
        self._stdout = sys.stdout  # the student may put another one in its place
        self._call_id: object = None
        self._module = ModuleType(_MODULE)
        sys.modules[_MODULE] = sys.modules["__main__"] = self._module

    def load(
        self,
        program: list[statements.Statement],
        problems: list[statements.Problem],
        request: dict[str, Any],
    ) -> dict[str, object]:
        namespace = self._module.__dict__
        self._model_files = {
            task: HandedIn(name, data, namespace) for task, name, data in request["model_files"]
        }
        stubs = {name: self._stub(name) for name in request["answered"]}
        problems = problems + statements.run(program, namespace, stubs)
        self._flush()
        return {
            "defined": [name for name in request["names"] if name in namespace],
            "problems": [tuple(problem) for problem in problems[:_MAX_PROBLEMS]],
        }

    def respond(self, call: wire.Message) -> bytes:
        """The frame that answers a call."""
        self._call_id, function, args, kwargs = call.value
        before = [_state(array) for array in call.arrays]
        try:
            what, value = self._outcome(function, args, kwargs)
            self._flush()
            after = [_state(array) for array in call.arrays]
            changed = {
                slot: array for slot, array in enumerate(call.arrays) if after[slot] != before[slot]
            }
            return self._frame(what, value, changed)
        except wire.TooLargeError:
            return self._frame("error", {"kind": "size"}, {})
        except MemoryError:
            os._exit(wire.EXIT_OUT_OF_MEMORY)
        except BaseException as error:  # raised by the value itself, while it was looked at
            return self._frame("error", self._error(error), {})
        finally:
            self._call_id = None

    def _outcome(
        self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[str, object]:
        """Call a function, or do with it what the profile can do: "outputs of ResNet50"."""
        operation, _, task = function.rpartition(" of ")
        namespace = self._module.__dict__
        target: Any = self._model_files.get(task)
        if target is not None:
            operation = "predictions"
        elif task in namespace:
            target = namespace[task]
        else:
            return "error", {"kind": "undefined"}
        try:
            return "value", self._profile.OPERATIONS[operation or "call"](target, args, kwargs)
        except BaseException as error:
            return "error", self._error(error)

    def _frame(self, *said: object) -> bytes:
        """A frame with the call's identity, by which the grader knows it from a stale one."""
        tolerated = compat.tolerated()
        said = (*said, tolerated) if tolerated else said
        return wire.encode((self._call_id, *said), self._answer_bytes)

    def _error(self, error: BaseException) -> dict[str, object]:
        kind = "exception"
        if isinstance(error, SystemExit):
            kind = "exit"
        elif isinstance(error, MemoryError):
            kind = "memory"
            _release(error.__traceback__)
        type_name, message = statements.describe(error)
        return {
            "kind": kind,
            "type": type_name,
            "message": message,
            "frames": self._frames(error.__traceback__),
        }

    def _frames(self, traceback: TracebackType | None) -> list[tuple[str, int, str]]:
        """Label, line and function of the student's own frames, the innermost ones."""
        frames: list[tuple[str, int, str]] = []
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if code.co_filename in self._labels:
                frames.append((code.co_filename, traceback.tb_lineno, code.co_name))
            traceback = traceback.tb_next
        return frames[-_MAX_FRAMES:]

    def _stub(self, name: str) -> Callable[..., object]:
        """Another task's function, answered by the grader."""

        def stub(*args: object, **kwargs: object) -> object:
            if self._call_id is None:
                raise UpstreamError(f"{name} can be called only while a check runs")
            wire.send(self._channel, self._frame("ask", name, (args, kwargs)))
            what, value = wire.decode(wire.receive(self._channel))
            if what == "error":
                raise UpstreamError(value)
            return value

        function = self._profile.stand_in(name, stub)
        function.__name__ = function.__qualname__ = name
        return function

    def _flush(self) -> None:
        """What was printed must be in the pipe before the answer is."""
        try:
            self._stdout.flush()
        except Exception:
            return  # the student closed it


def _state(array: Any) -> tuple[str, tuple[int, ...], bytes]:
    return array.dtype.str, array.shape, array.tobytes()


def _release(traceback: TracebackType | None) -> None:
    """Let go of what the frames hold, so that there is memory left to answer with."""
    while traceback is not None:
        with contextlib.suppress(RuntimeError):  # one of ours, still running
            traceback.tb_frame.clear()
        traceback = traceback.tb_next
