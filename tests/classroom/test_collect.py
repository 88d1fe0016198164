"""Which submissions a path holds: files, folders, sub-folders, and what is none."""

from pathlib import Path

import pytest

from dlcnn.classroom.collect import collect
from dlcnn.errors import DlcnnError


@pytest.fixture
def folder(tmp_path):
    """A folder to hand in to, with a way to put files there."""

    class Folder:
        path = tmp_path / "submissions"

        def put(self, *names):
            for name in names:
                target = self.path / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text("x = 1\n", encoding="utf-8")

        def collect(self, *paths):
            return collect(paths or [self.path], "conv")

    made = Folder()
    made.path.mkdir()
    return made


def _seen(collected):
    return [(found.student, found.shown_path) for found in collected.submissions]


def test_collect_takes_files_by_their_stem(folder):
    """A file is a submission; its stem is the student, its name the path shown."""
    folder.put("bo.ipynb", "ada.py")
    assert _seen(folder.collect(folder.path / "bo.ipynb", folder.path / "ada.py")) == [
        ("ada", "ada.py"),
        ("bo", "bo.ipynb"),
    ]


def test_collect_takes_files_and_sub_folders_of_a_folder_sorted_by_student(folder):
    """Each notebook, script and sub-folder is a submission."""
    folder.put("zoe.ipynb", "ada/conv.ipynb", "bo.py", "cy/homework.py")
    collected = folder.collect()
    assert _seen(collected) == [
        ("ada", "ada/conv.ipynb"),
        ("bo", "bo.py"),
        ("cy", "cy/homework.py"),
        ("zoe", "zoe.ipynb"),
    ]
    assert collected.notes == ()


def test_collect_prefers_the_assignments_name_in_a_sub_folder(folder):
    """`ID.ipynb`, else `ID.py`, wins over other files, which are noted."""
    folder.put("ada/conv.py", "ada/draft.ipynb", "bo/conv.ipynb", "bo/conv.py")
    collected = folder.collect()
    assert _seen(collected) == [("ada", "ada/conv.py"), ("bo", "bo/conv.ipynb")]
    assert collected.notes == (
        "ada/conv.py: graded; draft.ipynb beside it ignored",
        "bo/conv.ipynb: graded; conv.py beside it ignored",
    )


def test_collect_takes_the_only_notebook_beside_helper_scripts(folder):
    """Course folders hold helpers such as public_tests.py beside the notebook."""
    folder.put("ada/week1.ipynb", "ada/public_tests.py", "ada/test_utils.py")
    collected = folder.collect()
    assert _seen(collected) == [("ada", "ada/week1.ipynb")]
    assert "public_tests.py, test_utils.py beside it ignored" in collected.notes[0]


@pytest.mark.parametrize("names", [["a.ipynb", "b.ipynb"], ["a.py", "b.py"], ["notes.txt"]])
def test_collect_leaves_a_sub_folder_without_one_submission_unreadable(folder, names):
    """Nothing to choose by: the student is listed, with a sentence that says what to do."""
    folder.put(*(f"ada/{name}" for name in names))
    (found,) = folder.collect().submissions
    assert found.student == "ada"
    assert found.shown_path == "ada"
    assert "one notebook or script, or conv.ipynb" in found.problem


def test_collect_notes_other_files(folder):
    """What is no submission is ignored and said so."""
    folder.put("ada.py", "grades.csv", ".DS_Store", "__pycache__/ada.pyc")
    collected = folder.collect()
    assert _seen(collected) == [("ada", "ada.py")]
    assert sorted(note.split(":")[0] for note in collected.notes) == [
        ".DS_Store",
        "__pycache__",
        "grades.csv",
    ]


def test_collect_takes_a_link_to_be_read_as_one(folder, tmp_path):
    """A link is listed, never followed into another folder."""
    folder.put("ada.py")
    (tmp_path / "elsewhere").mkdir()
    (folder.path / "bo").symlink_to(tmp_path / "elsewhere")
    assert [found.path.name for found in folder.collect().submissions] == ["ada.py", "bo"]


