"""What a worker says of a model: the form of the data, checked, and made into records.

The data are chosen by a process in which student code runs, so nothing in them is believed but
their form. They are plain values, as the wire carries them (`profiles.models` writes them):

    {"version": 1,
     "kind": "Functional" | "Sequential" | "subclass" | "tensors" | None,
     "problem": None, or why there is no graph: one of `PROBLEMS`,
     "layers": [{"class": "Conv2D",
                 "origin": "layer" | "operation" | "model" | "lambda" | "custom",
                 "name": "stem" where the student chose one, else None,
                 "config": {"filters": 16, "kernel_size": [2, 2], ...},
                 "weights": [[shape, trainable], ...],
                 "network": number of the network inside, for origin "model", else None}, ...],
     "networks": [{"inputs": [shape, ...],
                   "calls": [{"layer": number, "arguments": {"inputs": {"tensor": 0}},
                              "shapes": [shape of each output, ...]}, ...],
                   "outputs": [number of a tensor, ...]}, ...]}

The first network is the model itself; the others are models inside it. A network numbers its
tensors as they come: its inputs, then the outputs of each call. A layer that is called twice stands
once in `layers`. A shape is a list with None for a size that is not known. In configurations and
arguments a None is left out, {"object": class, "config": …} is an object (with "module" unless it
is Keras' own) and {"opaque": type} a value that cannot be told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan, prod
from typing import Any, cast

from dlcnn.grading.worker.wire import WireError

__all__ = [
    "JUDGED_BY_OUTPUTS",
    "PROBLEMS",
    "Call",
    "Description",
    "Layer",
    "Network",
    "Weight",
    "read",
    "tensors",
]

# Why a model is not told as a graph.
PROBLEMS = ("not a model", "subclass", "unbuilt", "disconnected", "large", "unreadable")
# Of these, what is no mistake: such a model may compute what it should.
JUDGED_BY_OUTPUTS = ("subclass", "large", "unreadable")

_VERSION = 1
_KINDS = ("Functional", "Sequential", "subclass", "tensors", None)
_ORIGINS = ("layer", "operation", "model", "lambda", "custom")
_MAX_ITEMS = 2000  # layers, calls, inputs …
_MAX_NETWORKS = 100
_MAX_VALUES = 60_000
_MAX_DEPTH = 14
_MAX_RANK = 16
_MAX_SIZE = 1 << 40
_MAX_INTEGER = 1 << 63
_MAX_TEXT = 200

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Weight:
    """An array that a layer learns or keeps."""

    shape: tuple[int, ...]
    trainable: bool

    @property
    def size(self) -> int:
        """How many parameters it holds."""
        return prod(self.shape)


@dataclass(frozen=True)
class Layer:
    """A layer, operation or inner model, however often it is called."""

    class_name: str
    origin: str
    name: str | None
    config: dict[str, Any]
    weights: tuple[Weight, ...]
    network: int | None


@dataclass(frozen=True)
class Call:
    """One use of a layer: what goes in, tensors by number, and the shapes that come out."""

    layer: int
    arguments: dict[str, Any]
    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class Network:
    """Calls from inputs to outputs, each after those that feed it."""

    inputs: tuple[Shape, ...]
    calls: tuple[Call, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Description:
    """A model as it was told; without networks where there is a problem."""

    kind: str | None
    problem: str | None
    layers: tuple[Layer, ...]
    networks: tuple[Network, ...]


def read(said: object) -> Description:
    """Check the form of a description.

    Raises:
        WireError: it is no description; nothing else is ever raised.
    """
    reader = _Reader()
    told = _record(said, "version", "kind", "problem", "layers", "networks")
    if type(told["version"]) is not int or told["version"] != _VERSION:
        raise WireError("a description of no known version")
    kind, problem = told["kind"], told["problem"]
    _expect(kind is None or (type(kind) is str and kind in _KINDS), "a model of no known kind")
    _expect(problem is None or (type(problem) is str and problem in PROBLEMS), "no known problem")
    if problem is not None:
        return Description(kind, problem, (), ())
    networks = _list(told["networks"], _MAX_NETWORKS)
    layers = tuple(reader.layer(each, len(networks)) for each in _list(told["layers"]))
    _expect(networks, "a model without a network")
    return Description(
        kind, None, layers, tuple(reader.network(each, len(layers)) for each in networks)
    )


def tensors(value: object) -> Iterator[int]:
    """The numbers of the tensors in arguments, in their order."""
    if isinstance(value, dict):
        if _is_tensor(value):
            yield value["tensor"]
            return
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from tensors(each)


class _Reader:
    """Reads one description, counting how much it holds."""

    def __init__(self) -> None:
        self._values_left = _MAX_VALUES

    def layer(self, said: object, networks: int) -> Layer:
        told = _record(said, "class", "origin", "name", "config", "weights", "network")
        origin, network, name = _text(told["origin"]), told["network"], told["name"]
        _expect(origin in _ORIGINS, "a layer of no known origin")
        if origin == "model":
            _expect(_is_number(network, networks), "an inner model that is not told")
        else:
            _expect(network is None, "a layer with a model in it")
        return Layer(
            _text(told["class"]),
            origin,
            None if name is None else _text(name),
            self._mapping(told["config"]),
            tuple(self._weight(each) for each in _list(told["weights"])),
            network,
        )

    def network(self, said: object, layers: int) -> Network:
        told = _record(said, "inputs", "calls", "outputs")
        inputs = tuple(self._shape(each) for each in _list(told["inputs"]))
        calls = []
        known = len(inputs)
        for each in _list(told["calls"]):
            call = self._call(each, layers, known)
            known += len(call.shapes)
            calls.append(call)
        outputs = tuple(_list(told["outputs"]))
        _expect(outputs and inputs, "a network without inputs or outputs")
        _expect(all(_is_number(each, known) for each in outputs), "an output that nothing gives")
        return Network(inputs, tuple(calls), outputs)

    def _call(self, said: object, layers: int, known: int) -> Call:
        told = _record(said, "layer", "arguments", "shapes")
        _expect(_is_number(told["layer"], layers), "a call of a layer that is not told")
        arguments = self._mapping(told["arguments"])
        used = list(tensors(arguments))
        _expect(used, "a call without inputs")
        _expect(all(number < known for number in used), "a tensor before it is there")
        shapes = tuple(self._shape(each) for each in _list(told["shapes"]))
        _expect(shapes, "a call that gives nothing")
        return Call(told["layer"], arguments, shapes)

    def _weight(self, said: object) -> Weight:
        told = _list(said)
        _expect(len(told) == 2 and type(told[1]) is bool, "a weight of no known kind")
        shape = self._shape(told[0])
        _expect(None not in shape, "a weight of unknown size")
        return Weight(cast(tuple[int, ...], shape), told[1])

    def _shape(self, said: object) -> Shape:
        shape = tuple(_list(said, _MAX_RANK))
        self._spend(len(shape) + 1)
        known = (size for size in shape if size is not None)
        _expect(all(_is_number(size, _MAX_SIZE) for size in known), "a shape of no known kind")
        return shape

    def _mapping(self, said: object) -> dict[str, Any]:
        told = self._plain(said, 0)
        _expect(type(told) is dict, "no names with values")
        return cast(dict[str, Any], told)

    def _plain(self, said: object, depth: int) -> object:
        """A plain value with lists for tuples, whole numbers as integers and text for NaN."""
        self._spend(1)
        if said is None or type(said) is bool:
            return said
        if type(said) is str:
            return _text(said)
        if type(said) is int:
            _expect(abs(said) < _MAX_INTEGER, "a number of many digits")
            return said
        if type(said) is float:
            return _number(said)
        _expect(depth < _MAX_DEPTH, "values nested too deeply")
        if isinstance(said, list | tuple):
            return [self._plain(each, depth + 1) for each in said]
        _expect(type(said) is dict, "a value of no known kind")
        names = cast(dict[Any, Any], said)
        return {_text(name): self._plain(each, depth + 1) for name, each in names.items()}

    def _spend(self, values: int) -> None:
        self._values_left -= values
        _expect(self._values_left >= 0, f"more than {_MAX_VALUES} values")


def _number(value: float) -> int | float | str:
    """6.0 is 6 wherever Keras takes either; JSON has no word for NaN and infinity."""
    if isnan(value) or abs(value) == float("inf"):
        return str(value)
    return int(value) if value.is_integer() and abs(value) < _MAX_INTEGER else value


def _record(said: object, *names: str) -> Mapping[str, Any]:
    _expect(type(said) is dict and set(said) == set(names), "a record of no known kind")
    return cast(dict[str, Any], said)


def _list(said: object, limit: int = _MAX_ITEMS) -> list[Any]:
    _expect(isinstance(said, list | tuple) and len(said) <= limit, "a list of no known kind")
    return list(cast(list[Any], said))


def _text(said: object) -> str:
    _expect(type(said) is str and len(said) <= _MAX_TEXT, "a text of no known kind")
    return cast(str, said)


def _is_number(said: object, limit: int) -> bool:
    return type(said) is int and 0 <= said < limit


def _is_tensor(value: dict[str, Any]) -> bool:
    return len(value) == 1 and type(value.get("tensor")) is int and value["tensor"] >= 0


def _expect(holds: object, otherwise: str) -> None:
    if not holds:
        raise WireError(otherwise)
