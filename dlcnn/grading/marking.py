"""Mark one check: draw its inputs, run it on somebody's functions, make a result of it.

Where the functions run is the caller's business; so is whose fault a broken check is.
"""

import builtins
import hashlib
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlcnn.grading.calls import Call, Student, mask
from dlcnn.grading.checks import Asked, Check, CheckFailed, CheckRun
from dlcnn.grading.exam import Exam
from dlcnn.grading.report import CheckResult, Facts, Status, Visibility

__all__ = ["Marked", "as_shown", "points", "result", "run_check", "seeded"]

_PRINTED_LIMIT = 2_000
_CATEGORIES = {
    "values": "wrong values",
    "equal": "wrong values",
    "shape": "wrong shape",
    "dtype": "wrong dtype",
    "type": "wrong type",
    "returns": "wrong type",
    "changed": "input changed",
    "no_model": "no model",
    "model": "wrong layers",
    "api": "another API",
    "weights": "wrong weights",
    "training": "wrong mode",
    "gradients": "wrong gradients",
    "accuracy": "low accuracy",
    "model_file": "unusable model file",
}


@dataclass(frozen=True)
class Marked:
    """A check's result with what it rests on: the calls, and the first arrays that differ."""

    result: CheckResult
    asked: tuple[Asked, ...] = ()
    compared: tuple[Any, Any] | None = None  # yours, expected


def seeded(exam: Exam, check: Check, student: str, seed_text: str | None) -> np.random.Generator:
    """The generator of a check's inputs: the same for the same student, check and version."""
    parts = [exam.assignment.id, exam.spec.version, student, check.name]
    if check.hidden:
        parts.append(exam.secret)
    if seed_text is not None:
        parts.append(seed_text)
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def run_check(
    check: Check,
    call: Call,
    returns: Mapping[str, tuple[str, ...]],
    rng: np.random.Generator,
    case: Mapping[str, int] | None = None,
    solution: Call | None = None,
) -> Marked:
    """Run one check on the functions behind `call`.

    Args:
        check: the check.
        call: runs a function by name.
        returns: per task the names of the values it returns.
        rng: what the check draws its inputs from.
        case: other sizes than those that the check gives its inputs by itself.
        solution: runs a function of the solution by name, for checks that compare with it.

    The status is ERROR where the check itself broke, whatever the reason.
    """
    run = CheckRun(check.partial, check.curve)
    with run.active():
        try:
            check.function(Student(call, returns, run, solution), rng, **(case or {}))
            marked = _judged(check, run)
        except CheckFailed as failed:
            run.fail(failed.facts)
            marked = _judged(check, run)
        except (Exception, SystemExit) as error:
            marked = result(check, "ERROR", {"kind": "fault", "message": _fault(check, error)})
    return Marked(marked, tuple(run.asked), run.compared)


def result(check: Check, status: Status, facts: Facts) -> CheckResult:
    """The result of a check that earns all of its points or none."""
    visibility: Visibility = "hidden" if check.hidden else "public"
    score = check.points if status == "PASS" else 0
    return CheckResult(check.name, check.title, visibility, status, score, check.points, facts)


def as_shown(marked: CheckResult) -> CheckResult:
    """The result as the report may hold it: of a hidden check's failure, a category only."""
    if marked.visibility == "public" or marked.status != "FAIL":
        return marked
    if marked.facts.get("kind") == "file":  # nothing was run on it
        return marked
    return replace(marked, facts={"category": _category(marked.facts)})


def points(scores: Iterable[float]) -> float:
    """Add up scores; whole numbers stay whole and rounding noise stays out of the report."""
    total = round(sum(scores), 4)
    return int(total) if total == int(total) else total


def _judged(check: Check, run: CheckRun) -> CheckResult:
    if not run.expectations:
        message = f"{check.name}: the check expects nothing, so it cannot fail"
        return result(check, "ERROR", {"kind": "fault", "message": message})
    if not run.failures:
        return result(check, "PASS", {})
    facts = dict(run.failures[0])
    score = 0.0
    if check.partial:
        passed = points([run.expectations - run.missed])
        facts = {"passed": passed, "of": run.expectations, "failures": run.failures}
        score = check.points * passed / run.expectations
    printed = mask("".join(asked.reply.printed for asked in run.asked))[-_PRINTED_LIMIT:]
    if printed:
        facts["printed"] = printed
    return replace(result(check, "FAIL", facts), score=points([score]))


def _category(facts: Facts) -> str:
    facts = facts["failures"][0] if "failures" in facts else facts
    kind: str = facts["kind"]
    if kind == "curve":  # its points say as much
        return f"an accuracy of {facts['accuracy']:.1%}"
    if kind in ("exception", "undefined"):
        # Only a name of Python's own: a student's class name could carry a hidden input out.
        known = isinstance(getattr(builtins, facts["type"], None), type)
        return f"exception {facts['type']}" if known else "exception"
    return _CATEGORIES.get(kind, kind)


def _fault(check: Check, error: BaseException) -> str:
    """Where the check broke, for its author."""
    lines = traceback.extract_tb(error.__traceback__)
    own = [line for line in lines if line.filename == check.function.__code__.co_filename]
    where = f"checks.py, line {own[-1].lineno}" if own else "checks.py"
    return f"{where}, in {check.name}: {type(error).__name__}: {mask(str(error))}"
