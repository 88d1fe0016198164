"""Grading one submission: statuses, points, hidden checks, follow-through, whose fault it is."""

import json
from dataclasses import replace

import pytest

from dlcnn.grading.engine import grade_submission
from dlcnn.grading.render.words import sentences
from tests.conftest import CORRECT


@pytest.fixture
def grade(small_course, zygote, tmp_path):
    """Grade a text as the student Ada's script."""

    def run(text, **options):
        path = tmp_path / "ada.py"
        path.write_text(text, encoding="utf-8")
        exam = small_course.exam()
        return grade_submission(exam, path, "ada", zygote, shown_path="ada.py", **options)

    return run


def _tasks(report):
    return {task.task: task for task in report.tasks}


def _checks(report):
    return {check.check: check for task in report.tasks for check in task.checks}


def test_grade_gives_full_marks_to_a_right_submission(grade):
    """Every check passes; graded and optional points are counted apart."""
    report = grade(CORRECT)
    assert report.status == "graded"
    assert {task.status for task in report.tasks} == {"PASS"}
    assert (report.score, report.max_score) == (10, 10)
    assert (report.optional_score, report.optional_max_score) == (4, 4)


def test_grade_takes_points_for_what_is_wrong_only(grade):
    """A wrong task costs its own points and states the difference."""
    report = grade(CORRECT.replace("return ordered[0], ordered[-1]", "return 0.0, ordered[-1]"))
    assert (report.score, report.optional_score) == (10, 0)
    assert _checks(report)["bounds_of_matrix"].facts["name"] == "smallest"


def test_grade_calls_what_is_missing_or_untouched_not_attempted(grade, small_course):
    """A missing function, a placeholder and the template itself are TODO, without points."""
    report = grade("def scale(X, factor):\n    Y = None\n    return Y\n")
    assert {task.status for task in report.tasks} == {"TODO"}
    assert _checks(report)["scale_matrix"].facts["kind"] == "untouched"
    assert _checks(report)["shift_matrix"].facts["kind"] == "missing"
    template = small_course.load().assignment("scaling").template_path(".py")
    report = grade(template.read_text(encoding="utf-8"))
    assert {task.status for task in report.tasks} == {"TODO"}
    assert report.score == 0


def test_grade_skips_a_function_that_does_not_parse_and_judges_the_others(grade):
    """A syntax error in one function leaves the points of the others."""
    report = grade(CORRECT.replace("ordered = np.sort", "ordered = = np.sort"))
    assert _tasks(report)["bounds"].status == "SKIP"
    assert _checks(report)["bounds_of_matrix"].facts["kind"] == "broken"
    assert report.score == 10


def test_grade_follows_through_a_wrong_helper(grade):
    """A wrong helper costs its own task; the task that it spoiled keeps its points."""
    report = grade(CORRECT.replace("return factor * X", "return factor + X"))
    scale, shift = _tasks(report)["scale"], _tasks(report)["shift"]
    assert (scale.status, scale.score) == ("FAIL", 0)
    assert (shift.status, shift.score) == ("PASS", 5)
    assert (shift.follow_through, shift.spoiled_by) == (True, ("scale",))


def test_grade_follows_through_a_helper_that_is_not_written_yet(grade):
    """A missing helper is answered by the grader too."""
    report = grade("def shift(X, factor, offset):\n    return scale(X, factor) + offset\n")
    assert _tasks(report)["scale"].status == "TODO"
    assert (_tasks(report)["shift"].status, report.score) == ("PASS", 5)


def test_grade_does_not_follow_through_for_a_mistake_of_the_tasks_own(grade):
    """Where the helper makes no difference, the task fails by itself and names no spoiler."""
    text = CORRECT.replace("return factor * X", "return factor + X")
    report = grade(text.replace("scale(X, factor) + offset", "X * factor - offset"))
    shift = _tasks(report)["shift"]
    assert (shift.status, shift.follow_through, shift.spoiled_by) == ("FAIL", False, ())


