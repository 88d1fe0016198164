"""Untrusted side: rewrites student code so that what newer versions refuse can be tolerated.

Calls of `float`, `int` and `complex`, and stores into one element: the plain thing is done first,
and only where it is refused `compat` is asked. Never the name `float` itself, which `dtype=float`
needs. Imports of what has another name by now. Line numbers stay the student's. Standard library
only.
"""

import ast
from collections.abc import Iterable
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcnn.grading.worker.statements import Statement

if TYPE_CHECKING or __package__:
    from dlcnn.grading.worker import compat
else:  # in the worker, where there is no dlcnn
    import compat

__all__ = ["complete_star_imports", "rewrite"]

_LEAVES = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.arg)
_READS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
_NO_ARRAYS = (
    *(ast.Constant, ast.JoinedStr, ast.Lambda, ast.List, ast.Tuple, ast.Dict, ast.Set),
    *(ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp),
)


def rewrite(statement: ast.stmt) -> list[ast.stmt]:
    """Rewrite a statement and everything in it, in place; what stands in its place.

    Not recursive, since a student's code may be very deep.
    """
    block = [statement]
    waiting: list[ast.AST] = [ast.Module(block, type_ignores=[])]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            _rewrite_call(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            _rewrite_import(node)
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                waiting += [each for each in value if isinstance(each, ast.AST)]
                if value and isinstance(value[0], ast.stmt):
                    value[:] = [part for each in value for part in _rewrite_assignment(each)]
            elif isinstance(value, ast.AST) and not isinstance(value, _LEAVES):
                waiting.append(value)
    return block


def complete_star_imports(program: list["Statement"]) -> list["Statement"]:
    """The compiled program in which star imports also give the names in use that they once gave."""
    if not any(map(_starred_modules, program)):
        return program
    used = _globals_used(statement.code for statement in program)
    used -= {name for statement in program for name in statement.names}
    completed = []
    for statement in program:
        completed.append(statement)
        for module in _starred_modules(statement):
            names = compat.star_names(module, used)
            if names:
                line = f"from {module} import {', '.join(names)}"
                code = compile(line, statement.label, "exec")
                completed.append(statement._replace(code=code))
    return completed


def _starred_modules(statement: "Statement") -> list[str]:
    """Those of the modules that a statement imports all names from which once gave more."""
    if ("*",) not in statement.code.co_consts:
        return []
    return sorted({"numpy", *compat.COURSE_MODULES}.intersection(statement.code.co_names))


def _globals_used(codes: Iterable[CodeType]) -> set[str]:
    """The global names that are read, in code and in the functions that it defines."""
    import dis  # seldom needed, and would be in every fork

    names: set[str] = set()
    waiting = list(codes)
    while waiting:
        code = waiting.pop()
        reads = (each for each in dis.get_instructions(code) if each.opname in _READS)
        names.update(str(each.argval) for each in reads)
        waiting += [each for each in code.co_consts if isinstance(each, CodeType)]
    return names


def _rewrite_import(statement: ast.Import | ast.ImportFrom) -> None:
    """Import Keras for TensorFlow's own old copy of it, whose layers do not go with others."""
    old, new = "tensorflow.python.keras", "tensorflow.keras"
    if isinstance(statement, ast.ImportFrom):
        module = f"{statement.module}."
        if module.startswith(f"{old}."):
            statement.module = module.replace(old, new, 1)[:-1]
            compat.tolerate(old)
        elif module == "tensorflow.python." and [each.name for each in statement.names] == [
            "keras"
        ]:
            statement.module = "tensorflow"
            compat.tolerate(old)
        return
    for alias in statement.names:
        if alias.asname and f"{alias.name}.".startswith(f"{old}."):
            alias.name = alias.name.replace(old, new, 1)
            compat.tolerate(old)


def _rewrite_call(call: ast.Call) -> None:
    """Choose the function at run time: the name may be the student's own by then."""
    if call.keywords or len(call.args) != 1:
        return
    if isinstance(call.args[0], (ast.Constant, ast.Starred)):
        return
    function, place = call.func, _place(call.func)
    if isinstance(function, ast.Name) and function.id in compat.CONVERSIONS:
        ordinary, tolerant = (
            ast.Name(form.format(function.id), ast.Load(), **place)
            for form in (compat.ORDINARY, compat.TOLERANT)
        )
        is_ordinary = ast.Compare(function, [ast.Is()], [ordinary], **place)
        call.func = ast.IfExp(is_ordinary, tolerant, function, **place)
    elif isinstance(function, ast.Attribute) and function.attr in compat.CONVERSIONS:
        choose = ast.Name(compat.CHOOSE, ast.Load(), **place)
        call.func = ast.Call(choose, [function], [], **place)


def _rewrite_assignment(statement: ast.stmt) -> list[ast.stmt]:
    if isinstance(statement, ast.Assign):
        if any(map(_holds_element, statement.targets)):
            return _Assignment(statement).assigned(statement)
    elif isinstance(statement, ast.AugAssign):
        plain = isinstance(statement.value, _NO_ARRAYS)
        if not plain and _holds_element(statement.target):
            return _Assignment(statement).augmented(statement)
    return [statement]


def _holds_element(target: ast.expr) -> bool:
    """Whether a target may be an element of an array, or a tuple with such a target."""
    waiting = [target]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (ast.Tuple, ast.List)):
            waiting += each.elts
        elif isinstance(each, ast.Subscript) and _is_element(each):
            return True
    return False


