"""A new assignment to start from."""

import numpy as np
import pytest

from dlcnn.course.discover import find_course
from dlcnn.course.new import new_assignment
from dlcnn.course.spec import CourseError
from dlcnn.course.submission import functions_of, is_attempted, read_submission
from dlcnn.course.template import stale
from tests.course.submission.conftest import run


def test_new_assignment_makes_a_course(tmp_path):
    """In an empty folder: both folders, in-step templates, a secret that Git does not take."""
    written = new_assignment(tmp_path, "first_steps")
    course = find_course(tmp_path)
    assert [assignment.id for assignment in course.assignments] == ["first_steps"]
    assert stale(course.assignments[0]) == []
    assert all(path.is_file() for path in written)
    assert (tmp_path / "graders" / ".secret").is_file()
    assert (tmp_path / "graders" / ".gitignore").read_text() == ".secret\n"
    everything = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert everything == {*written, tmp_path / "graders" / ".secret"}


def test_new_assignment_has_a_working_solution_and_an_open_template(tmp_path):
    """The example is an example: solved on one side, to be done on the other."""
    new_assignment(tmp_path, "first_steps")
    assignment = find_course(tmp_path).assignment("first_steps")
    solution = read_submission(assignment.solution_path)
    X = np.arange(6.0).reshape(2, 3)
    centered = run(solution)["center_columns"](X)
    assert centered.tolist() == [[-1.5] * 3, [1.5] * 3]
    for suffix in (".py", ".ipynb"):
        template = read_submission(assignment.template_path(suffix))
        given = functions_of(assignment.template_path(".py").read_text())["center_columns"]
        assert template.marker == "first_steps"
        assert not is_attempted(template.functions["center_columns"], given)
        assert not is_attempted(template.functions["center_columns"], None)
    assert is_attempted(solution.functions["center_columns"], given)


def test_new_assignment_comes_last(small_course):
    """In a course that exists it is added after the others, whose secret stays."""
    secret = small_course.load().secret()
    new_assignment(small_course.root, "a-second")
    course = small_course.load()
    assert [assignment.id for assignment in course.assignments] == ["scaling", "a-second"]
    assert course.assignment("a-second").spec.title == "A second"
    assert course.secret() == secret


def test_new_assignment_overwrites_nothing(small_course):
    """Neither folder may exist."""
    before = {path: path.read_bytes() for path in small_course.root.rglob("*") if path.is_file()}
    with pytest.raises(CourseError, match="overwrites nothing"):
        new_assignment(small_course.root, "scaling")
    (small_course.root / "graders" / "half").mkdir()
    with pytest.raises(CourseError, match="graders/half"):
        new_assignment(small_course.root, "half")
    after = {path: path.read_bytes() for path in small_course.root.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize("id_", ["", "../up", "a b", "-x", ".hidden", "a/b", "é"])
def test_new_assignment_needs_a_folder_name(tmp_path, id_):
    """Ids stand in commands, paths and markers."""
    with pytest.raises(CourseError, match="course new: an id has letters"):
        new_assignment(tmp_path, id_)
    assert not list(tmp_path.iterdir())
