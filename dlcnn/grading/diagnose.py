"""Name the cause of a failure, where a known mistake proves it by giving the very same answers.

The course's mistaken solutions are run on the inputs that the student's code got. A cause that
is not proved is not named: a wrong hint is worse than none.
"""

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from numbers import Number
from typing import Any

import numpy as np

from dlcnn.course.mistakes import Mistake
from dlcnn.grading.calls import mask
from dlcnn.grading.checks import Asked, Check
from dlcnn.grading.course_code import CourseCode
from dlcnn.grading.exam import Exam
from dlcnn.grading.graph import Graph, canonical, compare
from dlcnn.grading.graph.settings import Group
from dlcnn.grading.marking import Marked, run_check
from dlcnn.grading.models import is_model
from dlcnn.grading.worker.wire import Opaque, WireError

__all__ = ["explaining", "find_cause", "mark_mistake"]

# Sums taken in another order differ by no more: those of NumPy's tasks, and in single precision
# those of a network of many layers.
_RTOL, _ATOL = 1e-9, 1e-12
_SINGLE_RTOL, _SINGLE_ATOL = 1e-3, 1e-6
# Settings of a model that mistakes are made in.
_MAX_GRAPHS = 200
_TOLD_APART: tuple[Group, ...] = ("training", "trainable")

_graphs: dict[int, tuple[Any, Graph | None]] = {}  # with the answers, whose numbers they have

Draw = Callable[[Check], np.random.Generator]
Mark = Callable[[Mistake, Check], Marked]


def find_cause(
    exam: Exam,
    task: str,
    judged: Iterable[tuple[Check, Marked]],
    draw: Draw,
    code: CourseCode,
) -> dict[str, str] | None:
    """The one known mistake that explains how a task was answered.

    Args:
        exam: the assignment.
        task: the task.
        judged: its checks with what the student's code gave.
        draw: gives a check's generator afresh, as the student's inputs were drawn.
        code: the course's own.

    Returns:
        {"id", "text"} of the mistake that fails the checks that the student fails, with the same
        answers, and passes those that the student passes; None where none or several do.
    """

    def mark(mistake: Mistake, check: Check) -> Marked:
        return mark_mistake(exam, mistake, check, draw(check), code)

    found = explaining([each for each in exam.mistakes if each.task == task], judged, mark)
    return {"id": found[0].id, "text": found[0].text} if len(found) == 1 else None


def explaining(
    mistakes: Iterable[Mistake], judged: Iterable[tuple[Check, Marked]], mark: Mark
) -> list[Mistake]:
    """The mistakes that give the outcome of every check.

    Args:
        mistakes: the known mistakes of a task.
        judged: the checks of that task with an outcome each.
        mark: gives the outcome of a check for a mistake, on the same inputs.
    """
    both = [pair for pair in judged if pair[1].result.status in ("PASS", "FAIL")]
    # The failing ones first: they tell most mistakes apart at once.
    both.sort(key=lambda pair: pair[1].result.status == "PASS")
    if not both or both[0][1].result.status == "PASS":
        return []
    return [mistake for mistake in mistakes if _explains(mistake, both, mark)]


def mark_mistake(
    exam: Exam, mistake: Mistake, check: Check, rng: np.random.Generator, code: CourseCode
) -> Marked:
    """Run a check on the solution with a mistake in it."""
    call = code.mistaken(mistake)
    marked = run_check(check, call, exam.returns, rng, solution=code.solution)
    if marked.result.status != "ERROR":
        return marked
    # The solution passes, so the check broke on an answer that it did not foresee.
    return replace(marked, result=replace(marked.result, status="FAIL"))


def _explains(mistake: Mistake, judged: Iterable[tuple[Check, Marked]], mark: Mark) -> bool:
    same_numbers, same_errors = False, True
    for check, theirs in judged:
        mistaken = mark(mistake, check)
        if not _matches(theirs, mistaken):
            return False
        if theirs.result.status == "FAIL":
            same_numbers = same_numbers or not _errors(theirs)
            same_errors = same_errors and _errors(theirs) == _errors(mistaken)
    # The type of an exception alone is no proof: any misspelled name is a NameError.
    return same_numbers or same_errors


