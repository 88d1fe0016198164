"""Which files a data set lies in."""

import pytest

from dlcnn.data import DataError
from dlcnn.data.folder import file_names, find_files, names_in


def _touch(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()


def test_file_names_are_the_course_s():
    """By the name of the data set, but for the cats'."""
    assert file_names("signs") == ("train_signs.h5", "test_signs.h5")
    assert file_names("cats") == ("train_catvnoncat.h5", "test_catvnoncat.h5")


def test_find_files_in_the_folder_and_below(tmp_path):
    """The folder itself comes before `datasets/` in it."""
    _touch(tmp_path / "datasets", "train_signs.h5", "test_signs.h5")
    assert find_files("signs", tmp_path)[0].parent == tmp_path / "datasets"
    _touch(tmp_path, "train_signs.h5", "test_signs.h5")
    assert find_files("signs", tmp_path) == (
        tmp_path / "train_signs.h5",
        tmp_path / "test_signs.h5",
    )


def test_find_files_gives_none_without_any(tmp_path):
    """Also for names that are paths to elsewhere."""
    _touch(tmp_path, "train_signs.h5", "test_signs.h5", "train_x.h5", "test_x.h5")
    (tmp_path / "train_").mkdir()
    assert find_files("happy", tmp_path) is None
    for name in ("../x", "/x", "", "x" * 5000, "x\0"):
        assert find_files(name, tmp_path) is None


@pytest.mark.parametrize("present", ["train", "test"])
def test_find_files_says_which_one_is_missing(tmp_path, present):
    """One file of two is a mistake, not a reason to look elsewhere."""
    _touch(tmp_path, f"{present}_catvnoncat.h5")
    missing = {"train": "test", "test": "train"}[present]
    with pytest.raises(DataError, match=rf"Received no {missing}_catvnoncat\.h5"):
        find_files("cats", tmp_path)


@pytest.mark.parametrize("name", ["nothing", "file"])
def test_find_files_takes_a_folder(tmp_path, name):
    """A file, or nothing, is told so."""
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=f"{name}: data lie in a folder"):
        find_files("signs", tmp_path / name)
    with pytest.raises(DataError, match=f"{name}: data lie in a folder"):
        names_in(tmp_path / name)


def test_names_in_lists_what_lies_there(tmp_path):
    """Once each, by the names that `load` takes; other files are none."""
    _touch(tmp_path, "train_signs.h5", "test_signs.h5", "notes.txt", "train_catvnoncat.h5")
    _touch(tmp_path / "datasets", "train_signs.h5", "train_flowers.h5")
    assert names_in(tmp_path) == ("cats", "flowers", "signs")
