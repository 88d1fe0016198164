"""The grader's own time: what a submission can make the trusted side do, and for how long."""

import time

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
    """Follow-through answers for another task, for as long as a call may take and no longer."""
    _slow_on_large_inputs(small_course)
    path = tmp_path / "mallory.py"
    path.write_text(_ASKS_MUCH, encoding="utf-8")
    exam = small_course.exam()
    started = time.monotonic()
    report = grade_submission(exam, path, "mallory", zygote, shown_path=path.name)
    seconds = time.monotonic() - started
    assert (report.status, report.score) == ("graded", 0)
    assert seconds < 4 * exam.spec.limits.wall_seconds
