"""Recognise a notebook that is written for TensorFlow 1, which no TensorFlow since 2.0 runs.

Looks at what its definitions use, not at words: a comment, a test cell that opens a session for a
Keras model, or one name of `tf.compat.v1` makes no such notebook. Knows no assignment.
"""

import ast
import re
from collections.abc import Iterable, Sequence

from dlcnn.course.submission.parsing import ParsedCell

__all__ = ["tensorflow1_notes"]

# What programs for TensorFlow 1 are made of.
_PARTS = frozenset(
    [
        *("InteractiveSession", "Session", "contrib", "get_variable"),
        *("global_variables_initializer", "initialize_all_variables", "layers", "placeholder"),
        "variable_scope",
    ]
)
_ENOUGH = 2
_SHOWN = 3
_MENTION = re.compile(rf"\.(?:{'|'.join(sorted(_PARTS))})\b")
_MODULES = ("tensorflow", "tensorflow.compat.v1")


def tensorflow1_notes(cells: Sequence[ParsedCell]) -> list[str]:
    """A sentence for the student whose definitions are TensorFlow 1; none for any other."""
    if not any(_MENTION.search(line) for cell in cells for line in cell.lines):
        return []
    names = {"tf", "tensorflow"}.union(*(_names_of_tensorflow(cell.statements) for cell in cells))
    used: set[str] = set()
    users: list[str] = []
    for cell in cells:
        for statement in cell.statements:
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                parts = _taken_from(names, statement) & _PARTS
                used |= parts
                users += [f"{statement.name} ({cell.label})"] if parts else []
    if len(used) < _ENOUGH:
        return []
    shown = ", ".join(f"tf.{name}" for name in sorted(used)[:_SHOWN])
    return [
        f"Written for TensorFlow 1: {', '.join(users[:_SHOWN])}; {shown} ended with TensorFlow 2, "
        "where a model is put together from layers of tf.keras."
    ]


def _names_of_tensorflow(statements: Iterable[ast.stmt]) -> set[str]:
    """The names that imports give to TensorFlow."""
    return {
        alias.asname
        for statement in statements
        if isinstance(statement, ast.Import)
        for alias in statement.names
        if alias.asname and alias.name in _MODULES
    }


def _taken_from(tensorflow: set[str], definition: ast.stmt) -> set[str]:
    """What a definition takes from TensorFlow: "placeholder" for `tf.placeholder(…)`."""
    taken = set()
    for node in ast.walk(definition):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in tensorflow:
                taken.add(name)
            case ast.Attribute(
                value=ast.Attribute(value=ast.Attribute(attr="compat"), attr="v1"), attr=name
            ):
                taken.add(name)
    return taken
