"""`mistakes.toml`: known wrong answers, each an edit of the solution and the sentence about it.

Loads and validates the file and makes the mistaken solutions' text; runs nothing.
"""

import ast
import tomllib
from dataclasses import dataclass
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
    if not path.is_file():
        return ()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CourseError(
            f"{path}: the file is TOML text in UTF-8. Received {error}. Correct that place."
        ) from None
    if set(values) - {"mistake"}:
        unknown = ", ".join(sorted(set(values) - {"mistake"}))
        raise CourseError(
            f"{path}: the file holds [[mistake]] tables only. Received {unknown}. Remove it."
        )
    functions = {
        node.name: node for node in ast.parse(solution).body if isinstance(node, ast.FunctionDef)
    }
    found: dict[str, Mistake] = {}
    for number, entry in enumerate(values.get("mistake", ()), start=1):
        mistake = _mistake(f"{path}: mistake {entry.get('id', number)}", entry, functions, solution)
        if mistake.id in found:
            raise CourseError(
                f"{path}: every mistake has an id of its own. Received {mistake.id!r} twice. "
                "Rename one."
            )
        found[mistake.id] = mistake
    return tuple(found.values())


def _mistake(
    where: str, entry: dict[str, Any], functions: dict[str, ast.FunctionDef], solution: str
) -> Mistake:
    if set(entry) != set(_KEYS):
        raise CourseError(
            f"{where}: a mistake has the keys {', '.join(_KEYS)}. "
            f"Received {', '.join(entry)}. Correct the keys."
        )
    if entry["task"] not in functions:
        raise CourseError(
            f"{where}.task: it names a function of the solution. Received {entry['task']!r}. "
            f"Name one of {', '.join(functions)}."
        )
    finds, replacements = _as_lists(entry["find"]), _as_lists(entry["replace"])
    plain = all(isinstance(text, str) for text in [*finds, *replacements, entry["id"]])
    if not plain or not isinstance(entry["text"], str) or len(finds) != len(replacements):
        raise CourseError(
            f"{where}: find and replace are texts, or lists of as many texts. "
            f"Received find={entry['find']!r}, replace={entry['replace']!r}. Correct them."
        )
    lines = solution.splitlines(keepends=True)
    function = functions[entry["task"]]
    begin, end = function.lineno - 1, function.end_lineno or len(lines)
    text = "".join(lines[begin:end])
    for find, replacement in zip(finds, replacements, strict=True):
        if text.count(find) != 1:
            raise CourseError(
                f"{where}.find: the text stands once in the solution of {entry['task']}. "
                f"Received {find!r}, which stands there {text.count(find)} times. "
                "Find a longer or another text."
            )
        text = text.replace(find, replacement)
    source = "".join([*lines[:begin], text, *lines[end:]])
    _hold_parses(where, source)
    return Mistake(entry["id"], entry["task"], " ".join(entry["text"].split()), source)


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
