"""Trusted side: what a worker says of itself, checked and made into records.

Everything here was chosen by a process in which student code runs: its form is checked, its texts
are cleaned, its code lines are looked up in the program. A WireError means: it said no such thing.
"""

import os
import signal
from typing import Any, cast

import numpy as np

from dlcnn.grading.worker import compat, wire
from dlcnn.grading.worker.records import (
    MAX_MESSAGE,
    MAX_TEXT,
    Failure,
    FailureKind,
    Frame,
    Limits,
    Loaded,
    Problem,
    Program,
    Reply,
    cleaned,
)

__all__ = ["death", "loaded", "reply", "seen"]

_MAX_FRAMES = 20
_MAX_PROBLEMS = 100
# What a worker may say of itself; the other kinds are seen from outside.
_SAID_KINDS = ("exception", "exit", "memory", "size", "undefined")
_LASTING_KINDS = ("exception", "size", "undefined")  # the process is as good as before


def loaded(said: Any, program: Program) -> Loaded:
    """What running the definitions gave."""
    if not isinstance(said, dict):
        raise wire.WireError("not what loading gives")
    defined = [_text(name) for name in _list(said.get("defined"), len(program.names))]
    problems = [_problem(each) for each in _list(said.get("problems"), _MAX_PROBLEMS)]
    return Loaded(frozenset(defined) & frozenset(program.names), tuple(problems))


def reply(
    message: wire.Message,
    arguments: object,
    function: str,
    program: Program,
    known: Loaded,
    limits: Limits,
) -> Reply:
    """What came of a call."""
    _, what, said, changed, *kinds = message.value
    if not isinstance(changed, dict):
        raise wire.WireError("changes of no known kind")
    if changed:
        _check_slots(changed, len(wire.arrays(arguments)))
    tolerated = _tolerated(kinds[0]) if kinds else frozenset()
    if what == "error":
        failure = _failure(said, function, program, known, limits)
        exhausted = failure.kind not in _LASTING_KINDS
        return Reply(failure=failure, changed=changed, tolerated=tolerated, exhausted=exhausted)
    if what != "value":
        raise wire.WireError("a reply of no known kind")
    subclasses = {}
    if message.subclasses:
        slots = len(wire.arrays(said))
        subclasses = {
            slot: cleaned(name) for slot, name in message.subclasses.items() if slot < slots
        }
    return Reply(value=said, changed=changed, subclasses=subclasses, tolerated=tolerated)


def seen(kind: FailureKind, limits: Limits) -> Failure:
    """A failure that needs no words of the worker's: a limit was passed."""
    details: dict[str, dict[str, Any]] = {
        "time": {"seconds": limits.wall_seconds},
        "memory": {"limit_mb": limits.memory_mb},
        "output": {"limit_bytes": limits.output_bytes},
        "size": {"limit_mb": limits.answer_bytes >> 20},
    }
    return Failure(kind, detail=details.get(kind, {}))


def death(status: int | None, limits: Limits) -> Failure:
    """The failure of a worker that ended by itself; no status where our own processes died too."""
    if status is None:
        return Failure("crash", detail={"how": "its process was lost"})
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return seen("time", limits)
        names = {each.value: each.name for each in signal.Signals}
        return Failure("crash", detail={"how": f"signal {names.get(number, number)}"})
    code = os.WEXITSTATUS(status)
    if code == wire.EXIT_OUT_OF_MEMORY:
        return seen("memory", limits)
    return Failure("crash", detail={"how": f"exit code {code}"})


def _check_slots(changed: dict[Any, Any], slots: int) -> None:
    for slot, array in changed.items():
        if type(slot) is not int or not 0 <= slot < slots or not isinstance(array, np.ndarray):
            raise wire.WireError("changes of no known kind")


def _tolerated(said: Any) -> frozenset[str]:
    kinds = frozenset(_text(kind) for kind in _list(said, len(compat.KINDS)))
    if not kinds <= compat.KINDS:
        raise wire.WireError("a tolerance of no known kind")
    return kinds


def _failure(said: Any, function: str, program: Program, known: Loaded, limits: Limits) -> Failure:
    if not isinstance(said, dict) or said.get("kind") not in _SAID_KINDS:
        raise wire.WireError("an error of no known kind")
    kind = cast(FailureKind, said["kind"])
    if kind == "undefined":
        return _undefined(function, known)
    return Failure(
        kind,
        _text(said.get("type", "")),
        _text(said.get("message", ""), MAX_MESSAGE),
        tuple(_frame(each, program) for each in _list(said.get("frames", []), _MAX_FRAMES)),
        seen(kind, limits).detail,
    )


def _undefined(function: str, known: Loaded) -> Failure:
    """Why a function is not there: the statement that should have defined it."""
    for problem in known.problems:
        if function in problem.names:
            detail = {"label": problem.label, "line": problem.line}
            return Failure("undefined", problem.type, problem.message, detail=detail)
    return Failure("undefined", "NameError", f"{function} was defined and then removed")


def _frame(said: Any, program: Program) -> Frame:
    if not isinstance(said, tuple) or len(said) != 3 or type(said[1]) is not int:
        raise wire.WireError("a frame of no known kind")
    label, line, function = _text(said[0]), said[1], _text(said[2])
    return Frame(label, line, function, program.code_at(label, line) or "")


def _problem(said: Any) -> Problem:
    if not isinstance(said, tuple) or len(said) != 5 or type(said[1]) is not int:
        raise wire.WireError("a problem of no known kind")
    label, line, type_name, message, names = said
    if not isinstance(names, tuple):
        raise wire.WireError("a problem of no known kind")
    bound = tuple(_text(name) for name in names)
    return Problem(_text(label), line, _text(type_name), _text(message, MAX_MESSAGE), bound)


def _text(said: Any, limit: int = MAX_TEXT) -> str:
    if not isinstance(said, str):
        raise wire.WireError("a text of no known kind")
    return cleaned(said, limit)


def _list(said: Any, limit: int) -> list[Any]:
    if not isinstance(said, list) or len(said) > limit:
        raise wire.WireError("a list of no known kind")
    return said
