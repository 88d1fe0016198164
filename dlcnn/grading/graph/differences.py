"""What is different about a student's model, as plain facts: few of them, the most basic first.

One mistake is one fact: what merely follows from a missing or wrong layer is not told again.
`words` makes sentences of the facts; their kinds are listed there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from dlcnn.grading.graph.alignment import Alignment, alignments
from dlcnn.grading.graph.gaps import gaps
from dlcnn.grading.graph.nodes import INPUT, Graph, Node
from dlcnn.grading.graph.places import Finding, Places
from dlcnn.grading.graph.wiring import wiring
from dlcnn.grading.report import Facts

__all__ = ["Comparison", "Verdict", "compare"]

Verdict = Literal["equal", "different", "unseen"]

_MAX_DIFFERENCES = 5
_MAX_LAYERS = 2
_AT_THE_START = -1.0
# What a layer that cannot be looked into may account for.
_EXPLAINED_BY_UNSEEN = ("model_unseen", "layer_unseen", "layer_missing", "model_parameters")


@dataclass(frozen=True)
class Comparison:
    """How a student's model compares with the expected one.

    Args:
        verdict: "unseen" where it depends on what cannot be looked into: ask for its behaviour.
        differences: plain facts, each with a `kind`, the most basic first; none if it is equal.
        more: how many further differences are not told.
        matched: layers that are as expected, in the right place.
        layers: how many there should be, or how many there are where these are more.
    """

    verdict: Verdict
    differences: tuple[Facts, ...]
    more: int
    matched: int
    layers: int

    @property
    def count(self) -> int:
        """How many differences there are, told or not."""
        return len(self.differences) + self.more

    @property
    def credit(self) -> float:
        """The share of layers that are as expected, 0 to 1; 1 for equal models only."""
        return self.matched / self.layers if self.layers else 0.0

    def facts(self, name: str) -> Facts | None:
        """All of it as one fact of kind "model", None where nothing differs."""
        if not self.differences:
            return None
        return {
            "kind": "model",
            "name": name,
            "verdict": self.verdict,
            "differences": list(self.differences),
            "more": self.more,
            "matched": self.matched,
            "layers": self.layers,
        }


def compare(expected: Graph, yours: Graph) -> Comparison:
    """Compare a student's model with the expected one, layer by layer.

    Args:
        expected: of the course's own solution.
        yours: of the student's model, canonical with the same groups of settings.

    Raises:
        ValueError: the expected model itself has no graph.
    """
    if expected.problem is not None:
        raise ValueError(
            f"compare: the expected model must have a graph. Received {expected.problem!r}. "
            "Judge this model by its outputs only."
        )
    if yours.problem is not None:
        unseen = {"kind": "model_unseen", "problem": yours.problem}
        return Comparison("unseen", (unseen,), 0, 0, len(expected.nodes))
    best: Comparison | None = None
    for alignment in alignments(expected, yours):
        found = _Comparing(alignment).result()
        if best is None or found.count < best.count:
            best = found
        if not best.differences:
            break
    assert best is not None
    return best


class _Comparing:
    """Finds the differences of two aligned graphs."""

    def __init__(self, alignment: Alignment) -> None:
        self._alignment = alignment
        self._expected, self._yours = alignment.expected, alignment.yours
        self._places = Places(alignment)

    def result(self) -> Comparison:
        """Everything that is different, sorted, grouped and cut to what one can take in."""
        located = [
            *self._inputs(),
            *self._output_count(),
            *self._pairs(),
            *wiring(self._alignment, self._places),
            *gaps(self._alignment, self._places),
        ]
        located.sort(key=lambda finding: finding.place)
        differences = _grouped(finding.facts for finding in located)
        parameters = self._parameters()
        told = differences[:_MAX_DIFFERENCES] + parameters
        wrong = {finding.wrong for finding in located}
        return Comparison(
            self._verdict(differences + parameters),
            tuple(told),
            max(0, len(differences) - _MAX_DIFFERENCES),
            len(self._alignment.mate.keys() - wrong),
            max(len(self._expected.nodes), len(self._yours.nodes)),
        )

    def _verdict(self, found: list[Facts]) -> Verdict:
        if not any(node.opaque for node in (*self._expected.nodes, *self._yours.nodes)):
            return "different" if found else "equal"
        certain = [facts for facts in found if facts["kind"] not in _EXPLAINED_BY_UNSEEN]
        return "different" if certain else "unseen"

    def _matched(self) -> Iterator[tuple[int, int, Node, Node]]:
        for number, mate in sorted(self._alignment.mate.items()):
            yield number, mate, self._expected.nodes[number], self._yours.nodes[mate]

    def _inputs(self) -> Iterator[Finding]:
        expected, yours = len(self._expected.inputs), len(self._yours.inputs)
        if expected != yours:
            facts = {"kind": "model_inputs", "expected": expected, "yours": yours}
            yield Finding(_AT_THE_START, facts)
        for number, _, one, other in self._matched():
            if one.operation == INPUT and one.token != other.token:
                facts = {
                    "kind": "model_input_shape",
                    "place": one.settings["place"] if expected > 1 else None,
                    "expected": one.settings["shape"],
                    "yours": other.settings["shape"],
                }
                yield Finding(_AT_THE_START, facts, number)

    def _output_count(self) -> Iterator[Finding]:
        expected, yours = len(self._expected.outputs), len(self._yours.outputs)
        if expected != yours:
            facts = {"kind": "model_outputs", "expected": expected, "yours": yours}
            yield Finding(_AT_THE_START, facts, self._expected.outputs[0][0])

    def _pairs(self) -> Iterator[Finding]:
        """Layers in the right place that are not what they should be."""
        for number, mate, one, other in self._matched():
            opaque = one.opaque or other.opaque
            settings = _differing(one, other)
            alike = one.operation == other.operation and not settings
            if one.operation == INPUT or (alike and not opaque):
                continue
            facts = {
                "kind": "layer_unseen" if opaque else "layer_differs",
                "after": self._places.before_yours(mate),
                "expected": [one.told],
                "yours": [other.told | {"settings": other.written}],
                "settings": settings,
            }
            yield Finding(number, facts, number)

    def _parameters(self) -> list[Facts]:
        """The sums of the parameters, and layers with another number than they should have."""
        expected, yours = self._expected.parameters, self._yours.parameters
        if expected == yours:
            return []
        unlike = [
            (bool(_differing(one, other)), mate, one, other)
            for _, mate, one, other in self._matched()
            if _sizes(one) != _sizes(other) and one.operation == other.operation
        ]
        causes = any(cause for cause, *_ in unlike)  # the others follow from these
        layers = [
            {
                "yours": self._places.yours(mate),
                "expected_weights": _sizes(one),
                "weights": _sizes(other),
            }
            for cause, mate, one, other in unlike
            if cause == causes
        ]
        facts = {"kind": "model_parameters", "expected": expected, "yours": yours}
        return [facts | {"layers": layers[:_MAX_LAYERS]}]


def _differing(one: Node, other: Node) -> list[str]:
    """The settings in which two layers of one operation differ.

    Where padding makes no difference to the expected layer, either is as expected, though it may
    make one for the sizes that a mistake before it gives.
    """
    if one.operation != other.operation:
        return []
    names = sorted(one.settings.keys() | (other.settings.keys() - {"padding"}))
    return [each for each in names if one.settings.get(each) != other.written.get(each)]


def _sizes(node: Node) -> list[list[int]]:
    return [list(weight.shape) for weight in node.weights]


def _grouped(differences: Iterable[Facts]) -> list[Facts]:
    """The differences, each that is the same at several places told once, with how many."""
    groups: dict[str, Facts] = {}
    for facts in differences:
        alike = _alike(facts) if facts["kind"].startswith("layer_") else str(len(groups))
        if alike in groups:
            groups[alike]["times"] += 1
        else:
            groups[alike] = facts | {"times": 1}
    return list(groups.values())


def _alike(facts: Facts) -> str:
    """What makes two differences the same: neither where they are nor the layers' names."""
    told: list[Any] = [facts["kind"]]
    for name in ("expected", "yours", "fed_by"):
        found = facts.get(name, [])
        for layer in found if isinstance(found, list) else [found]:
            exact = facts["kind"] != "layer_inputs"  # there it matters what joins what
            told.append((name, layer["operation"], layer["settings"] if exact else None))
    return str(told)
