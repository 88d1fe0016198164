"""Which node of a student's graph stands for which of the expected one.

Three passes, each over what the one before left: what is computed equally from the inputs on, what
is used equally up to the outputs, and the cheapest way to read what is left of one as the other.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from dlcnn.grading.graph.nodes import INPUT, Graph, Node, Source

__all__ = ["Alignment", "alignments"]

_MAX_CELLS = 90_000
_CONTEXT = 3
_FORBIDDEN = 1_000_000
_FAMILIES = (
    ("ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "Activation"),
    ("Conv", "SeparableConv", "DepthwiseConv", "Dense"),
    ("MaxPooling", "AveragePooling", "GlobalMaxPooling", "GlobalAveragePooling", "Flatten"),
    ("Add", "Multiply", "Maximum", "Minimum", "Average", "Subtract", "Concatenate"),
    ("Dropout", "SpatialDropout", "AlphaDropout", "GaussianDropout"),
    ("BatchNormalization", "LayerNormalization", "GroupNormalization"),
)
_FAMILY = {name: number for number, names in enumerate(_FAMILIES) for name in names}


@dataclass
class Alignment:
    """Pairs of nodes, one of the expected graph and one of the student's, by their numbers."""

    expected: Graph
    yours: Graph
    mate: dict[int, int] = field(default_factory=dict)  # of an expected node
    back: dict[int, int] = field(default_factory=dict)  # of a student's node

    def pair(self, expected: int, yours: int) -> None:
        """Say that two nodes stand for each other."""
        self.mate[expected] = yours
        self.back[yours] = expected

    @property
    def missing(self) -> list[int]:
        """Expected nodes that nothing stands for."""
        return [each for each in range(len(self.expected.nodes)) if each not in self.mate]

    @property
    def extra(self) -> list[int]:
        """The student's nodes that stand for nothing."""
        return [each for each in range(len(self.yours.nodes)) if each not in self.back]


def alignments(expected: Graph, yours: Graph) -> Iterator[Alignment]:
    """Ways to read a student's graph as the expected one; every node is in one pair at most.

    The second goes on from the inputs only. It is the better one where a block is missing before
    its like: from the outputs on, the wrong one of the two would be taken for it.
    """
    for both_ends in (True, False):
        alignment = Alignment(expected, yours)
        inputs = [
            [number for number, node in enumerate(graph.nodes) if node.operation == INPUT]
            for graph in (expected, yours)
        ]
        for pair in zip(*inputs, strict=False):
            alignment.pair(*pair)
        _pair_from_inputs(alignment)
        if both_ends:
            _pair_from_outputs(alignment)
        _pair_the_rest(alignment)
        yield alignment


def _pair_from_inputs(alignment: Alignment) -> None:
    """Pair nodes that compute the same of inputs that are paired."""
    expected, yours = alignment.expected, alignment.yours
    uses = _uses(expected), _uses(yours)
    waiting: dict[Hashable, list[int]] = defaultdict(list)
    for number, node in enumerate(yours.nodes):
        waiting[_fed(node, node.inputs)].append(number)
    for number, node in enumerate(expected.nodes):
        mates = [(alignment.mate.get(source, -1), output) for source, output in node.inputs]
        candidates = waiting.get(_fed(node, mates), [])
        if not mates or not candidates or node.opaque:
            continue
        alike = (each for each in candidates if uses[1][each] == uses[0][number])
        chosen = next(alike, candidates[0])
        candidates.remove(chosen)
        alignment.pair(number, chosen)


def _pair_from_outputs(alignment: Alignment) -> None:
    """Pair nodes that do the same and whose every use is paired."""
    expected, yours = alignment.expected, alignment.yours
    for (one, _), (other, _) in zip(expected.outputs, yours.outputs, strict=False):
        _pair_if_used_alike(alignment, [one], [other])
    for number in range(len(expected.nodes) - 1, -1, -1):
        if number not in alignment.mate:
            continue
        node, mate = expected.nodes[number], yours.nodes[alignment.mate[number]]
        fed = [source for source, _ in node.inputs]
        mate_fed = [source for source, _ in mate.inputs]
        if node.is_commutative and mate.is_commutative:
            _pair_if_used_alike(alignment, fed, mate_fed)
        elif node.operation == mate.operation:
            for one, other in zip(fed, mate_fed, strict=False):
                _pair_if_used_alike(alignment, [one], [other])


def _pair_if_used_alike(alignment: Alignment, expected: list[int], yours: list[int]) -> None:
    """Pair inputs of paired nodes: those that come about alike, then those without a rival."""
    for steps in (_CONTEXT, 0):
        left = _alike(alignment.expected, set(expected) - alignment.mate.keys(), steps)
        right = _alike(alignment.yours, set(yours) - alignment.back.keys(), steps)
        for key, ones in left.items():
            others = right.get(key, [])
            if not steps and (len(ones) > 1 or len(others) > 1):
                continue
            for one, other in zip(ones, others, strict=False):
                if _used_alike(alignment, one, other):
                    alignment.pair(one, other)


