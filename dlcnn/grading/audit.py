"""Is a course sound? Holds every assignment against the promises made to those who use it.

Findings are sentences for the course's author; an empty list is a sound course.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from dlcnn.course.discover import Assignment, Course
from dlcnn.course.spec import CourseError
from dlcnn.course.template import stale
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.exam import Exam, load_exam
from dlcnn.grading.render.words import sentences
from dlcnn.grading.report import CheckResult, SubmissionReport
from dlcnn.grading.worker.pool import Zygote

__all__ = ["audit"]

# Different students get different inputs: a check must hold for the solution on all of them.
_STUDENTS = ("audit-1", "audit-2", "audit-3")
_TELLING_LENGTH = 12  # shorter lines ("else:", "return A") tell nothing of a solution


def audit(course: Course) -> list[str]:
    """Every broken promise of the course, as sentences that name the file and the rule."""
    with ExitStack() as zygotes:
        warm: dict[str, Zygote] = {}
        found: list[str] = []
        for assignment in course.assignments:
            try:
                # The templates first: an exam cannot be loaded without them.
                drift = list(_drift(assignment))
                found += drift
                exam = load_exam(course, assignment.id)
                profile = exam.spec.profile
                if profile not in warm:
                    warm[profile] = zygotes.enter_context(Zygote(profile))
                found += _findings(exam, warm[profile])
            except CourseError as error:
                found.append(str(error))
        return found


def _findings(exam: Exam, zygote: Zygote) -> Iterator[str]:
    yield from _solution_earns_everything(exam, zygote)
    yield from _template_earns_nothing(exam, zygote)
    yield from _nothing_is_given_away(exam)


def _drift(assignment: Assignment) -> Iterator[str]:
    for path in stale(assignment):
        yield (
            f"{path}: a template equals what solution.py gives, byte for byte. "
            "Received other text. Run `dlcnn course sync`."
        )


def _solution_earns_everything(exam: Exam, zygote: Zygote) -> Iterator[str]:
    path = exam.assignment.solution_path
    for student in _STUDENTS:
        for check in _checks(_graded(exam, path, student, zygote)):
            if check.status != "PASS":
                told = "; ".join(sentences(check.facts))
                yield (
                    f"{path}: the solution passes every check. Received {check.status} in "
                    f"{check.check} for student {student!r}: {told}. "
                    "Mend the solution or the check."
                )


def _template_earns_nothing(exam: Exam, zygote: Zygote) -> Iterator[str]:
    for suffix in (".py", ".ipynb"):
        path = exam.assignment.template_path(suffix)
        for check in _checks(_graded(exam, path, _STUDENTS[0], zygote)):
            if check.status != "TODO" or check.score:
                yield (
                    f"{path}: an untouched template is not attempted and earns 0. Received "
                    f"{check.status} in {check.check}. Leave the task's body to the student."
                )


def _nothing_is_given_away(exam: Exam) -> Iterator[str]:
    handed_out = [path for path in sorted(exam.assignment.folder.rglob("*")) if path.is_file()]
    secrets = _solution_lines(exam) | _hidden_words(exam)
    for path in handed_out:
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = {_bare(line) for line in re.split(r"\\n|\n", text)}
        for secret in sorted(secrets & lines):
            yield (
                f"{path}: students get nothing of a solution or a hidden check. "
                f"Received the line {secret!r}. Take it out."
            )


def _solution_lines(exam: Exam) -> set[str]:
    """The lines that make the solution, without those that the template gives anyway."""
    inside = False
    lines = set()
    for line in exam.assignment.solution_path.read_text(encoding="utf-8").splitlines():
        word = line.strip()
        if word in ("# BEGIN SOLUTION", "# TEMPLATE", "# END SOLUTION"):
            inside = word == "# BEGIN SOLUTION"
        elif inside and len(_bare(line)) >= _TELLING_LENGTH and not word.startswith("#"):
            lines.add(_bare(line))
    return lines


def _hidden_words(exam: Exam) -> set[str]:
    hidden = [check for check in exam.checks if check.hidden]
    return {check.name for check in hidden} | {_bare(check.title) for check in hidden}


def _bare(line: str) -> str:
    """A line without indentation, comment sign and the quoting of a notebook's JSON."""
    return re.sub(r"\s+", " ", line.replace('\\"', '"').strip(' \t",#'))


def _graded(exam: Exam, path: Path, student: str, zygote: Zygote) -> SubmissionReport:
    return grade_submission(exam, path, student, zygote, shown_path=path.name)


def _checks(report: SubmissionReport) -> Iterator[CheckResult]:
    for task in report.tasks:
        yield from task.checks
