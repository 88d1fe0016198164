"""`mistakes.toml`: known wrong answers, each an edit of the solution and the sentence about it.

Loads and validates the file and makes the mistaken solutions' text; runs nothing.
"""

import ast
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from dlcnn.course.errors import CourseError

__all__ = ["Mistake", "load_mistakes"]

_KEYS = ("id", "task", "find", "replace", "text")


@dataclass(frozen=True)
class Mistake:
    """One known mistake.

    Attributes:
        id: its name, unique in the file.
        task: the task in whose solution it is made.
        text: the sentence that explains it to the student.
        source: the whole solution with the mistake in it.
    """

    id: str
    task: str
    text: str
    source: str


def load_mistakes(path: Path, solution: str) -> tuple[Mistake, ...]:
    """Load a `mistakes.toml`; an assignment without one has no known mistakes.

    Args:
        path: the file.
        solution: the text of `solution.py`, in which every edit must match exactly once within
            the function of its task.

    Raises:
        CourseError: the file breaks a rule; names file, mistake and rule.
    """
    functions = {
        node.name: node for node in ast.parse(solution).body if isinstance(node, ast.FunctionDef)
    }
    found: dict[str, Mistake] = {}
    for number, entry in enumerate(_entries(path), start=1):
        mistake = _mistake(f"{path}: mistake {entry.get('id', number)}", entry, functions, solution)
        if mistake.id in found:
            raise CourseError(
                f"{path}: every mistake has an id of its own. Received {mistake.id!r} twice. "
                "Rename one."
            )
        found[mistake.id] = mistake
    return tuple(found.values())


def _entries(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CourseError(
            f"{path}: the file is TOML text in UTF-8. Received {error}. Correct that place."
        ) from None
    entries = values.pop("mistake", [])
    if values or not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        unknown = ", ".join(sorted(values)) or f"mistake={entries!r}"
        raise CourseError(
            f"{path}: the file holds [[mistake]] tables only. Received {unknown}. Correct it."
        )
    return entries


def _mistake(
    where: str, entry: dict[str, Any], functions: Mapping[str, ast.FunctionDef], solution: str
) -> Mistake:
    if set(entry) != set(_KEYS):
        raise CourseError(
            f"{where}: a mistake has the keys {', '.join(_KEYS)}. "
            f"Received {', '.join(entry)}. Correct the keys."
        )
    for key in ("id", "task", "text"):
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise CourseError(f"{where}.{key}: it is a text. Received {entry[key]!r}. Write one.")
    if entry["task"] not in functions:
        raise CourseError(
            f"{where}.task: it names a function of the solution. Received {entry['task']!r}. "
            f"Name one of {', '.join(functions)}."
        )
    lines = solution.splitlines(keepends=True)
    function = functions[entry["task"]]
    begin, end = function.lineno - 1, function.end_lineno or len(lines)
    edited = _edited(where, "".join(lines[begin:end]), entry)
    source = "".join([*lines[:begin], edited, *lines[end:]])
    _hold_parses(where, source)
    return Mistake(entry["id"], entry["task"], " ".join(entry["text"].split()), source)


def _edited(where: str, text: str, entry: dict[str, Any]) -> str:
    """A function's text after all edits of a mistake, each looked for in the text as it was."""
    finds, replacements = _as_lists(entry["find"]), _as_lists(entry["replace"])
    plain = all(isinstance(each, str) for each in [*finds, *replacements])
    if not plain or not finds or len(finds) != len(replacements):
        raise CourseError(
            f"{where}: find and replace are texts, or lists of as many texts. "
            f"Received find={entry['find']!r}, replace={entry['replace']!r}. Correct them."
        )
    for find in finds:
        if text.count(find) != 1:
            raise CourseError(
                f"{where}.find: the text stands once in the solution of {entry['task']}. "
                f"Received {find!r}, which stands there {text.count(find)} times. "
                "Find a longer or another text."
            )
    places = [(text.index(find), text.index(find) + len(find)) for find in finds]
    _hold_apart(where, places, finds)
    for (begin, end), replacement in sorted(zip(places, replacements, strict=True), reverse=True):
        text = text[:begin] + replacement + text[end:]
    return text


def _hold_apart(where: str, places: Sequence[tuple[int, int]], finds: Sequence[str]) -> None:
    for (_, end), (begin, _) in pairwise(sorted(places)):
        if begin < end:
            raise CourseError(
                f"{where}.find: the texts of one mistake stand apart. Received {finds!r}, of which "
                "two overlap. Make one of them."
            )


def _as_lists(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _hold_parses(where: str, source: str) -> None:
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise CourseError(
            f"{where}.replace: the mistaken solution is Python. Received {error.msg} in line "
            f"{error.lineno}. Correct the replacement."
        ) from None
