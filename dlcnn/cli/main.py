"""`dlcnn`: picks the command and turns what went wrong into a message and an exit code.

Only the standard library is imported before a command runs, so that `--help` is immediate.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence

from dlcnn.cli import check, course, grade, list_assignments, start
from dlcnn.cli.exits import DONE, GRADER_FAULT, INTERRUPTED, WRONG_USAGE
from dlcnn.errors import DlcnnError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default the command line) name; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ticks still shows the words
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
    except Exception as error:
        if os.environ.get("DLCNN_DEBUG"):
            traceback.print_exc()
        print(
            f"dlcnn failed on something that it should have handled "
            f"({type(error).__name__}: {error}). This is no fault of a submission. "
            "Run the same command with DLCNN_DEBUG=1 for the details to report.",
            file=sys.stderr,
        )
        return GRADER_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dlcnn",
        description="Learn, build and grade convolutional networks.",
    )
    parser.add_argument("--version", action="store_true", help="show the version and stop")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in (list_assignments, start, check, grade, course):
        command.add(commands)
    return parser


def _print_version() -> int:
    import dlcnn

    print(dlcnn.__version__)
    return DONE
