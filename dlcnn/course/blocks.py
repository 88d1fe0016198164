"""The solution blocks of a `solution.py`: found, and held against the rules of the markers.

A marker that is misspelled or out of place would hand the answer out, so every doubt is an error.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlcnn.course.errors import CourseError

__all__ = ["Block", "find_blocks", "parse_course_file"]

_BEGIN, _END, _TEMPLATE = "# BEGIN SOLUTION", "# END SOLUTION", "# TEMPLATE"
_LIKE_A_MARKER = re.compile(r"#[\W_]*(?:(?i:begin|end)[\W_]*(?i:solution)|TEMPLATE)[\W_]*$")


@dataclass(frozen=True)
class Block:
    """A stretch of a solution that students do not get; lines count from 0.

    Attributes:
        begin: the line of its BEGIN marker.
        end: the line of its END marker.
        template: the line of its TEMPLATE marker, or None.
        task: the function at top level that it is in.
        function: the first line of that function.
    """

    begin: int
    end: int
    template: int | None
    task: str
    function: int


def parse_course_file(path: Path, text: str) -> ast.Module:
    """Parse a file of the course.

    Raises:
        CourseError: it is not Python; names file and line.
    """
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise CourseError(
            f"{path}:{error.lineno}: the file is Python. Received {error.msg}. Correct that line."
        ) from None


def find_blocks(path: Path, text: str) -> list[Block]:
    """Find the solution blocks of a `solution.py`.

    Raises:
        CourseError: a marker breaks a rule; names file and line.
    """
    return _Finder(path, text).find()


class _Finder:
    """Walks through one solution's lines with its markers."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.split("\n")
        tree = parse_course_file(path, text)
        self._functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        self._blocks: list[Block] = []
        self._begin: int | None = None
        self._template: int | None = None

    def find(self) -> list[Block]:
        for number, line in enumerate(self._lines):
            marker = line.strip()
            if marker == _BEGIN:
                self._open(number)
            elif marker == _TEMPLATE:
                self._turn(number)
            elif marker == _END:
                self._close(number)
            elif _LIKE_A_MARKER.search(marker):
                raise self._error(
                    number, f"a marker is alone in its line: {_BEGIN}, {_TEMPLATE}, {_END}", marker
                )
        if self._begin is not None:
            raise self._error(
                self._begin, f"every {_BEGIN} has its {_END}", "none up to the file's end"
            )
        return self._blocks

    def _open(self, number: int) -> None:
        if self._begin is not None:
            raise self._error(
                number,
                "solution blocks do not nest",
                f"a second {_BEGIN} after that of line {self._begin + 1}",
            )
        self._begin, self._template = number, None

    def _turn(self, number: int) -> None:
        if self._begin is None:
            raise self._error(
                number, f"{_TEMPLATE} stands inside a solution block", "it outside of one"
            )
        if self._template is not None:
            raise self._error(
                number,
                f"a solution block has one {_TEMPLATE}",
                f"a second one after that of line {self._template + 1}",
            )
        self._template = number

    def _close(self, number: int) -> None:
        if self._begin is None:
            raise self._error(number, f"every {_END} has its {_BEGIN}", "none above it")
        begin, template = self._begin, self._template
        answer = range(begin + 1, number if template is None else template)
        code = [line for line in answer if _is_code(self._lines[line])]
        if not code:
            raise self._error(begin, "a solution block holds code", "an empty block")
        function = self._function_around(begin, code)
        block = Block(begin, number, template, function.name, function.lineno - 1)
        self._blocks.append(block)
        self._begin = None

    def _function_around(self, begin: int, code: Sequence[int]) -> ast.FunctionDef:
        for function in self._functions:
            body = function.body[0].lineno - 1
            if function.lineno - 1 < begin and body <= code[0]:
                end = function.end_lineno or function.lineno
                if code[-1] < end and begin < end:
                    return function
        raise self._error(begin, "a solution block stands inside one function", "it outside of one")

    def _error(self, number: int, rule: str, received: str) -> CourseError:
        return CourseError(
            f"{self._path}:{number + 1}: {rule}. Received {received}. Correct the markers."
        )


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
