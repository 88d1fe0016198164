"""Untrusted side: a Keras model, or the tensors a block of one returns, told as plain data.

It walks what Keras recorded when the model was put together, so nothing is computed and no weight
is read. What the data look like is written down where they are believed or not, in
`dlcnn.grading.graph.description`. Standard library only: Keras is recognised by where its classes
come from (`recorded`), and what cannot be told becomes a `problem` or a mark, never an exception.
"""

import inspect
import warnings
from typing import Any

from . import recorded  # by path in the worker, as part of dlcnn in tests

__all__ = ["describe", "told_layers"]

_VERSION = 1
_MAX_CALLS = 1500
_MAX_VALUES = 45_000  # a frame may hold 50,000
_MAX_CHARACTERS = 500_000
_MAX_DEPTH = 10
_MAX_INTEGER = 1 << 63
_MAX_TEXT = 200
_MAX_CONSTANTS = 64


def describe(answer: Any, inputs: Any = None) -> dict[str, Any]:
    """Tell a model as plain data; for what cannot be told, the reason in `problem`.

    Args:
        answer: what the student's function returned: a Keras model, a tensor or several.
        inputs: the tensors that the student's function was given, where it returned tensors; by
            default the inputs that the tensors come from.
    """
    return _told(answer, inputs)[0]


def told_layers(answer: Any, inputs: Any = None) -> list[Any]:
    """The layers themselves, in the order of a description; none where there is a problem.

    Args:
        answer: as for `describe`.
        inputs: as for `describe`.
    """
    return _told(answer, inputs)[1]


def _told(answer: Any, inputs: Any) -> tuple[dict[str, Any], list[Any]]:
    told: dict[str, Any] = {"version": _VERSION, "problem": None, "kind": None}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of each function it cannot store
            kind = told["kind"] = recorded.kind(answer)
            telling = _Telling()
            return told | telling.of(answer, kind, inputs), telling.live
    except recorded.Untellable as found:
        problem = str(found)
    except Exception:  # raised by the model itself while it was looked at
        problem = "unreadable"
    return told | {"problem": problem, "layers": [], "networks": []}, []


