"""Layers that are missing, too many, or in another place: neighbours are told together."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from dlcnn.grading.graph.alignment import Alignment
from dlcnn.grading.graph.nodes import Graph, Node
from dlcnn.grading.graph.places import Finding, Places
from dlcnn.grading.report import Facts

__all__ = ["gaps"]

_MAX_MOVE = 3  # expected layers between where a layer belongs and where it stands


def gaps(alignment: Alignment, places: Places) -> Iterator[Finding]:
    """What is in one graph only, by where it belongs; what stands in one gap is told as one."""
    expected, yours = alignment.expected, alignment.yours
    moves = _moves(alignment, places)
    for number, other in moves.items():
        yield Finding(number, _moved(expected.nodes[number], number, other, places))
    taken = {*moves.values()}
    absent = [each for each in alignment.missing if each not in moves]
    added = [each for each in alignment.extra if each not in taken]
    extra = [
        (run, _extra(yours, run, places)) for run in _runs(yours, added, places.origins_of_yours)
    ]
    for run in _runs(expected, absent, places.origins_of_expected):
        facts = _missing(expected, run, places)
        instead = next((each for each in extra if _same_gap(facts, each[1])), None)
        if instead is not None:
            extra.remove(instead)
            facts |= {"kind": "layer_replaced", "yours": instead[1]["yours"]}
        yield Finding(run[0], facts)
    for run, facts in extra:
        yield Finding(places.expected_place(places.origins_of_yours(run[0])) + 0.5, facts)


def _same_gap(missing: Facts, extra: Facts) -> bool:
    ends = ("after", "before")
    return extra["kind"] == "layer_extra" and all(missing[end] == extra[end] for end in ends)


def _moves(alignment: Alignment, places: Places) -> dict[int, int]:
    """Missing layers that stand a few layers away from where they belong, with where."""
    free: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for other in alignment.extra:
        place = places.expected_place(places.origins_of_yours(other))
        free[alignment.yours.nodes[other].token].append((place, other))
    moves = {}
    for number in alignment.missing:
        place = places.expected_place(places.origins_of_expected(number))
        candidates = free[alignment.expected.nodes[number].token]
        near = next((each for each in candidates if abs(each[0] - place) <= _MAX_MOVE), None)
        if near is not None:
            candidates.remove(near)
            moves[number] = near[1]
    return moves


def _runs(
    graph: Graph, numbers: list[int], origins: Callable[[int], object]
) -> Iterator[list[int]]:
    """Neighbours among the nodes: fed by one another, or all by the same other nodes."""
    run: list[int] = []
    for number in numbers:
        fed = {source for source, _ in graph.nodes[number].inputs}
        together = run and number == run[-1] + 1
        if together and (run[-1] in fed or origins(number) == origins(run[0])):
            run.append(number)
            continue
        if run:
            yield run
        run = [number]
    if run:
        yield run


def _moved(node: Node, number: int, other: int, places: Places) -> Facts:
    return {
        "kind": "layer_order",
        "after": places.before_missing(number),
        "before": places.after_missing(number),
        "expected": [node.told],
        "yours_after": places.before_yours(other),
    }


def _missing(graph: Graph, run: list[int], places: Places) -> Facts:
    sources = [source for source, _ in graph.nodes[run[0]].inputs] if len(run) == 1 else []
    return {
        "kind": "layer_missing",
        "after": places.before_missing(run[0]),
        "before": places.after_missing(run[-1]),
        "expected": [graph.nodes[each].told for each in run],
        "joins": [places.expected(each) for each in sources] if len(sources) > 1 else [],
    }


def _extra(graph: Graph, run: list[int], places: Places) -> Facts:
    opaque = any(graph.nodes[each].opaque for each in run)
    return {
        "kind": "layer_unseen" if opaque else "layer_extra",
        "after": places.before_yours(run[0]),
        "before": places.after_yours(run[-1]),
        "expected": [],
        "yours": [graph.nodes[each].told for each in run],
    }
