"""The course's files: read as they are, written as the course reads them, refused in a sentence."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from dlcnn.data import DataError, h5
from tests.data.conftest import make_dataset


def test_read_split_of_the_course(course_happy):
    """Its images of 64 x 64 x 3 as HDF5 itself reads them, labels 0 and 1."""
    split, class_names = h5.read_split(course_happy, "test")
    with h5py.File(course_happy, "r") as file:
        np.testing.assert_array_equal(split.images, np.array(file["test_set_x"][:]))
        np.testing.assert_array_equal(split.labels, np.array(file["test_set_y"][:]))
    assert (split.images.shape[1:], class_names) == ((64, 64, 3), ("0", "1"))
    assert h5.read_header(course_happy, "test") == h5.Header(len(split), ("0", "1"))


def test_read_split_of_the_course_as_the_other_part(course_happy):
    """Its keys are named instead."""
    with pytest.raises(DataError, match=r"keys train_set_x.*'test_set_x', 'test_set_y'"):
        h5.read_split(course_happy, "train")


@pytest.mark.parametrize("class_names", [("0", "1", "2"), ("cup", "jug", "tür"), ("1", "2", "3")])
@pytest.mark.parametrize("channels", [1, 3])
def test_write_then_read_gives_the_same(tmp_path, channels, class_names):
    """Images, labels and names are equal, grey or in colour."""
    dataset = make_dataset(class_names=class_names, channels=channels)
    train, test = h5.write(dataset, tmp_path / "new" / "folder")
    assert (train.name, test.name) == ("train_small.h5", "test_small.h5")
    again = h5.read("small", train, test)
    assert again.digest() == dataset.digest()
    assert again.info["source"] == str(tmp_path / "new" / "folder")
    assert h5.read_header(train, "train") == h5.Header(12, class_names)


def test_paths_may_be_text(tmp_path):
    """Every function takes what `open` takes."""
    dataset = make_dataset()
    train, test = map(str, h5.write(dataset, str(tmp_path / "new")))
    assert h5.read("small", train, test).digest() == dataset.digest()
    assert len(h5.read_split(train, "train")[0]) == h5.read_header(train, "train").count == 12
    with pytest.raises(DataError, match="no_such_file: the file can be read"):
        h5.read_split("no_such_file", "train")


def _load_as_the_course_does(folder):
    """Reads what its notebooks do: arrays of each key, labels as a row."""
    with h5py.File(folder / "train_catvnoncat.h5", "r") as train:
        x_train = np.array(train["train_set_x"][:])
        y_train = np.array(train["train_set_y"][:])
    with h5py.File(folder / "test_catvnoncat.h5", "r") as test:
        x_test = np.array(test["test_set_x"][:])
        y_test = np.array(test["test_set_y"][:])
        classes = np.array(test["list_classes"][:])
    y_train = y_train.reshape((1, y_train.shape[0]))
    return x_train, y_train, x_test, y_test.reshape((1, y_test.shape[0])), classes


def test_write_is_read_by_the_course(tmp_path):
    """Its loader finds its keys, its types and, for cats, `classes[0].decode()`."""
    dataset = make_dataset("cats", ("non-cat", "cat"))
    h5.write(dataset, tmp_path)
    x_train, y_train, x_test, y_test, classes = _load_as_the_course_does(tmp_path)
    np.testing.assert_array_equal(x_train, dataset.train.images)
    np.testing.assert_array_equal(y_train, dataset.train.labels[np.newaxis])
    np.testing.assert_array_equal(x_test, dataset.test.images)
    np.testing.assert_array_equal(y_test, dataset.test.labels[np.newaxis])
    assert (x_train.dtype, y_train.dtype, classes.dtype) == (np.uint8, np.int64, np.dtype("S7"))
    assert classes[0].decode() == "non-cat"


def test_write_numbers_the_classes_of_signs(tmp_path):
    """Classes "0", "1", ... are integers, as in the course."""
    path, _ = h5.write(make_dataset(class_names=("0", "1", "2")), tmp_path)
    with h5py.File(path, "r") as file:
        np.testing.assert_array_equal(file["list_classes"][:], [0, 1, 2])


_WRITE_WITHOUT_ROOM = """
import resource, signal, sys
from pathlib import Path
from dlcnn.data import DataError, h5
from tests.data.conftest import make_dataset
dataset = make_dataset(counts=(12, 6))
large = make_dataset(counts=(900, 6))
h5.write(dataset, Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    h5.write(large, Path(sys.argv[1]))
except DataError as error:
    print(error)
"""


def test_write_without_room_keeps_the_old_files(tmp_path):
    """One sentence, and no half file takes the place of a whole one."""
    done = subprocess.run(
        [sys.executable, "-c", _WRITE_WITHOUT_ROOM, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"{tmp_path}: train_small.h5 and test_small.h5 can be written")
    assert "Received File too large" in done.stdout
    assert done.stderr == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test_small.h5", "train_small.h5"]
    assert h5.read("small", *(tmp_path / f"{part}_small.h5" for part in ("train", "test")))


@pytest.mark.parametrize("layout", ["contiguous", "chunked", "compressed", "user block"])
def test_read_split_of_every_layout(tmp_path, layout):
    """However HDF5 stores the images, they are the same."""
    images = np.zeros((4, 6, 5, 3), np.uint8)
    images[2, 1, 3, 0] = 200
    options = {
        "chunked": {"chunks": (2, 6, 5, 3), "maxshape": (None, 6, 5, 3)},
        "compressed": {"compression": "gzip"},
    }
    path = tmp_path / "some.h5"
    with h5py.File(path, "w", userblock_size=512 if layout == "user block" else 0) as file:
        file.create_dataset("train_set_x", data=images, **options.get(layout, {}))
        file["train_set_y"], file["list_classes"] = [0, 1, 1, 0], np.array([b"dark", b"bright"])
    split, class_names = h5.read_split(path, "train")
    np.testing.assert_array_equal(split.images, images)
    assert (split.labels.tolist(), class_names) == ([0, 1, 1, 0], ("dark", "bright"))


def test_read_split_follows_a_link_to_a_file(write_h5, tmp_path):
    """Large data are often linked to; only the link's target counts."""
    link = tmp_path / "link.h5"
    link.symlink_to(write_h5())
    assert len(h5.read_split(link, "train")[0]) == 4


def test_read_of_files_with_other_classes(write_h5):
    """Files that do not belong together are named."""
    train = write_h5("train", "train.h5")
    test = write_h5("test", "test.h5", list_classes=np.arange(4))
    with pytest.raises(
        DataError, match=r"test\.h5: both files.*0, 1, 2, 3, and 0, 1, 2 in .*n\.h5"
    ):
        h5.read("some", train, test)


def test_read_of_files_with_other_shapes(write_h5):
    """Images of two shapes are no data set."""
    train = write_h5("train", "train.h5")
    test = write_h5("test", "test.h5", test_set_x=np.zeros((4, 6, 6, 3), np.uint8))
    with pytest.raises(DataError, match=r"\(6, 5, 3\) in train and \(6, 6, 3\) in test"):
        h5.read("some", train, test)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"train_set_x": None}, "the keys train_set_x and so on. Received 'list_classes', 'train"),
        ({"train_set_y": None}, "the keys train_set_y"),
        ({"list_classes": None}, "the keys list_classes"),
        ({"train_set_x": np.zeros((4, 90))}, r"train_set_x: images are numbers"),
        ({"train_set_x": np.zeros((0, 6, 5, 3))}, "train_set_x: it holds values. Received none"),
        ({"train_set_y": h5py.Empty("i8")}, "train_set_y: it holds values. Received none"),
        ({"train_set_x": np.array(["a"], h5py.string_dtype())}, "x: it holds numbers, or bytes"),
        ({"train_set_x": np.zeros((4, 6, 5), [("a", "i8")])}, "x: it holds numbers, or bytes"),
        ({"train_set_y": np.zeros(3)}, r"train_set_y: each of 4 images has one label"),
        ({"train_set_y": np.array([0, 1, 2, 3])}, "train_set_y: a label is the index of one of 3"),
        ({"train_set_y": np.array([0, 1, 2, 0.5])}, "train_set_y: labels are whole numbers"),
        (
            {"train_set_y": np.array(["a"] * 4, h5py.string_dtype())},
            "y: it holds numbers, or bytes",
        ),
        ({"train_set_y": np.array([b"a"] * 4)}, "labels are whole numbers"),
        ({"list_classes": ["a", "b", "c"]}, r"it holds numbers, or bytes.*dtype='S'"),
        ({"list_classes": np.array(7)}, "list_classes: classes are names"),
        ({"list_classes": np.zeros(2**18)}, "at most 1,048,576 bytes"),
    ],
)
def test_read_split_refuses_in_a_sentence(write_h5, arrays, words):
    """What is missing, mislabelled, empty or of another kind is named with its file and key."""
    path = write_h5(**arrays)
    with pytest.raises(DataError, match=words) as caught:
        h5.read_split(path, "train")
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
