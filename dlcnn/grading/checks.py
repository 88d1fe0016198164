"""The vocabulary of a course's `checks.py`: what a check is and what it may expect.

A check says what should be true; the engine decides where the student's code runs, what a broken
expectation costs and how it is told.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcnn.grading.compare import compare_array, compare_plain, compare_scalar, plain_number
from dlcnn.grading.report import Facts
from dlcnn.grading.worker.pool import Reply

if TYPE_CHECKING:
    from dlcnn.course.curve import Curve

__all__ = [
    "Asked",
    "Change",
    "Check",
    "CheckFailed",
    "CheckRun",
    "Domain",
    "check",
    "current_run",
    "expect_array",
    "expect_equal",
    "expect_gradient",
    "expect_scalar",
    "expect_unchanged",
    "judge",
]

_RTOL, _ATOL = 1e-6, 1e-8


class Domain:
    """The inputs that a check may be run with: a range for each of its sizes.

    Args:
        fits: whether sizes go together, called with all of a check's sizes by name.
        sizes: for each name (lowest, highest), both allowed.
    """

    def __init__(self, fits: Callable[..., bool] | None = None, **sizes: tuple[int, int]) -> None:
        self._fits = fits
        self.sizes = sizes

    def holds(self, case: Mapping[str, int]) -> bool:
        """Whether a check may be run with these sizes."""
        within = all(
            name in self.sizes and self.sizes[name][0] <= size <= self.sizes[name][1]
            for name, size in case.items()
        )
        return within and (self._fits is None or self._fits(**case))


@dataclass(frozen=True)
class Check:
    """One check of a task, as `checks.py` declares it."""

    name: str
    title: str
    task: str
    points: float
    hidden: bool
    partial: bool
    domain: Domain | None
    function: Callable[..., None]
    curve: "Curve | None" = None  # of its task, where that is a trained model

    @cached_property
    def case(self) -> dict[str, int]:
        """The sizes of the inputs that students meet: the function's keyword parameters."""
        parameters = inspect.signature(self.function).parameters.values()
        return {each.name: each.default for each in parameters if each.default is not each.empty}


def check(
    *,
    task: str,
    points: float,
    hidden: bool = False,
    partial: bool = False,
    domain: Domain | None = None,
) -> Callable[[Callable[..., None]], Check]:
    """Declare a function `(student, rng)` to be a check of `task`.

    Args:
        task: the task's name in `assignment.toml`.
        points: what the check is worth, > 0.
        hidden: whether students see only that it failed and in what way.
        partial: whether it earns the fraction of its expectations that hold, of a model that of
            its layers; without it the first broken expectation costs all the points.
        domain: in which a smaller input may be looked for that shows the same failure. The sizes
            of the inputs are then the function's keyword parameters, their defaults the case
            that students meet.

    The function's docstring is the title that the student reads. `student.conv_forward(...)` calls
    the student's function; `rng` is a `numpy.random.Generator` seeded for this student and check.
    """

    def declare(function: Callable[..., None]) -> Check:
        title = " ".join((function.__doc__ or "").split())
        return Check(function.__name__, title, task, points, hidden, partial, domain, function)

    return declare


def expect_array(
    name: str, value: object, expected: ArrayLike, *, rtol: float = _RTOL, atol: float = _ATOL
) -> None:
    """Expect an array of the same shape and dtype whose values agree within the tolerances."""
    wanted = np.asarray(expected)
    facts = compare_array(name, value, wanted, rtol=rtol, atol=atol)
    run = current_run()
    if facts:
        subclass = next((kind for array, kind in run.subclasses if array is value), None)
        facts |= {"subclass": subclass} if subclass else {}
        run.compared = run.compared or (value, wanted)
    judge(facts)


def expect_scalar(
    name: str, value: object, expected: float, *, rtol: float = _RTOL, atol: float = _ATOL
) -> None:
    """Expect one number; an array that holds exactly one number will do."""
    judge(compare_scalar(name, value, expected, rtol=rtol, atol=atol))


