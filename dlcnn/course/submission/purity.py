"""Which values a constant may have: those that can be built without running the notebook.

Literals, operators, comprehensions, names that are taken, and calls that only compute. Calls of the
student's own functions, reading files, training and drawing are work, not constants.
"""

import ast
import builtins
import re
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["BUILTIN_NAMES", "Kind", "Namespace", "names_in_value"]

Kind = Literal["import", "function", "class", "constant"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUILTIN_NAMES = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_PURE_BUILTINS = _words(
    "abs all any bin bool bytes chr complex dict divmod enumerate filter float format frozenset "
    "hex int isinstance len list map max min oct ord pow print range repr reversed round set "
    "slice sorted str sum tuple zip"
)
# Packages that touch files, screens, the network or the clock, whatever is called.
_WORKING_PACKAGES = _words(
    "IPython PIL bokeh cv2 gc glob google h5py imageio logging matplotlib multiprocessing os "
    "pathlib pickle plotly requests seaborn shutil signal skimage socket subprocess sys "
    "threading time urllib wandb warnings zipfile"
)
_WORKING_CALL = re.compile(
    r"_?(apply_|download|evaluate|exec|exit|export|fetch|fit|from_?file|from_?function|"
    r"gen_?from|get_?file|im_?read|im_?show|import|input|load|memmap|open|plot|predict|print|read|"
    r"reduce|run|save|set_|show|sleep|summary|system|train|urlopen|write)"
)
_PLAIN = (
    ast.Constant,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Subscript,
    ast.Slice,
    ast.Starred,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.Attribute,
    ast.keyword,
    ast.comprehension,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


@dataclass
class Namespace:
    """What the names of a notebook stand for at one point of reading it."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)  # an imported name's package
    has_star: bool = False  # `from x import *`: any name may be known

    def knows(self, name: str) -> bool:
        """Whether `name` has a value that was taken."""
        from_star = self.has_star and not name.startswith("_")
        return name in self.kinds or name in BUILTIN_NAMES or from_star

    def copy(self) -> "Namespace":
        """The same names, to be changed on their own."""
        return Namespace(dict(self.kinds), dict(self.packages), self.has_star)


def names_in_value(value: ast.expr, namespace: Namespace) -> set[str] | None:
    """The global names that a value uses, or None where it cannot be built from what was taken."""
    used: set[str] = set()
    local = _comprehension_targets(value)
    waiting: list[ast.AST] = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            if node.id in local:
                continue
            if not namespace.knows(node.id):
                return None
            used.add(node.id)
        elif isinstance(node, ast.Lambda):
            # Its body runs later, so it may do anything; its defaults are built now.
            used |= {inner.id for inner in ast.walk(node.body) if isinstance(inner, ast.Name)}
            waiting += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif isinstance(node, ast.Call):
            if not _only_computes(node, namespace):
                return None
            waiting += ast.iter_child_nodes(node)
        elif isinstance(node, _PLAIN):
            waiting += ast.iter_child_nodes(node)
        else:
            return None
    return used


def _comprehension_targets(value: ast.expr) -> set[str]:
    return {
        name.id
        for node in ast.walk(value)
        if isinstance(node, ast.comprehension)
        for name in ast.walk(node.target)
        if isinstance(name, ast.Name)
    }


def _only_computes(call: ast.Call, namespace: Namespace) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        name = function.id
        if name in namespace.kinds:
            return _is_computing_import(name, name, namespace)
        if name in BUILTIN_NAMES:
            return name in _PURE_BUILTINS
        return namespace.knows(name) and not _WORKING_CALL.match(name)
    if not isinstance(function, ast.Attribute) or _WORKING_CALL.match(function.attr):
        return False
    root = _root(function)
    if not isinstance(root, ast.Name):
        return True  # a method of a value: "a b".split()
    if namespace.kinds.get(root.id) == "import":
        return _is_computing_import(root.id, function.attr, namespace)
    return namespace.kinds.get(root.id, "constant") == "constant"


def _is_computing_import(name: str, called: str, namespace: Namespace) -> bool:
    package = namespace.packages.get(name)
    return (
        namespace.kinds[name] == "import"
        and package not in _WORKING_PACKAGES
        and not _WORKING_CALL.match(called)
    )


def _root(node: ast.expr) -> ast.expr:
    """What a chain of attributes, subscripts and calls begins with."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node
