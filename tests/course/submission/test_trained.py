"""The model file beside a submission: whose it is, and what is taken of it."""

import os

import pytest

from dlcnn.course.submission.trained import (
    MAX_MODEL_BYTES,
    UnusableModelFile,
    model_file_of,
    read_model_file,
)


@pytest.fixture
def submission(tmp_path):
    path = tmp_path / "ada.ipynb"
    path.touch()
    return path


def test_model_file_is_the_one_named_after_the_submission_where_there_is_one(submission, tmp_path):
    """Else the plain name; a link counts as a file, so that it is refused and not passed over."""
    assert model_file_of(submission, "m.keras") == tmp_path / "m.keras"
    (tmp_path / "ada_m.keras").symlink_to("/nowhere")
    assert model_file_of(submission, "m.keras") == tmp_path / "ada_m.keras"


def test_model_file_without_a_name_is_nobodys_in_a_shared_folder(submission, tmp_path):
    """A plain file there would be everybody's."""
    (tmp_path / "m.keras").touch()
    found = model_file_of(submission, "m.keras", shared_folder=True)
    assert found == tmp_path / "ada_m.keras"
    assert read_model_file(found) is None


def test_model_file_is_read_as_it_is(tmp_path):
    """Bytes, up to the limit and no further."""
    path = tmp_path / "m.keras"
    path.write_bytes(b"\x80any bytes")
    assert read_model_file(path) == b"\x80any bytes"
    assert read_model_file(path, 10) == b"\x80any bytes"
    with pytest.raises(UnusableModelFile, match=r"m\.keras is larger than 0 MB"):
        read_model_file(path, 9)
    os.truncate(path, MAX_MODEL_BYTES + 1)
    with pytest.raises(UnusableModelFile, match="larger than 60 MB"):
        read_model_file(path)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.symlink_to("/etc/passwd"), "a link to another file"),
        (lambda path: path.mkdir(), "is not a file"),
        (os.mkfifo, "is not a file"),
        (lambda path: path.touch(), "is empty"),
    ],
    ids=["link", "folder", "pipe", "empty"],
)
def test_what_is_no_file_is_refused(tmp_path, make, says):
    """One sentence, without waiting for what never comes; no descriptor stays open."""
    path = tmp_path / "m.keras"
    make(path)
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208  a folder of this process's own
    with pytest.raises(UnusableModelFile, match=says):
        read_model_file(path)
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208
