"""Is a course sound? Each broken promise is one finding; a sound course has none."""

import json
import re
import shutil

import pytest

from dlcnn.grading.audit import audit

MISTAKES = """
[[mistake]]
id = "adds"
task = "scale"
find = "X * factor"
replace = "X + factor"
text = "your numbers are exactly those of X plus the factor: multiply"

[[mistake]]
id = "loses_sign"
task = "scale"
find = "X * factor"
replace = "X * abs(factor)"
text = "your numbers are exactly those of a factor without its sign: leave it as it is"

[[mistake]]
id = "subtracts"
task = "shift"
find = "+ offset"
replace = "- offset"
text = "your numbers are exactly those of an offset that is taken off: add it"
"""


@pytest.fixture
def course(small_course):
    """The small course with known mistakes."""
    small_course.write(mistakes=MISTAKES)
    return small_course


def _findings(course):
    return audit(course.load())


def _only(course):
    found = _findings(course)
    assert len(found) == 1, "\n".join(found)
    return found[0]


def _change(course, name, old, new):
    """Change one text in a file of the grader's."""
    path = course.grader / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_audit_finds_nothing_in_a_sound_course(course):
    """Templates, solution, hand-out and mistakes keep all promises."""
    assert _findings(course) == []


def test_audit_needs_no_known_mistakes(small_course):
    """An assignment without mistakes.toml is as sound."""
    assert _findings(small_course) == []


@pytest.mark.parametrize("name", ["template.py", "template.ipynb"])
def test_audit_finds_a_stale_template(course, name):
    """A template that was changed by hand is named, with the command that mends it."""
    path = course.folder / name
    path.write_text(path.read_text("utf-8").replace("Scaling", "Skaling"), encoding="utf-8")
    found = _only(course)
    assert name in found
    assert "dlcnn course sync" in found


def test_audit_finds_a_solution_that_fails(course):
    """The failing check and what it saw are told, for every student that shows it."""
    _change(course, "checks.py", "X * 2.0 + 1.0)", "X * 2.0 + 1.5)")
    found = _findings(course)
    assert len(found) == 3
    assert all("solution.py" in each and "shift_matrix" in each for each in found)
    assert "values differ" in found[0]


def test_audit_finds_a_check_that_breaks(course):
    """A fault of a check's own is told as such."""
    _change(course, "checks.py", "X.min())", "X.least())")
    assert any("Received ERROR in bounds_of_matrix" in each for each in _findings(course))


def test_audit_finds_a_template_that_earns(course):
    """A template with an answer in it is told with the checks that it passes."""
    path = course.folder / "template.ipynb"
    text, changed = re.subn(
        r'raise NotImplementedError\(\\"task scale[^)]*\)',
        "return factor * X",
        path.read_text(encoding="utf-8"),
    )
    assert changed == 1
    path.write_text(text, encoding="utf-8")
    stale, *earned = _findings(course)
    assert "equals what solution.py gives" in stale
    assert [each.partition("Received ")[2].partition(".")[0] for each in earned] == [
        "PASS in scale_matrix",
        "PASS in scale_negative",
    ]


@pytest.mark.parametrize("indent", ["", "    ", "# "])
def test_audit_finds_an_answer_in_the_handout(course, indent):
    """A line of the solution in README.md is told, however it stands there."""
    readme = course.folder / "README.md"
    text = f"# Scaling\n\n{indent}return scale(X, factor) + offset\n"
    readme.write_text(text, encoding="utf-8")
    found = _only(course)
    assert "README.md" in found
    assert "the line 'return scale(X, factor) + offset'" in found


def test_audit_finds_an_answer_in_a_file_beside_the_template(course):
    """Everything in the assignment's folder is handed out, notebooks too."""
    cell = {"cell_type": "code", "source": ["x = 1\n", "return scale(X, factor) + offset"]}
    path = course.folder / "extra.ipynb"
    path.write_text(json.dumps({"cells": [cell]}, indent=1), encoding="utf-8")
    assert "extra.ipynb" in _only(course)


@pytest.mark.parametrize(
    "line", ["we look whether scale takes a\nnegative factor, too", "see `scale_negative`"]
)
def test_audit_finds_a_hidden_check_in_the_handout(course, line):
    """Title and name of a hidden check stay with the teacher, also in the middle of a text."""
    (course.folder / "README.md").write_text(f"# Scaling\n{line}\n", encoding="utf-8")
    assert "students get nothing of a solution or a hidden check" in _only(course)


def test_audit_leaves_other_words_alone(course):
    """A longer word that holds a check's name is no leak, and neither is a public title."""
    text = "# Scaling\nscale_negatives, and: scale multiplies every value\n"
    (course.folder / "README.md").write_text(text, encoding="utf-8")
    assert _findings(course) == []


def test_audit_finds_a_mistake_that_no_check_catches(course):
    """A mistake that passes everything is told once, with the check to write."""
    _change(course, "mistakes.toml", '"X + factor"', '"factor * X"')
    found = _only(course)
    assert "mistakes.toml: a mistake fails a check of its task. Received adds" in found


def test_audit_finds_two_mistakes_that_are_not_told_apart(course):
    """Both are named, once."""
    twin = MISTAKES.split("[[mistake]]")[1].replace("adds", "adds_again")
    course.write(mistakes=f"{MISTAKES}\n[[mistake]]{twin}".replace("X + factor", "factor + X", 1))
    found = _only(course)
    assert "Received adds and adds_again" in found


def test_audit_tells_mistakes_apart_by_hidden_checks(course):
    """One answer to a hidden check is difference enough."""
    twin = MISTAKES.split("[[mistake]]")[1].replace("adds", "adds_size")
    twin = twin.replace("X + factor", "X + abs(factor)")
    course.write(mistakes=f"{MISTAKES}\n[[mistake]]{twin}")
    assert _findings(course) == []


def test_audit_finds_a_mistake_left_to_chance(course):
    """What differs from run to run can prove nothing."""
    _change(course, "mistakes.toml", '"X + factor"', '"X + np.random.rand()"')
    assert "Received adds, which gives others when it is run again" in _only(course)


def test_audit_finds_an_edit_that_matches_twice(course):
    """A rule of a file is one finding; the other assignments are still looked at."""
    _change(
        course, "mistakes.toml", 'find = "X * factor"\nreplace = "X + f', 'find = "X"\nreplace = "f'
    )
    found = _only(course)
    assert "mistake adds.find" in found


def test_audit_looks_at_every_assignment(course):
    """One broken assignment hides none of the others."""
    for folder in (course.folder, course.grader):
        shutil.copytree(folder, folder.with_name("again"))
    (course.grader / "checks.py").write_text("import nothing_of_that_name\n", encoding="utf-8")
    found = _findings(course)
    assert any("checks.py can be imported" in each for each in found)
    # The copy's templates carry the other assignment's name.
    assert any(str(course.folder.with_name("again") / "template.py") in each for each in found)


@pytest.mark.parametrize(
    ("content", "received"),
    [
        (None, "No such file"),
        (b" \n", "an empty file"),
        ("Größe".encode("latin-1"), "'utf-8' codec can't decode"),
    ],
    ids=["missing", "empty", "latin-1"],
)
def test_audit_finds_a_hand_out_that_cannot_be_read(course, content, received):
    """Students begin with README.md: it is there, it says something, and it is UTF-8."""
    readme = course.folder / "README.md"
    readme.unlink()
    if content is not None:
        readme.write_bytes(content)
    found = _only(course)
    assert found.startswith(f"{readme}: ")
    assert f"Received {received}" in found
