"""Which names a statement gives a value or changes, read from its text alone.

Knows neither what the names stand for nor whether the statement may be run.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = [
    "Bindings",
    "bindings_of",
    "global_set_by",
    "header_targets",
    "loaded_names",
    "walrus_names",
]

_Simple = (ast.Assign, ast.Expr)  # the most frequent ones, which hold no others
_Nested = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# Methods that are work, such as `model.summary()`, and yet change nothing.
_ONLY_SHOWS = re.compile(r"_?(evaluate|export|im_?show|plot|predict|print|save|show|summary|write)")


@dataclass(slots=True)
class Bindings:
    """The names that a statement binds.

    Attributes:
        sets: names that are given a value.
        changes: names whose value is changed in place: `table["x"] = 1`, `names.append("x")`.
        passes: names handed to a module's function, which may change them: `np.put(table, 0, 1)`.
    """

    sets: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    passes: set[str] = field(default_factory=set)


def bindings_of(statement: ast.stmt) -> Bindings:
    """What a statement binds, also in the loops and branches inside it."""
    found = Bindings()
    for inner in (statement,) if isinstance(statement, _Simple) else _statements_in(statement):
        if isinstance(inner, ast.Assign):
            for target in inner.targets:
                _add_target(target, found)
        elif isinstance(inner, ast.AugAssign):
            if root := _owner(inner.target):
                found.changes.add(root)
        elif isinstance(inner, (ast.AnnAssign, ast.For, ast.AsyncFor)):
            if not isinstance(inner, ast.AnnAssign) or inner.value is not None:
                _add_target(inner.target, found)
        elif isinstance(inner, (ast.With, ast.AsyncWith)):
            for item in inner.items:
                if item.optional_vars is not None:
                    _add_target(item.optional_vars, found)
        elif isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Call):
            _add_call(inner.value, found)
    return found


def header_targets(node: ast.stmt) -> set[str]:
    """The names that the header of a block or loop binds: `with … as x`, `for x in …`, `:=`."""
    if isinstance(node, ast.With):
        parts: list[ast.AST] = [*node.items]
    elif isinstance(node, ast.For):
        parts = [node.target]
    else:
        parts = [node.test] if isinstance(node, (ast.If, ast.While)) else []
    return {
        name.id
        for part in parts
        for name in ast.walk(part)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


def walrus_names(node: ast.AST) -> set[str]:
    """The names that `:=` binds in a statement or value."""
    return {
        inner.target.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.NamedExpr) and isinstance(inner.target, ast.Name)
    }


def loaded_names(node: ast.AST) -> set[str]:
    """The names that a statement or value takes from around it; never too few."""
    loaded: set[str] = set()
    local: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            loaded.add(inner.id)
        elif isinstance(inner, ast.arg):
            local.add(inner.arg)
        elif isinstance(inner, ast.comprehension):
            local |= {name.id for name in ast.walk(inner.target) if isinstance(name, ast.Name)}
    return loaded - local


def global_set_by(target: ast.expr) -> str | None:
    """The name K of `globals()["K"] = 1`."""
    match target:
        case ast.Subscript(
            value=ast.Call(func=ast.Name(id="globals")), slice=ast.Constant(value=str(name))
        ):
            return name
    return None


def _statements_in(statement: ast.stmt) -> Iterator[ast.stmt]:
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _Nested):
            continue
        if isinstance(node, ast.stmt):
            yield node
        for part in ("body", "handlers", "cases", "orelse", "finalbody"):
            waiting += getattr(node, part, ())


def _add_target(target: ast.expr, found: Bindings) -> None:
    waiting = [target]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Name):
            found.sets.add(part.id)
        elif isinstance(part, (ast.Tuple, ast.List)):
            waiting += part.elts
        elif isinstance(part, ast.Starred):
            waiting.append(part.value)
        elif name := global_set_by(part):
            found.sets.add(name)
        elif root := _owner(part):
            found.changes.add(root)


def _add_call(call: ast.Call, found: Bindings) -> None:
    """`names.append(1)` changes `names`; `np.put(table, 0, 1)` may change `table`."""
    root = _owner(call.func)
    if root is None or not isinstance(call.func, ast.Attribute):
        return
    if not _ONLY_SHOWS.match(call.func.attr):
        found.changes.add(root)
    found.passes |= {part.id for part in call.args if isinstance(part, ast.Name)}


def _owner(node: ast.expr) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
