"""Gradescope's `results.json`, for one submission or a folder of them.

The `score` that Gradescope takes over is that of the graded tasks. Optional tasks appear as tests
tagged "optional" with points of their own, and in `extra_data`; they never enter `score`.
"""

import json
from pathlib import Path
from typing import Any

from dlcnn.errors import DlcnnError
from dlcnn.files import write_atomically
from dlcnn.grading.render.plain import file_names
from dlcnn.grading.render.replay import replay
from dlcnn.grading.render.words import STATUS_WORDS, sentences, status_line, task_sentences
from dlcnn.grading.report import CheckResult, Report, SubmissionReport, TaskResult

__all__ = ["results", "write_failure", "write_gradescope"]


def write_gradescope(report: Report, target: Path) -> list[Path]:
    """Write a `results.json` for every submission in `report`.

    Args:
        report: what was graded.
        target: a name that ends in `.json` is the file of the one submission; any other is a
            folder that receives `<student>.json` for each.

    Returns:
        the files written.

    Raises:
        DlcnnError: one file is named for several submissions.
    """
    if target.suffix == ".json":
        if len(report.submissions) != 1:
            raise DlcnnError(
                f"--gradescope: one file holds one submission. Received {target} for "
                f"{len(report.submissions)} submissions. Name a folder instead."
            )
        _write(target, results(report.submissions[0], report))
        return [target]
    stems = file_names(submission.student for submission in report.submissions)
    written = []
    for submission in report.submissions:
        path = target / f"{stems[submission.student]}.json"
        _write(path, results(submission, report))
        written.append(path)
    return written


def write_failure(sentence: str, target: Path) -> None:
    """Write a `results.json` for a run that ended before anything was graded.

    Gradescope shows a student nothing at all without the file. A folder gets none: nothing is
    known then of whom it would be about.
    """
    if target.suffix == ".json":
        _write(target, {**_frame(sentence), "score": 0})


def results(submission: SubmissionReport, report: Report) -> dict[str, Any]:
    """One submission as the object that Gradescope reads."""
    tests = [
        _test(task, check, f"{place}.{number}", replay(report, submission, task, check))
        for place, task in enumerate(submission.tasks, 1)
        for number, check in enumerate(task.checks, 1)
    ]
    notes = [f"note: {note}" for note in submission.notes] if submission.tasks else []
    helped = [sentence for task in submission.tasks for sentence in task_sentences(task)]
    return {
        **_frame("\n".join([status_line(submission), *notes, *helped])),
        "score": submission.score,
        "execution_time": round(submission.seconds, 3),
        "tests": tests,
        "extra_data": {
            "assignment": report.assignment,
            "assignment_version": report.assignment_version,
            "isolation": {"tier": report.isolation.tier, "reason": report.isolation.reason},
            "status": submission.status,
            "max_score": submission.max_score,
            "optional_score": submission.optional_score,
            "optional_max_score": submission.optional_max_score,
        },
    }


def _frame(output: str) -> dict[str, Any]:
    """What stands in every results.json: students see the words, never the raw output."""
    return {"output": output, "visibility": "visible", "stdout_visibility": "hidden"}


def _test(task: TaskResult, check: CheckResult, number: str, again: str | None) -> dict[str, Any]:
    hidden = check.visibility == "hidden"
    told = sentences(check.facts, None if hidden else check.cause)
    told += [f"to run this check again: {again}"] if again and not hidden else []
    status = [] if check.status in ("PASS", "FAIL") else [STATUS_WORDS[check.status]]
    return {
        "name": check.title,
        "number": number,
        "score": check.score,
        "max_score": check.max_score,
        "status": "passed" if check.status == "PASS" else "failed",
        "output": "\n".join([*status, *told]),
        "output_format": "text",
        "visibility": "hidden" if hidden else "visible",
        "tags": [task.task, *(["optional"] if task.optional else [])],
    }


def _write(path: Path, plain: dict[str, Any]) -> None:
    write_atomically(path, json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