def _matches(theirs: Marked, mistaken: Marked) -> bool:
    """Whether a mistake gives a student's outcome on one check."""
    if theirs.result.status != mistaken.result.status:
        return False
    if theirs.result.status == "PASS":
        return True
    told, known = [*_telling(theirs.asked)], [*_telling(mistaken.asked)]
    return len(told) == len(known) and all(map(_same_outcome, told, known))


def _telling(asked: Iterable[Asked]) -> Iterator[Asked]:
    """The calls whose outcomes count: what a model with known layers computes follows from them."""
    is_known = False
    for each in asked:
        answer: Any = each.reply.value
        if is_model(answer):
            is_known = _graph(answer) is not None
        elif is_known:
            continue
        yield each


def _same_outcome(theirs: Asked, mistaken: Asked) -> bool:
    one, other = theirs.reply, mistaken.reply
    if one.failure or other.failure:
        return (
            one.failure is not None
            and other.failure is not None
            and (one.failure.kind, one.failure.type) == (other.failure.kind, other.failure.type)
        )
    return _same_value(one.value, other.value) and _same_value(one.changed, other.changed)


def _errors(marked: Marked) -> list[str]:
    """What the calls that gave no answer said instead."""
    failures = (asked.reply.failure for asked in marked.asked)
    return [" ".join(mask(failure.message).split()) for failure in failures if failure]


def _same_value(one: Any, other: Any) -> bool:
    if is_model(one) and is_model(other):
        return _same_model(one, other)
    if _is_number(one) or _is_number(other):
        return _same_number(one, other)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return _same_array(one, other)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same_value, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same_value(one[key], other[key]) for key in one)
    if isinstance(one, Opaque) or isinstance(other, Opaque):
        return bool(one == other)
    return type(one) is type(other) and bool(one == other)


def _same_model(one: Any, other: Any) -> bool:
    """Whether two models compute the same in the same way, whatever they are called."""
    graphs = [graph for graph in map(_graph, (one, other)) if graph]
    if len(graphs) < 2 or graphs[0].kind != graphs[1].kind:
        return False
    one_by_one = (Counter(node.token for node in graph.nodes) for graph in graphs)
    if not operator.eq(*one_by_one):  # as most are, and quickly told
        return False
    return compare(*graphs).verdict == "equal"


def _graph(answer: Any) -> Graph | None:
    """The canonical graph of a model, where all of its layers are known.

    A mistake's answer is the same object however often it is compared, so graphs are kept.
    """
    kept = _graphs.get(id(answer))
    if kept is None:
        if len(_graphs) >= _MAX_GRAPHS:
            _graphs.clear()
        kept = _graphs[id(answer)] = answer, _canonical(answer)
    return kept[1]


def _canonical(answer: Any) -> Graph | None:
    try:
        graph = canonical(answer["description"], _TOLD_APART)
    except WireError:
        return None
    return None if graph.problem or any(node.opaque for node in graph.nodes) else graph


def _is_number(value: Any) -> bool:
    return isinstance(value, Number) and not isinstance(value, bool)


def _same_number(one: Any, other: Any) -> bool:
    """A number may come as an array of one: a bias of shape (1, 1, 1) makes it one."""
    if not all(_is_number(each) or isinstance(each, np.ndarray) for each in (one, other)):
        return False
    both = np.asarray(one), np.asarray(other)
    if any(array.size != 1 or array.dtype.kind not in "iufc" for array in both):
        return False
    return bool(np.isclose(both[0].item(), both[1].item(), rtol=_RTOL, atol=_ATOL, equal_nan=True))


def _same_array(one: Any, other: Any) -> bool:
    if not (isinstance(one, np.ndarray) and isinstance(other, np.ndarray)):
        return False
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype.kind in "biu":
        return bool(np.array_equal(one, other))
    rtol, atol = _RTOL, _ATOL
    if one.dtype == np.float32:
        rtol, atol = _SINGLE_RTOL, _SINGLE_ATOL
    return bool(np.allclose(one, other, rtol=rtol, atol=atol, equal_nan=True))
