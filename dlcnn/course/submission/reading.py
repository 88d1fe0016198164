"""A student's file to a `Submission`: the file, its cells parsed, and what of them is run."""

import threading
import warnings
from pathlib import Path

from dlcnn.course.submission.file import read_sources
from dlcnn.course.submission.model import Cell, Submission
from dlcnn.course.submission.parsing import parse_cell
from dlcnn.course.submission.selection import select
from dlcnn.course.submission.tensorflow1 import tensorflow1_notes

__all__ = ["read_submission"]

_quietly = threading.Lock()  # what warnings are ignored is one setting of the whole process


def read_submission(path: Path) -> Submission:
    """Read a notebook (.ipynb, format 4) or a script (.py) without running any of it.

    Args:
        path: the file.

    Returns:
        The imports, the definitions and the constants that they use, in their order.

    Raises:
        UnreadableSubmission: the file is no notebook or script; the message is one sentence.
    """
    sources = read_sources(path)
    with _quietly, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" in a student's string is none of our business
        parsed = [parse_cell(cell) for cell in sources.cells]
        chosen = select(parsed)
    return Submission(
        path=path,
        digest=sources.digest,
        marker=sources.marker,
        cells=tuple(
            Cell(cell.label, source)
            for cell, source in zip(parsed, chosen.sources, strict=True)
            if source.strip()
        ),
        functions=chosen.functions,
        names=chosen.names,
        imports=chosen.imports,
        broken=(*(piece for cell in parsed for piece in cell.broken), *chosen.broken),
        notes=(
            *tensorflow1_notes(parsed),
            *(note for cell in parsed for note in cell.notes),
            *chosen.notes,
        ),
    )
