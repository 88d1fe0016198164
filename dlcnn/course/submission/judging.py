"""Which statements can be run when graded: those that import, define, or only compute.

Judges in the notebook's order, since what a name stands for changes from line to line.
"""

import ast
from collections.abc import Iterable, Sequence

from dlcnn.course.submission.bindings import bindings_of, global_set_by, header_targets
from dlcnn.course.submission.outline import Block, Statement
from dlcnn.course.submission.own_code import OwnCode
from dlcnn.course.submission.purity import Namespace, own_calls

__all__ = ["Judge"]


class Judge:
    """Judges the statements of one notebook, one after the other."""

    def __init__(self, own: OwnCode) -> None:
        self._own = own
        self.namespace = Namespace()

    def can_run(self, statement: Statement) -> bool:
        """Whether `statement` is run; its names then have their values."""
        unsure = [
            block for block in statement.blocks if not self._header_runs(block) and block.guards
        ]
        node = statement.node
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node)
        elif statement.kind == "definition":
            is_class = isinstance(node, ast.ClassDef)
            for name in statement.binds.sets:
                self.namespace.kinds[name] = "class" if is_class else "function"
        elif statement.kind == "header":
            return bool(statement.blocks[-1].has_run_header)
        elif statement.kind == "function":
            if not self._runs(node):
                return False
            self.namespace.kinds |= dict.fromkeys(statement.binds.sets, "function")
        elif unsure or not self._runs(node):
            return False
        if not statement.blocks:
            self.namespace.spoiled -= statement.binds.sets
        return True

    def leave_out(self, names: Iterable[str]) -> None:
        """A constant that is given a value by work is no constant any more."""
        for name in names:
            self.namespace.spoiled.add(name)
            if self.namespace.kinds.get(name) == "constant":
                del self.namespace.kinds[name]

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        names = self.namespace
        for alias in node.names:
            package = getattr(node, "module", None) or alias.name
            if alias.name == "*":
                names.has_star = True
                continue
            name = alias.asname or alias.name.partition(".")[0]
            names.kinds[name] = "import"
            names.packages[name] = package.partition(".")[0]

    def _header_runs(self, block: Block) -> bool:
        """Whether a block's header can be run as it stands.

        Where it raises, the definitions inside are lost, so names from a star import do not count.
        """
        if block.has_run_header is None:
            certain = self.namespace.without_star()
            block.has_run_header = all(self._computes(each, certain) for each in block.headers)
            if block.has_run_header:
                for node in block.nodes:
                    self._bind(header_targets(node))
        return block.has_run_header

    def _computes(self, value: ast.expr, namespace: Namespace | None = None) -> bool:
        namespace = namespace or self.namespace
        calls = own_calls(value, namespace)
        return calls is not None and (not calls or self._own.only_computes(calls, namespace))

    def _runs(self, node: ast.stmt) -> bool:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)):
            return self._simple_runs(node)
        before = self.namespace.copy()
        if self._compound_runs(node):
            return True
        self.namespace = before
        return False

    def _simple_runs(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr) -> bool:
        if node.value is None or not self._computes(node.value):
            return False
        if isinstance(node, ast.Expr):
            return True
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if not all(self._can_assign(target) for target in targets):
            return False
        binds = bindings_of(node)
        known = all(self.namespace.knows(name) for name in binds.changes)
        if known:
            self._bind(binds.sets)
        return known

    def _can_assign(self, target: ast.expr) -> bool:
        if isinstance(target, ast.Name) or global_set_by(target):
            return True
        if isinstance(target, (ast.Tuple, ast.List)):
            return all(map(self._can_assign, target.elts))
        if isinstance(target, ast.Starred):
            return self._can_assign(target.value)
        return self._computes(target)

    def _compound_runs(self, node: ast.stmt) -> bool:
        if isinstance(node, (ast.Pass, ast.Break, ast.Continue)):
            return True
        headers: list[ast.expr] = []
        bodies: Sequence[Sequence[ast.stmt]] = []
        if isinstance(node, ast.For):
            headers, bodies = [node.iter], [node.body, node.orelse]
        elif isinstance(node, (ast.If, ast.While)):
            headers, bodies = [node.test], [node.body, node.orelse]
        elif isinstance(node, ast.With):
            headers, bodies = [item.context_expr for item in node.items], [node.body]
        else:
            return False
        if not all(self._computes(header) for header in headers):
            return False
        self._bind(header_targets(node))
        return all(self._runs(inner) for body in bodies for inner in body)

    def _bind(self, names: Iterable[str]) -> None:
        for name in names:
            self.namespace.kinds.setdefault(name, "constant")
