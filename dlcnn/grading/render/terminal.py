"""Reports for people at a terminal: one submission in full, a folder as a table.

Every status is shown by symbol and word as well as by colour, so nothing is lost where there is no
colour. Student text reaches rich as `Text`, never as markup, and without control characters.
"""

import os
import sys
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dlcnn.grading.render.plain import one_line, points, printable
from dlcnn.grading.render.summary import CheckSummary, summarize
from dlcnn.grading.render.words import (
    STATUS_SYMBOLS,
    STATUS_WORDS,
    sentences,
    status_line,
    task_sentences,
    with_causes_once,
)
from dlcnn.grading.report import (
    CheckResult,
    Isolation,
    Report,
    Status,
    SubmissionReport,
    TaskResult,
)

__all__ = ["make_console", "print_folder", "print_isolation", "print_submission"]

_STYLES: dict[Status, str] = {
    "PASS": "green",
    "FAIL": "red",
    "TODO": "yellow",
    "SKIP": "yellow",
    "ERROR": "bold magenta",
}
_PLAIN_WIDTH, _WIDEST = 100, 110
_MOST_FAILED = 5


class _Console(Console):
    """A console that goes quiet when nobody reads on, as in `dlcnn check FILE | head`."""

    def on_broken_pipe(self) -> None:
        """Leave the command to end in its own way, with its own exit code."""
        self.quiet = True
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self.file.fileno())
        os.close(null)


def make_console(stream: IO[str] | None = None) -> Console:
    """A console on `stream` (standard output by default): plain where it is no terminal.

    A pipe or file has no width of its own, so it gets one in which points stay aligned.
    """
    stream = stream or sys.stdout
    console = _Console(file=stream, highlight=False, soft_wrap=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PLAIN_WIDTH
    console.width = min(console.width, _WIDEST)
    return console


def print_submission(
    submission: SubmissionReport, console: Console, again: str | None = None
) -> None:
    """Print everything a person at the terminal may read about one submission.

    Args:
        submission: what was graded.
        console: where to.
        again: the command that runs a failed check again, where there is one to tell.
    """
    console.print(Text(f"{one_line(submission.student)}: {one_line(submission.path)}", "bold"))
    for note in submission.notes:
        console.print(Text(f"  note: {printable(note)}" if submission.tasks else printable(note)))
    for task in submission.tasks:
        console.print()
        _print_task(task, console)
    if submission.tasks:
        console.print()
        console.print(Text(status_line(submission), "bold"))
    if again:
        console.print("to run the first failed check again:")
        # In one line however long it is, so that it can be copied.
        console.print(Text(f"  {again}"), soft_wrap=True)


def print_folder(report: Report, console: Console) -> None:
    """Print one row per submission, then how the class did and what it failed most."""
    table = Table(box=None, pad_edge=False, expand=False)
    table.add_column("student", overflow="fold")
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("optional", justify="right", no_wrap=True)
    table.add_column("tasks", overflow="fold")
    for submission in report.submissions:
        table.add_row(
            Text(one_line(submission.student)),
            Text(f"{points(submission.score)}/{points(submission.max_score)}"),
            Text(f"{points(submission.optional_score)}/{points(submission.optional_max_score)}"),
            _tasks(submission),
        )
    console.print(table)
    _print_summary(report, console)


def print_isolation(isolation: Isolation, console: Console) -> None:
    """Print how far student code was kept apart, and why no further."""
    reason = f" ({one_line(isolation.reason, 1000)})" if isolation.reason else ""
    _print_wrapped(f"isolation: {isolation.tier}{reason}", 0, console)


def _print_task(task: TaskResult, console: Console) -> None:
    optional = " (optional)" if task.optional else ""
    heading = Text.assemble((task.task, "bold"), optional, "  ", _status(task.status))
    console.print(_row(heading, _score(task.score, task.max_score)))
    for sentence in task_sentences(task):
        _print_wrapped(sentence, 2, console)
    if task.status in ("TODO", "SKIP"):  # nothing was run, for one reason
        for sentence in sentences(task.checks[0].facts):
            _print_wrapped(sentence, 2, console)
        return
    for check in with_causes_once(task.checks, hidden=False):
        _print_check(check, console)


def _print_check(check: CheckResult, console: Console) -> None:
    mark = Text(f"  {STATUS_SYMBOLS[check.status]} ", _STYLES[check.status])
    word = f"{check.status} " if check.status != "PASS" else ""
    hidden = " (hidden)" if check.visibility == "hidden" else ""
    title = Text.assemble((word, _STYLES[check.status]), f"{one_line(check.title)}{hidden}")
    grid = Table.grid(expand=True, padding=0)
    grid.add_column(width=4, no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(mark, title, Text(f"  {_score(check.score, check.max_score)}"))
    console.print(grid)
    for sentence in sentences(check.facts, check.cause):
        _print_wrapped(sentence, 6, console)


def _print_wrapped(sentence: str, columns: int, console: Console) -> None:
    """Wrap under the first word, without the blanks that rich's own padding leaves at line ends."""
    margin = Text(" " * columns)
    for line in Text(sentence).wrap(console, console.width - columns, overflow="fold"):
        line.rstrip()
        console.print(margin + line)


def _print_summary(report: Report, console: Console) -> None:
    summary = summarize(report)
    counted = [f"{summary.graded} graded"]
    counted += [f"{summary.unreadable} unreadable"] if summary.unreadable else []
    counted += [f"{summary.errors} stopped by a grader error"] if summary.errors else []
    if summary.mean is not None and summary.median is not None:
        best = points(summary.max_score)
        counted.append(f"mean {points(summary.mean)} and median {points(summary.median)} of {best}")
    console.print()
    console.print(Text(", ".join(counted)))
    failed = summary.most_failed(_MOST_FAILED)
    if failed:
        console.print()
        console.print(_failed_table(failed))


def _failed_table(failed: list[CheckSummary]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("failed by", justify="right", no_wrap=True)
    table.add_column("check", overflow="fold")
    for check in failed:
        table.add_row(Text(f"{check.failed} of {check.total}"), Text(one_line(check.title)))
    return table


def _tasks(submission: SubmissionReport) -> Text:
    if not submission.tasks:
        return Text(f"{submission.status}: {status_line(submission)}", "yellow")
    told = Text()
    for status in ("FAIL", "TODO", "SKIP", "ERROR"):
        names = [task.task for task in submission.tasks if task.status == status]
        if names:
            told.append("; " if told else "")
            told.append_text(_status(status)).append(f": {', '.join(names)}")
    return told or _status("PASS")


def _status(status: Status) -> Text:
    return Text(f"{STATUS_SYMBOLS[status]} {STATUS_WORDS[status]}", _STYLES[status])


def _score(score: float, max_score: float) -> str:
    return f"{points(score)}/{points(max_score)}"


def _row(left: Text, right: str) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(left, Text(right, "bold"))
    return grid
