"""Options that several commands share, and what they stand for; heavy imports wait for a call."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from dlcnn.course.discover import Course

__all__ = ["TIERS", "Commands", "add_course", "course_of"]

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

TIERS = ("full", "partial", "process")  # of isolation, from most to least


def add_course(parser: argparse.ArgumentParser) -> None:
    """Add `--course`."""
    parser.add_argument(
        "--course",
        metavar="DIR",
        type=Path,
        help="the folder that holds assignments/ and graders/ (default: the nearest parent with "
        "both, else the built-in course)",
    )


def course_of(options: argparse.Namespace) -> "Course":
    """The course that the command works on."""
    from dlcnn.course.discover import find_course

    return find_course(options.course)
