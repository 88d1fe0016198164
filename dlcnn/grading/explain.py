"""What is added to a failed task's facts: the proved cause and the smallest input showing it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from dlcnn.grading.calls import Call
from dlcnn.grading.checks import Check
from dlcnn.grading.course_code import CourseCode
from dlcnn.grading.diagnose import find_cause
from dlcnn.grading.exam import Exam
from dlcnn.grading.marking import Marked, run_check
from dlcnn.grading.shrink import Whole, smallest

__all__ = ["explained"]


def explained(
    exam: Exam,
    task: str,
    judged: Sequence[tuple[Check, Marked]],
    draw: Callable[[Check], np.random.Generator],
    call: Call,
    code: CourseCode,
) -> list[tuple[Check, Marked]]:
    """A task's checks with every failure explained as far as there is evidence.

    Args:
        exam: the assignment.
        task: the task.
        judged: its checks and what they found.
        draw: gives a check's generator afresh.
        call: runs the student's functions again, to look for a smaller input.
        code: the course's own.

    Returns:
        `judged`, with the cause at every failure and the smallest input at the first public one.
    """
    cause = find_cause(exam, task, judged, draw, code)
    told: list[tuple[Check, Marked]] = []
    shrunk = False
    for check, marked in judged:
        found = marked.result
        if found.status == "FAIL":
            found = replace(found, cause=cause)
            if not (check.hidden or shrunk):
                shrunk = True
                again = _Rerun(exam, check, draw, call, code)
                small = smallest(check, marked, again, exam.parameters)
                found = replace(found, facts=found.facts | ({"smallest": small} if small else {}))
        told.append((check, replace(marked, result=found)))
    return told


class _Rerun:
    """One check, run again with other sizes."""

    def __init__(
        self,
        exam: Exam,
        check: Check,
        draw: Callable[[Check], np.random.Generator],
        call: Call,
        code: CourseCode,
    ) -> None:
        self._exam = exam
        self._check = check
        self._draw = draw
        self._call = call
        self._code = code

    def __call__(self, case: Mapping[str, int], whole: bool) -> Marked:
        rng = self._draw(self._check)
        rng = Whole(rng.bit_generator) if whole else rng
        return run_check(
            self._check, self._call, self._exam.returns, rng, case, self._code.solution
        )