def _is_element(target: ast.Subscript) -> bool:
    """Not a slice, to which NumPy assigns any array of one number, and not a dictionary's text."""
    key = target.slice
    indices = key.elts if isinstance(key, ast.Tuple) else [key]
    return not any(
        isinstance(index, ast.Slice)
        or (isinstance(index, ast.Constant) and not isinstance(index.value, int))
        for index in indices
    )


def _place(node: ast.expr | ast.stmt) -> dict[str, Any]:
    return {
        "lineno": node.lineno,
        "col_offset": node.col_offset,
        "end_lineno": node.end_lineno,
        "end_col_offset": node.end_col_offset,
    }


def _is_plain(node: ast.expr) -> bool:
    """Whether reading it twice is reading it once, when nothing happens in between."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return all(isinstance(part, (ast.Name, ast.Constant)) for part in parts)


class _Assignment:
    """An assignment taken apart so that a refused store can be done again.

    What Python evaluates once is evaluated once and in Python's order, into names that no source
    text can spell and that are deleted at the end.
    """

    def __init__(self, statement: ast.stmt) -> None:
        self._parts: list[ast.stmt] = []
        self._names: list[str] = []
        self._place = _place(statement)

    def assigned(self, statement: ast.Assign) -> list[ast.stmt]:
        """The parts of `targets = value`."""
        value = statement.value
        if len(statement.targets) > 1:
            value = self._kept(value)
        for target in statement.targets:
            self._assign(target, value)
        return self._finished()

    def augmented(self, statement: ast.AugAssign) -> list[ast.stmt]:
        """The parts of `target[key] += value`."""
        target = statement.target
        assert isinstance(target, ast.Subscript)
        owner, key = self._kept(target.value), self._kept(target.slice)
        old = self._kept(ast.Subscript(owner, key, ast.Load(), **_place(target)))
        result = ast.Name(old.id, ast.Store(), **_place(target))
        self._parts.append(ast.AugAssign(result, statement.op, statement.value, **self._place))
        self._store(target, owner, key, old)
        return self._finished()

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Subscript) and _is_element(target):
            self._assign_element(target, value)
        elif isinstance(target, (ast.Tuple, ast.List)) and _holds_element(target):
            self._unpack(target, value)
        else:
            self._parts.append(ast.Assign([target], value, **self._place))

    def _assign_element(self, target: ast.Subscript, value: ast.expr) -> None:
        if isinstance(value, _NO_ARRAYS):
            self._parts.append(ast.Assign([target], value, **self._place))
        elif _is_plain(target.value) and _is_plain(target.slice):
            value = value if isinstance(value, ast.Name) else self._kept(value)
            self._store(target, target.value, target.slice, value)
        else:
            value = self._kept(value)
            self._store(target, self._kept(target.value), self._kept(target.slice), value)

    def _unpack(self, target: ast.Tuple | ast.List, value: ast.expr) -> None:
        """Give every part of the value a name, then assign them from left to right."""
        names: list[ast.expr] = []
        for each in target.elts:
            name: ast.expr = self._name(ast.Store())
            if isinstance(each, ast.Starred):
                name = ast.Starred(name, ast.Store(), **_place(each))
            names.append(name)
        unpacked = ast.Tuple(names, ast.Store(), **_place(target))
        self._parts.append(ast.Assign([unpacked], value, **self._place))
        for each, name in zip(target.elts, names, strict=True):
            if isinstance(each, ast.Starred) and isinstance(name, ast.Starred):
                each, name = each.value, name.value
            assert isinstance(name, ast.Name)
            self._assign(each, ast.Name(name.id, ast.Load(), **self._place))

    def _store(
        self, target: ast.Subscript, owner: ast.expr, key: ast.expr, value: ast.expr
    ) -> None:
        """Store, and where that is refused ask whether older NumPy would have."""
        place = _place(target)
        element = ast.Subscript(owner, key, ast.Store(), **place)
        function = ast.Name(compat.STORE, ast.Load(), **place)
        done = ast.Call(function, [owner, key, value], [], **place)
        refused = ast.If(
            ast.UnaryOp(ast.Not(), done, **place), [ast.Raise(None, None, **place)], [], **place
        )
        handler = ast.ExceptHandler(
            ast.Name(compat.REFUSED, ast.Load(), **place), None, [refused], **place
        )
        stored = ast.Assign([element], value, **self._place)
        self._parts.append(ast.Try([stored], [handler], [], [], **self._place))

    def _kept(self, value: ast.expr) -> ast.Name:
        """Evaluate a value now; the name that holds it."""
        name = self._name(ast.Store())
        self._parts.append(ast.Assign([name], value, **self._place))
        return ast.Name(name.id, ast.Load(), **self._place)

    def _name(self, context: ast.expr_context) -> ast.Name:
        self._names.append(f".kept {len(self._names)}")
        return ast.Name(self._names[-1], context, **self._place)

    def _finished(self) -> list[ast.stmt]:
        if self._names:
            gone: list[ast.expr] = [
                ast.Name(name, ast.Del(), **self._place) for name in self._names
            ]
            self._parts.append(ast.Delete(gone, **self._place))
        return self._parts
