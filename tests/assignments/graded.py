"""Written-out submissions of the Keras assignments: graded, and what is expected of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from dlcnn.course.discover import find_course
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.exam import Exam, load_exam
from dlcnn.grading.report import CheckResult, SubmissionReport, TaskResult
from dlcnn.grading.worker.pool import Zygote

__all__ = [
    "Grade",
    "Worth",
    "exam_of",
    "failures",
    "grading",
    "hold_worth",
    "not_passed",
    "styles_of",
    "worth",
]

ROOT = Path(__file__).parents[2]

Grade = Callable[[Path], SubmissionReport]


@dataclass(frozen=True)
class Worth:
    """What a submission is worth.

    Attributes:
        score: of 100.
        tasks: what is wrong with each task that is not right: the mistake that is named as its
            cause, or its status where none is.
        notes: the first words of each note.
    """

    score: float
    tasks: dict[str, str]
    notes: tuple[str, ...] = ()


def worth(score: float, *notes: str, **tasks: str) -> Worth:
    """Tell what a submission is worth."""
    return Worth(score, tasks, notes)


@cache
def exam_of(assignment: str) -> Exam:
    """One of the course's own assignments, once: it remembers what its mistakes answer."""
    return load_exam(find_course(ROOT), assignment)


def styles_of(assignment: str) -> list[Path]:
    """The submissions that are written out for it."""
    folder = Path(__file__).parent / assignment / "styles"
    return sorted(path for path in folder.iterdir() if path.suffix in (".py", ".ipynb"))


def grading(exam: Exam, zygote: Zygote) -> Grade:
    """Grade a file as its stem's."""
    return lambda path: grade_submission(exam, path, path.stem, zygote, shown_path=path.name)


def failures(task: TaskResult) -> list[CheckResult]:
    """The checks of a task that failed."""
    return [check for check in task.checks if check.status == "FAIL"]


def not_passed(report: SubmissionReport) -> dict[str, str]:
    """What is wrong with each task that is not right, as `Worth` tells it."""
    told = {}
    for task in report.tasks:
        causes = {check.cause["id"] for check in failures(task) if check.cause}
        if task.status != "PASS":
            told[task.task] = causes.pop() if len(causes) == 1 else task.status
    return told


def hold_worth(report: SubmissionReport, expected: Worth) -> None:
    """Assert that a submission got what it is worth."""
    assert not_passed(report) == expected.tasks
    assert report.score == pytest.approx(expected.score, abs=1e-3)
    assert len(report.notes) == len(expected.notes)
    for note, beginning in zip(report.notes, expected.notes, strict=True):
        assert note.startswith(beginning)
