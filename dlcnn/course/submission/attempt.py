"""Has the student attempted a task, or is its function still the template?

An attempt is anything that could give an answer. Not attempted is a function that holds only what
templates put there: None, pass, `...`, loops over None, and a return of what was never assigned.
"""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from dlcnn.course.submission.model import Function
from dlcnn.course.submission.purity import BUILTIN_NAMES

__all__ = ["functions_of", "is_attempted"]

_NOTHING = (None, ...)


def functions_of(source: str) -> Mapping[str, ast.FunctionDef]:
    """The functions that `source` defines at top level, by name; the last one wins."""
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def is_attempted(
    function: Function,
    template_function: ast.FunctionDef | None,
    *,
    known: Collection[str] = (),
) -> bool:
    """Whether a student's function is more than an untouched template.

    Args:
        function: the student's definition of the task.
        template_function: the template's, where it is known.
        known: the names that have a value at module level.
    """
    if isinstance(function, ast.Lambda):
        return not _is_placeholder(function.body)
    if not isinstance(function, ast.FunctionDef):
        return not _is_placeholder(function)
    body = _without_docstring(function.body)
    if template_function and _same(body, _without_docstring(template_function.body)):
        return False
    return _does_something(body, _parameters(function.args).union(known, BUILTIN_NAMES))


def _without_docstring(body: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    match body[0]:
        case ast.Expr(value=ast.Constant(value=str())):
            return body[1:]
    return body


def _same(ours: object, theirs: object) -> bool:
    """Whether two trees are equal; not recursive, since a student's may be very deep."""
    waiting = [(ours, theirs)]
    while waiting:
        one, other = waiting.pop()
        if type(one) is not type(other):
            return False
        if isinstance(one, ast.AST):
            waiting += [(getattr(one, f, None), getattr(other, f, None)) for f in one._fields]
        elif isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
            if len(one) != len(other):
                return False
            waiting += zip(one, other, strict=True)
        elif one != other:
            return False
    return True


def _parameters(arguments: ast.arguments) -> set[str]:
    lists = (arguments.posonlyargs, arguments.args, arguments.kwonlyargs)
    names = {argument.arg for each in lists for argument in each}
    return names | {each.arg for each in (arguments.vararg, arguments.kwarg) if each}


def _does_something(body: Sequence[ast.stmt], given: set[str]) -> bool:
    """Whether any statement could be a student's: `given` are the names that have a value."""
    for statement in _unfolded(body):
        if isinstance(statement, ast.Return):
            if statement.value is not None and _could_be_answer(statement.value, given):
                return True
        elif isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            if not _is_unfilled(statement, given):
                return True
        elif not _is_idle(statement):
            return True
    return False


def _unfolded(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements in their order, without the loops and branches around them."""
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        inner = _inner(statement)
        if inner is None:
            yield statement
        else:
            waiting += reversed(inner)


def _inner(statement: ast.stmt) -> list[ast.stmt] | None:
    """The statements inside a loop or branch, which by itself computes nothing."""
    if isinstance(statement, (ast.For, ast.If)):
        return [*statement.body, *statement.orelse]
    if isinstance(statement, ast.Try):
        handled = [inner for handler in statement.handlers for inner in handler.body]
        return [*statement.body, *handled, *statement.orelse, *statement.finalbody]
    return None


def _could_be_answer(value: ast.expr, given: set[str]) -> bool:
    if _is_placeholder(value):
        return False
    parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
    return not any(isinstance(part, ast.Name) and part.id not in given for part in parts)


def _is_unfilled(statement: ast.Assign | ast.AnnAssign | ast.AugAssign, given: set[str]) -> bool:
    """`Z = None`, or a packing of names such as templates give: `cache = (A_prev, W)`.

    A placeholder takes the value from a name, a packing of given names gives one.
    """
    value = statement.value
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    names = {node.id for target in targets for node in _names(target)}
    if value is None or _is_placeholder(value):
        given -= names
        return True
    parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
    packed = {part.id for part in parts if isinstance(part, ast.Name)}
    if not parts or len(packed) != len(parts):
        return False
    if packed <= given:
        given |= names
    return True


def _names(target: ast.expr) -> Iterable[ast.Name]:
    """The names that an assignment binds; `Z[i]` binds none."""
    parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    return (part for part in parts if isinstance(part, ast.Name))


def _is_placeholder(value: ast.expr) -> bool:
    """None, `...`, or a sequence of these."""
    if isinstance(value, (ast.Tuple, ast.List)) and value.elts:
        return all(isinstance(part, ast.Constant) and _is_placeholder(part) for part in value.elts)
    return isinstance(value, ast.Constant) and any(value.value is each for each in _NOTHING)


def _is_idle(statement: ast.stmt) -> bool:
    """A statement that templates hold beside the student's work."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Raise):
        error = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(error, ast.Name) and error.id == "NotImplementedError"
    return isinstance(statement, (ast.Pass, ast.Assert, ast.Import, ast.ImportFrom, ast.Global))
