"""From a description to the canonical graph: models inside flattened, spellings made one.

Nodes come in an order that names, the order of calls and the order of what is added cannot change.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from dlcnn.grading.graph.description import Call, Description, Layer, Shape, Weight, read, tensors
from dlcnn.grading.graph.nodes import INPUT, Graph, Node, Source
from dlcnn.grading.graph.settings import Group
from dlcnn.grading.graph.spelling import spell
from dlcnn.grading.worker.wire import WireError

__all__ = ["canonical"]

_MAX_NODES = 3000  # models inside models multiply
# x + y + z and Add()([x, y, z]) are one thing.
_ASSOCIATIVE = frozenset({"Add", "Multiply", "Maximum", "Minimum"})


def canonical(said: object, also: Collection[Group] = ()) -> Graph:
    """The canonical graph of a model that a worker described.

    Args:
        said: as it came over the wire, see `description`; nothing in it is believed but its form.
        also: groups of settings to compare that are left out by default: "initializers",
            "regularizers", "constraints", "dtype", "trainable" (both of layers with weights),
            "training" (whether a call fixes the mode).

    Returns:
        The graph; one with a `problem` and no nodes for a model that cannot be looked into.

    Raises:
        WireError: it is no description.
    """
    description = read(said)
    if description.problem is not None:
        return Graph(description.kind, description.problem)
    builder = _Builder(description, also)
    try:
        nodes, outputs = builder.build()
    except _TooManyNodesError:
        return Graph(description.kind, "large")
    nodes, outputs = _flatten_sums(nodes, outputs)
    nodes, outputs = _in_order(nodes, outputs)
    return Graph(description.kind, None, tuple(nodes), tuple(outputs))


class _TooManyNodesError(Exception):
    """The models inside models add up to more than can be compared."""


class _Builder:
    """Follows the calls of a description and writes a node for each step they stand for."""

    def __init__(self, description: Description, also: Collection[Group]) -> None:
        self._description = description
        self._also = also
        self._nodes: list[Node] = []
        self._known: dict[object, int] = {}
        self._open: list[int] = []  # the networks that are being followed, outermost first
        self._uses = 0

    def build(self) -> tuple[list[Node], list[Source]]:
        inputs = self._description.networks[0].inputs
        for place, shape in enumerate(inputs):
            settings = {"shape": list(shape[1:]), "place": place}
            self._nodes.append(Node(INPUT, settings, (), (shape,)))
        outputs = self._follow(0, [(place, 0) for place in range(len(inputs))])
        return self._nodes, outputs

    def _follow(self, number: int, inputs: list[Source]) -> list[Source]:
        network = self._description.networks[number]
        if number in self._open:
            raise WireError("a model inside itself")
        if len(inputs) != len(network.inputs):
            raise WireError("an inner model with other inputs than it has")
        self._open.append(number)
        values = list(inputs)
        for call in network.calls:
            values += self._call(call, values)
        self._open.pop()
        return [values[each] for each in network.outputs]

    def _call(self, call: Call, values: list[Source]) -> list[Source]:
        self._uses += 1
        if self._uses > _MAX_NODES:
            raise _TooManyNodesError
        layer = self._description.layers[call.layer]
        if layer.network is not None:
            given = call.arguments.get("inputs", call.arguments)  # a mask may be given besides
            outputs = self._follow(layer.network, [values[each] for each in tensors(given)])
            if len(outputs) != len(call.shapes):
                raise WireError("an inner model with other outputs than it has")
            return outputs
        return self._steps(layer, call, [values[each] for each in tensors(call.arguments)])

    def _steps(self, layer: Layer, call: Call, inputs: list[Source]) -> list[Source]:
        shapes = tuple(self._shape(source) for source in inputs)
        steps = spell(layer, call, shapes, self._also)
        weights: tuple[Weight, ...] = layer.weights
        for step in steps:
            node = Node(
                step.operation,
                step.settings,
                tuple(inputs),
                call.shapes,
                weights,
                call.layer,
                layer.name,
                step.opaque,
                step.padding,
            )
            number = self._number(node)
            inputs = [(number, output) for output in range(len(call.shapes))]
            weights = ()
        if len(inputs) != len(call.shapes):
            raise WireError("a call that gives nothing of its own")
        return inputs

    def _number(self, node: Node) -> int:
        """The node's number: an old one where the same is computed of the same already."""
        of_its_own = node.weights or node.is_random or node.opaque
        sharing = node.layer if of_its_own else -1
        sources = sorted(node.inputs) if node.is_commutative else node.inputs
        key = (node.token, sharing, self._uses if node.is_random else 0, tuple(sources))
        if key not in self._known:
            if len(self._nodes) >= _MAX_NODES:
                raise _TooManyNodesError
            self._known[key] = len(self._nodes)
            self._nodes.append(node)
        return self._known[key]

    def _shape(self, source: Source) -> Shape:
        return self._nodes[source[0]].shapes[source[1]]


def _flatten_sums(nodes: list[Node], outputs: list[Source]) -> tuple[list[Node], list[Source]]:
    """Put the terms of a sum inside a sum directly into the outer one."""
    uses = Counter(source for node in nodes for source in node.inputs) + Counter(outputs)
    flat: list[Node] = []
    for node in nodes:
        terms: list[Source] = []
        for source in node.inputs:
            inner = flat[source[0]]
            same = node.token == inner.token and node.operation in _ASSOCIATIVE
            terms += inner.inputs if same and uses[source] == 1 else (source,)
        if len(terms) > _MAX_NODES:
            terms = list(node.inputs)
        flat.append(replace(node, inputs=tuple(terms)))
    return flat, outputs


def _in_order(nodes: list[Node], outputs: list[Source]) -> tuple[list[Node], list[Source]]:
    """The nodes that matter: inputs, then depth first from the outputs, the longest way first."""
    ranks = _ranks(nodes)
    order = [number for number, node in enumerate(nodes) if node.operation == INPUT]
    placed = set(order)
    waiting = [source for source, _ in reversed(outputs)]
    opened: set[int] = set()
    while waiting:
        number = waiting[-1]
        if number in placed or number in opened:
            waiting.pop()
            if number not in placed:
                placed.add(number)
                order.append(number)
            continue
        opened.add(number)
        feeding = [source for source, _ in nodes[number].inputs]
        if nodes[number].is_commutative:
            feeding.sort(key=lambda each: ranks[each], reverse=True)
        waiting += [each for each in reversed(feeding) if each not in placed]
    numbers = {old: new for new, old in enumerate(order)}
    kept = [
        replace(nodes[old], inputs=tuple((numbers[each], out) for each, out in nodes[old].inputs))
        for old in order
    ]
    return kept, [(numbers[each], out) for each, out in outputs]


def _ranks(nodes: list[Node]) -> list[tuple[int, str]]:
    """How long the longest way to each node is, and a text that no name or order decides."""
    ranks: list[tuple[int, str]] = []
    for node in nodes:
        fed = [ranks[source] for source, _ in node.inputs]
        length = 1 + max((each[0] for each in fed), default=0)
        longest = max((each[1] for each in fed), default="")
        ranks.append((length, f"{node.token}|{longest}"[:400]))
    return ranks
