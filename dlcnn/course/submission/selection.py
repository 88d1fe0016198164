"""Choose what of a notebook is run: imports, definitions, and the constants that these use.

In order, so that what is defined later wins as in a notebook run from top to bottom.
"""

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dlcnn.course.submission.judging import Judge, Judged
from dlcnn.course.submission.model import Function
from dlcnn.course.submission.parsing import ParsedCell
from dlcnn.course.submission.purity import BUILTIN_NAMES
from dlcnn.course.submission.scopes import global_names, plain_locals

__all__ = ["Selection", "select"]

_WORD = re.compile(r"[^\W\d]\w*")


@dataclass
class Selection:
    """The code chosen of each cell, and what it holds."""

    sources: list[str]
    functions: dict[str, Function]
    imports: frozenset[str]


@dataclass
class _Candidate:
    cell: int
    node: ast.stmt
    judged: Judged
    taken: bool


def select(cells: Sequence[ParsedCell]) -> Selection:
    """Choose what to run of parsed cells."""
    candidates = list(_candidates(cells))
    _take_needed_constants(cells, candidates)
    taken = [candidate for candidate in candidates if candidate.taken]
    functions: dict[str, Function] = {}
    for candidate in taken:
        functions |= candidate.judged.functions
    by_cell: list[list[ast.stmt]] = [[] for _ in cells]
    for candidate in taken:
        by_cell[candidate.cell].append(candidate.node)
    sources = [_blanked(cell, nodes) for cell, nodes in zip(cells, by_cell, strict=True)]
    return Selection(sources, functions, _packages(cells, taken))


def _candidates(cells: Sequence[ParsedCell]) -> Iterable[_Candidate]:
    judge = Judge()
    for number, cell in enumerate(cells):
        for node in cell.statements:
            try:
                judged = judge.judge(node)
            except RecursionError:  # blocks or calls inside each other, a thousand deep
                continue
            if judged is not None:
                yield _Candidate(number, node, judged, judged.always)


def _take_needed_constants(cells: Sequence[ParsedCell], candidates: list[_Candidate]) -> None:
    """Take what the taken statements use, and what that uses in turn."""
    binding: dict[str, list[_Candidate]] = {}
    for candidate in candidates:
        # A test cell's `sum = 0` must not take `sum` from the functions.
        for name in () if candidate.taken else candidate.judged.binds - BUILTIN_NAMES:
            binding.setdefault(name, []).append(candidate)
    if not binding:
        return
    always = [candidate for candidate in candidates if candidate.taken]
    waiting = _names_in_definitions(cells, always, binding.keys())
    waiting |= {name for candidate in always for name in candidate.judged.uses}
    while waiting:
        for candidate in binding.pop(waiting.pop(), ()):
            if not candidate.taken:
                candidate.taken = True
                waiting |= candidate.judged.uses | candidate.judged.binds


def _names_in_definitions(
    cells: Sequence[ParsedCell], taken: Iterable[_Candidate], wanted: Iterable[str]
) -> set[str]:
    """The global names of the definitions that mention a wanted name at all."""
    wanted = set(wanted)
    mentioning: dict[int, list[ast.stmt]] = {}
    for candidate in taken:
        if candidate.judged.defines:
            text = _text_of(cells[candidate.cell].lines, candidate.node)
            words = set(_WORD.findall(text))
            mentioned = words & wanted
            if mentioned and "global" not in words:
                mentioned -= plain_locals(candidate.node)
            if mentioned:
                mentioning.setdefault(candidate.cell, []).append(candidate.node)
    return {
        name
        for number, nodes in mentioning.items()
        for name in global_names(_blanked(cells[number], nodes))
    }


def _packages(cells: Sequence[ParsedCell], taken: Iterable[_Candidate]) -> frozenset[str]:
    """The packages that the taken statements import, also inside functions."""
    found: set[str] = set()
    for candidate in taken:
        node = candidate.node
        nodes: Iterable[ast.AST] = [node]
        if isinstance(node, (ast.If, ast.Try)) or candidate.judged.defines:
            text = _text_of(cells[candidate.cell].lines, node)
            nodes = ast.walk(node) if "import" in text else ()
        for inner in nodes:
            if isinstance(inner, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in inner.names}
            elif isinstance(inner, ast.ImportFrom) and inner.module and not inner.level:
                found.add(inner.module.partition(".")[0])
    return frozenset(found)


def _blanked(cell: ParsedCell, nodes: Sequence[ast.stmt]) -> str:
    """The cell with everything but `nodes` made blank; each node keeps its line numbers."""
    if len(nodes) == len(cell.statements) and not cell.broken:
        return "\n".join(cell.lines)
    kept: dict[int, list[str]] = {}
    # Lines with several statements, as bytes: Python's columns count bytes.
    shared = {
        line: cell.lines[line].encode()
        for line in {node.lineno - 1 for node in cell.statements if node.col_offset}
    }
    for node in nodes:
        first, last = _first_line(node), _last_line(node)
        text = cell.lines[first : last + 1]
        if last in shared:
            start = node.col_offset if first == last else 0
            text[-1] = shared[last][start : node.end_col_offset].decode()
        if first in shared and first != last:
            text[0] = shared[first][node.col_offset :].decode()
        for line, piece in enumerate(text, start=first):
            kept.setdefault(line, []).append(piece)
    return "\n".join("; ".join(kept.get(line, ())) for line in range(len(cell.lines)))


def _text_of(lines: Sequence[str], node: ast.stmt) -> str:
    return "\n".join(lines[_first_line(node) : _last_line(node) + 1])


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1


def _last_line(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - 1
