"""The result of grading as plain data, and its JSON form; knows nothing of how it was reached."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from dlcnn.files import write_atomically
from dlcnn.grading.worker.records import Isolation

__all__ = [
    "CheckResult",
    "Facts",
    "Isolation",
    "Report",
    "Status",
    "SubmissionReport",
    "TaskResult",
    "Visibility",
    "unreadable",
    "write_json",
]

Status = Literal["PASS", "FAIL", "TODO", "SKIP", "ERROR"]
Visibility = Literal["public", "hidden"]
Facts = dict[str, Any]  # plain JSON values; `dlcnn.grading.render.words` lists the kinds

_VERSION = 1


@dataclass(frozen=True)
class CheckResult:
    """What one check found."""

    check: str
    title: str
    visibility: Visibility
    status: Status
    score: float
    max_score: float
    facts: Facts = field(default_factory=dict)
    cause: dict[str, str] | None = None


@dataclass(frozen=True)
class TaskResult:
    """A task's checks and what they add up to."""

    task: str
    optional: bool
    status: Status
    score: float
    max_score: float
    follow_through: bool
    spoiled_by: tuple[str, ...]
    checks: tuple[CheckResult, ...]


@dataclass(frozen=True)
class SubmissionReport:
    """One student's result; `path` is relative to the folder that was graded."""

    student: str
    path: str
    status: Literal["graded", "unreadable", "error"]
    notes: tuple[str, ...]
    score: float
    max_score: float
    optional_score: float
    optional_max_score: float
    tasks: tuple[TaskResult, ...]
    # Printed, never stored: the same submission must always give the same bytes.
    seconds: float = field(default=0.0, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The submission's entry in the report, as FORMATS names its fields."""
        plain = asdict(self)
        del plain["seconds"]
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "SubmissionReport":
        """The inverse of `to_json`."""
        tasks = tuple(_task_from_json(task) for task in plain["tasks"])
        return cls(**{**plain, "notes": tuple(plain["notes"]), "tasks": tasks})


@dataclass(frozen=True)
class Report:
    """The results of one run of `dlcnn grade`, sorted by student.

    `seed` is the text that was mixed into the seeds of the checks; without it no replay has the
    same inputs.
    """

    assignment: str
    assignment_version: str
    isolation: Isolation
    submissions: tuple[SubmissionReport, ...]
    seed: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The whole report as plain JSON values."""
        return {
            "version": _VERSION,
            "assignment": self.assignment,
            "assignment_version": self.assignment_version,
            "isolation": asdict(self.isolation),
            "seed": self.seed,
            "submissions": [submission.to_json() for submission in self.submissions],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Report":
        """The inverse of `to_json`."""
        return cls(
            plain["assignment"],
            plain["assignment_version"],
            Isolation(**plain["isolation"]),
            tuple(SubmissionReport.from_json(entry) for entry in plain["submissions"]),
            plain.get("seed"),
        )


def unreadable(
    student: str, path: str, sentence: str, max_scores: tuple[float, float]
) -> SubmissionReport:
    """The report of a file that could not be read: no points, one sentence why."""
    max_score, optional_max_score = max_scores
    return SubmissionReport(
        student, path, "unreadable", (sentence,), 0, max_score, 0, optional_max_score, ()
    )


def write_json(report: Report, path: Path) -> None:
    """Write `report` to `path`; a reader sees the old file or the whole new one."""
    text = json.dumps(report.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(path, text + "\n")


def _task_from_json(plain: Mapping[str, Any]) -> TaskResult:
    checks = tuple(CheckResult(**check) for check in plain["checks"])
    return TaskResult(**{**plain, "spoiled_by": tuple(plain["spoiled_by"]), "checks": checks})
