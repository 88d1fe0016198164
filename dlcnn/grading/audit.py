"""Is a course sound? Holds every assignment against the promises made to those who use it.

Findings are sentences for the course's author; an empty list is a sound course.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from dlcnn.course.blocks import find_blocks
from dlcnn.course.discover import Assignment, Course
from dlcnn.course.mistakes import Mistake
from dlcnn.course.spec import CourseError
from dlcnn.course.template import stale
from dlcnn.grading.checks import Check
from dlcnn.grading.course_code import CourseCode, beside
from dlcnn.grading.diagnose import explaining, mark_mistake
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.exam import Exam, load_exam
from dlcnn.grading.marking import Marked, seeded
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
                found += _hand_out(assignment)
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
    yield from _mistakes_are_named(exam, beside(exam, zygote).code)


def _hand_out(assignment: Assignment) -> Iterator[str]:
    path = assignment.readme_path
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        received = error.strerror
    except UnicodeDecodeError as error:
        received = str(error)
    else:
        received = None if text.strip() else "an empty file"
    if received:
        yield (
            f"{path}: students read here what to do, in UTF-8. Received {received}. "
            "Write the hand-out."
        )


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
    secrets, hidden = _solution_lines(exam), _hidden_words(exam)
    for path in handed_out:
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = [_bare(line) for line in re.split(r"\\n|\n", text)]
        prose = " ".join(lines)
        told = [f"the line {secret!r}" for secret in sorted(secrets & set(lines))]
        told += [repr(word) for word in sorted(hidden) if _stands_in(word, prose)]
        for found in told:
            yield (
                f"{path}: students get nothing of a solution or a hidden check. "
                f"Received {found}. Take it out."
            )


def _solution_lines(exam: Exam) -> set[str]:
    """The lines that make the solution, without those that the template gives anyway."""
    path = exam.assignment.solution_path
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    answers = (
        line
        for block in find_blocks(path, text)
        for line in lines[block.begin + 1 : block.end if block.template is None else block.template]
    )
    told = {_bare(line) for line in answers if not line.lstrip().startswith("#")}
    return {line for line in told if len(line) >= _TELLING_LENGTH}


def _hidden_words(exam: Exam) -> set[str]:
    hidden = [check for check in exam.checks if check.hidden]
    return {word for check in hidden for word in (check.name, _bare(check.title))}


def _stands_in(word: str, prose: str) -> bool:
    """Whether a name or a title is there by itself, not as a part of a longer word."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", prose) is not None


def _bare(line: str) -> str:
    """A line without indentation, comment sign and the quoting of a notebook's JSON."""
    return re.sub(r"\s+", " ", line.replace('\\"', '"').strip(' \t",#'))


def _mistakes_are_named(exam: Exam, code: CourseCode) -> Iterator[str]:
    # A student's inputs change no model's layers, and models take long to make.
    students = _STUDENTS if exam.spec.profile == "numpy" else _STUDENTS[:1]
    for task in exam.spec.task_names:
        silent: set[frozenset[str]] = set()  # told of already, for another student
        for student in students:
            for ids, finding in _not_named(exam, task, student, code):
                if ids not in silent:
                    silent.add(ids)
                    yield f"{exam.assignment.mistakes_path}: {finding}"


def _not_named(
    exam: Exam, task: str, student: str, code: CourseCode
) -> Iterator[tuple[frozenset[str], str]]:
    """Hand in each mistake as a student would: which others could be meant, or none?"""

    def mark(mistake: Mistake, check: Check) -> Marked:
        return mark_mistake(exam, mistake, check, seeded(exam, check, student, None), code)

    mistakes = [mistake for mistake in exam.mistakes if mistake.task == task]
    checks = exam.checks_of(task)
    known = {each.id: {check.name: mark(each, check) for check in checks} for each in mistakes}
    if student == _STUDENTS[0]:
        exam.answers.clear()  # what is remembered looks steady, whatever it is
    for mistake in mistakes:
        judged = [(check, known[mistake.id][check.name]) for check in checks]
        if all(marked.result.status == "PASS" for _, marked in judged):
            yield frozenset({mistake.id}), _uncaught(mistake, student)
            continue
        # Run afresh: a mistake that gives other answers each time proves nothing.
        if not explaining([mistake], judged, mark):
            yield frozenset({mistake.id}), _unsteady(mistake, student)
        for other in explaining(mistakes, judged, lambda m, check: known[m.id][check.name]):
            if other is not mistake:
                ids = frozenset({mistake.id, other.id})
                yield ids, _alike(mistake, other, student)


def _uncaught(mistake: Mistake, student: str) -> str:
    return (
        f"a mistake fails a check of its task. Received {mistake.id}, which passes all checks of "
        f"{mistake.task} for student {student!r}. Add a check that it fails, or take it out."
    )


def _unsteady(mistake: Mistake, student: str) -> str:
    return (
        f"a mistake gives the same answers each time. Received {mistake.id}, which gives others "
        f"when it is run again for student {student!r}. Take out what is left to chance."
    )


def _alike(mistake: Mistake, other: Mistake, student: str) -> str:
    return (
        f"a check tells the mistakes of a task apart. Received {mistake.id} and {other.id}, which "
        f"give the same answers to all checks of {mistake.task} for student {student!r}. "
        "Keep one of them, or sharpen a check."
    )


def _graded(exam: Exam, path: Path, student: str, zygote: Zygote) -> SubmissionReport:
    return grade_submission(exam, path, student, zygote, shown_path=path.name)


def _checks(report: SubmissionReport) -> Iterator[CheckResult]:
    for task in report.tasks:
        yield from task.checks
