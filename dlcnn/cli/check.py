"""`dlcnn check`: the public checks on one's own file."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dlcnn.cli.exits import CHECK_FAILED, DONE, GRADER_FAULT, WRONG_USAGE
from dlcnn.cli.options import Commands, add_course, course_of
from dlcnn.errors import DlcnnError

if TYPE_CHECKING:
    from dlcnn.course.discover import Course
    from dlcnn.grading.exam import Exam
    from dlcnn.grading.report import SubmissionReport

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("check", help="run the public checks on your file")
    parser.add_argument("file", metavar="FILE", type=Path, help="a notebook or a script")
    parser.add_argument(
        "--assignment", metavar="ID", help="which one it is, where the file does not tell"
    )
    parser.add_argument(
        "--student", metavar="ID", help="whose inputs to draw (default: the file's name)"
    )
    parser.add_argument("--only", metavar="CHECK", help="run this check only")
    parser.add_argument("--seed", metavar="TEXT", help="mixed into the inputs, as for `grade`")
    add_course(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from dlcnn.course.submission import UnreadableSubmission
    from dlcnn.grading.engine import grade_submission
    from dlcnn.grading.exam import load_exam
    from dlcnn.grading.render.terminal import make_console, print_isolation, print_submission
    from dlcnn.grading.worker.pool import Zygote

    course = course_of(options)
    try:
        assignment_id = options.assignment or _assignment_of(options.file, course)
    except UnreadableSubmission as error:
        raise DlcnnError(f"{options.file}: {error}") from None
    exam = load_exam(course, assignment_id)
    if options.only:
        _hold_only(options.only, exam)
    with Zygote(exam.spec.profile) as zygote:
        report = grade_submission(
            exam,
            options.file,
            options.student or options.file.stem,
            zygote,
            shown_path=options.file.name,
            seed_text=options.seed,
            visibilities={"public"},
            only=options.only,
        )
        console = make_console()
        print_submission(report, console, None if options.only else _again(options, report))
        print_isolation(zygote.isolation, console)
    return _exit_code(report)


def _assignment_of(file: Path, course: "Course") -> str:
    """By the template's marker, else by the one assignment whose tasks the file defines."""
    from dlcnn.course.submission import read_submission

    submission = read_submission(file)
    if submission.marker:
        return submission.marker
    found = course.assignments_defining(submission.functions)
    if len(found) == 1:
        return found[0].id
    ids = ", ".join(assignment.id for assignment in (found or course.assignments))
    raise DlcnnError(
        f"check: a file belongs to one assignment. Received {file}, whose functions are tasks of "
        f"{len(found)}. Name it with --assignment, one of: {ids}."
    )


def _hold_only(name: str, exam: "Exam") -> None:
    import difflib

    public = [check.name for check in exam.checks if not check.hidden]
    if name not in public:
        close = difflib.get_close_matches(name, public) or public
        raise DlcnnError(
            f"--only: it names a public check of {exam.assignment.id}. Received {name!r}. "
            f"Name one of: {', '.join(close)}."
        )


def _again(options: argparse.Namespace, report: "SubmissionReport") -> str | None:
    from dlcnn.grading.render.replay import first_replay

    return first_replay(
        report,
        str(options.file),
        seed=options.seed,
        assignment=options.assignment,
        course=options.course and str(options.course),
    )


def _exit_code(report: "SubmissionReport") -> int:
    statuses = {check.status for task in report.tasks for check in task.checks}
    if report.status == "unreadable":
        return WRONG_USAGE
    if "ERROR" in statuses:
        return GRADER_FAULT
    return CHECK_FAILED if "FAIL" in statuses else DONE
