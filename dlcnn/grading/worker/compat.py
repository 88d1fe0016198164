"""Untrusted side: lets code that was right under an older NumPy still be right in the worker.

Gives NumPy's module the names that it has dropped, and holds what rewritten code (`rewriting`)
calls. Remembers by kind what really was tolerated, of Keras too; the words for it are the grader's,
which uses nothing of this but its tables. Standard library and NumPy only.
"""

import builtins
import importlib
import math
import sys
from collections.abc import Callable, Collection, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING or __package__:
    from dlcnn.grading.worker import keras_names
else:  # in the worker, where there is no dlcnn
    import keras_names

__all__ = [
    "CHOOSE",
    "CONVERSIONS",
    "COURSE_FUNCTIONS",
    "COURSE_MODULES",
    "GIVEN",
    "KINDS",
    "ORDINARY",
    "REFUSED",
    "REMOVED",
    "STORE",
    "TOLERANT",
    "given",
    "install",
    "is_installed",
    "star_names",
    "supply",
    "tolerate",
    "tolerated",
]

CONVERSIONS: Mapping[str, type] = {"float": float, "int": int, "complex": complex}

# In `builtins`, where they are no global of the student's; inside a class, Python leaves names
# with underscores on both sides as they are.
STORE = "__store_one_number__"
REFUSED = "__refused__"
CHOOSE = "__choose__"
ORDINARY = "__ordinary_{}__"
TOLERANT = "__tolerant_{}__"

# What NumPy has, and the other names of it that it has dropped.
_OTHER_NAMES = {
    "all": "alltrue",
    "any": "sometrue",
    "asmatrix": "mat",
    "bool_": "bool8",
    "bytes_": "bytes0 string_",
    "clongdouble": "clongfloat longcomplex",
    "complex128": "cfloat complex_",
    "complex64": "singlecomplex",
    "cumprod": "cumproduct",
    "float64": "float_",
    "inf": "Inf Infinity infty PINF",
    "intp": "int0",
    "longdouble": "longfloat",
    "nan": "NAN NaN",
    "ndim": "rank",
    "object_": "object0",
    "prod": "product",
    "round": "round_",
    "str_": "str0 unicode_",
    "trapezoid": "trapz",
    "uintp": "uint0",
    "void": "void0",
    "vstack": "row_stack",
}
_RENAMED = {name: present for present, names in _OTHER_NAMES.items() for name in names.split()}
_BUILTIN = {"int": int, "float": float, "complex": complex, "object": object, "str": str}


