"""`dlcnn grade`: a teacher's run over submissions, reported in every form that was asked for."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dlcnn.cli.exits import DONE, GRADER_FAULT, WRONG_USAGE
from dlcnn.cli.options import TIERS, Commands, add_course, course_of
from dlcnn.cli.outputs import hold_file, hold_folder
from dlcnn.cli.progress import progress_bar
from dlcnn.errors import DlcnnError

if TYPE_CHECKING:
    from dlcnn.classroom.collect import Found
    from dlcnn.classroom.journal import Journal
    from dlcnn.grading.exam import Exam
    from dlcnn.grading.report import Report

__all__ = ["add"]

_NO_RESULT = "The grader could not run on this submission, so it has no result yet: "


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("grade", help="grade submissions, public and hidden checks")
    parser.add_argument("assignment", metavar="ID", help="as `dlcnn list` names it")
    parser.add_argument(
        "paths", metavar="PATH", nargs="+", type=Path, help="a submission or a folder of them"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the report as JSON")
    parser.add_argument("--html", metavar="DIR", type=Path, help="write the report as web pages")
    parser.add_argument(
        "--gradescope",
        metavar="FILE|DIR",
        type=Path,
        help="write results.json: a name that ends in .json for one submission, else a folder",
    )
    parser.add_argument(
        "--student",
        metavar="ID",
        help="whose inputs to draw, for one submission (default: as it is named)",
    )
    parser.add_argument(
        "--jobs", metavar="N", type=_jobs, help="how many at a time (default: the CPUs)"
    )
    parser.add_argument(
        "--require-isolation",
        choices=TIERS,
        default="partial",
        help="refuse to run with less (default: partial)",
    )
    parser.add_argument("--seed", metavar="TEXT", help="mixed into the inputs of every check")
    add_course(parser)
    parser.set_defaults(run=_run)


def _jobs(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"it is a whole number of at least 1. Received {text!r}")
    return count


def _run(options: argparse.Namespace) -> int:
    from dlcnn.grading.render.gradescope import write_failure

    started = time.perf_counter()
    try:
        report, resumed = _grade(options)
    except (Exception, SystemExit) as error:  # a course's file may call sys.exit
        if options.gradescope:
            told = str(error) if isinstance(error, DlcnnError) else "please tell the teacher."
            with suppress(OSError):  # what it cannot be written for is told already
                write_failure(_NO_RESULT + told, options.gradescope)
        raise
    _show(report, resumed, time.perf_counter() - started)
    return _exit_code(report)


def _grade(options: argparse.Namespace) -> "tuple[Report, int]":
    """Grade, and write everything that was asked for; only then forget the journal.

    Also says how many submissions an earlier run had finished.
    """
    from dlcnn.classroom.collect import collect
    from dlcnn.classroom.journal import Journal
    from dlcnn.grading.exam import load_exam

    exam = load_exam(course_of(options), options.assignment)
    models = exam.spec.model_files.values()
    collected = collect(options.paths, options.assignment, options.student, models)
    for note in collected.notes:
        print(f"note: {note}", file=sys.stderr)
    _hold_outputs(options, len(collected.submissions))
    if options.json is None:
        return _graded(options, exam, collected.submissions, None), 0
    with Journal(options.json) as journal:
        report = _graded(options, exam, collected.submissions, journal)
    journal.remove()
    return report, journal.resumed


def _hold_outputs(options: argparse.Namespace, count: int) -> None:
    if options.gradescope and options.gradescope.suffix == ".json" and count > 1:
        raise DlcnnError(
            f"--gradescope: one file holds one submission. Received {options.gradescope} for "
            f"{count} submissions. Name a folder instead."
        )
    # The folder first: it is made, and a file of its name is refused then.
    if options.html:
        hold_folder("--html", options.html)
    if options.json:
        hold_file("--json", options.json)
    if options.gradescope:
        hold = hold_file if options.gradescope.suffix == ".json" else hold_folder
        hold("--gradescope", options.gradescope)


def _graded(
    options: argparse.Namespace,
    exam: "Exam",
    submissions: "Sequence[Found]",
    journal: "Journal | None",
) -> "Report":
    from dlcnn.classroom.batch import Batch
    from dlcnn.grading.report import Report
    from dlcnn.grading.worker.pool import Zygote

    jobs = min(options.jobs or os.cpu_count() or 1, len(submissions))
    with ExitStack() as stack:
        zygotes = [
            stack.enter_context(Zygote(exam.spec.profile, options.require_isolation))
            for _ in range(jobs)
        ]
        progress = stack.enter_context(progress_bar(len(submissions)))
        graded = Batch(exam, zygotes, options.seed, journal, progress).grade(submissions)
        # The report speaks for every submission, so it names the least that any of them had.
        isolation = max((each.isolation for each in zygotes), key=lambda i: TIERS.index(i.tier))
    report = Report(exam.assignment.id, exam.spec.version, isolation, tuple(graded), options.seed)
    _write(options, exam, report)
    return report


def _write(options: argparse.Namespace, exam: "Exam", report: "Report") -> None:
    from dlcnn.grading.render.gradescope import write_gradescope
    from dlcnn.grading.render.html import write_html
    from dlcnn.grading.report import write_json

    if options.json:  # first: it is what the others can be made from again
        write_json(report, options.json)
    if options.html:
        write_html(report, options.html, exam.spec.title)
    if options.gradescope:
        write_gradescope(report, options.gradescope)


def _show(report: "Report", resumed: int, seconds: float) -> None:
    from dlcnn.grading.render.replay import first_replay
    from dlcnn.grading.render.terminal import (
        make_console,
        print_folder,
        print_isolation,
        print_submission,
    )

    console = make_console()
    count = len(report.submissions)
    if count == 1:
        submission = report.submissions[0]
        again = first_replay(submission, Path(submission.path).name, seed=report.seed)
        print_submission(submission, console, again)
    else:
        print_folder(report, console)
    console.print()
    print_isolation(report.isolation, console)
    earlier = f", {resumed} of them by an earlier run" if resumed else ""
    console.print(f"graded {count}{earlier} in {seconds:.2f} s, {seconds / count:.3f} s each")


def _exit_code(report: "Report") -> int:
    statuses = {submission.status for submission in report.submissions}
    if "error" in statuses:
        return GRADER_FAULT
    return WRONG_USAGE if statuses == {"unreadable"} else DONE
