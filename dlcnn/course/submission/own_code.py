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
_MAX_REACHED = 100  # definitions; a notebook holds far fewer, and each is looked at


class _Piece:
    """One definition."""

    def __init__(self, statement: Statement, cell: ParsedCell) -> None:
        self.node = statement.node
        self._is_value = statement.kind == "function"
        self._lines = cell.lines

    @cached_property
    def words(self) -> set[str]:
        """Every name that it may mention."""
        if self._is_value:
            return loaded_names(self.node)
        return set(_WORD.findall(text_of(self._lines, self.node)))

    def globals_among(self, names: set[str]) -> set[str]:
        """Those of `names` that it takes from the notebook."""
        mentioned = self.words & names if names else set()
        if self._is_value:
            return mentioned
        if mentioned and not self.words & {"global", "globals"}:
            mentioned -= plain_locals(self.node)
        if mentioned:
            text = text_of(self._lines, self.node)
            mentioned &= global_names(f"if True:\n{text}" if self.node.col_offset else text)
        return mentioned

    @cached_property
    def calls(self) -> list[ast.Call]:
        """The calls anywhere in it."""
        return [node for node in ast.walk(self.node) if isinstance(node, ast.Call)]


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
        self._globals: dict[_Piece, set[str]] = {}
        self._only_compute: dict[_Piece, bool] = {}
        for statement in statements:
            if statement.kind in ("definition", "function"):
                piece = _Piece(statement, cells[statement.cell])
                for name in statement.binds.sets or {""}:
                    self._pieces.setdefault(name, []).append(piece)

    def used_names(self) -> set[str]:
        """The names of constants that the definitions use."""
        pieces = (piece for pieces in self._pieces.values() for piece in pieces)
        return set().union(*map(self._globals_of, pieces))

    def needs(self, names: Iterable[str]) -> set[str]:
        """The names of constants that calls of the functions or classes `names` use."""
        return set().union(*map(self._globals_of, self._reached(names)))

    def only_computes(self, names: Iterable[str], namespace: Namespace) -> bool:
        """Whether calls of `names` neither read, nor draw, nor train, and find what they use."""
        pieces = self._reached(names)
        return len(pieces) < _MAX_REACHED and all(
            self._piece_only_computes(piece, namespace)
            and all(map(namespace.knows, self._globals_of(piece)))
            for piece in pieces
        )

    def _piece_only_computes(self, piece: _Piece, namespace: Namespace) -> bool:
        if piece not in self._only_compute:
            self._only_compute[piece] = not any(does_work(each, namespace) for each in piece.calls)
        return self._only_compute[piece]

    def _globals_of(self, piece: _Piece) -> set[str]:
        if piece not in self._globals:
            self._globals[piece] = piece.globals_among(self._bound)
        return self._globals[piece]

    def _reached(self, names: Iterable[str]) -> list[_Piece]:
        """The definitions of `names`, and those that they mention in turn; not without end."""
        reached: list[_Piece] = []
        waiting = self._pieces.keys() & set(names)
        seen = set(waiting)
        while waiting and len(reached) < _MAX_REACHED:
            pieces = self._pieces[waiting.pop()]
            reached += pieces[:_MAX_REACHED]
            new = set().union(*(piece.words & self._pieces.keys() for piece in pieces)) - seen
            waiting |= new
            seen |= new
        return reached
