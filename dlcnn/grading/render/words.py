"""The one place where facts become sentences that a student can act on.

Facts are stated as they were measured, without blame and without guessing at causes; a cause is
added only where the engine proved one. Formats, colours and layout are not known here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dlcnn.grading.render.kinds import KINDS
from dlcnn.grading.render.plain import counted, listed, number, one_line, points, printable, shape
from dlcnn.grading.report import CheckResult, Facts, Status, SubmissionReport, TaskResult

__all__ = [
    "SAME_CAUSE",
    "STATUS_SYMBOLS",
    "STATUS_WORDS",
    "sentences",
    "status_line",
    "task_sentences",
    "with_causes_once",
]

STATUS_WORDS: dict[Status, str] = {
    "PASS": "passed",
    "FAIL": "failed",
    "TODO": "not attempted",
    "SKIP": "not judged",
    "ERROR": "grader error",
}
STATUS_SYMBOLS: dict[Status, str] = {
    "PASS": "✓",
    "FAIL": "✗",
    "TODO": "○",
    "SKIP": "–",  # noqa: RUF001  a dash on purpose: neither tick nor cross
    "ERROR": "‼",
}
SAME_CAUSE = "same cause as the failed check above"

_PRINTED_LINES = 8
_PRINTED_WIDTH = 120


def sentences(facts: Facts, cause: Mapping[str, str] | None = None) -> list[str]:
    """What a check found, one sentence per item: facts first, a proved cause last.

    Just before the cause comes the smallest input that shows the failure.

    Args:
        facts: as `CheckResult.facts` holds them; nothing for a check that passed.
        cause: as `CheckResult.cause` holds it.
    """
    found = _parts(facts) if "failures" in facts else _of_one(facts)
    found += [f"note: {one_line(note)}" for note in facts.get("notes", ())]
    found += _printed(facts.get("printed", ""))
    found += _smallest(facts.get("smallest", {}))
    if cause:
        found.append(one_line(cause["text"], limit=1000))
    return found


def with_causes_once(checks: Iterable[CheckResult], *, hidden: bool) -> list[CheckResult]:
    """The checks of a task with each cause in full once; later ones point to it.

    Args:
        checks: in the order in which they are shown.
        hidden: whether the causes of hidden checks may be told. Students never see them: a cause
            gives the inputs away.
    """
    told: set[str] = set()
    shown = []
    for check in checks:
        if check.cause and check.visibility == "hidden" and not hidden:
            check = replace(check, cause=None)
        elif check.cause and check.cause["id"] in told:
            check = replace(check, cause={**check.cause, "text": SAME_CAUSE})
        elif check.cause:
            told.add(check.cause["id"])
        shown.append(check)
    return shown


def task_sentences(task: TaskResult) -> list[str]:
    """How a task was judged, where that needs saying."""
    if not task.follow_through:
        return []
    helpers = listed(task.spoiled_by)
    pronoun = "its" if len(task.spoiled_by) == 1 else "their"
    told = (
        f"{task.task} was judged with the grader's own {helpers}, because yours did not pass "
        f"{pronoun} own checks"
    )
    return [f"{told}; so this task keeps its points" if task.status == "PASS" else told]


def status_line(submission: SubmissionReport) -> str:
    """A submission in one line: its points and what is left to do, or why there are none."""
    if not submission.tasks:
        return one_line(" ".join(submission.notes))
    scored = f"{points(submission.score)} of {points(submission.max_score)} points"
    if submission.optional_max_score:
        scored += (
            f", {points(submission.optional_score)} of "
            f"{points(submission.optional_max_score)} optional"
        )
    left = [
        f"{STATUS_WORDS[status]}: {', '.join(tasks)}"
        for status in ("FAIL", "TODO", "SKIP", "ERROR")
        if (tasks := [task.task for task in submission.tasks if task.status == status])
    ]
    return "; ".join([scored, *left]) if left else f"{scored}; every task passed"


def _of_one(facts: Facts) -> list[str]:
    if "category" in facts:
        return [_hidden(str(facts["category"]))]
    if "kind" not in facts:
        return []
    word = KINDS.get(facts["kind"], _unknown)
    return word(facts) + _case(facts)


def _parts(facts: Facts) -> list[str]:
    """A check with partial points: how many of its parts hold, and each that does not."""
    several = facts["of"] > 1
    told = [f"{number(facts['passed'])} of {facts['of']} parts are right"] if several else []
    for failure in facts["failures"]:
        told += sentences(failure)
    return told


def _hidden(category: str) -> str:
    return f"{one_line(category)}; the inputs of this check are not shown"


def _unknown(facts: Facts) -> list[str]:
    return [f"the answer was not accepted ({one_line(str(facts['kind']))})"]


def _case(facts: Facts) -> list[str]:
    case = facts.get("case")
    return [f"in the case {_given(case.items())}"] if case else []


def _smallest(told: Facts) -> list[str]:
    return [f"smallest input that shows it: {_given(told['inputs'])}"] if told else []


def _given(inputs: Iterable[Sequence[Any]]) -> str:
    """Inputs by name: an array by its shape, anything else by its value."""
    return ", ".join(
        f"{one_line(name)} {shape(value) if isinstance(value, list | tuple) else number(value)}"
        for name, value in inputs
    )


def _printed(text: str) -> list[str]:
    lines = printable(text).rstrip().splitlines()
    if not lines:
        return []
    shown = [f"  | {line[:_PRINTED_WIDTH]}" for line in lines[:_PRINTED_LINES]]
    more = len(lines) - len(shown)
    return [
        "your code printed:",
        *shown,
        *([f"  | … and {counted(more, 'more line')}"] if more else []),
    ]
