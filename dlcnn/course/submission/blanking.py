"""A cell's text with everything blank that is not run; what is left keeps its line numbers."""

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dlcnn.course.submission.outline import Block, Statement
from dlcnn.course.submission.parsing import ParsedCell

__all__ = ["blanked", "text_of"]

_BEFORE_COLON = re.compile(rb"[^:#]*")


@dataclass(frozen=True)
class _Edit:
    """Text to be put between two places, each a line and a column in bytes, as Python counts."""

    start: tuple[int, int]
    end: tuple[int, int]
    opening: bytes
    closing: bytes


def blanked(cell: ParsedCell, taken: Sequence[Statement]) -> str:
    """The cell with nothing left but the statements `taken`."""
    blocks = {block.nodes[0]: block for statement in taken for block in statement.blocks}
    nodes = {statement.node for statement in taken}
    kept = [node for node in cell.statements if node in nodes or node in blocks]
    lines = cell.lines
    if blocks:
        editor = _Editor(lines, nodes, blocks)
        for node in kept:
            if node in blocks:
                editor.empty(blocks[node])
        lines = editor.edited()
    if len(kept) == len(cell.statements) and not cell.broken:
        return "\n".join(lines)
    return _without_others(lines, cell.statements, kept)


def text_of(lines: Sequence[str], node: ast.stmt) -> str:
    """The lines of a statement, its decorators included."""
    return "\n".join(lines[_first_line(node) : _last_line(node) + 1])


class _Editor:
    """Puts something harmless in the place of what is not run inside blocks."""

    def __init__(
        self,
        lines: Sequence[str],
        nodes: Collection[ast.stmt],
        blocks: Mapping[ast.stmt, Block],
    ) -> None:
        self._lines = [line.encode() for line in lines]
        self._nodes = nodes
        self._blocks = blocks
        self._edits: list[_Edit] = []

    def empty(self, block: Block) -> None:
        """Take out of a block what is not run."""
        if block.headers and not block.has_run_header:
            self._edits += map(self._once, block.nodes)
        for node in (node for body in block.bodies for node in body):
            if node in self._blocks:
                self.empty(self._blocks[node])
            elif node not in self._nodes and not _may_stay(node):
                self._edits.append(_Edit(_start(node), _end(node), b"(", b")"))

    def edited(self) -> list[str]:
        """The lines, as many as before."""
        pieces: list[bytes] = []
        done = (0, 0)
        for edit in sorted(self._edits, key=lambda edit: edit.start):
            breaks = b"\n" * (edit.end[0] - edit.start[0])
            pieces += [self._between(done, edit.start), edit.opening, breaks, edit.closing]
            done = edit.end
        pieces.append(self._between(done, (len(self._lines) - 1, len(self._lines[-1]))))
        return b"".join(pieces).decode().split("\n")

    def _between(self, start: tuple[int, int], end: tuple[int, int]) -> bytes:
        if start[0] == end[0]:
            return self._lines[start[0]][start[1] : end[1]]
        first, last = self._lines[start[0]][start[1] :], self._lines[end[0]][: end[1]]
        return b"\n".join([first, *self._lines[start[0] + 1 : end[0]], last])

    def _once(self, node: ast.stmt) -> _Edit:
        """A header whose body, and whose `else`, runs exactly once."""
        line, column = max(map(_end, _header_parts(node)))
        while True:  # past brackets, commas and comments
            match = _BEFORE_COLON.match(self._lines[line], column)
            column = match.end() if match else column
            if self._lines[line][column : column + 1] == b":":
                return _Edit(_start(node), (line, column), b"for () in [()", b"]")
            line, column = line + 1, 0


def _may_stay(node: ast.stmt) -> bool:
    """`pass`, and the `raise` of a handler that raises again."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Raise) and node.exc is None)


def _header_parts(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.With):
        parts = [part for item in node.items for part in (item.context_expr, item.optional_vars)]
        return [part for part in parts if part is not None]
    if isinstance(node, ast.For):
        return [node.iter]
    assert isinstance(node, (ast.If, ast.While))
    return [node.test]


def _start(node: ast.stmt) -> tuple[int, int]:
    return node.lineno - 1, node.col_offset


def _end(node: ast.stmt | ast.expr) -> tuple[int, int]:
    return (node.end_lineno or node.lineno) - 1, node.end_col_offset or 0


def _without_others(
    lines: Sequence[str], statements: Sequence[ast.stmt], kept: Sequence[ast.stmt]
) -> str:
    pieces: dict[int, list[str]] = {}
    # Lines with several statements, as bytes: Python's columns count bytes.
    shared = {
        line: lines[line].encode()
        for line in {node.lineno - 1 for node in statements if node.col_offset}
    }
    for node in kept:
        first, last = _first_line(node), _last_line(node)
        text = list(lines[first : last + 1])
        if last in shared:
            start = node.col_offset if first == last else 0
            text[-1] = shared[last][start : node.end_col_offset].decode()
        if first in shared and first != last:
            text[0] = shared[first][node.col_offset :].decode()
        for line, piece in enumerate(text, start=first):
            pieces.setdefault(line, []).append(piece)
    return "\n".join("; ".join(pieces.get(line, ())) for line in range(len(lines)))


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1


def _last_line(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - 1
