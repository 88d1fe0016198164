"""The grader's own time: what a submission can make the trusted side do, and for how long."""

from dlcnn.grading.engine import grade_submission
from dlcnn.grading.worker.pool import Zygote
from tests.conftest import SmallCourse

_ASKS_MUCH = """
import numpy as np

def scale(X, factor):
    return X

def shift(X, factor, offset):
    for _ in range(12):
        scale(np.zeros(1000), factor)
    return X
"""


def _slow_on_large_inputs(course: SmallCourse) -> None:
    """A solution as loops over an image are: quick on a check's input, slow on what it is sent."""
    path = course.grader / "solution.py"
    slow = "import time; time.sleep(0.5 if X.size > 100 else 0); return X * factor"
    text = path.read_text(encoding="utf-8").replace("return X * factor", slow)
    path.write_text(text, encoding="utf-8")


def test_questions_to_the_solution_have_a_limit_together(
    small_course: SmallCourse, zygote: Zygote, tmp_path
):
    """Follow-through answers for another task, for as long as a call may take and no longer.

    The call asks for six seconds' worth of answers; were every one waited for, it would end by
    itself. What ended it tells, not a clock, which would tell of the machine's load too.
    """
    _slow_on_large_inputs(small_course)
    path = tmp_path / "mallory.py"
    path.write_text(_ASKS_MUCH, encoding="utf-8")
    report = grade_submission(small_course.exam(), path, "mallory", zygote, shown_path=path.name)
    assert (report.status, report.score) == ("graded", 0)
    (shift,) = [task for task in report.tasks if task.task == "shift"]
    assert shift.follow_through
    assert [result.facts["kind"] for result in shift.checks] == ["time"]
