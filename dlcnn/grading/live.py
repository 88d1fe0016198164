"""`from dlcnn import check`: a task's public checks on a function in this very process.

For a student's own notebook: the same comparisons and words as `dlcnn check`, without a file and
without isolation, since it is the student's own process.
"""

import ast
import inspect
import io
import textwrap
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from dlcnn.course.discover import Course, find_course
from dlcnn.course.spec import CourseError
from dlcnn.course.submission import is_attempted
from dlcnn.errors import DlcnnError
from dlcnn.grading.calls import Call
from dlcnn.grading.checks import Check
from dlcnn.grading.exam import Exam, load_exam
from dlcnn.grading.explain import explained
from dlcnn.grading.local import call_here
from dlcnn.grading.marking import result, run_check, seeded
from dlcnn.grading.render.live import LiveResult
from dlcnn.grading.report import CheckResult
from dlcnn.grading.worker.pool import Failure, Reply

__all__ = ["check"]

_STUDENT = "notebook"  # part of the seed; a live check has no file name


def check(function: Callable[..., Any]) -> LiveResult:
    """Run the public checks of the task that `function` is named after.

    Args:
        function: your function; its name is the task's name, such as `conv_forward`.

    Returns:
        A result that a notebook shows as a small table; elsewhere it is printed as text.
    """
    try:
        answer = LiveResult(_name_of(function), _marks(function))
    except DlcnnError as error:
        answer = LiveResult(getattr(function, "__name__", "check"), (), str(error))
    if not _in_notebook():
        print(answer)
    return answer


def _marks(function: Callable[..., Any]) -> tuple[CheckResult, ...]:
    name = _name_of(function)
    exam = _exam_of(name)
    checks = [check for check in exam.checks_of(name) if not check.hidden]
    if not _attempted(function, exam.template_functions.get(name)):
        untouched = {"kind": "untouched", "function": name}
        return tuple(result(check, "TODO", untouched) for check in checks)
    call = _call(function)

    def draw(check: Check) -> np.random.Generator:
        return seeded(exam, check, _STUDENT, None)

    judged = [(check, run_check(check, call, exam.returns, draw(check))) for check in checks]
    return tuple(marked.result for _, marked in explained(exam, name, judged, draw, call))


def _call(function: Callable[..., Any]) -> Call:
    """Call functions of the notebook; what they print is told with the check that they fail."""

    def call(asked: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Reply:
        same = asked == function.__name__
        target = function if same else function.__globals__.get(asked)
        printed = io.StringIO()
        with redirect_stdout(printed):
            try:
                reply = call_here(target, asked, (arguments, keywords))
            except SystemExit:
                reply = Reply(failure=Failure("exit"))
        return replace(reply, printed=printed.getvalue())

    return call


def _name_of(function: Callable[..., Any]) -> str:
    if not inspect.isfunction(function):
        raise DlcnnError(
            "check: it takes the function itself. "
            f"Received {type(function).__name__}. Write check(conv_forward), without quotes or a "
            "second pair of brackets."
        )
    return function.__name__


def _exam_of(task: str) -> Exam:
    course = find_course()
    found = course.assignments_defining([task])
    if len(found) != 1:
        known = ", ".join(name for each in course.assignments for name in each.spec.task_names)
        raise CourseError(
            f"check: the function is named after a task of one assignment. Received {task!r}, "
            f"which {len(found)} assignments have. The tasks are: {known}."
        )
    return _load(course, found[0].id)


@cache
def _load(course: Course, assignment_id: str) -> Exam:
    return load_exam(course, assignment_id)


def _attempted(function: Callable[..., Any], template: ast.FunctionDef | None) -> bool:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):  # typed at a prompt: there is no source to look at
        return True
    definition = next((node for node in tree.body if isinstance(node, ast.FunctionDef)), None)
    return definition is None or is_attempted(definition, template)


def _in_notebook() -> bool:
    try:
        return bool(__IPYTHON__)  # type: ignore[name-defined]  # IPython puts it into builtins
    except NameError:
        return False
