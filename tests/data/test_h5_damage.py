"""Files that are damaged or mean harm: a sentence, and nothing outside the file is read."""

import os

import h5py
import numpy as np
import pytest

from dlcnn.data import DataError, h5


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
