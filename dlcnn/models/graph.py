"""A Keras model as a list of its layers' calls, each knowing the calls it reads.

The one place that reads Keras' own record of a graph. It must not know what a layer computes.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras

from dlcnn.models.errors import ModelError
from dlcnn.models.shapes import TensorShape

__all__ = ["Node", "layer_calls"]


@dataclass(frozen=True)
class Node:
    """One call of a layer (or of a `keras.ops` operation).

    Attributes:
        name: the layer's; `outer/inner` inside a nested model, `name:2` for a second call.
        layer: what is called.
        parents: where in the list the calls stand whose outputs it reads.
        input_shapes: of its tensors, batch axis first, None where the size is open.
        output_shape: of its first output.
        shared: whether an earlier node calls the same layer.
    """

    name: str
    layer: keras.Operation
    parents: tuple[int, ...]
    input_shapes: tuple[TensorShape, ...]
    output_shape: TensorShape
    shared: bool

    @property
    def kind(self) -> str:
        """The Keras name of the layer's class."""
        return type(self.layer).__name__


def layer_calls(model: keras.Model, where: str) -> tuple[list[Node], list[int]]:
    """The calls of a model in an order of running, branch after branch, nested models opened.

    Args:
        model: Functional, or Sequential that knows its input shape.
        where: the function that an error names.

    Returns:
        The nodes, and the positions of those that give the model's outputs.

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
            f"graph is known. Received {type(model).__name__} {model.name!r}. "
            "Begin with keras.Input, or call it on a batch first."
        )
    walk = _Walk()
    outputs = walk.through(model, "", None)
    return walk.nodes, outputs


def _has_graph(operation: Any) -> bool:
    """Whether `operation` is a model that recorded how its layers are called."""
    if isinstance(operation, keras.Sequential) and not operation.built:
        return False
    return isinstance(operation, keras.Model) and bool(getattr(operation, "outputs", None))


class _Call(NamedTuple):
    """One call, as the tensors that it gave remember it."""

    operation: Any
    number: int

    @property
    def inputs(self) -> list[Any]:
        return list(self.operation._inbound_nodes[self.number].input_tensors)

    @property
    def output_shapes(self) -> list[TensorShape]:
        return [
            tensor.shape for tensor in self.operation._inbound_nodes[self.number].output_tensors
        ]


def _call(tensor: Any) -> _Call:
    return _Call(tensor._keras_history.operation, tensor._keras_history.node_index)


@dataclass
class _Walk:
    """Collects nodes depth first, without recursion along the layers: networks are deep."""

    nodes: list[Node] = field(default_factory=list)
    calls: Counter[int] = field(default_factory=Counter)

    def through(self, model: Any, prefix: str, given: list[int] | None) -> list[int]:
        """Add the calls of `model`; `given` are the nodes that a nested one is called on."""
        made: dict[_Call, list[int]] = {}
        if given is not None:
            made = {_call(tensor): [node] for tensor, node in zip(model.inputs, given, strict=True)}
        waiting = [_call(tensor) for tensor in reversed(model.outputs)]
        while waiting:
            call = waiting[-1]
            missing = [_call(tensor) for tensor in call.inputs if _call(tensor) not in made]
            if call not in made and missing:
                waiting.extend(reversed(missing))
                continue
            waiting.pop()
            if call not in made:
                made[call] = self._add(call, prefix, [_node_of(each, made) for each in call.inputs])
        return [_node_of(tensor, made) for tensor in model.outputs]

    def _add(self, call: _Call, prefix: str, parents: list[int]) -> list[int]:
        """The nodes that give the outputs of one call, newly added."""
        operation = call.operation
        self.calls[id(operation)] += 1
        times = self.calls[id(operation)]
        name = prefix + operation.name + (f":{times}" if times > 1 else "")
        if _has_graph(operation):
            return self.through(operation, f"{name}/", parents)
        shapes = call.output_shapes
        inputs = tuple(tensor.shape for tensor in call.inputs)
        node = Node(name, operation, tuple(parents), inputs, shapes[0], times > 1)
        self.nodes.append(node)
        return [len(self.nodes) - 1] * len(shapes)


def _node_of(tensor: Any, made: dict[_Call, list[int]]) -> int:
    which: int = tensor._keras_history.tensor_index
    return made[_call(tensor)][which]
