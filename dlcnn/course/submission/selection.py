"""Choose what of a notebook is run: imports, definitions, and the constants that these use.

In order, so that what is defined later wins as in a notebook run from top to bottom.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dlcnn.course.submission.bindings import loaded_names
from dlcnn.course.submission.blanking import blanked, text_of
from dlcnn.course.submission.judging import Judge
from dlcnn.course.submission.model import Broken, Function
from dlcnn.course.submission.needs import binding_statements, needed_statements
from dlcnn.course.submission.outline import Statement, outline
from dlcnn.course.submission.own_code import OwnCode
from dlcnn.course.submission.parsing import ParsedCell

__all__ = ["Selection", "select"]


@dataclass
class Selection:
    """The code chosen of each cell, and what it holds."""

    sources: list[str]
    functions: dict[str, Function]
    names: frozenset[str]
    imports: frozenset[str]
    broken: list[Broken]
    notes: list[str]


def select(cells: Sequence[ParsedCell]) -> Selection:
    """Choose what to run of parsed cells."""
    statements = outline(cells)
    binding = binding_statements(statements)
    own = OwnCode(cells, statements, set(binding))
    used = own.used_names()
    names, left_out = _take(own, statements, needed_statements(statements, binding, used))
    taken = [statement for statement in statements if statement.taken]
    by_cell: list[list[Statement]] = [[] for _ in cells]
    for statement in taken:
        by_cell[statement.cell].append(statement)
    functions, asynchronous = _functions(taken)
    return Selection(
        sources=[blanked(cell, chosen) for cell, chosen in zip(cells, by_cell, strict=True)],
        functions=functions,
        names=names,
        imports=_packages(cells, taken),
        broken=[_not_called(cells[each.cell], each.node) for each in asynchronous],
        notes=[
            each.note(cells[each.statement.cell].label, name)
            for name, each in left_out.items()
            if name in used and name not in own.needs(loaded_names(each.statement.node))
        ],
    )


@dataclass
class _LeftOut:
    """What binds a name that the definitions use, and is not run."""

    statement: Statement
    had_value: bool

    def note(self, label: str, name: str) -> str:
        place = f"{label}, line {self.statement.node.lineno}"
        what = "changed" if self.had_value else "set"
        sequel = "find what it was before" if self.had_value else "will not find it"
        return (
            f"{name} is {what} in {place}, by code that is not run when graded; functions that "
            f"use it {sequel}."
        )


def _take(
    own: OwnCode, statements: Iterable[Statement], needed: set[Statement]
) -> tuple[frozenset[str], dict[str, _LeftOut]]:
    """Mark what is run; returns the names that then have a value, and those that lack theirs."""
    judge = Judge(own)
    left_out: dict[str, _LeftOut] = {}
    for statement in statements:
        if not statement.always and statement not in needed:
            continue
        try:
            statement.taken = judge.can_run(statement)
        except RecursionError:  # blocks inside each other, a thousand deep
            statement.taken = False
        if not statement.taken and not statement.always:
            names = sorted(statement.binds.sets | statement.binds.changes)
            for name in names:
                had_value = name in judge.namespace.kinds
                left_out.setdefault(name, _LeftOut(statement, had_value))
            judge.leave_out(names)
    spoiled = judge.namespace.spoiled
    return frozenset(judge.namespace.kinds.keys() - spoiled), {
        name: each for name, each in left_out.items() if name in spoiled
    }


def _functions(taken: Iterable[Statement]) -> tuple[dict[str, Function], list[Statement]]:
    """The last definition of each function, and those that are `async`."""
    last: dict[str, Statement] = {}
    functions: dict[str, Function] = {}
    for statement in taken:
        node = statement.node
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = node
        elif statement.kind == "function" and isinstance(node, (ast.Assign, ast.AnnAssign)):
            assert node.value is not None
            functions |= dict.fromkeys(sorted(statement.binds.sets), node.value)
        if statement.kind in ("definition", "function"):
            last |= dict.fromkeys(statement.binds.sets, statement)
    asynchronous = [
        statement for statement in last.values() if isinstance(statement.node, ast.AsyncFunctionDef)
    ]
    for statement in asynchronous:
        for name in statement.binds.sets:
            functions.pop(name, None)
    return functions, asynchronous


def _not_called(cell: ParsedCell, node: ast.stmt) -> Broken:
    assert isinstance(node, ast.AsyncFunctionDef)
    code = cell.lines[node.lineno - 1].strip()
    message = f"{node.name} is an `async def`; write it with `def`"
    return Broken(cell.label, node.lineno, message, code, frozenset({node.name}))


def _packages(cells: Sequence[ParsedCell], taken: Iterable[Statement]) -> frozenset[str]:
    """The packages that the taken statements import, also inside functions."""
    found: set[str] = set()
    for statement in taken:
        nodes: Iterable[ast.AST] = [statement.node]
        if statement.kind == "definition":
            text = text_of(cells[statement.cell].lines, statement.node)
            nodes = ast.walk(statement.node) if "import" in text else ()
        for inner in nodes:
            if isinstance(inner, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in inner.names}
            elif isinstance(inner, ast.ImportFrom) and inner.module and not inner.level:
                found.add(inner.module.partition(".")[0])
    return frozenset(found)
