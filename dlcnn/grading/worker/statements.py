"""Untrusted side: a submission's cells as compiled statements, so that a bad one costs only itself.

The nest compiles once; each worker runs the result. Nothing here knows frames or processes.
"""

import __future__

import ast
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any, NamedTuple

__all__ = ["Problem", "Statement", "compile_cells", "describe", "run"]

_FUTURE_FLAGS = 0
for _name in __future__.all_feature_names:
    _FUTURE_FLAGS |= getattr(__future__, _name).compiler_flag

_MAX_MESSAGE = 2000  # the trusted side shows less


class Statement(NamedTuple):
    """One top-level statement and the names that it is there to define."""

    code: CodeType
    label: str
    line: int
    names: tuple[str, ...]


class Problem(NamedTuple):
    """A statement that could not be compiled or run."""

    label: str
    line: int
    type_name: str
    message: str
    names: tuple[str, ...]


def compile_cells(
    cells: list[tuple[str, int, str]],
    rewrite: Callable[[ast.stmt], list[ast.stmt]] | None = None,
) -> tuple[list[Statement], list[Problem]]:
    """Compile (label, first line, source) cells; what does not compile becomes a problem.

    Args:
        cells: the submission.
        rewrite: gives what is compiled in the place of each statement.
    """
    statements: list[Statement] = []
    problems: list[Problem] = []
    future = 0  # as in a notebook, a __future__ import holds for the cells below it
    for label, first_line, source in cells:
        try:
            nodes = ast.parse(source, label).body
        except Exception as error:  # a hostile text can raise more than SyntaxError
            problems.append(_problem(label, first_line, (), error))
            continue
        for node in nodes:
            names: tuple[str, ...] = ()
            try:
                if first_line != 1:
                    ast.increment_lineno(node, first_line - 1)
                names = tuple(sorted(_bound_names(node)))
                module = ast.Module(rewrite(node) if rewrite else [node], type_ignores=[])
                code = compile(module, label, "exec", flags=future, dont_inherit=True)
            except Exception as error:
                problems.append(_problem(label, node.lineno, names, error))
                continue
            future |= code.co_flags & _FUTURE_FLAGS
            statements.append(Statement(code, label, node.lineno, names))
    return statements, problems


def run(
    statements: list[Statement], namespace: dict[str, Any], stubs: Mapping[str, Any]
) -> list[Problem]:
    """Run the statements in order; one that raises becomes a problem and the next one runs.

    A stub takes the place of what a statement defines by its name at once, so that aliases and
    default arguments get the stub as well.
    """
    problems = []
    namespace.update(stubs)
    for statement in statements:
        try:
            exec(statement.code, namespace)
        except BaseException as error:
            problems.append(_problem(statement.label, statement.line, statement.names, error))
        for name in stubs.keys() & statement.names:
            namespace[name] = stubs[name]
    return problems


def describe(error: BaseException) -> tuple[str, str]:
    """Type and message of an exception whose own methods may misbehave."""
    try:
        message = str(error)[:_MAX_MESSAGE]
    except BaseException:
        message = ""
    return type(error).__name__[:_MAX_MESSAGE], message


def _problem(label: str, line: int, names: tuple[str, ...], error: BaseException) -> Problem:
    return Problem(label, line, *describe(error), names)


def _bound_names(node: ast.AST) -> set[str]:
    """The names that a statement binds in its module, not those inside what it defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.alias):
        return {node.asname or node.name.partition(".")[0]} - {"*"}
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Store) else set()
    if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return set()
    return set().union(*map(_bound_names, ast.iter_child_nodes(node)))
