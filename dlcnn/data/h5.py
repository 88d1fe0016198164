"""The course's files: a data set in the HDF5 layout that its notebooks read, both ways.

A file is `train_set_x`, `train_set_y` and `list_classes`, or the same with `test`. Files may come
from anybody: what a header declares is checked before it is read, and nothing outside the file is
followed. Knows nothing of where files are looked for.
"""

import io
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

import h5py
import numpy as np

from dlcnn.data.dataset import Dataset, Split
from dlcnn.data.errors import DataError
from dlcnn.data.folder import file_names
from dlcnn.data.values import class_names_from, expect_image_header, labels_from, pixels_from
from dlcnn.files import write_atomically

__all__ = ["Header", "Part", "read", "read_header", "read_split", "write"]

Part: TypeAlias = Literal["train", "test"]

_CLASSES = "list_classes"
_MOST_BYTES = 2**32  # of images, or of labels
_MOST_CLASS_BYTES = 2**20
_BEST_COMPRESSION = 1032  # what deflate can make of nothing but zeros


@dataclass(frozen=True)
class Header:
    """What a file declares.

    Attributes:
        count: how many images.
        class_names: what they may show.
    """

    count: int
    class_names: tuple[str, ...]


def read_header(path: str | os.PathLike[str], part: Part) -> Header:
    """Look at a file without reading its images; see `read_split` for what is refused."""
    path = Path(path)
    with _opened(path) as file:
        images = _images_in(file, path, part)
        return Header(images.shape[0], _class_names_in(file, path))


def read_split(path: str | os.PathLike[str], part: Part) -> tuple[Split, tuple[str, ...]]:
    """Read one file: its images, labels and class names.

    Images may be grey or in colour, integers, or floating point from 0 to 1 or from 0 to 255.
    Labels may be of shape (m,), (1, m), (m, 1) or one-hot; classes bytes or numbers.

    Args:
        path: the file.
        part: which keys to read, `train_set_x` or `test_set_x`.

    Raises:
        DataError: the file is damaged, or not in the course's layout; the message is a sentence.
    """
    path = Path(path)
    with _opened(path) as file:
        images = _images_in(file, path, part)
        labels = _stored(file, path, f"{part}_set_y")
        class_names = _class_names_in(file, path)
        # The labels first: they are small, and tell whether the images are worth reading.
        indexes = labels_from(
            f"{path}, {part}_set_y", labels[...], images.shape[0], len(class_names)
        )
        return Split(pixels_from(f"{path}, {part}_set_x", images[...]), indexes), class_names


def read(name: str, train: str | os.PathLike[str], test: str | os.PathLike[str]) -> Dataset:
    """Read a data set from its two files.

    Raises:
        DataError: as `read_split`; or the files do not belong together.
    """
    train, test = Path(train), Path(test)
    train_split, class_names = read_split(train, "train")
    test_split, test_class_names = read_split(test, "test")
    if class_names != test_class_names:
        raise DataError(
            f"{test}: both files of a data set list the same classes. "
            f"Received {', '.join(test_class_names)}, and {', '.join(class_names)} in {train}. "
            "Use files that belong together."
        )
    info = {
        "source": str(train.parent),
        "description": f"Read from {train.name} and {test.name}.",
    }
    return Dataset(name, train_split, test_split, class_names, info)


