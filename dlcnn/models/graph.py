"""A Keras model as a list of its layers' calls, each knowing the calls it reads.

The one place that reads Keras' own record of a graph, and calls a layer again as recorded. It must
not know what a layer computes.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras
from keras.src.models.functional import Functional  # has no public name

from dlcnn.errors import nearest
from dlcnn.models.errors import ModelError
from dlcnn.models.shapes import TensorShape

__all__ = ["Node", "Place", "layer_calls", "position"]


class Place(NamedTuple):
    """A tensor: which node gives it, and which of the node's outputs it is."""

    node: int
    output: int


@dataclass(frozen=True)
class Node:
    """One call of a layer (or of a `keras.ops` operation).

    Attributes:
        name: the layer's; `outer/inner` inside a nested model, `name:2` for a second call.
        layer: what is called.
        reads: the tensors that it reads, by their places in the list.
        input_shapes: of its tensors, batch axis first, None where the size is open.
        output_shape: of its first output.
        shared: whether an earlier node calls the same layer.
        record: Keras' own record of the call.
    """

    name: str
    layer: keras.Operation
    reads: tuple[Place, ...]
    input_shapes: tuple[TensorShape, ...]
    output_shape: TensorShape
    shared: bool
    record: Any = field(repr=False, compare=False)

    @property
    def parents(self) -> tuple[int, ...]:
        """Where in the list the calls stand whose outputs it reads."""
        return tuple(place.node for place in self.reads)

    @property
    def kind(self) -> str:
        """The Keras name of the layer's class."""
        return type(self.layer).__name__

    @property
    def layers(self) -> list[Any]:
        """The layer that is called, then the one that it wraps, and so on."""
        found: list[Any] = [self.layer]
        while isinstance(found[-1], keras.layers.Wrapper):
            found.append(found[-1].layer)
        return found

    def call(self, inputs: Sequence[Any], layer: Any = None) -> list[Any]:
        """Make the call again on other tensors, as a network is used; all that it gives.

        What was recorded of `training` does not count, as it does not for Keras' own `predict`.

        Args:
            inputs: a tensor for each of `reads`.
            layer: what to call in place of the node's own layer, with the same arguments.
        """
        arguments = self.record.arguments
        given = zip(arguments.keras_tensors, inputs, strict=True)
        args, kwargs = arguments.fill_in({id(tensor): value for tensor, value in given})
        called = self.layer if layer is None else layer
        if isinstance(called, keras.Layer):
            kwargs["training"] = False
        outputs: list[Any] = keras.tree.flatten(called(*args, **kwargs))
        return outputs


def layer_calls(model: keras.Model, where: str) -> tuple[list[Node], list[Place]]:
    """The calls of a model in an order of running, branch after branch, nested models opened.

    Args:
        model: Functional, or Sequential that knows its input shape.
        where: the function that an error names.

    Returns:
        The nodes, and the places of the model's outputs.

    Raises:
        ModelError: there is no graph to read.
    """
    if not isinstance(model, keras.Model):
        raise ModelError(
            f"{where}: it looks into a Keras model. Received {type(model).__name__}. "
            "Pass what a builder gives, such as models.build('lenet5')."
        )
    if not _has_graph(model):
        raise ModelError(
            f"{where}: the model must be Functional, or Sequential with an Input, so that its "
            "graph is known, and have no `call` of its own. Received "
            f"{type(model).__name__} {model.name!r}. Begin with keras.Input, or call it on a batch "
            "first."
        )
    walk = _Walk()
    outputs = walk.through(model, "", None)
    return walk.nodes, outputs


