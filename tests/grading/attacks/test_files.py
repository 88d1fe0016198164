"""Hostile files: what is handed in is no program, or one that is made to break who reads it."""

import os
import time
from pathlib import Path

import pytest

from dlcnn.course.submission import UnreadableSubmission, read_submission
from tests.grading.attacks.arena import Arena

_LONG = 200_000  # a little under what a submission may be long
_WRONG = "\ndef scale(X, factor):\n    return X\n"

# Texts that are deep, wide or many in a way that a parser or a compiler may not survive.
_BOMBS = {
    "brackets": "(" * _LONG,
    "closed brackets": "def bomb(): return " + "(" * 100_000 + ")" * 100_000,
    "signs": "def bomb(): return " + "-" * _LONG + "1",
    "attributes": "def bomb(): return a" + ".a" * (_LONG // 2),
    "calls": "def bomb(): return a" + "()" * (_LONG // 2),
    "sums": "def bomb(): return " + "1+" * (_LONG // 2) + "1",
    "comparisons": "def bomb(): return " + "1<" * (_LONG // 2) + "1",
    "lambdas": "def bomb(): return " + "lambda:" * (_LONG // 8) + "1",
    "lists": "def bomb(): return " + "[" * 100_000 + "]" * 100_000,
    "a number": "def bomb(): return " + "9" * _LONG,
    "a power": "def bomb(): return 9**9**9**9",
    "a product of texts": "def bomb(): return 'a' * 4000 * 4000 * 4000",
    "decorators": "@a\n" * (_LONG // 3) + "def bomb(): pass",
    "conditions": "def bomb():\n if 1: pass\n" + " elif 1: pass\n" * (_LONG // 14),
    "blocks": "".join(" " * depth + "if 1:\n" for depth in range(99)) + " " * 99 + "pass",
    "constants": "\n".join(f"a{i} = a{i - 1}" for i in range(1, 15_000)) + "\na0 = a14999",
    "lines that do not parse": "a b\n" * (_LONG // 4),
    "lines that almost parse": "\tx\n y\n" * (_LONG // 6),
    "quotes": "'''\n" * (_LONG // 4),
    "magics": "%a\n" * (_LONG // 3),
    "returns of the carriage": "\r" * _LONG,
}


@pytest.mark.parametrize("bomb", _BOMBS.values(), ids=[name.replace(" ", "-") for name in _BOMBS])
def test_text_that_breaks_parsers_costs_only_its_own_marks(bomb: str, arena: Arena):
    """It is read or refused in a few seconds, by us and by the worker."""
    arena.grade(bomb + _WRONG)


def test_notebook_nested_without_end_is_refused(tmp_path: Path):
    """JSON that is deeper than a parser can go is unreadable, in one sentence."""
    path = tmp_path / "deep.ipynb"
    path.write_text('{"cells": [' * 100_000, encoding="utf-8")
    with pytest.raises(UnreadableSubmission):
        read_submission(path)


def test_link_to_the_solution_is_refused(world):
    """A submission is a file of one's own: a link would have us read any file of ours."""
    link = world.outside / "mallory.py"
    link.symlink_to(world.course.grader / "solution.py")
    with pytest.raises(UnreadableSubmission, match="link"):
        read_submission(link)


def test_pipe_is_refused_without_waiting(tmp_path: Path):
    """A pipe that nobody writes to would hold the whole run up."""
    pipe = tmp_path / "mallory.py"
    os.mkfifo(pipe)
    started = time.monotonic()
    with pytest.raises(UnreadableSubmission):
        read_submission(pipe)
    assert time.monotonic() - started < 10


def test_endless_file_is_refused_without_reading_it(tmp_path: Path):
    """A file of many gigabytes of nothing is judged by its size."""
    path = tmp_path / "mallory.py"
    with path.open("wb") as file:
        file.truncate(1 << 36)
    started = time.monotonic()
    with pytest.raises(UnreadableSubmission):
        read_submission(path)
    assert time.monotonic() - started < 10