def test_grade_keeps_what_a_hidden_check_saw_to_itself(grade):
    """A hidden check's failure is a category, whatever the student printed or raised."""
    text = CORRECT.replace(
        "return factor * X",
        "if factor < 0:\n        print('SECRET', X)\n        raise ValueError(str(X))\n"
        "    return factor * X",
    )
    report = grade(text)
    hidden = _checks(report)["scale_negative"]
    assert (hidden.status, hidden.visibility) == ("FAIL", "hidden")
    assert hidden.facts == {"category": "exception ValueError"}
    assert "SECRET" not in json.dumps(report.to_json())
    assert _checks(report)["scale_matrix"].status == "PASS"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("return np.zeros((1, 1))", "shape"),
        ("return X.astype(np.float32)", "dtype"),
        ("return 'done'", "type"),
        ("np.sum(X)", "type"),
        ("return (x for x in X)", "type"),
        ("return np.array([X, None], dtype=object)", "type"),
        ("return X * np.nan", "values"),
        ("X *= factor; return X", "changed"),
        ("return X * undefined", "exception"),
        ("return scale(X, factor)", "exception"),
        ("return float(input())", "exception"),
        ("import sys; sys.exit(0)", "exit"),
        ("import os; os._exit(0)", "crash"),
        ("import ctypes; ctypes.string_at(0)", "crash"),
        ("\n    while True: pass", "time"),
        ("return np.ones((2**29,))", "memory"),
        ("\n    for _ in range(10**6): print('x' * 1000)", "output"),
    ],
)
def test_grade_tells_each_bad_answer_in_its_own_way(grade, body, kind):
    """Whatever a function does is one failed check of its own; the other tasks keep theirs."""
    text = CORRECT.replace("return factor * X", body).replace("scale(X, factor) +", "X * factor +")
    report = grade(text, only="scale_matrix")
    check = _checks(report)["scale_matrix"]
    assert (check.status, check.facts["kind"]) == ("FAIL", kind)
    report = grade(text, only="shift_matrix")
    assert _checks(report)["shift_matrix"].status == "PASS"


def test_grade_goes_on_after_a_crash_in_a_fresh_worker(grade):
    """A crash costs the check that it happened in; later checks see nothing of it."""
    report = grade(CORRECT.replace("return factor * X", "import os; os._exit(0)"))
    assert _checks(report)["scale_matrix"].facts["kind"] == "crash"
    assert _checks(report)["bounds_of_matrix"].status == "PASS"


def test_grade_reports_definitions_that_cannot_be_run(grade):
    """A definition that fails is told with its own error; one that hangs fails every check."""
    report = grade(CORRECT.replace("def scale(X, factor)", "def scale(X, factor=nothing)"))
    facts = _checks(report)["scale_matrix"].facts
    assert (facts["kind"], facts["type"], facts["line"]) == ("undefined", "NameError", 4)
    report = grade(
        "LIMIT = sum(1 for _ in range(10**12))\n" + CORRECT.replace("factor * X", "LIMIT")
    )
    facts = _checks(report)["bounds_of_matrix"].facts
    assert facts["kind"] == "time"
    assert sentences(facts)[0].startswith("the code outside of your functions had not finished")


def test_grade_bounds_what_a_task_may_take_and_charges_no_other(grade, small_course):
    """Calls that each end just within their limit use up their task's time, and no other's."""
    checks = "from dlcnn.grading import check, expect_scalar\n"
    checks += "".join(
        f"\n@check(task={task!r}, points=1)\ndef {task}_{number}(student, rng):\n"
        f'    """{task} is called"""\n    expect_scalar("y", student.{task}({arguments}), 1.0)\n'
        for task, arguments in (
            ("scale", "1.0, 1.0"),
            ("shift", "1.0, 1.0, 0.0"),
            ("bounds", "1.0"),
        )
        for number in range(30 if task == "scale" else 1)
    )
    spec = small_course.folder / "assignment.toml"
    spec.write_text(spec.read_text().replace("wall_seconds = 1.0", "wall_seconds = 0.2"))
    small_course.write(checks=checks)
    slow = "import time\ndef scale(X, factor):\n    time.sleep(0.15)\n    return X\n"
    report = grade(slow + "def shift(X, factor, offset):\n    return X\n")
    marked = _tasks(report)["scale"].checks
    assert (marked[0].status, marked[-1].status) == ("PASS", "FAIL")
    assert sentences(marked[-1].facts)[0].startswith("scale was not called")
    assert _tasks(report)["shift"].status == "PASS"
    assert report.seconds < 4


