"""Untrusted side: modules that stand in for those which a submission imports and the worker lacks.

Importing one works and a star import gives nothing, so that a notebook's definitions survive its
imports; using what it should have held says what is missing. Silent ones (plots) accept anything.
"""

import sys
from collections.abc import Collection, Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING or __package__:
    from dlcnn.grading.worker import compat
else:  # in the worker, where there is no dlcnn
    import compat

__all__ = ["install"]

_ARITHMETIC = [
    side + operation
    for operation in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
    for side in ("", "r")
]
_USES = ["call", "getitem", "setitem", "contains", "iter", "len", "bool", "int", "float", "index"]
_USES += ["array", "enter", "exit", "neg", "abs", "lt", "le", "gt", "ge", "mro_entries"]


def install(missing: Collection[str], silent: Collection[str]) -> None:
    """Supply stand-ins for these top-level packages and everything below them."""
    sys.meta_path.insert(0, _Finder(frozenset(missing), frozenset(silent)))


class MissingModuleError(ImportError):
    """Something was used that a missing module should have provided."""


class _Missing:
    """What `from module import name` gives: an object that refuses to be used."""

    def __init__(self, module: str, name: str) -> None:
        self.__dict__["_where"] = (module, name)

    def __repr__(self) -> str:
        return "<{}.{}, which is not available here>".format(*self.__dict__["_where"])

    def _refuse(self, *_args: object, **_options: object) -> NoReturn:
        module, name = self.__dict__["_where"]
        raise MissingModuleError(
            f"{name} comes from the module {module}, which is not available where answers are "
            "checked: write the function without it."
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()


for _operation in _USES + _ARITHMETIC:
    setattr(_Missing, f"__{_operation}__", _Missing._refuse)


class _Silent:
    """An object that accepts whatever is done to it, and gives itself."""

    def __call__(self, *_args: object, **_options: object) -> "_Silent":
        return self

    def __getattr__(self, name: str) -> "_Silent":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __iter__(self) -> Iterator["_Silent"]:
        return iter((self, self))  # figure, axes = plt.subplots()

    def __exit__(self, *_args: object) -> None:
        pass

    def __mro_entries__(self, _bases: tuple[object, ...]) -> tuple[type, ...]:
        return (object,)


for _operation in ["getitem", "enter", *_ARITHMETIC]:
    setattr(_Silent, f"__{_operation}__", _Silent.__call__)


class _StandIn(ModuleType):
    """A module without content, whose attributes are objects of one of the classes above."""

    __all__: tuple[str, ...] = ()

    def __init__(self, name: str, is_silent: bool) -> None:
        super().__init__(name)
        self.__dict__["_is_silent"] = is_silent

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__dict__["_is_silent"]:
            return _Silent()
        return compat.given(self.__name__, name) or _Missing(self.__name__, name)


class _Finder:
    """Finder and loader by their protocols: importlib.abc would load thirty modules more."""

    def __init__(self, missing: frozenset[str], silent: frozenset[str]) -> None:
        self._missing = missing
        self._silent = silent

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        root = name.partition(".")[0]
        if root in self._missing or root in self._silent:
            loader: Any = self
            return ModuleSpec(name, loader, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name, spec.name.partition(".")[0] in self._silent)

    def exec_module(self, module: ModuleType) -> None:
        pass
