"""The student's own functions and classes: what they need, and whether they only compute.

Reads them by their words, so that most notebooks cost little; looks closely only where it must.
"""

import ast
import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from dlcnn.course.submission.bindings import loaded_names
from dlcnn.course.submission.blanking import text_of
from dlcnn.course.submission.outline import Statement
from dlcnn.course.submission.parsing import ParsedCell
from dlcnn.course.submission.purity import Namespace, does_work
from dlcnn.course.submission.scopes import global_names, plain_locals

__all__ = ["OwnCode"]

_WORD = re.compile(r"[^\W\d]\w*")


class _Piece:
    """One definition."""

    def __init__(self, statement: Statement, cell: ParsedCell) -> None:
        self.node = statement.node
        self.is_value = statement.kind == "function"
        self._text = text_of(cell.lines, statement.node)
        self.words = set(_WORD.findall(self._text))

    def mentions(self, names: set[str]) -> bool:
        """Whether it may use one of `names`; a quick answer."""
        mentioned = self.words & names
        if mentioned and "global" not in self.words:
            mentioned -= plain_locals(self.node)
        return bool(mentioned)

    @cached_property
    def globals(self) -> set[str]:
        """The names that it takes from the notebook."""
        if self.is_value:
            return loaded_names(self.node)
        return global_names(f"if True:\n{self._text}" if self.node.col_offset else self._text)


class OwnCode:
    """Every definition of a notebook.

    Args:
        cells: the cells.
        statements: what they hold.
        bound: the names that a constant may bind.
    """

    def __init__(
        self, cells: Sequence[ParsedCell], statements: Iterable[Statement], bound: set[str]
    ) -> None:
        self._bound = bound
        self._pieces: dict[str, list[_Piece]] = {}
        for statement in statements:
            if statement.kind in ("definition", "function"):
                piece = _Piece(statement, cells[statement.cell])
                for name in statement.binds.sets or {""}:
                    self._pieces.setdefault(name, []).append(piece)

    def used_names(self) -> set[str]:
        """The names of constants that the definitions use."""
        return self._globals(piece for pieces in self._pieces.values() for piece in pieces)

    def needs(self, names: Iterable[str]) -> set[str]:
        """The names of constants that calls of the functions or classes `names` use."""
        return self._globals(self._reached(names))

    def only_computes(self, names: Iterable[str], namespace: Namespace) -> bool:
        """Whether calls of `names` neither read, nor draw, nor train, and find what they use."""
        pieces = self._reached(names)
        if any(not namespace.knows(name) for name in self._globals(pieces)):
            return False
        return not any(
            isinstance(node, ast.Call) and does_work(node, namespace)
            for piece in pieces
            for node in ast.walk(piece.node)
        )

    def _globals(self, pieces: Iterable[_Piece]) -> set[str]:
        mentioning = (piece for piece in pieces if piece.mentions(self._bound))
        return self._bound.intersection(set().union(*(piece.globals for piece in mentioning)))

    def _reached(self, names: Iterable[str]) -> list[_Piece]:
        """The definitions of `names`, and those that they mention in turn."""
        reached: dict[str, list[_Piece]] = {}
        waiting = set(names)
        while waiting:
            name = waiting.pop()
            reached[name] = self._pieces.get(name, [])
            for piece in reached[name]:
                waiting |= (piece.words & self._pieces.keys()) - reached.keys()
        return [piece for pieces in reached.values() for piece in pieces]
