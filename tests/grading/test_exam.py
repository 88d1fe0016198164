"""Loading an assignment for grading: what a course's own files may not do."""

import pytest

from dlcnn.course.spec import CourseError
from tests.conftest import SmallCourse

_CHECK = '''
from dlcnn.grading import Domain, check, expect_scalar

@check(task="{task}", points={points})
def first(student, rng):
    """{title}"""
    expect_scalar("y", student.scale(1.0, 2.0), 2.0)
'''


def test_load_exam_knows_what_tasks_take_and_return(small_course):
    """Parameters and returned names come from the solution, so a course writes them once."""
    exam = small_course.exam()
    assert exam.parameters["shift"] == ["X", "factor", "offset"]
    assert exam.returns == {"scale": (), "shift": (), "bounds": ("smallest", "largest")}
    assert exam.max_scores() == (10, 4)


@pytest.mark.parametrize(
    ("checks", "told"),
    [
        (_CHECK.format(task="sclae", points=1, title="t"), "names a task of assignment.toml"),
        (_CHECK.format(task="scale", points=0, title="t"), "more than 0 points"),
        (_CHECK.format(task="scale", points=1, title=""), "has a docstring"),
        (_CHECK.format(task="scale", points=1, title="t"), "every task has a check"),
        (_CHECK.format(task="scale", points=1, title="t") * 2, "first twice"),
        ("import sys; sys.exit(0)", "Received SystemExit"),
        ("raise ValueError('no')", "Received ValueError: no"),
        ("def (", "Received SyntaxError"),
        (
            _CHECK.replace("points={points}", "points=1, domain=Domain(n=(1, 2))")
            .replace("rng)", "rng, *, n=3)")
            .format(task="scale", title="t"),
            "has a domain that holds its own case",
        ),
    ],
)
def test_load_exam_refuses_checks_that_break_a_rule(small_course, checks, told):
    """Each is a sentence that names the file and the rule, and nothing is graded."""
    small_course.write(checks=checks)
    with pytest.raises(CourseError) as refused:
        small_course.exam()
    assert told in str(refused.value)
    assert "checks.py" in str(refused.value)


def test_load_exam_refuses_a_course_among_the_libraries(tmp_path):
    """What lies in site-packages is readable for student code, so no course may lie there."""
    course = SmallCourse(tmp_path / "site-packages" / "teaching")
    with pytest.raises(CourseError, match="apart from Python's libraries"):
        course.exam()


def test_load_exam_refuses_a_solution_that_is_no_text(small_course):
    """A solution that cannot be read is told as such."""
    (small_course.grader / "solution.py").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(CourseError, match=r"solution\.py: the solution is a script"):
        small_course.exam()


def test_check_that_exits_is_the_courses_fault(small_course, zygote, tmp_path):
    """sys.exit in a check ends neither the run nor the report."""
    from dlcnn.grading.engine import grade_submission
    from tests.conftest import CORRECT

    text = (small_course.grader / "checks.py").read_text(encoding="utf-8")
    small_course.write(
        checks=text.replace("    smallest, largest =", "    exit(0)\n    smallest, largest =")
    )
    path = tmp_path / "ada.py"
    path.write_text(CORRECT, encoding="utf-8")
    report = grade_submission(small_course.exam(), path, "ada", zygote, shown_path="ada.py")
    assert report.status == "error"
    assert [task.status for task in report.tasks] == ["PASS", "PASS", "ERROR"]