@pytest.mark.parametrize(
    "text",
    [
        CORRECT.replace("return factor * X", 'del globals()["bounds"]; return factor * X'),
        CORRECT + "\nclass Gone:\n    del globals()['bounds']\n",
    ],
)
def test_grade_tells_a_function_that_was_removed(grade, text):
    """A function that is gone when it is called is told, and can be shown."""
    facts = _checks(grade(text))["bounds_of_matrix"].facts
    assert sentences(facts) == [
        "bounds could not be defined: NameError: bounds was defined and then removed"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def shift(X, factor, offset)", "keep = scale\ndef shift(X, factor, offset)"),
        ("offset):", "offset, keep=scale):"),
    ],
)
def test_grade_follows_through_an_alias_of_a_helper(grade, old, new):
    """However a task calls its helper, the grader's answer stands for it."""
    text = CORRECT.replace("return factor * X", "return factor + X").replace(old, new)
    report = grade(text.replace("return scale(", "return keep("))
    assert _tasks(report)["scale"].status == "FAIL"
    assert (_tasks(report)["shift"].status, _tasks(report)["shift"].spoiled_by) == (
        "PASS",
        ("scale",),
    )


def test_grade_answers_for_failed_helpers_and_for_nothing_else(grade):
    """Asking the grader for the very task that is judged gains nothing."""
    text = CORRECT.replace("return factor * X", "return factor + X").replace(
        "return scale(X, factor) + offset",
        """ask = next(cell.cell_contents for cell in scale.__closure__
               if hasattr(cell.cell_contents, "_stub"))
    return ask._stub("shift")(X, factor, offset)""",
    )
    shift = _tasks(grade(text))["shift"]
    assert (shift.status, shift.score) == ("FAIL", 0)


def test_grade_words_what_a_helper_refuses_as_the_helpers_own_error(grade):
    """A wrong call of an answered helper is told as Python would tell it."""
    text = CORRECT.replace("return factor * X", "return factor + X")
    facts = _checks(grade(text.replace("scale(X, factor) +", "scale(X) +")))["shift_matrix"].facts
    assert facts["type"] == "TypeError"
    assert "UpstreamError" not in json.dumps(facts)


def test_grade_is_the_same_twice_and_differs_between_students(
    grade, small_course, zygote, tmp_path
):
    """Same submission, same bytes; another student, check input or seed text, other numbers."""
    wrong = CORRECT.replace("return factor * X", "return X")
    first, second, reseeded = grade(wrong), grade(wrong), grade(wrong, seed_text="resit")
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())
    path = tmp_path / "ada.py"
    other = grade_submission(small_course.exam(), path, "bob", zygote, shown_path="ada.py")
    yours = {_checks(report)["scale_matrix"].facts["yours"] for report in (first, reseeded, other)}
    assert len(yours) == 3


def test_grade_blames_the_course_for_a_check_that_breaks_on_the_solution(grade, small_course):
    """A broken check is the grader's own ERROR: no points, and the run is told to fail."""
    small_course.write(
        checks='''
        from dlcnn.grading import check, expect_array, expect_scalar

        @check(task="scale", points=1)
        def scale_matrix(student, rng):
            """scale multiplies"""
            expect_array("Y", student.scale(rng.typo((2, 3)), 3.0), 0)

        @check(task="shift", points=1)
        def shift_matrix(student, rng):
            """shift sums up to more than nothing"""
            X = rng.standard_normal((2, 3))
            expect_scalar("sum", student.shift(X, 2.0, 1.0).sum(), (X * 2.0 + 1.0).sum())

        @check(task="bounds", points=1)
        def bounds_of_matrix(student, rng):
            """bounds finds both ends"""
            expect_scalar("least", student.bounds(rng.random((2, 2)))[0], 0.5, atol=0.5)
        '''
    )
    report = grade(CORRECT.replace("scale(X, factor) + offset", "'done'"))
    checks = _checks(report)
    assert (checks["scale_matrix"].status, report.status) == ("ERROR", "error")
    assert checks["shift_matrix"].status == "FAIL"
    assert checks["shift_matrix"].facts["received"] == "a string"


def test_grade_reads_files_that_are_none(small_course, zygote, tmp_path):
    """What is no script or notebook is unreadable, in one sentence, at no points."""
    path = tmp_path / "ada.ipynb"
    path.write_bytes(b"\x89PNG not a notebook")
    report = grade_submission(small_course.exam(), path, "ada", zygote, shown_path="ada.ipynb")
    assert (report.status, report.score, report.max_score) == ("unreadable", 0, 10)
    assert len(report.notes) == 1
    assert replace(report, seconds=0) == report