class _Telling:
    """One description while it is put together: its tables, and how much may still be said."""

    def __init__(self) -> None:
        self.live: list[Any] = []  # the layers themselves
        self._layers: list[dict[str, Any]] = []
        self._networks: list[dict[str, Any]] = []
        self._layer_numbers: dict[int, int] = {}
        self._network_numbers: dict[int, int] = {}
        self._calls_left = _MAX_CALLS
        self._values_left = _MAX_VALUES
        self._characters_left = _MAX_CHARACTERS

    def of(self, answer: Any, kind: str, inputs: Any) -> dict[str, Any]:
        if kind == "tensors":
            given = None if inputs is None else list(recorded.tensors(inputs))
            self._network(answer, given, list(recorded.tensors(answer)))
        else:
            self._model(answer)
        return {"layers": self._layers, "networks": self._networks}

    def _model(self, model: Any) -> int:
        """The number of the network that a model is."""
        if id(model) not in self._network_numbers:
            if not recorded.has_graph(model):
                raise recorded.Untellable("subclass" if recorded.is_subclass(model) else "unbuilt")
            self._network(model, list(model.inputs), list(model.outputs))
        return self._network_numbers[id(model)]

    def _network(self, owner: Any, inputs: list[Any] | None, outputs: list[Any]) -> None:
        self._network_numbers[id(owner)] = len(self._networks)
        network: dict[str, Any] = {}
        self._networks.append(network)
        nodes, found = recorded.walk(inputs, outputs, _MAX_CALLS)
        inputs = found if inputs is None else inputs
        numbers = {id(tensor): number for number, tensor in enumerate(inputs)}
        network["inputs"] = [self._shape(tensor) for tensor in inputs]
        network["calls"] = []
        known = len(inputs)
        for node in nodes:
            network["calls"].append(self._call(node, numbers))
            for tensor in node.outputs:
                numbers[id(tensor)] = known
                known += 1
        network["outputs"] = [numbers[id(tensor)] for tensor in outputs]

    def _call(self, node: Any, numbers: dict[int, int]) -> dict[str, Any]:
        self._calls_left -= 1
        if self._calls_left < 0:
            raise recorded.Untellable("large")
        self._spend(8)
        return {
            "layer": self._layer(node.operation),
            "arguments": self._plain(recorded.arguments(node), numbers),
            "shapes": [self._shape(tensor) for tensor in node.outputs],
        }

    def _layer(self, layer: Any) -> int:
        if id(layer) not in self._layer_numbers:
            origin = recorded.origin(layer)
            network = self._model(layer) if origin == "model" else None
            self._spend(14)
            self._layer_numbers[id(layer)] = len(self._layers)
            self.live.append(layer)
            self._layers.append(
                {
                    "class": self._text(type(layer).__name__),
                    "origin": origin,
                    "name": self._plain(recorded.own_name(layer)),
                    "config": self._plain(recorded.config(layer)),
                    "weights": [] if origin == "model" else self._weights(layer),
                    "network": network,
                }
            )
        return self._layer_numbers[id(layer)]

    def _weights(self, layer: Any) -> list[list[Any]]:
        trainable = {id(weight) for weight in getattr(layer, "trainable_weights", ())}
        weights = [*getattr(layer, "weights", ())]
        self._spend(2 * len(weights))
        return [[self._shape(weight), id(weight) in trainable] for weight in weights]

    def _shape(self, tensor: Any) -> list[int | None]:
        shape = [None if size is None else int(size) for size in tensor.shape]
        self._spend(len(shape) + 1)
        return shape

    def _spend(self, values: int = 1) -> None:
        self._values_left -= values
        if self._values_left < 0:
            raise recorded.Untellable("large")

    def _text(self, text: str) -> str:
        text = str(text)[:_MAX_TEXT]
        self._characters_left -= len(text)
        if self._characters_left < 0:
            raise recorded.Untellable("large")
        return text

    def _plain(self, value: Any, tensors: dict[int, int] | None = None, depth: int = 0) -> Any:
        """A value as plain data: tensors by their numbers, objects by class and configuration."""
        self._spend()
        if depth > _MAX_DEPTH:
            return {"opaque": "deeply nested"}
        if value is None or type(value) in (bool, float) or _is_short(value):
            return value
        if isinstance(value, str):
            return self._text(value)
        if tensors is not None and id(value) in tensors:
            return {"tensor": tensors[id(value)]}
        if isinstance(value, dict):
            if "class_name" in value and "config" in value:
                return self._object(value, depth)
            keys = sorted((key for key in value if value[key] is not None), key=str)
            self._spend(len(keys))
            return {self._text(key): self._plain(value[key], tensors, depth + 1) for key in keys}
        if isinstance(value, list | tuple):
            return [self._plain(each, tensors, depth + 1) for each in value]
        return self._other(value, depth)

    def _object(self, said: dict[str, Any], depth: int) -> Any:
        """An object in a configuration, as Keras writes it."""
        if said["class_name"] == "__lambda__":
            return {"opaque": "lambda"}
        if said["class_name"] == "DTypePolicy":
            return self._text(said["config"]["name"])
        return self._named(said["class_name"], said.get("module") or "", said["config"], depth)

    def _named(self, name: str, module: str, config: Any, depth: int) -> dict[str, Any]:
        told = {"object": self._text(name), "config": self._plain(config, None, depth + 1)}
        self._spend(3)
        return told if module.startswith("keras.") else told | {"module": self._text(module)}

    def _other(self, value: Any, depth: int) -> Any:
        if isinstance(value, slice):
            ends = [value.start, value.stop, value.step]
            return self._named("slice", "builtins", ends, depth)
        if value is Ellipsis:
            return "..."
        if inspect.isfunction(value) or inspect.isbuiltin(value):
            return self._named("function", str(value.__module__), value.__name__, depth)
        if hasattr(value, "tolist") and getattr(value, "size", _MAX_CONSTANTS) < _MAX_CONSTANTS:
            return self._plain(value.tolist(), None, depth + 1)
        return {"opaque": self._text(type(value).__name__)}


def _is_short(value: Any) -> bool:
    return type(value) is int and abs(value) < _MAX_INTEGER
