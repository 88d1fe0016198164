"""Untrusted side: call a student's function that makes a Keras model, and keep what it made.

Arguments arrive as plain data with a few forms for what Keras makes of them; a model, or symbolic
tensors, go back as plain data (`models`). Imports Keras at its first use only.
"""

import importlib
import inspect
import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import models, recorded  # by path in the worker, as part of dlcnn in tests

__all__ = [
    "Arguments",
    "Function",
    "Keywords",
    "Made",
    "call",
    "keras",
    "layers",
    "made_by",
    "make",
]

Function = Callable[..., object]
Arguments = tuple[Any, ...]
Keywords = dict[str, Any]

_MAX_KEPT = 8  # models; a ResNet50 takes 95 MB
_MAX_DEPTH = 32  # a frame may have no more


@dataclass(frozen=True)
class Made:
    """What a call gave, and the symbolic inputs that it was given, if any."""

    answer: Any
    inputs: list[Any] | None


_kept: OrderedDict[tuple[int, bytes], tuple[Function, Made]] = OrderedDict()


def call(function: Function, args: Arguments, kwargs: Keywords) -> object:
    """What a student's function returns, a model or symbolic tensors told as plain data."""
    made = make(function, args, kwargs)
    if _is_model(made.answer):
        return {"keras": "model", "description": models.describe(made.answer, made.inputs)}
    return _plain(made.answer)


def layers(function: Function, args: Arguments, kwargs: Keywords) -> object:
    """What `call` gives, several times as fast, for code that only puts layers together.

    Nothing is computed and no weight is made. The course's own code is such; where it is not, it
    is called as usual.
    """
    try:
        with keras().StatelessScope(initialize_variables=False):
            made = _made(function, args, kwargs)
            if _is_model(made.answer):
                description = models.describe(made.answer, made.inputs)
                return {"keras": "model", "description": description}
    except Exception:
        pass  # `call` meets it again, and what it raises is told
    finally:
        # Forgets the weights that are yet to be made.
        keras().utils.clear_session(free_memory=False)
    return call(function, args, kwargs)


def made_by(function: Function, args: Arguments, kwargs: Keywords) -> Made:
    """The model that a call gives; one that is kept is not made again."""
    key = _key(function, args, kwargs)
    if key not in _kept:
        return make(function, args, kwargs)
    _kept.move_to_end(key)
    return _kept[key][1]


def make(function: Function, args: Arguments, kwargs: Keywords) -> Made:
    """Call a student's function, and keep the model that comes of it."""
    made = _made(function, args, kwargs)
    if _is_model(made.answer):
        key = _key(function, args, kwargs)
        _kept.pop(key, None)
        _kept[key] = function, made  # with the function, so that its number stays its own
        if len(_kept) > _MAX_KEPT:
            _kept.popitem(last=False)
    return made


def _made(function: Function, args: Arguments, kwargs: Keywords) -> Made:
    given: list[Any] = []
    keywords = {
        name: _received(value["value"] if _is_form(value, "if_accepted") else value, given)
        for name, value in kwargs.items()
        if not _is_form(value, "if_accepted") or _accepts(function, name)
    }
    answer = function(*[_received(each, given) for each in args], **keywords)
    return Made(answer, given or None)


def _key(function: Function, args: Arguments, kwargs: Keywords) -> tuple[int, bytes]:
    """What tells one call from another; the bytes are never read."""
    return id(function), pickle.dumps((args, kwargs))


def _received(value: Any, given: list[Any]) -> Any:
    """An argument as the student's function gets it; symbolic inputs are noted in `given`."""
    if _is_form(value, "input"):
        given.append(keras().Input(tuple(value["shape"])))
        return given[-1]
    if isinstance(value, dict):
        return {name: _received(each, given) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_received(each, given) for each in value)
    return value


def _is_form(value: Any, kind: str) -> bool:
    return isinstance(value, dict) and type(value.get("keras")) is str and value["keras"] == kind


def _accepts(function: Function, name: str) -> bool:
    """Whether a function takes a keyword."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values()):
        return True
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return name in parameters and parameters[name].kind in by_name


def _is_model(answer: Any) -> bool:
    try:
        recorded.kind(answer)
    except recorded.Untellable:
        return False
    return True


def _plain(value: Any, depth: int = 0) -> Any:
    """A value with arrays for the tensors in it, as deep as can be sent."""
    if type(value) in (list, tuple) and depth < _MAX_DEPTH:
        return type(value)(_plain(each, depth + 1) for each in value)
    if type(value) is dict and depth < _MAX_DEPTH:
        return {name: _plain(each, depth + 1) for name, each in value.items()}
    if type(value).__module__ == "builtins":  # a million of them must not take seconds
        return value
    if isinstance(value, keras().Variable) or keras().ops.is_tensor(value):
        return keras().ops.convert_to_numpy(value)
    return value


def keras() -> Any:
    """Keras itself, which is loaded by the profile, or where it is first needed."""
    return importlib.import_module("keras")
