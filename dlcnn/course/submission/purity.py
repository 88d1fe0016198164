"""Which values a constant may have: those that can be built without running the notebook.

Literals, operators, comprehensions, names that are taken, and calls that only compute. Reading
files, training and drawing are work. What the student's own functions do is not known here.
"""

import ast
import builtins
import re
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["BUILTIN_NAMES", "Kind", "Namespace", "does_work", "own_calls"]

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
    r"gen_?from|get_?file|get_?ipython|im_?read|im_?show|import|input|load|memmap|open|plot|predict|print|read|"
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
    ast.NamedExpr,
)


@dataclass
class Namespace:
    """What the names of a notebook stand for at one point of reading it."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)  # an imported name's package
    has_star: bool = False  # `from x import *`: any name may be known
    spoiled: set[str] = field(default_factory=set)  # bound by code that is not run

    def knows(self, name: str) -> bool:
        """Whether `name` has the value that it has in the notebook."""
        if name in self.spoiled:
            return False
        from_star = self.has_star and not name.startswith("_")
        return name in self.kinds or name in BUILTIN_NAMES or from_star

    def copy(self) -> "Namespace":
        """The same names, to be changed on their own."""
        return Namespace(dict(self.kinds), dict(self.packages), self.has_star, set(self.spoiled))

    def without_star(self) -> "Namespace":
        """The names that certainly have a value."""
        return Namespace(self.kinds, self.packages, False, self.spoiled)


def own_calls(value: ast.expr, namespace: Namespace) -> set[str] | None:
    """The student's functions and classes that a value calls.

    Returns:
        Their names; None where the value cannot be built, whatever these do.
    """
    called: set[str] = set()
    local = _names_bound_inside(value)
    waiting: list[ast.AST] = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            if node.id not in local and not namespace.knows(node.id):
                return None
        elif isinstance(node, ast.Lambda):
            # Its body runs later, so it may do anything; its defaults are built now.
            waiting += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif isinstance(node, ast.Call):
            root = _root(node.func)
            if isinstance(root, ast.Name) and namespace.kinds.get(root.id) in ("function", "class"):
                called.add(root.id)
            elif not _only_computes(node, namespace):
                return None
            if does_work(node, namespace):
                return None
            waiting += ast.iter_child_nodes(node)
        elif isinstance(node, _PLAIN):
            waiting += ast.iter_child_nodes(node)
        else:
            return None
    return called


def does_work(call: ast.Call, namespace: Namespace) -> bool:
    """Whether a call goes by a name that stands for reading, drawing, training or waiting."""
    function = call.func
    if isinstance(function, ast.Name):
        if function.id == "print":
            return False
        return bool(_WORKING_CALL.match(function.id)) or _is_working_import(function.id, namespace)
    if not isinstance(function, ast.Attribute):
        return False
    root = _root(function)
    return bool(_WORKING_CALL.match(function.attr)) or (
        isinstance(root, ast.Name) and _is_working_import(root.id, namespace)
    )


def _names_bound_inside(value: ast.expr) -> set[str]:
    targets = []
    for node in ast.walk(value):
        if isinstance(node, (ast.comprehension, ast.NamedExpr)):
            targets.append(node.target)
    return {name.id for each in targets for name in ast.walk(each) if isinstance(name, ast.Name)}


def _only_computes(call: ast.Call, namespace: Namespace) -> bool:
    """Whether a call of what is not the student's can be trusted to compute a value."""
    function = call.func
    if isinstance(function, ast.Name):
        name = function.id
        if name in namespace.kinds:
            return namespace.kinds[name] in ("import", "constant")  # a namedtuple is a constant
        if name in BUILTIN_NAMES:
            return name in _PURE_BUILTINS
        return namespace.knows(name)
    return isinstance(function, ast.Attribute)  # of a module, or of a value: "a b".split()


def _is_working_import(name: str, namespace: Namespace) -> bool:
    imported = namespace.kinds.get(name) == "import"
    return imported and namespace.packages.get(name) in _WORKING_PACKAGES


def _root(node: ast.expr) -> ast.expr:
    """What a chain of attributes, subscripts and calls begins with."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node
