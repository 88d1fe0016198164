"""The course's files: read as they are, written as the course reads them, refused in a sentence."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from dlcnn.data import DataError, h5
from tests.data.conftest import make_dataset


def test_read_split_of_a_real_file(real_happy):
    """150 images of 64 x 64 x 3 as HDF5 itself reads them, labels 0 and 1."""
    split, class_names = h5.read_split(real_happy, "test")
    with h5py.File(real_happy, "r") as file:
        np.testing.assert_array_equal(split.images, np.array(file["test_set_x"][:]))
        np.testing.assert_array_equal(split.labels, np.array(file["test_set_y"][:]))
    assert (split.images.shape, class_names) == ((150, 64, 64, 3), ("0", "1"))
    assert h5.read_header(real_happy, "test") == h5.Header(150, ("0", "1"))


def test_read_split_of_a_real_file_as_the_other_part(real_happy):
    """Its keys are named instead."""
    with pytest.raises(DataError, match=r"keys train_set_x.*'test_set_x', 'test_set_y'"):
        h5.read_split(real_happy, "train")


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


@pytest.mark.parametrize("share", [0, 3, 40, 97])
def test_read_split_of_a_cut_file(write_h5, share):
    """A download that broke off: nothing, a few bytes, or almost all."""
    path = write_h5()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * share // 100])
    with pytest.raises(DataError, match=r"damaged or cut one|a file of another kind"):
        h5.read_split(path, "train")


def test_read_split_of_a_damaged_file(write_h5):
    """Wherever a byte is wrong: a data set or a sentence, never another error, never two lines."""
    path = write_h5()
    whole = path.read_bytes()
    messages = []
    for place in np.random.default_rng(0).permutation(len(whole))[:250]:
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            h5.read_split(path, "train")
        except DataError as error:
            messages.append(str(error))
    assert messages
    assert not any("\n" in message for message in messages)


def test_read_split_of_damaged_compression(tmp_path):
    """Pixels that cannot be unpacked are told as damage."""
    path = tmp_path / "some.h5"
    with h5py.File(path, "w") as file:
        images = file.create_dataset("train_set_x", data=np.ones((4, 6, 5, 3)), compression="gzip")
        file["train_set_y"], file["list_classes"] = [0, 1, 1, 0], [0, 1]
        place = images.id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[place : place + 8] = b"\0" * 8
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged or cut one"):
        h5.read_split(path, "train")


@pytest.mark.parametrize("shape", [(2**40, 64, 64, 3), (4, 2**31, 2**31, 3), (4000, 64, 64, 3)])
def test_read_split_of_a_huge_declaration(tmp_path, shape):
    """Sizes that no file of a few bytes can hold are refused before memory is asked for."""
    path = tmp_path / "some.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("train_set_x", shape, np.uint8, chunks=(1, 64, 64, 3))
        file["train_set_y"], file["list_classes"] = [0, 1], [0, 1]
    with pytest.raises(DataError, match=r"at most 4,294,967,296 bytes, and what the file can hold"):
        h5.read_split(path, "train")
    with pytest.raises(DataError, match="at most"):
        h5.read_header(path, "train")


def test_read_split_of_a_huge_chunk(tmp_path):
    """Few images in a chunk that would unpack to much more."""
    path = tmp_path / "some.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset(
            "train_set_x",
            (2, 6, 5, 3),
            np.uint8,
            chunks=(2**24, 6, 5, 3),
            maxshape=(None, 6, 5, 3),
        )
        file["train_set_y"], file["list_classes"] = [0, 1], [0, 1]
    with pytest.raises(DataError, match="what the file can hold"):
        h5.read_split(path, "train")


def _external_link(file, other):
    file["train_set_x"] = h5py.ExternalLink(other, "train_set_x")


def _soft_link(file, other):
    file["elsewhere"] = h5py.ExternalLink(other, "train_set_x")
    file["train_set_x"] = h5py.SoftLink("/elsewhere")


def _external_storage(file, other):
    file.create_dataset("train_set_x", (4, 6, 5, 3), "u1", external=[(other, 0, 360)])


def _virtual(file, other):
    layout = h5py.VirtualLayout((4, 6, 5, 3), "u1")
    layout[:] = h5py.VirtualSource(other, "train_set_x", (4, 6, 5, 3), "u1")
    file.create_virtual_dataset("train_set_x", layout)


def _group(file, other):
    file.create_group("train_set_x").attrs["other"] = other


@pytest.mark.parametrize(
    "borrow", [_external_link, _soft_link, _external_storage, _virtual, _group]
)
def test_read_split_follows_nothing_out_of_its_file(write_h5, borrow):
    """Another file is not read, whatever way HDF5 has to point at it."""
    other = write_h5(name="other.h5")
    path = write_h5(train_set_x=None)
    with h5py.File(path, "a") as file:
        borrow(file, str(other))
    with pytest.raises(DataError, match="an array in the file itself"):
        h5.read_split(path, "train")


def test_read_split_does_not_even_open_another_file(write_h5, tmp_path):
    """A link to a pipe would be waited for."""
    os.mkfifo(tmp_path / "pipe")
    path = write_h5(train_set_x=None)
    with h5py.File(path, "a") as file:
        _external_link(file, str(tmp_path / "pipe"))
    with pytest.raises(DataError, match="an array in the file itself"):
        h5.read_split(path, "train")


def _make(path, kind):
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling link":
        path.symlink_to(path.with_name("nowhere"))
    elif kind == "circle of links":
        path.symlink_to(path)
    elif kind == "text":
        path.write_text("no images here\n" * 100, encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("folder", "Received a folder or a device"),
        ("pipe", "Received a folder or a device"),
        ("dangling link", "Received No such file"),
        ("circle of links", "Received Too many levels"),
        ("nothing", "Received No such file"),
        ("text", "Received a file of another kind"),
    ],
)
def test_read_split_of_what_is_no_hdf5_file(tmp_path, kind, words):
    """Each is told from the others; a pipe is not waited for."""
    path = tmp_path / "some.h5"
    _make(path, kind)
    with pytest.raises(DataError, match=f"{path}: .*{words}"):
        h5.read_split(path, "train")
