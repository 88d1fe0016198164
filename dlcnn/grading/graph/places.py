"""Where something is in a model: which layer it comes after, seen from the student's graph.

Layers that are missing or extra are looked through, to the nearest ones that both graphs have.
"""

from dataclasses import dataclass
from typing import Any

from dlcnn.grading.graph.alignment import Alignment
from dlcnn.grading.graph.nodes import Graph, Source
from dlcnn.grading.report import Facts

__all__ = ["Finding", "Places", "Reference"]

_MAX_ORIGINS = 50

Reference = dict[str, Any]  # a layer as facts name it: see `Node.told` and `Graph.reference`
Origins = frozenset[Source]


@dataclass(frozen=True)
class Finding:
    """A difference: where among the expected layers, and which of them is not as expected."""

    place: float
    facts: Facts
    wrong: int | None = None


class Places:
    """Answers where, for two aligned graphs."""

    def __init__(self, alignment: Alignment) -> None:
        self._expected, self._yours = alignment.expected, alignment.yours
        self._mate, self._back = alignment.mate, alignment.back
        self._before_expected = _origins(self._expected, self._mate)
        self._before_yours = _origins(self._yours, {each: each for each in self._back})

    def yours(self, number: int) -> Reference:
        """A layer of the student's, and which of its kind it is."""
        return self._yours.reference(number)

    def expected(self, number: int) -> Reference:
        """An expected layer: the student's that stands for it, else what it should be."""
        if number in self._mate:
            return self._yours.reference(self._mate[number])
        return self._expected.nodes[number].told

    def before_yours(self, number: int) -> Reference | None:
        """The layer that feeds a student's layer."""
        inputs = self._yours.nodes[number].inputs
        return self.yours(inputs[0][0]) if inputs else None

    def after_yours(self, number: int) -> Reference | None:
        """The layer that a student's layer feeds; None for the model's output."""
        users = [user for user, _ in self._yours.consumers[number] if user >= 0]
        return self.yours(users[0]) if users else None

    def before_missing(self, number: int) -> Reference | None:
        """The student's layer after which an expected one is missing."""
        found = sorted(self._before_expected[number])
        return self.yours(found[-1][0]) if found else None

    def after_missing(self, number: int) -> Reference | None:
        """The student's layer before which an expected one is missing; None for the output."""
        waiting, seen = [number], {number}
        while waiting:
            for user, _ in self._expected.consumers[waiting.pop(0)]:
                if user in self._mate:
                    return self.yours(self._mate[user])
                if user >= 0 and user not in seen:
                    seen.add(user)
                    waiting.append(user)
        return None

    def origins_of_expected(self, number: int) -> Origins:
        """The nearest of the student's values that an expected layer is computed from."""
        return self._before_expected[number]

    def origins_of_yours(self, number: int) -> Origins:
        """The same for a layer of the student's."""
        return self._before_yours[number]

    def expected_place(self, origins: Origins) -> int:
        """The expected layer after which comes what is computed from these values."""
        return max((self._back[number] for number, _ in origins), default=0)

    def values_of_expected(self, source: Source) -> Origins:
        """The student's value that stands for an expected one, or those it is computed from."""
        number, output = source
        if number in self._mate:
            return frozenset({(self._mate[number], output)})
        return self._before_expected[number]

    def values_of_yours(self, source: Source) -> Origins:
        """The same for a value of the student's."""
        return frozenset({source}) if source[0] in self._back else self._before_yours[source[0]]


def _origins(graph: Graph, mates: dict[int, int]) -> list[Origins]:
    """For each node the nearest paired values that feed it, as the student's graph numbers them."""
    before: list[Origins] = []
    for node in graph.nodes:
        origins: set[Source] = set()
        for source, output in node.inputs:
            if source in mates:
                origins.add((mates[source], output))
            else:
                origins |= before[source]
        before.append(frozenset(sorted(origins)[-_MAX_ORIGINS:]))
    return before
