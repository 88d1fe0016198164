"""`dlcnn start`: copies an assignment's hand-out and template to work in."""

import argparse
from pathlib import Path

from dlcnn.cli.exits import DONE
from dlcnn.cli.options import Commands, add_course, course_of
from dlcnn.cli.outputs import hold_folder
from dlcnn.errors import DlcnnError

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("start", help="copy an assignment to work on it")
    parser.add_argument("assignment", metavar="ID", help="as `dlcnn list` names it")
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", type=Path, help="where to (default: a folder ID)"
    )
    parser.add_argument(
        "--script", action="store_true", help="a Python script instead of a notebook"
    )
    add_course(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from dlcnn.files import write_atomically

    assignment = course_of(options).assignment(options.assignment)
    folder = options.folder or Path(assignment.id)
    suffix = ".py" if options.script else ".ipynb"
    work = folder / f"{assignment.id}{suffix}"
    copies = {
        folder / "README.md": assignment.readme_path,
        work: assignment.template_path(suffix),
    }
    for target in copies:
        if target.exists() or target.is_symlink():
            raise DlcnnError(
                f"start: nothing of yours is overwritten. Received {target}, which exists. "
                "Name another folder, or move the file away."
            )
    texts = {target: _text(source) for target, source in copies.items()}
    hold_folder("start", folder)
    for target, text in texts.items():
        write_atomically(target, text)
    print(f"{assignment.spec.title}: read {folder / 'README.md'}, then work in {work}")
    print(f"Check it with: dlcnn check {work}")
    return DONE


def _text(source: Path) -> str:
    try:
        return source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DlcnnError(
            f"{source}: an assignment hands out this file, in UTF-8. Received {reason}. "
            "Tell the course's author, who finds more with `dlcnn course check`."
        ) from None
