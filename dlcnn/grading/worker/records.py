"""Trusted side: what the grader says to a worker and what it hears, as plain records.

Every text in here that student code could choose has been cleaned and capped by `cleaned`.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

__all__ = [
    "MAX_MESSAGE",
    "MAX_TEXT",
    "AnswerRefusedError",
    "Failure",
    "FailureKind",
    "Frame",
    "Isolation",
    "Limits",
    "Loaded",
    "Problem",
    "Program",
    "Reply",
    "cleaned",
]

FailureKind = Literal[
    "exception",
    "time",
    "memory",
    "crash",
    "exit",
    "output",
    "size",
    "protocol",
    "undefined",
]

MAX_TEXT = 500
MAX_MESSAGE = 2000  # of an exception, before what differs from run to run is taken out
# Colours; control characters but newline and tab, what turns the direction of text, surrogates.
_UNPRINTABLE = re.compile(
    "\x1b\\[[0-9;]*m|"
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


class AnswerRefusedError(Exception):
    """A question of student code that has no answer: its message is told to that code."""


@dataclass(frozen=True)
class Program:
    """A submission's code as it is to be run: (label, first line, source) of each cell."""

    cells: tuple[tuple[str, int, str], ...]
    stand_ins: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset({"matplotlib"})
    names: tuple[str, ...] = ()
    compat: bool = False  # whether code for older versions of NumPy is tolerated
    # (task, name, bytes) of each trained model that was handed in with the code.
    model_files: tuple[tuple[str, str, bytes], ...] = field(default=(), repr=False)

    def code_at(self, label: str, line: int) -> str | None:
        """The text of a line of a cell, None where there is no such line."""
        for cell_label, first_line, source in self.cells:
            if cell_label == label and line >= first_line:
                lines = source.splitlines()
                if line - first_line < len(lines):
                    return cleaned(lines[line - first_line].strip())
        return None


@dataclass(frozen=True)
class Limits:
    """What one call may take."""

    wall_seconds: float = 10.0
    memory_mb: int = 1024
    output_bytes: int = 8 << 20
    answer_bytes: int = 64 << 20


@dataclass(frozen=True)
class Isolation:
    """How far student code is kept from the machine, and why not further or not faster."""

    tier: str
    reason: str | None


@dataclass(frozen=True)
class Frame:
    """A line of the student's that an exception passed through."""

    label: str
    line: int
    function: str
    code: str


@dataclass(frozen=True)
class Failure:
    """Why there is no value."""

    kind: FailureKind
    type: str = ""
    message: str = ""
    frames: tuple[Frame, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """A top-level statement that failed, and the names that are missing because of it."""

    label: str
    line: int
    type: str
    message: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Loaded:
    """What the definitions of a submission gave."""

    defined: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What came of a call.

    `changed` gives the new value of each array slot of the arguments (`wire.arrays`) that the call
    modified in place, `subclasses` the class of each slot of the value that was no plain array,
    `tolerated` the kinds of old code (`compat.KINDS`) that the worker has let pass up to now.
    After an `exhausted` reply the worker is gone.
    """

    value: object = None
    failure: Failure | None = None
    changed: dict[int, NDArray[Any]] = field(default_factory=dict)
    subclasses: dict[int, str] = field(default_factory=dict)
    tolerated: frozenset[str] = frozenset()
    printed: str = ""
    seconds: float = 0.0
    exhausted: bool = False


def cleaned(text: str, limit: int = MAX_TEXT) -> str:
    """A text from the worker, safe to show: capped, and without characters that act."""
    return _UNPRINTABLE.sub("", text[:limit])
