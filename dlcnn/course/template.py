"""Templates from the one source: `solution.py` → `template.py` and `template.ipynb`.

The same solution always gives the same bytes. Nothing between solution markers may get through.
"""

import ast
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from dlcnn.course.blocks import Block, find_blocks, parse_course_file
from dlcnn.course.discover import Assignment
from dlcnn.course.errors import CourseError
from dlcnn.files import write_atomically

__all__ = ["Templates", "make_templates", "stale", "sync"]

# What jupytext writes at the top of a script: a block of YAML in comments.
_JUPYTEXT_HEADER = re.compile(r"\A# ---\n(?:#[^\n]*\n)*?# ---\n\s*")
_COMMENT_SIGN = re.compile(r"^([ \t]*)# ?")


@dataclass(frozen=True)
class Templates:
    """The text of both templates of an assignment."""

    script: str
    notebook: str


def make_templates(assignment: Assignment) -> Templates:
    """Make both templates from an assignment's solution.

    Raises:
        CourseError: the solution is missing or a marker breaks a rule; names file and line.
    """
    path = assignment.solution_path
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(
            f"{path}: an assignment has its solution there, in UTF-8. Received {error}. "
            "Write it, or start from `dlcnn course new`."
        ) from None
    blocks = find_blocks(path, text)
    _hold_tasks(assignment, text, blocks)
    body = _without_answers(path, text.split("\n"), blocks)
    body = _JUPYTEXT_HEADER.sub("", body).strip("\n") + "\n"
    marker = f"# dlcnn: assignment={assignment.id} version={assignment.spec.version}\n"
    return Templates(f"{marker}\n{body}", _notebook(assignment, body))


def sync(assignment: Assignment) -> list[Path]:
    """Write the templates that differ from what the solution gives, and return their paths."""
    outdated = stale(assignment)
    for path, text in _texts(assignment):
        if path in outdated:
            write_atomically(path, text)
    return outdated


def stale(assignment: Assignment) -> list[Path]:
    """The templates that are missing or differ, in any byte, from what the solution gives."""
    return [
        path
        for path, text in _texts(assignment)
        if not path.is_file() or path.read_bytes() != text.encode()
    ]


def _texts(assignment: Assignment) -> list[tuple[Path, str]]:
    made = make_templates(assignment)
    return [
        (assignment.template_path(".py"), made.script),
        (assignment.template_path(".ipynb"), made.notebook),
    ]


def _hold_tasks(assignment: Assignment, text: str, blocks: list[Block]) -> None:
    """Every task is defined, and keeps something for the student to write."""
    path = assignment.solution_path
    tree = parse_course_file(path, text)
    defined = {node.name: node.lineno for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name in assignment.spec.function_names:
        if name not in defined:
            raise CourseError(
                f"{path}: the solution defines every task of assignment.toml. Received no "
                f"function {name}. Add it, or remove the task."
            )
        if all(block.task != name for block in blocks):
            raise CourseError(
                f"{path}:{defined[name]}: a task's answer stands between # BEGIN SOLUTION and "
                f"# END SOLUTION. Received no such block in {name}. Mark the answer."
            )


def _without_answers(path: Path, lines: list[str], blocks: list[Block]) -> str:
    # From the last to the first, so that the blocks above keep their line numbers.
    for block in reversed(blocks):
        lines = [*lines[: block.begin], *_given(lines, block), *lines[block.end + 1 :]]
    text = "\n".join(lines)
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise CourseError(
            f"{path}: the template is Python. Received {error.msg} in its line {error.lineno}: "
            f"{(error.text or '').strip()!r}. Correct the lines after # TEMPLATE."
        ) from None
    return text


def _given(lines: list[str], block: Block) -> list[str]:
    """What students get in place of a block."""
    if block.template is None:
        margin = lines[block.begin][: -len(lines[block.begin].lstrip())]
        return [
            f'{margin}raise NotImplementedError("task {block.task}: write your code in place of '
            'this line")'
        ]
    written = lines[block.template + 1 : block.end]
    # Code is written as comments there, so that the solution still runs.
    code = [_COMMENT_SIGN.sub(r"\1", line) for line in written]
    return code if _fits(lines, block, code) else written


def _fits(lines: list[str], block: Block, code: list[str]) -> bool:
    """Whether the block's function parses with `code` in place of the block."""
    rest = _rest_of_function(lines[block.end + 1 :])
    try:
        ast.parse("\n".join([*lines[block.function : block.begin], *code, *rest]))
    except SyntaxError:
        return False
    return True


def _rest_of_function(lines: list[str]) -> list[str]:
    """The lines up to the first that begins another statement at the left margin."""
    for number, line in enumerate(lines):
        if line.strip() and not line.startswith((" ", "\t", "#", ")")):
            return lines[:number]
    return lines


def _notebook(assignment: Assignment, body: str) -> str:
    # Here, since only authors need these and the import takes half a second; both have no types.
    import jupytext  # type: ignore[import-untyped]
    import nbformat

    notebook: Any = jupytext.reads(body, fmt={"extension": ".py", "format_name": "percent"})
    cells = [_cell(number, cell) for number, cell in enumerate(notebook.cells)]
    made = nbformat.from_dict(  # type: ignore[no-untyped-call]
        {
            "cells": cells,
            "metadata": {
                "dlcnn": {"assignment": assignment.id, "version": assignment.spec.version},
                "kernelspec": {
                    "display_name": "Python 3",
                    "language": "python",
                    "name": "python3",
                },
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )
    nbformat.validate(made)
    text: str = nbformat.writes(made, version=4)  # type: ignore[no-untyped-call]
    return text.rstrip("\n") + "\n"


def _cell(number: int, cell: Any) -> dict[str, Any]:
    """A cell with nothing in it that could differ from one run to the next."""
    source = f"{number}\0{cell.cell_type}\0{cell.source}"
    # jupytext keeps the blank lines between cells there, which mean nothing in a notebook.
    metadata = {key: cell.metadata[key] for key in cell.metadata if not key.startswith("lines_to")}
    plain = {
        "cell_type": cell.cell_type,
        "id": sha256(source.encode()).hexdigest()[:12],
        "metadata": metadata,
        "source": cell.source,
    }
    return plain | {"execution_count": None, "outputs": []} if cell.cell_type == "code" else plain
