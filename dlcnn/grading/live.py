"""`from dlcnn import check`: a task's public checks on a function in this very process.

For a student's own notebook: the same comparisons and words as `dlcnn check`, without a file and
without isolation, since it is the student's own process.
"""

import ast
import inspect
import io
import sys
import textwrap
from collections.abc import Callable, Mapping
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
from dlcnn.grading.course_code import here
from dlcnn.grading.exam import Exam, load_exam
from dlcnn.grading.explain import explained
from dlcnn.grading.local import call_here
from dlcnn.grading.marking import result, run_check, seeded
from dlcnn.grading.render.live import LiveResult
from dlcnn.grading.report import CheckResult
from dlcnn.grading.worker.pool import Failure, Reply
from dlcnn.grading.worker.records import cleaned

__all__ = ["check"]

_STUDENT = "notebook"  # part of the seed; a live check has no file name


def check(function: Callable[..., Any]) -> LiveResult:
    """Run the public checks of a task on your function, and show what they find.

    Args:
        function: the function itself; it is named after the task, such as `conv_forward`, or
            known by that name in your notebook.

    Returns:
        The result, which a notebook shows as a small table; elsewhere it is printed as text.
    """
    names = sys._getframe(1).f_globals
    task = getattr(function, "__name__", "check")
    try:
        course = find_course()
        task = _task_of(function, names, course)
        answer = LiveResult(task, _marks(function, task, names, course))
    except DlcnnError as error:
        answer = LiveResult(task, (), str(error))
    answer.show()
    return answer


def _task_of(function: Callable[..., Any], names: Mapping[str, Any], course: Course) -> str:
    if not callable(function):
        raise DlcnnError(
            "check: it takes the function itself. "
            f"Received {type(function).__name__}. Write check(conv_forward), without quotes or a "
            "second pair of brackets."
        )
    tasks = [name for assignment in course.assignments for name in assignment.spec.function_names]
    known_as = [getattr(function, "__name__", ""), *(n for n in names if names[n] is function)]
    found = next((name for name in known_as if name in tasks), None)
    if found is None:
        raise CourseError(
            f"check: the function is named after a task. Received {known_as[0] or function!r}. "
            f"The tasks are: {', '.join(tasks)}."
        )
    return found


def _marks(
    function: Callable[..., Any], task: str, names: Mapping[str, Any], course: Course
) -> tuple[CheckResult, ...]:
    exam = _load(course, _assignment_of(task, course))
    checks = [check for check in exam.checks_of(task) if not check.hidden]
    if not _attempted(function, exam.template_functions.get(task), names):
        untouched = {"kind": "untouched", "function": task}
        return tuple(result(check, "TODO", untouched) for check in checks)
    call, code = _call({**names, task: function}, exam.spec.profile), here(exam)

    def draw(check: Check) -> np.random.Generator:
        return seeded(exam, check, _STUDENT, None)

    judged = [
        (check, run_check(check, call, exam.returns, draw(check), solution=code.solution))
        for check in checks
    ]
    return tuple(marked.result for _, marked in explained(exam, task, judged, draw, call, code))


def _assignment_of(task: str, course: Course) -> str:
    found = [assignment.id for assignment in course.assignments_defining([task])]
    if len(found) != 1:
        raise CourseError(
            f"check: a task belongs to one assignment. Received {task!r}, which is in "
            f"{', '.join(found)}. Run `dlcnn check FILE --assignment ID` instead."
        )
    return found[0]


def _call(functions: Mapping[str, Any], profile: str) -> Call:
    """Call functions of the notebook; what they print is told with the check that they fail."""

    def call(name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Reply:
        printed = io.StringIO()
        with redirect_stdout(printed):
            try:
                reply = call_here(functions, name, (arguments, keywords), profile)
            except SystemExit:
                reply = Reply(failure=Failure("exit"))
        text = printed.getvalue()
        return replace(reply, printed=cleaned(text, len(text)))

    return call


@cache
def _load(course: Course, assignment_id: str) -> Exam:
    return load_exam(course, assignment_id)


def _attempted(
    function: Callable[..., Any], template: ast.FunctionDef | None, names: Mapping[str, Any]
) -> bool:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):  # typed at a prompt, or no `def`: no source
        return True
    definition = next((node for node in tree.body if isinstance(node, ast.FunctionDef)), None)
    return definition is None or is_attempted(definition, template, known=names.keys())
