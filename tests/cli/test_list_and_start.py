"""A student's first two commands."""

import json
import re

import pytest


def test_list_names_each_assignment(dlcnn):
    """Id, title, tasks and points."""
    done = dlcnn("list")
    assert done.returncode == 0
    assert re.search(r"scaling +Scaling +3 +10 \+ 4 optional", done.stdout)


def test_list_of_no_course_is_wrong_usage(dlcnn, tmp_path):
    """A folder that is no course is named in the message."""
    done = dlcnn("list", "--course", tmp_path / "nothing", course=False)
    assert done.returncode == 2
    assert "nothing" in done.stderr
    assert "Traceback" not in done.stderr


def test_start_copies_the_hand_out_and_the_notebook(dlcnn, small_course, tmp_path):
    """Into a folder named after the assignment, ready to open."""
    done = dlcnn("start", "scaling")
    assert done.returncode == 0
    notebook = tmp_path / "scaling" / "scaling.ipynb"
    assert json.loads(notebook.read_text(encoding="utf-8"))["nbformat"] == 4
    assert (tmp_path / "scaling" / "README.md").read_text(encoding="utf-8") == "# Scaling\n"
    template = small_course.load().assignment("scaling").template_path(".ipynb")
    assert notebook.read_bytes() == template.read_bytes()


def test_start_copies_a_script_to_a_folder_of_choice(dlcnn, tmp_path):
    """`--script` gives a .py instead, and DIR may have any name."""
    assert dlcnn("start", "scaling", "my work", "--script").returncode == 0
    assert sorted(path.name for path in (tmp_path / "my work").iterdir()) == [
        "README.md",
        "scaling.py",
    ]


def test_start_never_overwrites(dlcnn, tmp_path):
    """A file of the student's stays as it is, and nothing else is copied either."""
    work = tmp_path / "scaling" / "scaling.ipynb"
    work.parent.mkdir()
    work.write_text("mine", encoding="utf-8")
    done = dlcnn("start", "scaling")
    assert done.returncode == 2
    assert "scaling.ipynb, which exists" in done.stderr
    assert work.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "scaling" / "README.md").exists()


def test_start_of_an_unknown_assignment_is_wrong_usage(dlcnn):
    """The message names what there is."""
    done = dlcnn("start", "scalling")
    assert done.returncode == 2
    assert "scaling" in done.stderr


def test_start_then_check_is_not_attempted(dlcnn, tmp_path):
    """An untouched template is no failure, and finds its assignment by its marker."""
    dlcnn("start", "scaling")
    done = dlcnn("check", tmp_path / "scaling" / "scaling.ipynb")
    assert done.returncode == 0
    assert "not attempted" in done.stdout


@pytest.mark.parametrize(
    ("content", "received"), [(None, "No such file"), (b"\xff", "'utf-8' codec can't decode")]
)
def test_start_of_an_assignment_without_its_hand_out_is_a_sentence(
    dlcnn, small_course, tmp_path, content, received
):
    """The file is named, and nothing is copied."""
    readme = small_course.folder / "README.md"
    readme.unlink()
    if content is not None:
        readme.write_bytes(content)
    done = dlcnn("start", "scaling")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{readme}: ")
    assert f"Received {received}" in done.stderr
    assert not (tmp_path / "scaling").exists()


@pytest.mark.parametrize("folder", ["a file", "a file/work"])
def test_start_refuses_a_folder_that_cannot_be_made(dlcnn, tmp_path, folder):
    """A file of that name, or above it: wrong usage in a sentence, and the file stays."""
    (tmp_path / "a file").write_text("mine", encoding="utf-8")
    done = dlcnn("start", "scaling", folder)
    assert done.returncode == 2
    assert done.stderr.startswith("start: it names a ")
    assert f"Received {folder}" in done.stderr
    assert (tmp_path / "a file").read_text(encoding="utf-8") == "mine"
