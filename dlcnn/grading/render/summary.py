"""What a whole class did, in numbers; words and layout are for the modules that show them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dlcnn.grading.report import Report, Status, SubmissionReport, Visibility

__all__ = ["CheckSummary", "ClassSummary", "summarize"]


@dataclass(frozen=True)
class CheckSummary:
    """How the graded submissions did on one check."""

    task: str
    check: str
    title: str
    visibility: Visibility
    statuses: Counter[Status]

    @property
    def passed(self) -> int:
        """Submissions that pass."""
        return self.statuses["PASS"]

    @property
    def failed(self) -> int:
        """Submissions whose attempt does not pass."""
        return self.statuses["FAIL"]

    @property
    def not_attempted(self) -> int:
        """Submissions that leave the task open."""
        return self.statuses["TODO"]

    @property
    def total(self) -> int:
        """All graded submissions."""
        return self.statuses.total()


@dataclass(frozen=True)
class ClassSummary:
    """How many submissions there are, what they scored and how each check went."""

    graded: int
    unreadable: int
    errors: int
    mean: float | None
    median: float | None
    max_score: float
    checks: tuple[CheckSummary, ...]

    def most_failed(self, limit: int) -> list[CheckSummary]:
        """The checks that most attempts fail, worst first; those nobody fails are left out."""
        failed = [check for check in self.checks if check.failed]
        return sorted(failed, key=lambda check: -check.failed)[:limit]


def summarize(report: Report) -> ClassSummary:
    """Add up a report; submissions that could not be graded count in no average."""
    graded = [entry for entry in report.submissions if entry.status == "graded"]
    scores = sorted(entry.score for entry in graded)
    middle = len(scores) // 2
    return ClassSummary(
        graded=len(graded),
        unreadable=_with_status(report, "unreadable"),
        errors=_with_status(report, "error"),
        mean=sum(scores) / len(scores) if scores else None,
        median=(scores[middle] + scores[~middle]) / 2 if scores else None,
        max_score=max((entry.max_score for entry in report.submissions), default=0),
        checks=_checks(graded),
    )


def _with_status(report: Report, status: str) -> int:
    return sum(entry.status == status for entry in report.submissions)


def _checks(graded: Iterable[SubmissionReport]) -> tuple[CheckSummary, ...]:
    found: dict[str, CheckSummary] = {}
    for submission in graded:
        for task in submission.tasks:
            for check in task.checks:
                empty = CheckSummary(
                    task.task, check.check, check.title, check.visibility, Counter()
                )
                found.setdefault(check.check, empty).statuses[check.status] += 1
    return tuple(found.values())
