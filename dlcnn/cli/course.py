"""`dlcnn course`: what the author of a course does with it."""

import argparse
from pathlib import Path

from dlcnn.cli.exits import CHECK_FAILED, DONE
from dlcnn.cli.options import Commands, add_course, course_of

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("course", help="write and check a course of your own")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="is every assignment sound?")
    check.set_defaults(run=_check)
    sync = actions.add_parser("sync", help="make the templates from the solutions")
    sync.set_defaults(run=_sync)
    new = actions.add_parser("new", help="begin an assignment with a small one that works")
    new.add_argument("assignment", metavar="ID", help="letters, digits and underscores")
    new.set_defaults(run=_new)
    for action in (check, sync, new):
        add_course(action)


def _check(options: argparse.Namespace) -> int:
    from dlcnn.course.errors import CourseError
    from dlcnn.grading.audit import audit

    try:
        course = course_of(options)
    except CourseError as error:
        if not _holds_course(options.course):
            raise
        print(error)
        print("1 to mend before the rest can be looked at")
        return CHECK_FAILED
    problems = audit(course)
    for problem in problems:
        print(problem)
    ids = ", ".join(assignment.id for assignment in course.assignments)
    if problems:
        print(f"{len(problems)} to mend in {ids}")
        return CHECK_FAILED
    print(f"sound: {ids}")
    return DONE


def _holds_course(folder: Path | None) -> bool:
    """Whether there is a course to find something in; without a folder named there always is."""
    return folder is None or all((folder / name).is_dir() for name in ("assignments", "graders"))


def _sync(options: argparse.Namespace) -> int:
    from dlcnn.course.template import sync

    changed = [path for assignment in course_of(options).assignments for path in sync(assignment)]
    for path in changed:
        print(f"written: {path}")
    if not changed:
        print("every template is up to date")
    return DONE


def _new(options: argparse.Namespace) -> int:
    from dlcnn.course.new import new_assignment

    # A course may begin here, so no course is looked for where none is named.
    root = options.course or Path.cwd()
    for path in new_assignment(root, options.assignment):
        print(f"written: {path}")
    print("Change solution.py and checks.py, then run: dlcnn course sync && dlcnn course check")
    return DONE
