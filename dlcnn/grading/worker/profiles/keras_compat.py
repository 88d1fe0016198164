"""Untrusted side: lets code that was right under an older Keras still be right in the worker.

Gives Keras the arguments, modules and names that it has dropped, and TensorFlow's functions the
outputs of layers, which Keras 2 let them take. Each is done only where Keras now refuses, so that
what is right today means what it means; what was tolerated is remembered by `compat`.
"""

import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from . import keras_operations  # by path in the worker, as part of dlcnn in tests

if TYPE_CHECKING or __package__ != "profiles":
    from dlcnn.grading.worker import compat, keras_names
else:  # in the worker, where there is no dlcnn
    import compat
    import keras_names

__all__ = ["install"]

_Values = tuple[Any, ...]
_Options = dict[str, Any]
_Change = Callable[[_Values, _Options], tuple[_Values, _Options]]

_TF_KERAS = "keras._tf_keras.keras"  # what `tf.keras` is; `import tensorflow.keras` makes a copy
_ROOTS = ("keras", _TF_KERAS, "tensorflow.keras")


def install() -> None:
    """Give this process what submissions for an older Keras want, where that is tolerated."""
    if not compat.is_installed():
        return
    keras: Any = importlib.import_module("keras")
    _take_old_arguments(keras)
    _supply_names(keras)
    keras_operations.install()


def _take_old_arguments(keras: Any) -> None:
    for name, names in keras_names.LAYER_ARGUMENTS.items():
        layer = getattr(keras.layers, name)
        if name in keras_names.POOLING:
            _change_arguments(layer, "__init__", functools.partial(_pooling, layer.__init__))
        _change_arguments(layer, "__init__", functools.partial(_renamed, names))
    for layer in (keras.layers.BatchNormalization, keras.layers.Dropout):
        _change_arguments(layer, "__call__", _training)
    models = functools.partial(_renamed, keras_names.MODEL_ARGUMENTS)
    _change_arguments(keras.Model, "__new__", models)
    _change_arguments(importlib.import_module("keras.src.models").Functional, "__init__", models)
    optimizers = functools.partial(_renamed, keras_names.OPTIMIZER_ARGUMENTS)
    for optimizer in vars(keras.optimizers).values():
        if inspect.isclass(optimizer) and issubclass(optimizer, keras.optimizers.Optimizer):
            _change_arguments(optimizer, "__init__", optimizers)


def _change_arguments(owner: Any, method: str, change: _Change) -> None:
    """Have a method called with what `change` makes of the arguments."""
    plain = getattr(owner, method)

    @functools.wraps(plain)
    def tolerant(owner_or_self: Any, *args: Any, **options: Any) -> Any:
        args, options = change(args, options)
        return plain(owner_or_self, *args, **options)

    # Keras reads a constructor's parameters where it records how an object was made.
    tolerant.__signature__ = inspect.signature(plain)  # type: ignore[attr-defined]
    setattr(owner, method, staticmethod(tolerant) if method == "__new__" else tolerant)


def _renamed(
    names: Mapping[str, str], args: _Values, options: _Options
) -> tuple[_Values, _Options]:
    """The arguments by the names that they have today."""
    old = [name for name in names.keys() & options.keys() if names[name] not in options]
    for name in old:
        value = options.pop(name)
        if name == "dim_ordering":
            value = keras_names.DATA_FORMATS.get(value, value)
        options[names[name]] = value
        compat.tolerate(f"argument {name}")
    if "nb_filter" not in names:
        return args, options
    if options.keys() >= {"nb_row", "nb_col"} and "kernel_size" not in options:
        options["kernel_size"] = (options.pop("nb_row"), options.pop("nb_col"))
        compat.tolerate(keras_names.ROWS_AND_COLUMNS)
    elif old and [type(value) for value in args] == [int, int, int]:
        # Convolution2D(8, 3, 5, border_mode="same"): by itself, the 5 would be a stride today.
        args = (args[0], args[1:])
        compat.tolerate(keras_names.ROWS_AND_COLUMNS)
    return args, options