def _as_float_array(array: Any, dtype: Any = np.float64) -> Any:
    return np.asarray(array, dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def _sorted_by_rows(array: Any) -> Any:
    copy = np.array(array, subok=True)
    copy.sort(0)
    return copy


_OTHERS: dict[str, tuple[str, object]] = {
    "asfarray": ("np.asarray(array, dtype=float)", _as_float_array),
    "asscalar": ("array.item()", lambda array: np.asarray(array).item()),
    "in1d": ("np.isin", lambda array, *args, **options: np.isin(np.ravel(array), *args, **options)),
    "math": ("math (after import math)", math),
    "msort": ("np.sort(array, axis=0)", _sorted_by_rows),
    "NINF": ("-np.inf", -np.inf),
    "NZERO": ("-0.0", -0.0),
    "PZERO": ("0.0", 0.0),
    "unicode": ("str", str),
}

# What to write instead of each dropped name.
REMOVED: Mapping[str, str] = {
    **{name: f"np.{present}" for name, present in _RENAMED.items()},
    **{name: name for name in _BUILTIN},
    **{name: advice for name, (advice, _) in _OTHERS.items()},
}

# What notebooks had from `from cnn_utils import *` and the like: modules by short names, which are
# supplied, and functions, which are not.
COURSE_MODULES = frozenset(
    ["cnn_utils", "kt_utils", "outputs", "public_tests", "resnets_utils", "test_utils"]
)
COURSE_FUNCTIONS = frozenset(
    [
        *("comparator", "convert_to_one_hot", "forward_propagation_for_predict", "load_dataset"),
        *("load_happy_dataset", "load_signs_dataset", "mean_pred", "predict"),
        *("random_mini_batches", "summary"),
    ]
)
GIVEN: Mapping[str, str] = {
    "K": "keras.backend",
    "h5py": "h5py",
    "layers": "tensorflow.keras.layers",
    "math": "math",
    "np": "numpy",
    "os": "os",
    "plt": "matplotlib.pyplot",
    "tf": "tensorflow",
}
_ALWAYS = "matplotlib"  # for which there is a stand-in
KINDS = frozenset(
    [*CONVERSIONS, "store", *keras_names.INSTEAD]
    + [f"np.{name}" for name in REMOVED]
    + [f"given {name}" for name in GIVEN]
)

# A star import never gave those that would have hidden what Python has by the same name.
_STARRED = REMOVED.keys() - _BUILTIN.keys() - {"unicode", "math"}

_happened: set[str] = set()


def tolerated() -> list[str]:
    """The kinds of what was tolerated in this process so far, in a fixed order."""
    return sorted(_happened)


def tolerate(kind: str) -> None:
    """Remember that something of a kind was tolerated."""
    _happened.add(kind)


def is_installed() -> bool:
    """Whether old code is tolerated in this process."""
    return hasattr(builtins, STORE)


def install() -> None:
    """Give this process what rewritten code calls, and NumPy's module its dropped names."""
    helpers = {STORE: _store_one_number, REFUSED: (TypeError, ValueError), CHOOSE: _choose}
    for name, conversion in CONVERSIONS.items():
        helpers[ORDINARY.format(name)] = conversion
        helpers[TOLERANT.format(name)] = _tolerant[name]
    vars(builtins).update(helpers)
    values: dict[str, object] = {
        name: getattr(np, present) for name, present in _RENAMED.items()
    } | _BUILTIN
    values |= {name: value for name, (_, value) in _OTHERS.items()}
    supply(np, {name: (f"np.{name}", value) for name, value in values.items()})


def supply(module: ModuleType, values: Mapping[str, tuple[str, object]]) -> None:
    """Let a module answer for names that it lacks.

    Args:
        module: the module.
        values: for each name the kind that is tolerated, and what the module gives.
    """
    ordinary = getattr(module, "__getattr__", None)

    def answer(name: str) -> object:
        if name in values:
            kind, value = values[name]
            tolerate(kind)
            setattr(module, name, value)  # from now on as fast as any other
            return value
        if ordinary is None:
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        return ordinary(name)

    module.__dict__["__getattr__"] = answer


def given(module: str, name: str) -> ModuleType | None:
    """What a module of the course gave by a short name; only what this process has loaded."""
    path = GIVEN.get(name, "")
    package = path.partition(".")[0]
    if not is_installed() or module not in COURSE_MODULES:
        return None
    if package != _ALWAYS and package not in sys.modules:
        return None
    tolerate(f"given {name}")
    return importlib.import_module(path)


def star_names(module: str, used: Collection[str]) -> list[str]:
    """Those of the names in use that a star import of the module gave and gives no more."""
    if module == "numpy":
        return sorted(name for name in _STARRED.intersection(used) if name not in vars(np))
    return sorted((GIVEN.keys() | COURSE_FUNCTIONS).intersection(used))


def _is_one_number(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0 and value.size == 1


def _made_tolerant(conversion: type) -> Callable[[Any], object]:
    def convert(value: Any) -> object:
        try:
            return conversion(value)
        except TypeError:
            if not _is_one_number(value):
                raise
        result: object = conversion(np.ndarray.item(value))
        tolerate(conversion.__name__)
        return result

    return convert


_tolerant = {name: _made_tolerant(conversion) for name, conversion in CONVERSIONS.items()}


def _choose(function: Any) -> Any:
    """The tolerant form of a function that has one, else the function."""
    for name, conversion in CONVERSIONS.items():
        if function is conversion:
            return _tolerant[name]
    return function


def _store_one_number(target: Any, key: Any, value: Any) -> bool:
    """Do a store that was refused, if it is one that older NumPy did; whether it is."""
    array = target.base if isinstance(target, np.flatiter) else target
    if not (isinstance(array, np.ndarray) and array.dtype.kind in "iufc" and _is_one_number(value)):
        return False
    try:
        target[key] = np.ndarray.item(value)
    except Exception:
        return False
    tolerate("store")
    return True
