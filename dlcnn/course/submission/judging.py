"""What each statement of a notebook is: always taken, a constant that may be needed, or left out.

Judges in the notebook's order, since what a name stands for changes from line to line.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from dlcnn.course.submission.model import Function
from dlcnn.course.submission.purity import Namespace, names_in_value

__all__ = ["Judge", "Judged"]

_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# `type Rows = list[int]`, from Python 3.12 on; its value is built when asked for.
_TypeAlias: type[ast.AST] | tuple[()] = getattr(ast, "TypeAlias", ())


@dataclass
class Judged:
    """A statement that may be taken.

    Attributes:
        always: whether it is taken whatever uses it.
        binds: the names that it gives a value.
        uses: the global names that it needs, without those inside definitions.
        defines: whether a definition is in it, so that more names are used.
        functions: the functions that it defines.
    """

    always: bool
    binds: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    defines: bool = False
    functions: dict[str, Function] = field(default_factory=dict)


class Judge:
    """Judges the statements of one notebook, one after the other."""

    def __init__(self) -> None:
        self._namespace = Namespace()

    def judge(self, statement: ast.stmt) -> Judged | None:
        """What to do with `statement`; None where it is left out."""
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            return self._import(statement)
        if isinstance(statement, _Definition):
            return self._definition(statement)
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            return self._assignment(statement)
        if isinstance(statement, (ast.If, ast.Try)):
            return self._block(statement)
        if isinstance(statement, _TypeAlias):
            return Judged(always=True, defines=True)
        return None

    def _import(self, statement: ast.Import | ast.ImportFrom) -> Judged:
        names = self._namespace
        for alias in statement.names:
            package = getattr(statement, "module", None) or alias.name
            if alias.name == "*":
                names.has_star = True
                continue
            name = alias.asname or alias.name.partition(".")[0]
            names.kinds[name] = "import"
            names.packages[name] = package.partition(".")[0]
        return Judged(always=True)

    def _definition(
        self, statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> Judged:
        name = statement.name
        if isinstance(statement, ast.ClassDef):
            self._namespace.kinds[name] = "class"
            return Judged(always=True, defines=True)
        self._namespace.kinds[name] = "function"
        return Judged(always=True, defines=True, functions={name: statement})

    def _assignment(self, statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> Judged | None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        binds = _bound_names(targets)
        if statement.value is None or not binds:
            return None
        uses = names_in_value(statement.value, self._namespace)
        for target in targets:
            inner = None if uses is None else _names_in_target(target, self._namespace)
            uses = None if uses is None or inner is None else uses | inner
        if isinstance(statement, ast.AugAssign) and binds - self._namespace.kinds.keys():
            uses = None
        if uses is None:
            self._forget(binds)
            return None
        function = isinstance(targets[0], ast.Name) and self._is_function(statement.value)
        if not function:
            for name in binds:
                self._namespace.kinds.setdefault(name, "constant")
            return Judged(always=False, binds=binds, uses=uses)
        for name in binds:
            self._namespace.kinds[name] = "function"
        return Judged(
            always=True, uses=uses, functions=dict.fromkeys(sorted(binds), statement.value)
        )

    def _forget(self, names: set[str]) -> None:
        """A constant that is given a value by work is no constant any more."""
        for name in names:
            if self._namespace.kinds.get(name) == "constant":
                del self._namespace.kinds[name]

    def _is_function(self, value: ast.expr) -> bool:
        """A lambda, another name of a function, or an import's wrapper around one: partial(f)."""
        if isinstance(value, ast.Lambda):
            return True
        if isinstance(value, ast.Name):
            return self._namespace.kinds.get(value.id) == "function"
        if isinstance(value, ast.Call):
            builtin = isinstance(value.func, ast.Name) and (
                value.func.id not in self._namespace.kinds
            )
            return not builtin and any(self._is_function(argument) for argument in value.args)
        return False

    def _block(self, statement: ast.If | ast.Try) -> Judged | None:
        """Taken as a whole, and only when everything inside could be taken by itself."""
        before = self._namespace.copy()
        judged = self._judge_block(statement)
        if judged is None:
            self._namespace = before
        return judged

    def _judge_block(self, statement: ast.If | ast.Try) -> Judged | None:
        conditions, bodies = _parts(statement)
        whole = Judged(always=False)
        for condition in conditions:
            uses = names_in_value(condition, self._namespace)
            if uses is None:
                return None
            whole.uses |= uses
        for inner in (statement for body in bodies for statement in body):
            if isinstance(inner, ast.Pass) or self._is_message(inner):
                continue
            judged = self.judge(inner)
            if judged is None:
                return None
            whole.always |= judged.always
            whole.binds |= judged.binds
            whole.uses |= judged.uses
            whole.defines |= judged.defines
            whole.functions |= judged.functions
        return whole

    def _is_message(self, statement: ast.stmt) -> bool:
        """A text, or a print of values: `except ImportError: print("no cupy")`."""
        if not isinstance(statement, ast.Expr):
            return False
        return names_in_value(statement.value, self._namespace) is not None


def _parts(statement: ast.If | ast.Try) -> tuple[list[ast.expr], list[Sequence[ast.stmt]]]:
    """What a block evaluates itself, and the statements that it holds."""
    if isinstance(statement, ast.If):
        return [statement.test], [statement.body, statement.orelse]
    types = [handler.type for handler in statement.handlers if handler.type is not None]
    bodies = [handler.body for handler in statement.handlers]
    return types, [statement.body, *bodies, statement.orelse, statement.finalbody]


def _bound_names(targets: Sequence[ast.expr]) -> set[str]:
    """The names assigned; of `limits["pad"] = 1` the name `limits`."""
    names: set[str] = set()
    waiting = list(targets)
    while waiting:
        target = waiting.pop()
        if isinstance(target, (ast.Tuple, ast.List)):
            waiting += target.elts
        elif isinstance(target, (ast.Starred, ast.Subscript)):
            waiting.append(target.value)
        elif isinstance(target, ast.Name):
            names.add(target.id)
    return names


def _names_in_target(target: ast.expr, namespace: Namespace) -> set[str] | None:
    """The names that must be there to assign to `target`; None where it is no constant's."""
    used: set[str] = set()
    waiting = [target]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (ast.Tuple, ast.List)):
            waiting += part.elts
        elif isinstance(part, ast.Starred):
            waiting.append(part.value)
        elif isinstance(part, ast.Subscript):
            inner = names_in_value(part, namespace)
            root = part.value
            if inner is None or not isinstance(root, ast.Name) or root.id not in namespace.kinds:
                return None
            used |= inner
        elif not isinstance(part, ast.Name):
            return None
    return used