def _pooling(plain: Any, args: _Values, options: _Options) -> tuple[_Values, _Options]:
    """The arguments of a pooling layer, with a window and in lower case."""
    parameters = inspect.signature(plain).parameters
    names = [*parameters][1:]
    given = dict(zip(names, args, strict=False)) | options
    if "pool_size" not in given and parameters["pool_size"].default is inspect.Parameter.empty:
        options["pool_size"] = 2
        compat.tolerate(keras_names.NO_POOL_SIZE)
    if given.get("padding") in ("SAME", "VALID"):
        place, padding = names.index("padding"), given["padding"].lower()
        if "padding" in options:
            options["padding"] = padding
        else:
            args = (*args[:place], padding, *args[place + 1 :])
        compat.tolerate(keras_names.CAPITALS)
    return args, options


def _training(args: _Values, options: _Options) -> tuple[_Values, _Options]:
    """The arguments of a call, with `training` by its name."""
    if len(args) == 2 and (args[1] is None or isinstance(args[1], bool)):
        options["training"] = args[1]
        args = args[:1]
        compat.tolerate(keras_names.TRAINING)
    return args, options


class _Moved(ModuleType):
    """A module by the name it once had: gives what those have that now hold what it held."""

    def __init__(self, kind: str, places: tuple[ModuleType, ...]) -> None:
        super().__init__(kind)
        self.__path__: list[str] = []  # there may be others below it
        self._kind = kind
        self._places = places

    def __getattr__(self, name: str) -> object:
        for place in () if name.startswith("_") else self._places:
            if hasattr(place, name):
                compat.tolerate(self._kind)
                return getattr(place, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    @property
    def __all__(self) -> list[str]:
        """What a star import gives."""
        names = {name for place in self._places for name in vars(place)}
        return sorted(name for name in names if not name.startswith("_"))

    def __call__(self, *_args: object, **_options: object) -> NoReturn:
        raise TypeError(f"{self._kind}() is gone: it is the name of a module")


def _supply_names(keras: Any) -> None:
    """Let Keras' modules answer for what is gone from them, by whichever name they are imported."""
    supplied = {name: _left_in_tensorflow(name) for name in keras_names.LEFT_IN_TENSORFLOW}
    supplied["backend"]["set_learning_phase"] = (keras_names.LEARNING_PHASE, lambda _value: None)
    for name, renamed in keras_names.RENAMED.items():
        present = getattr(keras, name)
        supplied[name] = {
            old: (f"keras.{name}.{old}", getattr(present, new)) for old, new in renamed.items()
        }
    for path, moved in _moved_modules().items():
        parent, _, name = path.rpartition(".")
        supplied.setdefault(parent, {})[name] = (f"keras.{path}", moved)
    for root in _ROOTS:
        for path, values in supplied.items():
            module = importlib.import_module(f"{root}.{path}".rstrip("."))
            lacking = values.keys() - vars(module).keys()
            compat.supply(module, {name: values[name] for name in lacking})


def _left_in_tensorflow(module: str) -> dict[str, tuple[str, object]]:
    kind = f"keras.{module}.*"
    names = vars(importlib.import_module(f"{_TF_KERAS}.{module}"))
    return {name: (kind, value) for name, value in names.items() if not name.startswith("_")}


def _moved_modules() -> dict[str, _Moved]:
    """The modules that Keras had, where `import` finds them."""
    modules = {}
    for old, places in keras_names.MOVED.items():
        present = (importlib.import_module(f"{_TF_KERAS}.{place}") for place in places)
        modules[old] = _Moved(f"keras.{old}", tuple(present))
        sys.modules.update({f"{root}.{old}": modules[old] for root in _ROOTS})
    return modules
