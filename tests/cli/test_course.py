"""`dlcnn course`: what an author sees."""


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
