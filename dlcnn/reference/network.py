"""Networks of layers as plain data, run forwards and backwards.

Knows layers by their names only: no training, no framework.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from dlcnn.reference._arguments import Array
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.layers import Layer, make_layer
from dlcnn.reference.layers.base import MergingLayer, Seed

__all__ = ["Network", "NetworkGradients", "Node", "chain"]


@dataclass(frozen=True)
class Node:
    """One use of a layer in a network, as plain data.

    Attributes:
        name: of this node alone.
        class_name: the layer's, such as "Conv2D".
        config: what the layer is constructed with, such as {"filters": 8, "kernel_size": 4}.
        inputs: the names of the nodes, or of the network's inputs, whose outputs it reads.
        weights: the layer's arrays by Keras' names; {} for the first run to draw them.
        shares: the name of an earlier node whose layer this one uses again, with its weights;
            class_name, config and weights then say nothing more.
    """

    name: str
    class_name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    weights: Mapping[str, Array] = field(default_factory=dict)
    shares: str | None = None


def chain(
    layers: Iterable[tuple[str, Mapping[str, Any]]], first_input: str = "inputs"
) -> list[Node]:
    """Name layers, each given by class name and configuration, to read one another in turn.

    >>> nodes = chain([("Conv2D", {"filters": 6, "kernel_size": 5}), ("Flatten", {})])
    >>> [node.name for node in nodes]
    ['conv2d_1', 'flatten_2']

    Returns:
        Nodes called by their layer in small letters and their place: "conv2d_1", "flatten_2".
    """
    nodes: list[Node] = []
    previous = first_input
    for place, (class_name, config) in enumerate(layers, start=1):
        node = Node(f"{class_name.lower()}_{place}", class_name, config, (previous,))
        nodes.append(node)
        previous = node.name
    return nodes


class NetworkGradients(NamedTuple):
    """A loss's gradients: for each of the network's inputs, and for each node's weights by name.

    What has no influence on the outputs that a gradient was given for is left out.
    """

    inputs: dict[str, Array]
    weights: dict[str, dict[str, Array]]


class Network:
    """Layers that read each other's outputs.

    Attributes:
        nodes: as given.
        inputs: the names of the network's inputs.
        outputs: the names of the nodes that give its outputs.
        layers: the layer of each node; nodes that share one have the same.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        inputs: Sequence[str] = ("inputs",),
        outputs: Sequence[str] | None = None,
        *,
        seed: Seed = None,
    ) -> None:
        """Construct the layers.

        Args:
            nodes: each after those that it reads.
            inputs: names, in the order in which the arrays will come.
            outputs: names of nodes; None: the last one.
            seed: draws the weights that are not given.

        Raises:
            ValueError: a name is given twice, a node reads what does not come before it, there
                is no layer of its class and configuration, or no output.
        """
        if not nodes:
            raise ValueError("Network: it has at least one node. Received nodes=[].")
        self.nodes = tuple(nodes)
        self.inputs = tuple(inputs)
        self.outputs = (self.nodes[-1].name,) if outputs is None else tuple(outputs)
        self._check_names()
        rng = np.random.default_rng(seed)
        self.layers: dict[str, Layer[Any]] = {}
        for node in self.nodes:
            self.layers[node.name] = self._layer(node, rng)

    def __call__(self, *inputs: Array, training: bool = False) -> Array | tuple[Array, ...]:
        """Compute the outputs for a batch, keeping no more than is still to be read.

        Args:
            inputs: an array (batch, ...) for each of the network's inputs.
            training: as `Layer.__call__`.

        Returns:
            The output, or a tuple of them if there are several.

        Raises:
            ShapeError: a node's inputs do not fit its layer; it is named.
            ValueError: as the layers, or there are not as many arrays as inputs.
        """
        values = self._run(inputs, training, keep=False)
        outputs = tuple(values[name] for name in self.outputs)
        return outputs if len(outputs) > 1 else outputs[0]

    def activations(self, *inputs: Array, training: bool = False) -> dict[str, Array]:
        """Compute the outputs of every node, with the network's inputs, by name.

        Arguments and errors are as those of a call.
        """
        return self._run(inputs, training, keep=True)

    def gradients(
        self,
        grad_outputs: Mapping[str, Array],
        activations: Mapping[str, Array],
        *,
        training: bool = False,
    ) -> NetworkGradients:
        """Carry gradients back through the network.

        Args:
            grad_outputs: the loss's gradient with respect to the outputs of nodes, by name.
            activations: what `activations` returned.
            training: as given to `activations`.

        Raises:
            ShapeError: a gradient does not have the shape of the outputs it is for.
            ValueError: as the layers, `grad_outputs` names no node, or `activations` lacks one.
        """
        unknown = set(grad_outputs) - set(self.layers)
        if unknown:
            raise ValueError(
                "Network: grad_outputs are by the names of nodes. "
                f"Received {', '.join(sorted(unknown))}."
            )
        missing = {*self.inputs, *self.layers} - set(activations)
        if missing:
            raise ValueError(
                "Network: activations must be what `activations` returned, for every node. "
                f"Received none of {', '.join(sorted(missing))}."
            )
        waiting = dict(grad_outputs)
        weights: dict[str, dict[str, Array]] = defaultdict(dict)
        for node in reversed(self.nodes):
            if node.name not in waiting:
                continue
            layer = self.layers[node.name]
            inputs = self._read(node, activations)
            grad_inputs, grad_weights = layer.gradients(
                waiting.pop(node.name), inputs, activations[node.name], training=training
            )
            _add(weights[node.shares or node.name], grad_weights)
            given = grad_inputs if isinstance(layer, MergingLayer) else [grad_inputs]
            for name, gradient in zip(node.inputs, given, strict=True):
                _add(waiting, {name: gradient})
        return NetworkGradients(waiting, {name: each for name, each in weights.items() if each})

    @property
    def weights(self) -> dict[str, dict[str, Array]]:
        """The arrays of each layer that has any, by the name of its first node."""
        return {
            node.name: self.layers[node.name].weights
            for node in self.nodes
            if node.shares is None and self.layers[node.name].weights
        }

    def _run(self, inputs: Sequence[Array], training: bool, *, keep: bool) -> dict[str, Array]:
        if len(inputs) != len(self.inputs):
            raise ValueError(
                f"Network: it has the inputs {', '.join(self.inputs)}. "
                f"Received {len(inputs)} arrays."
            )
        values = dict(zip(self.inputs, inputs, strict=True))
        last_readers = {} if keep else self._last_readers()
        for node in self.nodes:
            try:
                values[node.name] = self.layers[node.name](
                    self._read(node, values), training=training
                )
            except ShapeError as error:
                raise ShapeError(f"{node.name}: {error}") from None
            for name in last_readers.get(node.name, ()):
                del values[name]
        return values

    def _read(self, node: Node, values: Mapping[str, Array]) -> Any:
        inputs = [values[name] for name in node.inputs]
        return inputs if isinstance(self.layers[node.name], MergingLayer) else inputs[0]

    def _last_readers(self) -> dict[str, list[str]]:
        """For each node, whose outputs no later one reads."""
        readers = {name: node.name for node in self.nodes for name in node.inputs}
        last: dict[str, list[str]] = defaultdict(list)
        for name, reader in readers.items():
            if name not in self.outputs:
                last[reader].append(name)
        return last

    def _layer(self, node: Node, rng: np.random.Generator) -> Layer[Any]:
        if node.shares is None:
            layer = make_layer(node.class_name, node.config, rng)
            layer.weights = dict(node.weights)
        else:
            layer = self.layers[node.shares]
        if len(node.inputs) != 1 and not isinstance(layer, MergingLayer):
            raise ValueError(
                f"Network: {type(layer).__name__} reads one input. "
                f"Received inputs={node.inputs} for {node.name!r}."
            )
        return layer

    def _check_names(self) -> None:
        names = {*self.inputs}
        if len(names) != len(self.inputs):
            raise ValueError(
                f"Network: its inputs have different names. Received inputs={self.inputs}."
            )
        earlier: set[str | None] = {None}
        for node in self.nodes:
            if node.name in names or not {*node.inputs} <= names or node.shares not in earlier:
                raise ValueError(
                    "Network: nodes have different names, and read what comes before them. "
                    f"Received {node.name!r} with inputs={node.inputs}, shares={node.shares!r}."
                )
            names.add(node.name)
            earlier.add(node.name)
        if not self.outputs or not {*self.outputs} <= names - {*self.inputs}:
            raise ValueError(
                f"Network: outputs are nodes, at least one. Received outputs={self.outputs}."
            )


def _add(sums: dict[str, Array], gradients: Mapping[str, Array]) -> None:
    """Add to what is there: whatever is read twice is handed two gradients."""
    for name, gradient in gradients.items():
        sums[name] = sums[name] + gradient if name in sums else gradient
