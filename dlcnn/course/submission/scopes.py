"""Which global names definitions use: in their bodies, decorators, defaults, annotations, bases."""

import ast
import re
import symtable

from dlcnn.course.submission.bindings import bindings_of

__all__ = ["global_names", "plain_locals"]

_WORD = re.compile(r"[^\W\d]\w*")


def global_names(source: str) -> set[str]:
    """The names that the definitions in `source` take from the notebook.

    Args:
        source: definitions that parse.

    Returns:
        Their global names; every word of the source where Python's compiler refuses it.
    """
    try:
        table = symtable.symtable(source, "definitions", "exec")
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        return set(_WORD.findall(source))
    used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    waiting = table.get_children()
    while waiting:
        inner = waiting.pop()
        used |= {symbol.get_name() for symbol in inner.get_symbols() if symbol.is_global()}
        waiting += inner.get_children()
    return used


def plain_locals(definition: ast.stmt) -> set[str]:
    """Names that are certainly local to a function: parameters, and what its body assigns.

    A quick answer for functions that do not speak of `global` or `globals`, which saves the
    compiler's. Where names are used in the function's head, no name is certain.
    """
    if not isinstance(definition, ast.FunctionDef) or definition.decorator_list:
        return set()
    arguments = definition.args
    defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if (
        definition.returns
        or any(parameter.annotation for parameter in parameters)
        or not all(isinstance(default, ast.Constant) for default in defaults)
    ):
        return set()
    assigned: set[str] = set().union(*(bindings_of(inner).sets for inner in definition.body))
    return assigned | {parameter.arg for parameter in parameters}
