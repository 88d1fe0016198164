"""Which statements bind what the definitions use, whether or not they may be run."""

import ast
from collections.abc import Iterable

from dlcnn.course.submission.bindings import loaded_names
from dlcnn.course.submission.outline import Statement
from dlcnn.course.submission.purity import BUILTIN_NAMES

__all__ = ["binding_statements", "needed_statements"]


def binding_statements(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
    """The statements that may be needed, by the names that they bind."""
    functions = {
        name
        for statement in statements
        if statement.kind == "function" or _is_function(statement.node)
        for name in statement.binds.sets
    }
    binding: dict[str, list[Statement]] = {}
    for statement in statements:
        if not statement.always:
            # A test cell's `sum = 0` must not take `sum` from the functions, nor a test's
            # `pool = pool(x)` the function itself, nor `tests.check(pool)` change it.
            binds = statement.binds
            given = (binds.sets | binds.passes) - functions
            for name in (given | binds.changes) - BUILTIN_NAMES:
                binding.setdefault(name, []).append(statement)
    return binding


def needed_statements(
    statements: Iterable[Statement], binding: dict[str, list[Statement]], used: set[str]
) -> set[Statement]:
    """The statements that bind what the definitions use, and what those use in turn."""
    always = (statement for statement in statements if statement.always and statement.blocks)
    waiting = used.union(*map(_header_names, always)) & binding.keys()
    seen = set(waiting)
    needed: set[Statement] = set()
    while waiting:
        for statement in binding[waiting.pop()]:
            if statement not in needed:
                needed.add(statement)
                new = (_names_used_by(statement) & binding.keys()) - seen
                waiting |= new
                seen |= new
    return needed


def _names_used_by(statement: Statement) -> set[str]:
    names = _header_names(statement)
    if statement.kind != "header":
        names |= loaded_names(statement.node)
    if isinstance(statement.node, ast.Assign) and len(statement.node.targets) > 1:
        names |= statement.binds.sets  # `a = b = []`: what changes b changes a
    return names


def _header_names(statement: Statement) -> set[str]:
    headers = (header for block in statement.blocks for header in block.headers)
    return set().union(*map(loaded_names, headers))


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