@pytest.mark.parametrize("names", [["ada.py", "ada.ipynb"], ["ada.py", "ada/conv.py"]])
def test_collect_refuses_a_student_twice_and_names_both(folder, names):
    """Two files of one student: the teacher decides which counts."""
    folder.put(*names)
    with pytest.raises(DlcnnError, match="a student hands in once") as refusal:
        folder.collect()
    assert str(folder.path / "ada.py") in str(refusal.value)
    assert "student=ada" in str(refusal.value)


def test_collect_refuses_what_is_not_there(folder):
    """A path that does not exist and a folder without submissions are wrong usage."""
    with pytest.raises(DlcnnError, match="does not exist"):
        folder.collect(folder.path / "nowhere")
    with pytest.raises(DlcnnError, match="there is none"):
        folder.collect()


def test_collect_makes_names_printable(folder):
    """A name that could steer a terminal, or is no text at all, is shown harmlessly."""
    folder.put("a\x1b[31m\udcff.py")
    assert _seen(folder.collect()) == [("a\ufffd[31m\ufffd", "a\ufffd[31m\ufffd.py")]


def test_collect_takes_the_same_file_twice_for_one(folder, monkeypatch):
    """Named in two ways, or once more in its folder: one submission, and its notes once."""
    folder.put("ada.py", "notes.txt")
    monkeypatch.chdir(folder.path)
    ada = folder.path / "ada.py"
    collected = folder.collect(ada, Path("ada.py"), Path("../submissions/ada.py"), Path(), Path())
    assert _seen(collected) == [("ada", "ada.py")]
    assert len(collected.notes) == 1


def test_collect_keeps_a_link_apart_from_its_file(folder):
    """What a link points to is somebody else's file: the two are never taken for one."""
    folder.put("ada.py")
    (folder.path / "links").mkdir()
    (folder.path / "links" / "ada.py").symlink_to(folder.path / "ada.py")
    with pytest.raises(DlcnnError, match="a student hands in once"):
        folder.collect(folder.path / "ada.py", folder.path / "links" / "ada.py")


def test_collect_takes_whose_it_is_from_the_caller(folder):
    """A name for one submission, whatever its file is called; for several it is wrong usage."""
    folder.put("ada/conv.py", "bo.py")
    collected = collect([folder.path / "ada" / "conv.py"], "conv", "ada")
    assert _seen(collected) == [("ada", "conv.py")]
    with pytest.raises(DlcnnError, match=r"--student: .* Received 2 submissions"):
        collect([folder.path], "conv", "ada")


def _shared(collected):
    return {found.student: found.shared_folder for found in collected.submissions}


def test_collect_tells_whose_folder_is_shared(folder):
    """A trained model beside a submission may be anybody's in a folder of many."""
    folder.put("ada/conv.ipynb", "bo.py", "cy.py", "alone/dee.py")
    assert _shared(folder.collect()) == {"ada": False, "alone": False, "bo": True, "cy": True}
    bo, cy, dee = (folder.path / name for name in ("bo.py", "cy.py", "alone/dee.py"))
    assert _shared(folder.collect(bo, cy, dee)) == {"bo": True, "cy": True, "dee": False}
    assert _shared(folder.collect(bo)) == {"bo": False}


def test_collect_notes_a_model_that_is_nobodys(folder):
    """A file named after a student is part of what is handed in, one without a student is not."""
    folder.put("ada.py", "ada_m.keras", "bo_m.keras", "m.keras", "bo/conv.py", "bo/m.keras")
    collected = collect([folder.path], "conv", model_files=["m.keras"])
    assert collected.notes == (
        "bo_m.keras: ignored, neither a notebook nor a script",
        "m.keras: ignored; here it is named after a student",
    )
