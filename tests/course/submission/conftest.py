"""Students' files as the tests write them, and what becomes of their code when it runs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlcnn.course.submission import Submission, read_submission


def notebook(*cells: str, **changes: Any) -> str:
    """The text of a notebook with these code cells, a markdown cell before each."""
    listed = []
    for source in cells:
        listed.append({"cell_type": "markdown", "metadata": {}, "source": "Some *text*"})
        listed.append(
            {
                "cell_type": "code",
                "execution_count": 1,
                "metadata": {},
                "outputs": [],
                "source": source.splitlines(keepends=True),
            }
        )
    return json.dumps(
        {"cells": listed, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **changes}
    )


def run(submission: Submission) -> dict[str, Any]:
    """Run what was taken and return the names that it leaves."""
    namespace: dict[str, Any] = {}
    for cell in submission.cells:
        exec(compile(cell.source, cell.label, "exec"), namespace)
    return namespace


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Submission]:
    """Reads code cells as a notebook."""

    def reader(*cells: str) -> Submission:
        path = tmp_path / "student.ipynb"
        path.write_text(notebook(*cells), encoding="utf-8")
        return read_submission(path)

    return reader


@pytest.fixture
def read_script(tmp_path: Path) -> Callable[[str], Submission]:
    """Reads a text as a script."""

    def reader(text: str) -> Submission:
        path = tmp_path / "student.py"
        path.write_text(text, encoding="utf-8")
        return read_submission(path)

    return reader
