"""Untrusted side: what Keras recorded of a model, without any import of Keras.

Its classes are recognised by their names and where they come from. Standard library only.
"""

import inspect
import re
from collections.abc import Iterator
from typing import Any

__all__ = [
    "Untellable",
    "arguments",
    "config",
    "has_graph",
    "is_subclass",
    "is_tensor",
    "kind",
    "origin",
    "own_name",
    "tensors",
    "walk",
]

_MAX_DEPTH = 10
_LAMBDA = {"class_name": "__lambda__", "config": {}}  # as Keras writes it


class Untellable(Exception):  # noqa: N818  a finding, told in the description
    """The model cannot be told as a graph; says why in one word."""


def kind(answer: Any) -> str:
    """Functional, Sequential, subclass or tensors."""
    if _is_keras(answer, "Model"):
        if is_subclass(answer):
            return "subclass"
        return "Sequential" if _is_keras(answer, "Sequential") else "Functional"
    if next(tensors(answer), None) is not None:
        return "tensors"
    raise Untellable("not a model")


def _is_keras(thing: Any, name: str) -> bool:
    """Whether a class of this name, of Keras' own, is among the thing's classes."""
    return any(each.__name__ == name and _of_keras(each) for each in type(thing).__mro__)


def _of_keras(thing: Any) -> bool:
    return str(thing.__module__).startswith("keras.")


def is_subclass(model: Any) -> bool:
    """Whether what the model computes is written down in a class of the student's."""
    caller = next(each for each in type(model).__mro__ if "call" in vars(each))
    graph = _is_keras(model, "Functional") or _is_keras(model, "Sequential")
    return not (graph and _of_keras(caller))


def has_graph(model: Any) -> bool:
    return not is_subclass(model) and bool(getattr(model, "outputs", None))


def tensors(value: Any, depth: int = 0) -> Iterator[Any]:
    """The symbolic tensors in nested lists and dicts, in Keras' order."""
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value, key=str)]
    if isinstance(value, list | tuple) and depth < _MAX_DEPTH:
        for each in value:
            yield from tensors(each, depth + 1)
    elif is_tensor(value):
        yield value


def is_tensor(value: Any) -> bool:
    """Whether it is symbolic: it has a shape and no values."""
    return _is_keras(value, "KerasTensor")


def walk(inputs: list[Any] | None, outputs: list[Any], limit: int) -> tuple[list[Any], list[Any]]:
    """The recorded calls between inputs and outputs, each after those that feed it.

    Returns:
        The calls, and the inputs that were found where none are given.
    """
    given = {id(tensor) for tensor in inputs or ()}
    found: list[Any] = []
    calls: list[Any] = []
    state: dict[int, str] = {}
    waiting = list(reversed(outputs))
    while waiting:
        tensor = waiting[-1]
        node = None if id(tensor) in given else _made_by(tensor)
        if node is None or state.get(id(node)) == "told":
            waiting.pop()
        elif node.is_input:
            if inputs is not None:
                raise Untellable("disconnected")
            given.add(id(tensor))
            found.append(tensor)
        elif id(node) not in state:
            state[id(node)] = "open"
            waiting.extend(reversed(node.input_tensors))
        else:
            state[id(node)] = "told"
            calls.append(node)
            waiting.pop()
        if len(state) > limit:
            raise Untellable("large")
    return calls, found


def _made_by(tensor: Any) -> Any:
    """The call that gave a tensor."""
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        raise Untellable("disconnected")
    return history.operation._inbound_nodes[history.node_index]


def arguments(node: Any) -> dict[str, Any]:
    """What a layer was called with, by the names of its parameters, defaults filled in."""
    args, kwargs = node.arguments.args, node.arguments.kwargs
    try:
        bound = inspect.signature(node.operation.call).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return {**{str(place): each for place, each in enumerate(args)}, **kwargs}
    bound.apply_defaults()
    return {name: bound.arguments[name] for name in bound.arguments}


def origin(layer: Any) -> str:
    """Where what a layer computes is written down."""
    if hasattr(layer, "borrowed"):
        return "borrowed"
    if _is_keras(layer, "Model"):
        return "model" if has_graph(layer) else "custom"
    if not _of_keras(type(layer)):
        return "custom"
    if type(layer).__name__ == "Lambda":
        return "lambda"
    return "layer" if _is_keras(layer, "Layer") else "operation"


def own_name(layer: Any) -> str | None:
    """The layer's name where the student chose it; Keras numbers the others as it goes."""
    words = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", type(layer).__name__)
    words = re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()
    name = str(layer.name)
    return None if re.fullmatch(rf"{re.escape(words)}(_\d+)?", name) else name


def config(layer: Any) -> dict[str, Any]:
    """A configuration, with the functions in it as they are: Keras writes down only a name."""
    if origin(layer) == "borrowed":
        return dict(layer.borrowed)
    if origin(layer) not in ("layer", "operation"):
        return {}
    told = {name: value for name, value in _configuration(layer).items() if name != "name"}
    for name in told:
        function = getattr(layer, name, None) if name.endswith("activation") else None
        if inspect.isfunction(function):
            told[name] = function.__name__ if _of_keras(function) else function
    return told


class _Function:
    """Stands for a function of the student's while Keras writes a configuration down."""

    def get_config(self) -> dict[str, Any]:
        return {}


def _configuration(layer: Any) -> dict[str, Any]:
    """What Keras writes down, with functions of the student's as they are.

    Keras refuses a function that is an object, and a lambda whose source it does not find.
    """
    own = {name: value for name, value in vars(layer).items() if _is_own_function(value)}
    shown = object.__new__(type(layer))
    vars(shown).update(vars(layer) | dict.fromkeys(own, _Function()))
    try:
        told = shown.get_config()
    except Exception:  # there is such a function further inside
        return {"function": _LAMBDA}
    return {**told, **{name: own[name] for name in own.keys() & told.keys()}}


def _is_own_function(value: Any) -> bool:
    return callable(value) and not _of_keras(value if hasattr(value, "__name__") else type(value))
