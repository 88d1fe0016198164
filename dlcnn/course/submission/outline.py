"""The statements of a notebook in their order, with blocks opened.

What stands inside `if`, `try` and `with` is at module level too, so it is listed by itself. Knows
neither which names are needed nor which values may be built.
"""

import ast
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from dlcnn.course.submission.bindings import (
    Bindings,
    bindings_of,
    header_targets,
    walrus_names,
)
from dlcnn.course.submission.parsing import ParsedCell

__all__ = ["Block", "Statement", "outline"]

_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Import = (ast.Import, ast.ImportFrom)
_Loop = (ast.For, ast.While)
_Compound = (ast.If, ast.Try, ast.With, *_Loop)
# `type Rows = list[int]`, from Python 3.12 on; its value is built when asked for.
_TypeAlias: type[ast.AST] | tuple[()] = getattr(ast, "TypeAlias", ())


@dataclass(eq=False, slots=True)
class Block:
    """A statement that holds others.

    Attributes:
        nodes: the statement; of an `if` also its `elif`s.
        headers: what it evaluates before its bodies.
        bodies: the statements that it holds.
        guards: whether its header decides if and how often a body runs.
        has_run_header: whether the header is run as it stands; None until that is judged.
    """

    nodes: list[ast.stmt]
    headers: list[ast.expr]
    bodies: list[list[ast.stmt]]
    guards: bool = True
    has_run_header: bool | None = None


@dataclass(eq=False, slots=True)
class Statement:
    """A statement that may be run by itself, or the header of a block.

    Attributes:
        cell: the index of its cell.
        node: the statement; the block's, for a header.
        kind: imports, definitions and functions (`f = lambda x: x`) are run whatever uses them.
        binds: the names that it binds.
        blocks: the blocks around it, outermost first.
        taken: whether it is run.
    """

    cell: int
    node: ast.stmt
    kind: Literal["import", "definition", "function", "header", "other"]
    binds: Bindings = field(default_factory=Bindings)
    blocks: tuple[Block, ...] = ()
    taken: bool = False

    @property
    def always(self) -> bool:
        """Whether it is run even where nothing needs it."""
        return self.kind in ("import", "definition", "function")


def outline(cells: Sequence[ParsedCell]) -> list[Statement]:
    """List the statements of parsed cells."""
    outliner = _Outliner()
    for number, cell in enumerate(cells):
        outliner.has_walrus = any(":=" in line for line in cell.lines)
        for node in cell.statements:
            # Blocks or calls inside each other, a thousand deep, are left out.
            with suppress(RecursionError):
                outliner.add(number, node, ())
    return outliner.statements


class _Outliner:
    """Follows the notebook's order, since what a name stands for changes from line to line."""

    def __init__(self) -> None:
        self._imported: set[str] = set()
        self._functions: set[str] = set()
        self.has_walrus = False
        self.statements: list[Statement] = []

    def add(self, cell: int, node: ast.stmt, blocks: tuple[Block, ...]) -> None:
        """Add the statement itself, or what it holds."""
        block = _as_block(node) if isinstance(node, _Compound) else None
        if block is None:
            self.statements.append(self._statement(cell, node, blocks))
            return
        inside = (*blocks, block)
        names: set[str] = set().union(*map(header_targets, block.nodes))
        if names:
            self.statements.append(Statement(cell, node, "header", Bindings(sets=names), inside))
        for body in block.bodies:
            for inner in body:
                self.add(cell, inner, inside)

    def _statement(self, cell: int, node: ast.stmt, blocks: tuple[Block, ...]) -> Statement:
        if isinstance(node, _Import):
            names = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            self._imported |= names
            return Statement(cell, node, "import", Bindings(sets=names), blocks)
        if isinstance(node, _Definition):
            if not isinstance(node, ast.ClassDef):
                self._functions.add(node.name)
            return Statement(cell, node, "definition", Bindings(sets={node.name}), blocks)
        if isinstance(node, _TypeAlias):
            return Statement(cell, node, "definition", blocks=blocks)
        binds = bindings_of(node)
        if self.has_walrus:
            binds.sets |= walrus_names(node)
        binds.changes -= self._imported  # `np.random.seed(1)` makes no constant
        if self._makes_function(node):
            self._functions |= binds.sets
            return Statement(cell, node, "function", binds, blocks)
        return Statement(cell, node, "other", binds, blocks)

    def _makes_function(self, node: ast.stmt) -> bool:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            return False
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return isinstance(target, ast.Name) and self._is_function(node.value, target.id)

    def _is_function(self, value: ast.expr, name: str) -> bool:
        """A lambda, another name of a function, or an import's wrapper around one: partial(f)."""
        if isinstance(value, ast.Lambda):
            return True
        if isinstance(value, ast.Name):
            return value.id in self._functions
        if not isinstance(value, ast.Call):
            return False
        wrapper = value.func.id if isinstance(value.func, ast.Name) else None
        if wrapper and wrapper not in self._imported and not {wrapper, name} <= self._functions:
            return False  # a test of the student's own, unlike `pool = timed(pool)`
        return any(self._is_function(argument, name) for argument in value.args)


def _as_block(node: ast.stmt) -> Block | None:
    if isinstance(node, ast.Try):
        handled = [handler.body for handler in node.handlers]
        return Block([node], [], [node.body, *handled, node.orelse, node.finalbody], guards=False)
    if isinstance(node, ast.With):
        headers = [item.context_expr for item in node.items]
        return Block([node], headers, [node.body], guards=False)
    if isinstance(node, ast.If):
        return _whole_if(node)
    if isinstance(node, _Loop) and any(
        isinstance(inner, (*_Definition, *_Import)) for inner in ast.walk(node)
    ):
        headers = [node.test] if isinstance(node, ast.While) else [node.target, node.iter]
        return Block([node], headers, [node.body, node.orelse], has_run_header=False)
    return None


def _whole_if(node: ast.If) -> Block:
    nodes = [node]
    while _is_elif(nodes[-1]):
        inner = nodes[-1].orelse[0]
        assert isinstance(inner, ast.If)
        nodes.append(inner)
    bodies = [*(each.body for each in nodes), nodes[-1].orelse]
    block = Block([*nodes], [each.test for each in nodes], bodies)
    match node:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()]), orelse=[]):
            block.guards = False  # a notebook is always `__main__`
    return block


def _is_elif(node: ast.If) -> bool:
    match node.orelse:
        case [ast.If(col_offset=column)]:
            return column == node.col_offset
    return False
