"""The command that runs a failed check again, with the very same inputs."""

import shlex
from pathlib import PurePosixPath

from dlcnn.grading.render.plain import one_line
from dlcnn.grading.report import CheckResult, Report, SubmissionReport, TaskResult

__all__ = ["first_replay", "replay"]

_LONGEST = 4_000


def replay(
    report: Report, submission: SubmissionReport, task: TaskResult, check: CheckResult
) -> str | None:
    """What to type to see a failed check fail again; None where it did not fail.

    A public check is run again on the student's machine, beside the file; a hidden one on the
    teacher's, in the folder that was graded.
    """
    if check.status != "FAIL":
        return None
    if check.visibility == "public":
        file = PurePosixPath(submission.path).name
        return _check_command(file, submission.student, task, check, seed=report.seed)
    options = {"student": submission.student, "seed": report.seed}
    return _command("grade", report.assignment, _file(submission.path), **options)


def first_replay(submission: SubmissionReport, file: str, **options: str | None) -> str | None:
    """The student's command for the first public check that failed, None where none did.

    Args:
        submission: what was graded.
        file: the path to name.
        options: further ones of `dlcnn check` that decide the inputs; None for those not given.
    """
    for task in submission.tasks:
        for check in task.checks:
            if (check.status, check.visibility) == ("FAIL", "public"):
                return _check_command(file, submission.student, task, check, **options)
    return None


def _check_command(
    file: str, student: str, task: TaskResult, check: CheckResult, **options: str | None
) -> str:
    # Followed through: what other checks gave decided how this one was judged, so all are run.
    only = None if task.follow_through else check.check
    return _command("check", _file(file), student=student, only=only, **options)


def _command(*words: str, **options: str | None) -> str:
    given = [_option(name, value) for name, value in options.items() if value is not None]
    line = " ".join(["dlcnn", *map(shlex.quote, words), *given])
    return one_line(line, _LONGEST)


def _option(name: str, value: str) -> str:
    # A value that begins with a dash would be taken for an option.
    return f"--{name}{'=' if value.startswith('-') else ' '}{shlex.quote(value)}"


def _file(path: str) -> str:
    return f"./{path}" if path.startswith("-") else path
