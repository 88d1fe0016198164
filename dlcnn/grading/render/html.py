"""The report as web pages: a class page and one page per student, each a single file.

The pages need no network and no script. Everything that came from a student is escaped by Jinja,
and the pages' own policy forbids whatever could be loaded or run.
"""

from collections import Counter
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dlcnn.files import write_atomically
from dlcnn.grading.render.picture import Cell, picture
from dlcnn.grading.render.plain import file_names, one_line, points
from dlcnn.grading.render.replay import replay
from dlcnn.grading.render.summary import summarize
from dlcnn.grading.render.words import (
    SAME_CAUSE,
    STATUS_WORDS,
    sentences,
    status_line,
    task_sentences,
    with_causes_once,
)
from dlcnn.grading.report import CheckResult, Report, TaskResult

__all__ = ["write_html"]

_TEMPLATES = Path(__file__).parent / "templates"


def write_html(report: Report, folder: Path, title: str | None = None) -> Path:
    """Write `index.html` and a page for each student into `folder`.

    The pages are for teachers: they tell the category and the cause of hidden checks.

    Args:
        report: what was graded.
        folder: made where it is missing; pages of the same names are replaced.
        title: the assignment's title; its id where none is given.

    Returns:
        the path of `index.html`.
    """
    students = [submission.student for submission in report.submissions]
    pages = {
        student: f"{stem}.html" for student, stem in file_names(students, taken=["index"]).items()
    }
    environment = _environment()
    environment.globals.update(report=report, pages=pages, title=title or report.assignment)
    submissions = report.submissions
    for place, submission in enumerate(submissions):
        page = environment.get_template("student.html").render(
            submission=submission,
            tally=Counter(task.status for task in submission.tasks),
            before=submissions[place - 1] if place else None,
            after=submissions[place + 1] if place + 1 < len(submissions) else None,
        )
        write_atomically(folder / pages[submission.student], page)
    index = folder / "index.html"
    page = environment.get_template("index.html").render(
        summary=summarize(report), tasks=_tasks(report)
    )
    write_atomically(index, page)
    return index


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        line=lambda text: one_line(text, limit=1000),
        points=points,
        percent=_percent,
        found=_found,
        picture=picture,
        shade=_shade,
        with_causes_once=partial(with_causes_once, hidden=True),
        status_line=status_line,
        task_sentences=task_sentences,
    )
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    environment.globals.update(
        style=Markup(style), words=STATUS_WORDS, same_cause=SAME_CAUSE, replay=replay
    )
    return environment


def _found(check: CheckResult) -> list[str]:
    return sentences(check.facts)


def _shade(cell: Cell) -> str:
    """The classes of a cell: whether it differs, on which side and how far."""
    if not cell.differs or cell.shade == 0:
        return "differs" if cell.differs else ""
    if cell.shade is None:
        return "differs odd"
    return f"differs {'over' if cell.shade > 0 else 'under'}-{abs(cell.shade)}"


def _percent(value: float, maximum: float) -> str:
    return f"{100 * value / maximum:.4g}" if maximum else "0"


def _tasks(report: Report) -> tuple[TaskResult, ...]:
    """The assignment's tasks, as any graded submission lists them."""
    return next((entry.tasks for entry in report.submissions if entry.tasks), ())
