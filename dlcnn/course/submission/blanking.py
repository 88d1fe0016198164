"""A cell's text with everything blank that is not run; what is left keeps its line numbers."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dlcnn.course.submission.outline import Block, Statement
from dlcnn.course.submission.parsing import ParsedCell

__all__ = ["blanked", "text_of"]

_BEFORE_COLON = re.compile(r"[^:#]*")


@dataclass(frozen=True)
class _Edit:
    """Text to be put between two places, each a line and a column in characters."""

    start: tuple[int, int]
    end: tuple[int, int]
    opening: str
    closing: str


def blanked(cell: ParsedCell, taken: Sequence[Statement]) -> str:
    """The cell with nothing left but the statements `taken`."""
    blocks = {block.nodes[0]: block for statement in taken for block in statement.blocks}
    nodes = {statement.node for statement in taken}
    kept = [node for node in cell.statements if node in nodes or node in blocks]
    lines = cell.lines
    if blocks:
        opened = [blocks[node] for node in kept if node in blocks]
        lines = _edited(lines, [e for block in opened for e in _edits(lines, block, nodes, blocks)])
    if len(kept) == len(cell.statements) and not cell.broken:
        return "\n".join(lines)
    return _without_others(lines, cell.statements, kept)


def text_of(lines: Sequence[str], node: ast.stmt) -> str:
    """The lines of a statement, its decorators included."""
    return "\n".join(lines[_first_line(node) : _last_line(node) + 1])


def _edits(
    lines: Sequence[str],
    block: Block,
    nodes: Collection[ast.stmt],
    blocks: dict[ast.stmt, Block],
) -> Iterator[_Edit]:
    if block.headers and not block.has_run_header:
        yield from (_once(lines, node) for node in block.nodes)
    for node in (node for body in block.bodies for node in body):
        if node in blocks:
            yield from _edits(lines, blocks[node], nodes, blocks)
        elif node not in nodes and not isinstance(node, ast.Pass) and not _raises_again(node):
            yield _nothing(lines, node)


def _raises_again(node: ast.stmt) -> bool:
    return isinstance(node, ast.Raise) and node.exc is None


def _once(lines: Sequence[str], node: ast.stmt) -> _Edit:
    """A header whose body, and whose `else`, runs exactly once."""
    start = _place(lines, node.lineno, node.col_offset)
    line, column = max(
        _place(lines, part.end_lineno or node.lineno, part.end_col_offset or 0)
        for part in _header_parts(node)
    )
    while True:  # past brackets, commas and comments
        match = _BEFORE_COLON.match(lines[line], column)
        column = match.end() if match else column
        if lines[line][column : column + 1] == ":":
            return _Edit(start, (line, column), "for () in [()", "]")
        line, column = line + 1, 0


def _header_parts(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.With):
        parts = [part for item in node.items for part in (item.context_expr, item.optional_vars)]
        return [part for part in parts if part is not None]
    if isinstance(node, ast.For):
        return [node.iter]
    assert isinstance(node, (ast.If, ast.While))
    return [node.test]


def _nothing(lines: Sequence[str], node: ast.stmt) -> _Edit:
    """A statement that does nothing, on as many lines, where one must stand."""
    start = _place(lines, node.lineno, node.col_offset)
    end = _place(lines, node.end_lineno or node.lineno, node.end_col_offset or 0)
    return _Edit(start, end, "(", ")")


def _place(lines: Sequence[str], line: int, column: int) -> tuple[int, int]:
    """Python's columns count bytes."""
    text = lines[line - 1]
    if not text.isascii():
        column = len(text.encode()[:column].decode())
    return line - 1, column


def _edited(lines: Sequence[str], edits: Iterable[_Edit]) -> list[str]:
    edited = list(lines)
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        (first, start), (last, end) = edit.start, edit.end
        before, after = edited[first][:start], edited[last][end:]
        if first == last:
            edited[first] = before + edit.opening + edit.closing + after
        else:
            middle = [""] * (last - first - 1)
            edited[first : last + 1] = [before + edit.opening, *middle, edit.closing + after]
    return edited


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
