"""Real commands, run as a person would."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CORRECT

ROOT = Path(__file__).parents[2]
WRONG = CORRECT.replace("return factor * X", "return factor + X")


@pytest.fixture
def environment():
    """The variables of a command: this repository's `dlcnn`, no colours."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100"}


@pytest.fixture
def dlcnn(small_course, tmp_path, environment):
    """Run `dlcnn` on the small course; what it printed and its exit code."""

    def run(*arguments, course=True, **more):
        command = [sys.executable, "-m", "dlcnn", *map(str, arguments)]
        if course:
            command += ["--course", str(small_course.root)]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def hand_in(tmp_path):
    """Put a text into the folder of submissions; its path."""

    def put(name, text=CORRECT):
        path = tmp_path / "submissions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return put