def expect_gradient(
    name: str,
    gradient: object,
    loss: Callable[[NDArray[Any]], float],
    at: NDArray[Any],
    *,
    rtol: float = 1e-5,
    atol: float = 1e-7,
) -> None:
    """Expect the gradient of `loss` at the array `at`, as central differences give it.

    Args:
        name: what the gradient is called: "dW".
        gradient: the student's, of the shape of `at`.
        loss: a number for an array like `at`.
        at: where the gradient is taken, float64.
        rtol: allowed relative difference.
        atol: allowed absolute difference.
    """
    wanted = _central_differences(loss, at)
    facts = compare_array(name, gradient, wanted, rtol=rtol, atol=atol)
    if facts:
        run = current_run()
        run.compared = run.compared or (gradient, wanted)
        facts["by"] = "central differences"
    judge(facts)


def expect_equal(name: str, value: object, expected: object) -> None:
    """Expect an equal plain value: number, text, None, or a sequence or dict of such or arrays."""
    judge(compare_plain(name, value, expected))


def expect_unchanged(**inputs: object) -> None:
    """Expect that no call so far wrote into these arrays that were passed to the student."""
    run = current_run()
    for name, array in inputs.items():
        written = next((change for change in run.changes if change.array is array), None)
        judge(_changed(name, written) if written else None)


@dataclass(frozen=True)
class Asked:
    """A call of a student's function, and what came of it."""

    function: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    reply: Reply


@dataclass(frozen=True)
class Change:
    """An input array and what the student's function made of it."""

    function: str
    array: Any
    after: Any


class CheckFailed(Exception):  # noqa: N818  a verdict on the student's answer, not an error of ours
    """The student's answer is wrong; carries the facts."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.facts = facts


@dataclass
class CheckRun:
    """What happened so far while one check runs."""

    partial: bool = False
    curve: "Curve | None" = None
    expectations: int = 0
    missed: float = 0
    failures: list[Facts] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    subclasses: list[tuple[Any, str]] = field(default_factory=list)  # an array, what it came as
    asked: list[Asked] = field(default_factory=list)
    compared: tuple[Any, Any] | None = None  # of the first array that differs: yours, expected

    def fail(self, facts: Facts, missed: float = 1, parts: int = 1) -> None:
        """Record that the answer is wrong, unless an expectation has told so already.

        Args:
            facts: what is wrong.
            missed: how many expectations that breaks.
            parts: how many were looked at.
        """
        if not any(facts is known for known in self.failures):
            self.expectations += parts
            self.missed += missed
            self.failures.append(facts)

    @contextmanager
    def active(self) -> Iterator["CheckRun"]:
        """Make this the run that `expect_*` reports to, in this thread only."""
        token = _running.set(self)
        try:
            yield self
        finally:
            _running.reset(token)


_running: ContextVar[CheckRun] = ContextVar("the check that is running")


def current_run() -> CheckRun:
    """The run of the check that an expectation is called in."""
    run = _running.get(None)
    if run is None:
        raise RuntimeError("expect_*: works inside a check only; run it with `dlcnn check`.")
    return run


def judge(facts: Facts | None, missed: float = 1, parts: int = 1) -> None:
    """Count an expectation, or several parts of one; facts say what is wrong with an answer.

    Raises:
        CheckFailed: it is wrong and the check gives no partial points.
    """
    run = current_run()
    if facts is None:
        run.expectations += parts
        return
    run.fail(facts, missed, parts)
    if not run.partial:
        raise CheckFailed(facts)


def _central_differences(
    loss: Callable[[NDArray[Any]], float], at: NDArray[Any], step: float = 1e-5
) -> NDArray[Any]:
    slopes = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        nearby = at.copy()
        nearby[index] = at[index] + step
        above = loss(nearby)
        nearby[index] = at[index] - step
        slopes[index] = (above - loss(nearby)) / (2 * step)
    return slopes


def _changed(name: str, change: Change) -> Facts:
    before, after = np.asarray(change.array), np.asarray(change.after)
    facts: Facts = {"kind": "changed", "function": change.function, "name": name}
    if before.shape != after.shape:
        return {**facts, "index": None, "before": list(before.shape), "after": list(after.shape)}
    with np.errstate(all="ignore"):
        differs = (before != after) & ~((before != before) & (after != after))
    first = np.unravel_index(int(np.argmax(differs)), before.shape)
    return {
        **facts,
        "index": [int(position) for position in first],
        "before": plain_number(before[first]),
        "after": plain_number(after[first]),
    }
