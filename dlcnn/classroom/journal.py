"""What is already graded while a run is not over: one line on disk per finished submission.

A line counts only if it is whole and its key is the one asked for, so a journal of another course,
another seed or an older file of a student's is never taken for today's.
"""

import hashlib
import json
import os
import stat
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from dlcnn.grading.report import SubmissionReport

__all__ = ["Journal", "Key", "file_digest"]


@dataclass(frozen=True)
class Key:
    """Everything that a submission's result depends on."""

    submission: str
    course: str
    student: str
    seed_text: str | None
    tier: str


class Journal:
    """The file `FILE.partial.jsonl` beside the report that is being made.

    Results are safe on disk when `add` returns. Used as a context manager, which leaves the file
    for the next run; `remove` once the report is written.
    """

    def __init__(self, report_path: Path) -> None:
        self._path = report_path.with_name(f"{report_path.name}.partial.jsonl")
        self._lock = threading.Lock()
        self._finished = _read(self._path)
        self._stream: IO[str] | None = None
        self.resumed = 0

    def __enter__(self) -> "Journal":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        torn = _torn(self._path)
        self._stream = self._path.open("a", encoding="utf-8", newline="\n")
        if torn:
            self._stream.write("\n")  # ends the torn line, which stays unreadable
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream:
            self._stream.close()

    def find(self, key: Key) -> SubmissionReport | None:
        """The result that was stored under `key`, or None; `resumed` counts those found."""
        report = self._finished.get(key)
        with self._lock:
            self.resumed += report is not None
        return report

    def add(self, key: Key, report: SubmissionReport) -> None:
        """Store a result so that not even a power cut loses it."""
        entry = {"key": asdict(key), "submission": report.to_json()}
        line = json.dumps(entry, allow_nan=False) + "\n"
        with self._lock:
            assert self._stream, "a journal is used inside its `with`"
            self._stream.write(line)
            self._stream.flush()
            os.fsync(self._stream.fileno())

    def remove(self) -> None:
        """Forget everything: the report is written."""
        self._path.unlink(missing_ok=True)


def file_digest(path: Path, *beside: Path) -> str | None:
    """The SHA-256 of a regular file's bytes, and of what was handed in beside it, if anything.

    None where one of them is something else, which is never resumed.
    """
    digest, others = _digest(path), [_digest(each) for each in beside]
    if not digest or None in others:
        return None
    return hashlib.sha256(f"{digest} {others}".encode()).hexdigest() if others else digest


def _digest(path: Path) -> str | None:
    """The SHA-256 of a regular file's bytes; "" where there is none, None for anything else."""
    try:
        # Without O_NONBLOCK a named pipe would be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return ""
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with open(descriptor, "rb", closefd=False) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    finally:
        os.close(descriptor)


def _read(path: Path) -> dict[Key, SubmissionReport]:
    if not path.is_file():
        return {}
    finished = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry: dict[str, Any] = json.loads(line)
            finished[Key(**entry["key"])] = SubmissionReport.from_json(entry["submission"])
        except (ValueError, KeyError, TypeError):
            continue  # a line that a kill or another version left: graded again
    return finished


def _torn(path: Path) -> bool:
    """Whether the file ends in the middle of a line."""
    return path.is_file() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
