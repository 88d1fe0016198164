"""Layers that are fed by others than they should be, and layers that should be one, or several."""

from collections import defaultdict
from collections.abc import Iterator

from dlcnn.grading.graph.alignment import Alignment
from dlcnn.grading.graph.nodes import Source
from dlcnn.grading.graph.places import Finding, Places

__all__ = ["wiring"]


def wiring(alignment: Alignment, places: Places) -> Iterator[Finding]:
    """What is connected differently among the layers that both graphs have."""
    yield from _connections(alignment, places)
    yield from _outputs(alignment, places)
    yield from _shared(alignment, places)


def _connections(alignment: Alignment, places: Places) -> Iterator[Finding]:
    for number, mate in alignment.mate.items():
        one, other = alignment.expected.nodes[number], alignment.yours.nodes[mate]
        if one.opaque or other.opaque:
            continue
        if _fed_alike(alignment, places, one.inputs, other.inputs, one.is_commutative):
            continue
        facts = {
            "kind": "layer_inputs",
            "yours": places.yours(mate),
            "fed_by": [places.yours(source) for source, _ in other.inputs],
            "expected": [places.expected(source) for source, _ in one.inputs],
        }
        yield Finding(number + 0.25, facts, number)


def _outputs(alignment: Alignment, places: Places) -> Iterator[Finding]:
    """Outputs that are given by another layer than they should be."""
    expected, yours = alignment.expected, alignment.yours
    if len(expected.outputs) != len(yours.outputs):
        return
    for one, other in zip(expected.outputs, yours.outputs, strict=True):
        if not _fed_alike(alignment, places, (one,), (other,), False):
            facts = {
                "kind": "model_output",
                "yours": places.yours(other[0]),
                "expected": places.expected(one[0]),
            }
            yield Finding(len(expected.nodes), facts, one[0])


def _fed_alike(
    alignment: Alignment,
    places: Places,
    expected: tuple[Source, ...],
    yours: tuple[Source, ...],
    any_order: bool,
) -> bool:
    """Whether inputs come from the same layers, apart from layers that are missing or extra.

    A layer that cannot be looked into may stand for any of those around it, so that what it feeds
    cannot be told apart.
    """
    wanted = [places.values_of_expected(source) for source in expected]
    found = [places.values_of_yours(source) for source in yours]
    feeding = {*yours}.union(*wanted, *found)
    if any(alignment.yours.nodes[number].opaque for number, _ in feeding):
        return True
    if len(wanted) != len(found):
        unpaired = any(source not in alignment.mate for source, _ in expected)
        return unpaired or any(source not in alignment.back for source, _ in yours)
    if not any_order:
        return all(one & other for one, other in zip(wanted, found, strict=True))
    left = sorted(found, key=len)
    for values in sorted(wanted, key=len):
        alike = next((each for each in left if each & values), None)
        if alike is None:
            return False
        left.remove(alike)
    return True


def _shared(alignment: Alignment, places: Places) -> Iterator[Finding]:
    """One layer where there should be several, and several where there should be one."""
    for one_layer, graphs in (
        (False, (alignment.expected, alignment.yours)),
        (True, (alignment.yours, alignment.expected)),
    ):
        partners: dict[int, set[int]] = defaultdict(set)
        first: dict[int, int] = {}
        for number, mate in sorted(alignment.mate.items()):
            pair = (mate, number) if one_layer else (number, mate)
            here, there = (graph.nodes[each] for graph, each in zip(graphs, pair, strict=True))
            if here.weights and there.weights:
                partners[here.layer].add(there.layer)
                first.setdefault(here.layer, number)
        for layer, found in partners.items():
            if len(found) > 1:
                number = first[layer]
                yours = places.yours(alignment.mate[number])
                facts = {"kind": "layer_shared", "shared": one_layer, "yours": yours}
                yield Finding(number + 0.3, facts, number)