def _alike(graph: Graph, numbers: set[int], steps: int) -> dict[Hashable, list[int]]:
    """The nodes by what they do, and what is done in the few steps before."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for number in sorted(numbers):
        groups[graph.nodes[number].token, _context(graph, number, steps)].append(number)
    return groups


def _used_alike(alignment: Alignment, one: int, other: int) -> bool:
    uses = [
        (alignment.mate.get(user, -2) if user >= 0 else user, place)
        for user, place in alignment.expected.consumers[one]
    ]
    same = tuple(sorted(uses)) == alignment.yours.consumers[other]
    return same and not alignment.expected.nodes[one].opaque


def _context(graph: Graph, number: int, steps: int) -> tuple[str, ...]:
    """What the last few nodes before a node do."""
    tokens: list[str] = []
    while graph.nodes[number].inputs and len(tokens) < steps:
        number = graph.nodes[number].inputs[0][0]
        tokens.append(graph.nodes[number].token)
    return tuple(tokens)


def _pair_the_rest(alignment: Alignment) -> None:
    """Pair what is left so that as little as possible differs, both read in order.

    Of equally good ways the one that follows the expected order longest: where a block that is
    repeated is missing, its last repetition is.
    """
    longest = int(_MAX_CELLS**0.5)
    left, right = alignment.missing[:longest], alignment.extra[:longest]
    prices = [[_price(alignment, one, other) for other in right] for one in left]
    drops = [_drop_price(alignment.expected.nodes[each]) for each in left]
    adds = [_drop_price(alignment.yours.nodes[each]) for each in right]
    costs = _costs_to_go(prices, drops, adds)
    row = column = 0
    while row < len(left) and column < len(right):
        here = costs[row][column]
        if here == costs[row + 1][column + 1] + prices[row][column]:
            alignment.pair(left[row], right[column])
            row, column = row + 1, column + 1
        elif here == costs[row + 1][column] + drops[row]:
            row += 1
        else:
            column += 1


def _costs_to_go(prices: list[list[int]], drops: list[int], adds: list[int]) -> list[list[int]]:
    """For each place in both orders what the cheapest way from there to both ends costs."""
    last = [0]
    for add in reversed(adds):
        last.append(last[-1] + add)
    costs = [last[::-1]]
    for line, drop in zip(reversed(prices), reversed(drops), strict=True):
        below = costs[-1]
        cost = [below[-1] + drop]
        for column in range(len(adds) - 1, -1, -1):
            gap = min(below[column] + drop, cost[-1] + adds[column])
            cost.append(min(gap, below[column + 1] + line[column]))
        costs.append(cost[::-1])
    return costs[::-1]


def _drop_price(node: Node) -> int:
    """What it costs to leave a node alone: more for those that a model is told by."""
    return 12 if any(len(weight.shape) > 1 for weight in node.weights) else 10


def _price(alignment: Alignment, expected: int, yours: int) -> int:
    """What it costs to read a student's node as an expected one; to leave both out costs 20."""
    one, other = alignment.expected.nodes[expected], alignment.yours.nodes[yours]
    if INPUT in (one.operation, other.operation):
        return _FORBIDDEN
    if one.opaque or other.opaque:
        price = 9
    elif one.token == other.token:
        price = 0
    elif one.operation == other.operation:
        names = one.settings.keys() | other.settings.keys()
        differing = sum(one.settings.get(each) != other.settings.get(each) for each in names)
        price = 5 + 4 * differing // max(len(names), 1)
    elif _family(one) == _family(other):
        price = 13
    else:
        return _FORBIDDEN
    fed = {alignment.mate.get(source, -1) for source, _ in one.inputs}
    price += 0 if fed & {source for source, _ in other.inputs} else 2
    alike = _context(alignment.expected, expected, 1) == _context(alignment.yours, yours, 1)
    return price if alike else price + 1


def _family(node: Node) -> int | str:
    return _FAMILY.get(node.operation.rstrip("D").rstrip("123"), node.token)


def _fed(node: Node, inputs: Iterable[Source]) -> Hashable:
    """The same for nodes that do the same with the same inputs."""
    return node.token, tuple(sorted(inputs) if node.is_commutative else inputs)


def _uses(graph: Graph) -> list[int]:
    """For each node a number that is equal where all that follows is equal."""
    uses = [0] * len(graph.nodes)
    for number in range(len(graph.nodes) - 1, -1, -1):
        after = sorted(
            (graph.nodes[user].token if user >= 0 else "", place, uses[user] if user >= 0 else 0)
            for user, place in graph.consumers[number]
        )
        uses[number] = hash(tuple(after))
    return uses