def write(dataset: Dataset, folder: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Write a data set to `folder` as the course's two files, each whole or not at all.

    Classes called "0", "1", ... become integers, other names bytes, as in the course.

    Returns:
        The paths of the training and of the test file.

    Raises:
        DataError: they cannot be written there; older files of these names are still whole.
    """
    folder = Path(folder)
    train, test = (folder / file_name for file_name in file_names(dataset.name))
    try:
        for path, part, split in ((train, "train", dataset.train), (test, "test", dataset.test)):
            write_atomically(path, _packed(f"{part}_set", split, dataset.class_names))
    except OSError as error:
        raise DataError(
            f"{folder}: {train.name} and {test.name} can be written there. "
            f"Received {error.strerror}. Make room, or name another folder."
        ) from None
    return train, test


def _packed(prefix: str, split: Split, class_names: tuple[str, ...]) -> bytes:
    numbered = class_names == tuple(map(str, range(len(class_names))))
    names = [int(name) if numbered else name.encode() for name in class_names]
    memory = io.BytesIO()  # HDF5 itself does not recover from a disk that fills up
    with h5py.File(memory, "w") as file:
        file[f"{prefix}_x"] = split.images
        file[f"{prefix}_y"] = split.labels
        file[_CLASSES] = np.array(names)
    return memory.getvalue()


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    """An HDF5 file to read from; whatever HDF5 says of a damaged one becomes a sentence."""
    _expect_hdf5(path)
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except MemoryError:
        raise DataError(
            f"{path}: a data set is held in memory. Received more than there is. "
            "Use a smaller one, or a larger machine."
        ) from None
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path}: HDF5 reads the file. Received a damaged or cut one ({_one_line(error)}). "
            "Get the file anew."
        ) from None


def _expect_hdf5(path: Path) -> None:
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):  # opening a pipe would wait for ever
            path.open("rb").close()
    except OSError as error:
        raise DataError(
            f"{path}: the file can be read. Received {error.strerror}. "
            "Name another, or change its permissions."
        ) from None
    if not stat.S_ISREG(mode) or not h5py.is_hdf5(path):
        kind = "a file of another kind" if stat.S_ISREG(mode) else "a folder or a device"
        raise DataError(f"{path}: data are in an HDF5 file. Received {kind}. Name another.")


def _one_line(error: Exception) -> str:
    return " ".join(str(error.args[0] if error.args else error).split())


def _images_in(file: h5py.File, path: Path, part: Part) -> h5py.Dataset:
    images = _stored(file, path, f"{part}_set_x")
    expect_image_header(f"{path}, {part}_set_x", images.shape, images.dtype)
    return images


def _class_names_in(file: h5py.File, path: Path) -> tuple[str, ...]:
    stored = _stored(file, path, _CLASSES, most_bytes=_MOST_CLASS_BYTES)
    return class_names_from(f"{path}, {_CLASSES}", stored[...])


def _stored(
    file: h5py.File, path: Path, key: str, *, most_bytes: int = _MOST_BYTES
) -> h5py.Dataset:
    """An array of the file, whose declared size is sane and which lies in this file alone."""
    links = file.id.links  # `key in file` would follow a link into another file
    if not links.exists(key.encode()):
        found = ", ".join(islice(map(repr, file), 8)) or "none"
        raise DataError(
            f"{path}: the course's layout has the keys {key} and so on. Received {found}. "
            "Write the file with dlcnn.data.h5.write, or name another."
        )
    hard = links.get_info(key.encode()).type == h5py.h5l.TYPE_HARD
    stored = file[key] if hard else None
    if not isinstance(stored, h5py.Dataset) or stored.external or stored.is_virtual:
        raise DataError(
            f"{path}, {key}: it is an array in the file itself. Received a group, a link or "
            "a reference to another file. Write the values into this one."
        )
    if stored.shape is None or 0 in stored.shape:
        raise DataError(f"{path}, {key}: it holds values. Received none. Get the file anew.")
    if stored.dtype.kind not in "uifbS":
        # HDF5 keeps text of any length elsewhere, and reads for ever where that is damaged.
        raise DataError(
            f"{path}, {key}: it holds numbers, or bytes of one length. Received "
            f"dtype={stored.dtype}. Write names with np.array(class_names, dtype='S')."
        )
    most = min(most_bytes, _BEST_COMPRESSION * path.stat().st_size)
    if max(_bytes(stored, stored.shape), _bytes(stored, stored.chunks or ())) > most:
        raise DataError(
            f"{path}, {key}: it has at most {most_bytes:,} bytes, and what the file can hold. "
            f"Received shape={stored.shape}, dtype={stored.dtype} in a file of "
            f"{path.stat().st_size:,} bytes. Get the file anew, or make a smaller one."
        )
    return stored


def _bytes(stored: h5py.Dataset, shape: tuple[int, ...]) -> int:
    itemsize: Any = stored.dtype.itemsize
    return int(itemsize) * math.prod(shape)