def position(nodes: Sequence[Node], layer: str | keras.Layer, where: str) -> int:
    """Where the one call of a layer stands among `nodes`.

    Args:
        nodes: as `layer_calls` gives them.
        layer: the layer or a node's name; of a layer in a nested model its own name is enough
            where no other has it.
        where: the function that an error names.

    Raises:
        ModelError: there is no such call (the nearest is offered), or there are several; or it is
            no layer that is asked for.
    """
    if not isinstance(layer, str | keras.Operation):
        raise ModelError(
            f"{where}: it takes a whole layer, by its name. Received one of type "
            f"{type(layer).__name__}. "
            f"{nearest(getattr(layer, 'name', layer), [node.name for node in nodes])}"
        )
    wanted = [i for i, node in enumerate(nodes) if layer in (node.name, node.layer)]
    if not wanted:
        wanted = [i for i, node in enumerate(nodes) if layer == node.name.rpartition("/")[2]]
    if len(wanted) == 1:
        return wanted[0]
    if wanted:
        calls = ", ".join(repr(nodes[i].name) for i in wanted)
        raise ModelError(
            f"{where}: a layer that is called several times has outputs of each call. "
            f"Received layer={layer!r}. Name one of the calls: {calls}."
        )
    names = [node.name for node in nodes]
    own = [name.rpartition("/")[2] for name in names]
    hint = nearest(getattr(layer, "name", layer), [*names, *own])
    if isinstance(layer, keras.Operation) and not isinstance(layer, keras.Model):
        raise ModelError(
            f"{where}: a layer is one of the model's own, or its name. Received layer="
            f"{layer.name!r}, which belongs to another model or to none. {hint}"
        )
    raise ModelError(f"{where}: the model has no such layer. Received layer={layer!r}. {hint}")


def _has_graph(operation: Any) -> bool:
    """Whether `operation` is a model that recorded how its layers are called."""
    if isinstance(operation, keras.Sequential) and not operation.built:
        return False
    # A model with a `call` of its own may do something else than its graph.
    by_graph = getattr(type(operation), "call", None) in (Functional.call, keras.Sequential.call)
    return by_graph and bool(getattr(operation, "outputs", None))


class _Call(NamedTuple):
    """One call, as the tensors that it gave remember it."""

    operation: Any
    number: int

    @property
    def record(self) -> Any:
        return self.operation._inbound_nodes[self.number]

    @property
    def inputs(self) -> list[Any]:
        return list(self.record.input_tensors)


def _call(tensor: Any) -> _Call:
    return _Call(tensor._keras_history.operation, tensor._keras_history.node_index)


@dataclass
class _Walk:
    """Collects nodes depth first, without recursion along the layers: networks are deep."""

    nodes: list[Node] = field(default_factory=list)
    calls: Counter[int] = field(default_factory=Counter)

    def through(self, model: Any, prefix: str, given: list[Place] | None) -> list[Place]:
        """Add the calls of `model`; `given` are the tensors that a nested one is called on."""
        made: dict[_Call, list[Place]] = {}
        if given is not None:
            made = {
                _call(tensor): [place] for tensor, place in zip(model.inputs, given, strict=True)
            }
        waiting = [_call(tensor) for tensor in reversed(model.outputs)]
        while waiting:
            call = waiting[-1]
            missing = [_call(tensor) for tensor in call.inputs if _call(tensor) not in made]
            if call not in made and missing:
                waiting.extend(reversed(missing))
                continue
            waiting.pop()
            if call not in made:
                reads = [_place_of(each, made) for each in call.inputs]
                made[call] = self._add(call, prefix, reads)
        return [_place_of(tensor, made) for tensor in model.outputs]

    def _add(self, call: _Call, prefix: str, reads: list[Place]) -> list[Place]:
        """The places of the outputs of one call, newly added."""
        operation, record = call.operation, call.record
        self.calls[id(operation)] += 1
        times = self.calls[id(operation)]
        name = prefix + operation.name + (f":{times}" if times > 1 else "")
        if _has_graph(operation):
            return self.through(operation, f"{name}/", reads)
        inputs = tuple(tensor.shape for tensor in call.inputs)
        shapes = [tensor.shape for tensor in record.output_tensors]
        node = Node(name, operation, tuple(reads), inputs, shapes[0], times > 1, record)
        self.nodes.append(node)
        return [Place(len(self.nodes) - 1, output) for output in range(len(shapes))]


def _place_of(tensor: Any, made: dict[_Call, list[Place]]) -> Place:
    which: int = tensor._keras_history.tensor_index
    return made[_call(tensor)][which]
