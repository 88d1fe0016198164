"""`dlcnn course`: what an author sees."""

import pytest


def test_course_check_accepts_a_sound_course(dlcnn):
    """Exit 0 and the assignments that were looked at."""
    done = dlcnn("course", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sound: scaling" in done.stdout


def test_course_check_refuses_a_broken_course(dlcnn, small_course):
    """Exit 1 and each broken promise."""
    template = small_course.load().assignment("scaling").template_path(".py")
    template.write_text("# changed by hand\n", encoding="utf-8")
    done = dlcnn("course", "check")
    assert done.returncode == 1
    assert "template.py" in done.stdout


def test_course_sync_writes_the_templates_that_changed(dlcnn, small_course):
    """Once they are written there is nothing left to do."""
    template = small_course.load().assignment("scaling").template_path(".py")
    right = template.read_bytes()
    template.write_text("# changed by hand\n", encoding="utf-8")
    done = dlcnn("course", "sync")
    assert done.returncode == 0
    assert "template.py" in done.stdout
    assert template.read_bytes() == right
    assert "every template is up to date" in dlcnn("course", "sync").stdout


def test_course_new_begins_an_assignment_that_is_sound(dlcnn, tmp_path):
    """From nothing to a course that passes its own check in one command."""
    root = tmp_path / "mine"
    root.mkdir()
    done = dlcnn("course", "new", "first_steps", "--course", root, course=False)
    assert done.returncode == 0, done.stderr
    assert (root / "graders" / "first_steps" / "solution.py").is_file()
    done = dlcnn("course", "check", "--course", root, course=False)
    assert done.returncode == 0, done.stdout
    done = dlcnn("course", "new", "first_steps", "--course", root, course=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_course_check_refuses_a_course_that_cannot_be_loaded(dlcnn, small_course):
    """A typo in assignment.toml is a finding like any other: exit 1."""
    spec = small_course.folder / "assignment.toml"
    small_course.write(spec=spec.read_text(encoding="utf-8").replace("order =", "odrer ="))
    done = dlcnn("course", "check")
    assert done.returncode == 1, done.stderr
    assert "assignment.toml: " in done.stdout
    assert "Traceback" not in done.stderr


def test_course_check_of_no_course_is_wrong_usage(dlcnn, tmp_path):
    """Nothing to find anything in: exit 2, as of every other command."""
    done = dlcnn("course", "check", "--course", tmp_path / "submissions", course=False)
    assert done.returncode == 2
    assert "a course is a folder with assignments/ and graders/" in done.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from dlcnn.grading import", "import sys\nsys.exit(0)\nfrom dlcnn.grading import"),
        ("smallest, largest = student.bounds(X)", "raise SystemExit(0)"),
    ],
    ids=["at import", "in a check"],
)
def test_course_check_of_checks_that_exit_is_never_sound(dlcnn, small_course, old, new):
    """`sys.exit(0)` in a course's file ends nothing silently."""
    checks = (small_course.grader / "checks.py").read_text(encoding="utf-8")
    assert old in checks
    small_course.write(checks=checks.replace(old, new))
    done = dlcnn("course", "check")
    assert done.returncode in (1, 3)
    assert "SystemExit" in done.stdout + done.stderr
