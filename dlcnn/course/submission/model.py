"""What a submission is once it is read; knows nothing of files or of how the code was chosen."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Broken", "Cell", "Function", "Submission", "UnreadableSubmission"]

Function = ast.FunctionDef | ast.expr


class UnreadableSubmission(Exception):  # noqa: N818  says what the file is, not what went wrong
    """The file is no notebook or script; the message is one sentence for student and teacher."""


@dataclass(frozen=True)
class Cell:
    """Code of one notebook cell, or of a whole script.

    Attributes:
        label: what a person calls it: "cell 3", or the script's name.
        source: the code.
        first_line: the number of the source's first line within what the label names.
    """

    label: str
    source: str
    first_line: int = 1


@dataclass(frozen=True)
class Broken:
    """A piece of code that cannot be used, mostly since Python cannot parse it.

    Attributes:
        label: the cell or script.
        line: the line that Python complains about.
        message: the complaint.
        code: that line.
        names: the functions that the piece tries to define.
    """

    label: str
    line: int
    message: str
    code: str
    names: frozenset[str]


@dataclass(frozen=True)
class Submission:
    """One student's file, ready to be run.

    Attributes:
        path: the file.
        digest: SHA-256 of its bytes.
        marker: the assignment that the template's marker names, or None.
        cells: what to run, in order; what is not taken is blank, so line numbers hold.
        functions: the last definition of each function at module level.
        names: every name that has a value at module level once `cells` are run.
        imports: the packages imported anywhere in `cells`.
        broken: the pieces that do not parse, and tasks that cannot be called (`async def`).
        notes: what was tolerated or left out, in sentences for the student.
    """

    path: Path
    digest: str
    marker: str | None
    cells: tuple[Cell, ...]
    functions: Mapping[str, Function]
    names: frozenset[str]
    imports: frozenset[str]
    broken: tuple[Broken, ...]
    notes: tuple[str, ...]
