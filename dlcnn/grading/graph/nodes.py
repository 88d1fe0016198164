"""The canonical graph as records: what is compared, free of names, order and spelling."""

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dlcnn.grading.graph.description import Shape, Weight
from dlcnn.grading.graph.settings import Settings
from dlcnn.grading.graph.spelling import COMMUTATIVE

__all__ = ["INPUT", "Graph", "Node", "Source"]

INPUT = "Input"

Source = tuple[int, int]  # a node and which of its outputs


@dataclass(frozen=True)
class Node:
    """One step of a model's computation.

    Args:
        operation: Keras' class name for it, "Activation" or "keras.ops.…".
        settings: what decides what it computes.
        inputs: where its inputs come from, in order.
        shapes: of its outputs, the batch first.
        weights: what it learns or keeps.
        layer: the same number for each use of one layer.
        name: the student's name for it, if any.
        opaque: whether what it computes is not known here.
        padding: how padding is written where it makes no difference; then no setting tells it.
    """

    operation: str
    settings: Settings
    inputs: tuple[Source, ...]
    shapes: tuple[Shape, ...]
    weights: tuple[Weight, ...] = ()
    layer: int = -1
    name: str | None = None
    opaque: bool = False
    padding: str | None = None

    @cached_property
    def token(self) -> str:
        """Equal for two nodes that compute the same of the same inputs with the same weights."""
        return f"{self.operation} {json.dumps(self.settings, sort_keys=True)}"

    @property
    def told(self) -> dict[str, Any]:
        """What it is, as facts name a layer."""
        return {
            "operation": self.operation,
            "settings": self.settings,
            "weights": [list(weight.shape) for weight in self.weights],
            "name": self.name,
        }

    @property
    def written(self) -> Settings:
        """Its settings with padding told in any case."""
        return self.settings if self.padding is None else self.settings | {"padding": self.padding}

    @property
    def is_commutative(self) -> bool:
        """Whether the order of its inputs changes nothing."""
        return self.operation in COMMUTATIVE

    @property
    def is_random(self) -> bool:
        """Whether two uses on the same input give different values."""
        return any(word in self.operation for word in ("Dropout", "Noise", "Random"))


@dataclass(frozen=True)
class Graph:
    """A model's nodes, inputs first, each after those that feed it; or why there are none."""

    kind: str | None
    problem: str | None = None
    nodes: tuple[Node, ...] = ()
    outputs: tuple[Source, ...] = ()
    ordinals: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        seen: Counter[str] = Counter()
        ordinals = []
        for node in self.nodes:
            seen[node.operation] += 1
            ordinals.append(seen[node.operation])
        object.__setattr__(self, "ordinals", tuple(ordinals))

    @cached_property
    def inputs(self) -> list[Node]:
        """The model's inputs in its own order."""
        return [node for node in self.nodes if node.operation == INPUT]

    @cached_property
    def amounts(self) -> Counter[str]:
        """How many nodes there are of each operation."""
        return Counter(node.operation for node in self.nodes)

    @cached_property
    def consumers(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For each node the nodes that it feeds and at which of their inputs.

        A model's outputs are consumers too, numbered -1. The place is 0 where it does not matter.
        """
        found: list[list[tuple[int, int]]] = [[] for _ in self.nodes]
        for number, node in enumerate(self.nodes):
            for place, (source, _) in enumerate(node.inputs):
                found[source].append((number, 0 if node.is_commutative else place))
        for place, (source, _) in enumerate(self.outputs):
            found[source].append((-1, place))
        return tuple(tuple(sorted(each)) for each in found)

    def reference(self, number: int) -> dict[str, Any]:
        """A node as facts name it: what it is, and which of its kind."""
        node = self.nodes[number]
        count = {"ordinal": self.ordinals[number], "of": self.amounts[node.operation]}
        return node.told | count

    @property
    def parameters(self) -> int:
        """Parameters of all layers, each counted once however often it is called."""
        layers = {node.layer: node.weights for node in self.nodes if node.weights}
        return sum(weight.size for weights in layers.values() for weight in weights)
