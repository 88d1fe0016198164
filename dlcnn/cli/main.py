"""`dlcnn`: picks the command and turns what went wrong into a message and an exit code.

Only the standard library is imported before a command runs, so that `--help` is immediate.
"""

import argparse
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from dlcnn.cli import (
    check,
    course,
    data,
    evaluate,
    grade,
    list_assignments,
    look,
    models,
    start,
    train,
)
from dlcnn.cli.exits import DONE, GRADER_FAULT, INTERRUPTED, WRONG_USAGE
from dlcnn.cli.streams import forgiving
from dlcnn.errors import DlcnnError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default the command line) name; its exit code."""
    sys.stdout, sys.stderr = forgiving(sys.stdout), forgiving(sys.stderr)
    warnings.formatwarning = lambda message, *_, **__: f"{message}\n"  # not our line of code
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.version:
        return _print_version()
    if "run" not in options:
        parser.print_help(sys.stderr)
        return WRONG_USAGE
    return _run(options.run, options)


def _run(command: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    try:
        return command(options)
    except DlcnnError as error:
        print(error, file=sys.stderr)
        return WRONG_USAGE
    except KeyboardInterrupt:
        print("Stopped. Nothing that was finished is lost.", file=sys.stderr)
        return INTERRUPTED
    except (Exception, SystemExit) as error:  # a course's file that calls sys.exit is not done
        if os.environ.get("DLCNN_DEBUG"):
            traceback.print_exc()
        if isinstance(error, OSError) and _is_theirs(error.filename, options):
            print(
                f"{error.filename}: dlcnn reads or writes there, as the command says. "
                f"Received {error.strerror}. Name another, or change its permissions.",
                file=sys.stderr,
            )
            return WRONG_USAGE
        print(
            f"dlcnn failed on something that it should have handled "
            f"({type(error).__name__}: {error}). This is a fault of dlcnn. "
            "Run the same command with DLCNN_DEBUG=1 for the details to report.",
            file=sys.stderr,
        )
        return GRADER_FAULT


def _is_theirs(name: object, options: argparse.Namespace) -> bool:
    """Whether a file lies where a path of the command line points: on it, below, above, beside."""
    if not isinstance(name, str):
        return False
    file = Path(name).resolve()
    values = (value if isinstance(value, list) else [value] for value in vars(options).values())
    given = [value.resolve() for each in values for value in each if isinstance(value, Path)]
    return any(
        file.is_relative_to(path) or path.is_relative_to(file) or file.parent == path.parent
        for path in given
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dlcnn",
        description="Learn, build and grade convolutional networks.",
    )
    parser.add_argument("--version", action="store_true", help="show the version and stop")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in (
        list_assignments,
        start,
        check,
        grade,
        course,
        data,
        models,
        train,
        evaluate,
        look,
    ):
        command.add(commands)
    return parser


def _print_version() -> int:
    from importlib.metadata import PackageNotFoundError

    import dlcnn

    try:
        print(dlcnn.__version__)
    except PackageNotFoundError:
        print("dlcnn (not installed: running from a checkout)")
    return DONE
