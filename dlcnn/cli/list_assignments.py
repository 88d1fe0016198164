"""`dlcnn list`: the assignments of the course."""

import argparse
from typing import TYPE_CHECKING

from dlcnn.cli.exits import DONE
from dlcnn.cli.options import Commands, add_course, course_of

if TYPE_CHECKING:
    from dlcnn.grading.exam import Exam

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("list", help="list the assignments")
    add_course(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from rich.table import Table
    from rich.text import Text

    from dlcnn.grading.exam import load_exam
    from dlcnn.grading.render.terminal import make_console

    course = course_of(options)
    table = Table(box=None, pad_edge=False)
    table.add_column("assignment", no_wrap=True)
    table.add_column("title")
    table.add_column("tasks", justify="right")
    table.add_column("points", justify="right", no_wrap=True)
    for assignment in course.assignments:
        exam = load_exam(course, assignment.id)
        tasks = str(len(assignment.spec.tasks))
        row = (assignment.id, assignment.spec.title, tasks, _points(exam))
        table.add_row(*(Text(cell) for cell in row))
    make_console().print(table)
    return DONE


def _points(exam: "Exam") -> str:
    from dlcnn.grading.render.plain import points

    graded, optional = exam.max_scores()
    return f"{points(graded)} + {points(optional)} optional" if optional else points(graded)
