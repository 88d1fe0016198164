"""Find a smaller input that shows the same failure, within the domain that the check declares.

The candidates are a fixed list, tried in a fixed order, so the same submission always gets the same
smallest input; only a candidate that hangs ends the search early.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from dlcnn.grading.checks import Asked, Check, Domain
from dlcnn.grading.compare import plain_number
from dlcnn.grading.marking import Marked
from dlcnn.grading.report import Facts

__all__ = ["Smaller", "Whole", "smallest"]

# Failures that depend on the input; others (None for an answer, say) show with any.
_KINDS = ("values", "shape", "exception", "changed")
_SLOW = ("time", "memory", "output", "crash")
_PASSES = 3  # over all sizes: a size can often go down only after another did
_SHOWN_VALUES = 64  # an input with more is told by its shape

# Runs a check with other sizes, and with whole numbers for inputs or the usual ones.
Smaller = Callable[[Mapping[str, int], bool], Marked]

_Kind = tuple[str, str]  # of a failure, and which answer or exception it is about


class Whole(np.random.Generator):
    """A generator whose numbers are small and whole, so that a person can follow the sums."""

    def standard_normal(self, *args: Any, **options: Any) -> Any:
        """Normal numbers, rounded away from zero."""
        drawn = super().standard_normal(*args, **options)
        return np.copysign(np.ceil(np.abs(2 * drawn)), drawn)

    def uniform(self, *args: Any, **options: Any) -> Any:
        """Uniform numbers, rounded."""
        return np.rint(super().uniform(*args, **options))


def smallest(check: Check, marked: Marked, run: Smaller, names: Mapping[str, list[str]]) -> Facts:
    """What the report holds of the smallest input that shows a failure.

    Args:
        check: the check that failed.
        marked: how it failed.
        run: runs it again.
        names: the parameters of each task's function.

    Returns:
        {"inputs": [[name, shape or value], …], "picture": …}, or {} where the check declares no
        domain or the failure is the same for every input.
    """
    kind = _kind(marked)
    if check.domain is None or kind is None or kind[0] not in _KINDS:
        return {}
    case, found = _shrunk(check, check.domain, marked, run, kind)
    whole = run(case, True)
    return _told(whole if _kind(whole) == kind else found, names)


def _shrunk(
    check: Check, domain: Domain, marked: Marked, run: Smaller, kind: _Kind
) -> tuple[dict[str, int], Marked]:
    """Take one size after another as far down as the failure stays of the same kind."""
    case, found = dict(check.case), marked
    tried = {_key(case)}
    for _ in range(_PASSES):
        before = case
        for name in before:
            for size in range(domain.sizes[name][0], case[name]):
                candidate = {**case, name: size}
                if _key(candidate) in tried or not domain.holds(candidate):
                    continue
                tried.add(_key(candidate))
                smaller = run(candidate, False)
                if _kind(smaller) == kind:
                    case, found = candidate, smaller
                    break
                if (_kind(smaller) or kind)[0] in _SLOW:
                    return case, found  # more of these would take long; what is found will do
        if case == before:
            break
    return case, found


def _key(case: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(case.values())


def _kind(marked: Marked) -> _Kind | None:
    if marked.result.status != "FAIL":
        return None
    facts = marked.result.facts
    first: Facts = facts["failures"][0] if "failures" in facts else facts
    return first["kind"], first.get("name") or first.get("type", "")


def _told(marked: Marked, names: Mapping[str, list[str]]) -> Facts:
    if not marked.asked:
        return {}
    asked = marked.asked[-1]
    told: Facts = {"inputs": list(_inputs(asked, names[asked.function]))}
    picture = _picture(asked, marked)
    return {**told, "picture": picture} if picture else told


def _inputs(asked: Asked, names: list[str]) -> Iterator[list[Any]]:
    """Name and shape of each array, name and value of everything else, caches taken apart."""
    given = dict(zip(names, asked.arguments, strict=False)) | asked.keywords
    for name, value in given.items():
        yield from _input(name, value)


def _input(name: str, value: Any) -> Iterator[list[Any]]:
    if isinstance(value, np.ndarray):
        yield [name, list(value.shape)]
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _input(str(key), item)
    elif isinstance(value, tuple) and not all(isinstance(item, int) for item in value):
        for number, item in enumerate(value):
            yield from _input(f"{name}[{number}]", item)
    elif isinstance(value, tuple):
        yield [name, list(value)]
    else:
        yield [name, value if isinstance(value, str) else plain_number(value)]


def _picture(asked: Asked, marked: Marked) -> Facts:
    """The arrays themselves where they are small: the first input, yours, expected."""
    first = next((each for each in asked.arguments if isinstance(each, np.ndarray)), None)
    if marked.compared is None or first is None:
        return {}
    yours, expected = marked.compared
    if not isinstance(yours, np.ndarray):
        return {}
    arrays = {"input": first, "yours": yours, "expected": expected}
    if max(array.size for array in arrays.values()) > _SHOWN_VALUES:
        return {}
    return {name: _nested(array) for name, array in arrays.items()}


def _nested(array: Any) -> Any:
    if array.ndim == 0:
        return plain_number(array)
    return [_nested(part) for part in array]
