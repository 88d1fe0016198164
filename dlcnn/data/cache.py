"""What was drawn once and is kept in the user's cache: whole or not there, shared by processes.

A cache that cannot be used costs time, never an answer. Knows nothing of what is drawn.
"""

import fcntl
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import platformdirs

from dlcnn.data.dataset import Split
from dlcnn.files import replacing

__all__ = ["Splits", "fetch", "path_of"]

Splits: TypeAlias = tuple[Split, Split]

_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
_PATIENCE = 60.0  # seconds to wait for another process that draws the same


def path_of(name: str, version: int, options: Mapping[str, object]) -> Path:
    """Where a data set drawn with these options by this version of its renderer is kept."""
    words = [name, *(f"{key}={options[key]}" for key in sorted(options)), f"v{version}"]
    return platformdirs.user_cache_path("dlcnn") / "data" / f"{'-'.join(words)}.npz"


def fetch(path: Path, draw: Callable[[], Splits]) -> Splits:
    """Give what is kept at `path`; where there is nothing whole, draw it and keep it.

    Of processes that start at once, one draws and the others wait for it.

    Args:
        path: the file, as `path_of` names it.
        draw: makes the training and the test split.
    """
    kept = _read(path)
    if kept is not None:
        return kept
    with _turn(path):
        splits = _read(path) or draw()  # another process may have drawn it meanwhile
        try:
            _write(path, splits)
        except OSError as error:
            warnings.warn(
                f"{path.parent}: what was drawn is kept there. Received {error.strerror}. It is "
                "drawn anew at every start, until there is room and leave to write.",
                stacklevel=4,
            )
    return splits


def _write(path: Path, splits: Splits) -> None:
    values = [values for split in splits for values in (split.images, split.labels)]
    arrays: dict[str, Any] = dict(zip(_ARRAYS, values, strict=True))
    with replacing(path) as temporary:
        np.savez(temporary, digest=_digest(path, arrays), **arrays)


def _digest(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """What shows that these arrays were written here, whole, and to a file of this name."""
    digest = sha256(path.name.encode())
    for key in _ARRAYS:
        digest.update(f"\0{key}{arrays[key].shape}{arrays[key].dtype.str}\0".encode())
        digest.update(np.ascontiguousarray(arrays[key]).data)
    return digest.hexdigest()


def _read(path: Path) -> Splits | None:
    """The splits, or None where the file is missing or not exactly what was written."""
    if not path.is_file():
        return None
    try:
        # Opened here, because NumPy leaves a file that is no archive open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {key: file[key] for key in _ARRAYS}
            if file["digest"] != _digest(path, arrays):
                return None
        train_images, train_labels, test_images, test_labels = arrays.values()
        return Split(train_images, train_labels), Split(test_images, test_labels)
    except Exception:  # damaged bytes make NumPy and zipfile raise a dozen kinds of error
        return None


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Wait until no other process draws for `path`, but not for ever: then two draw the same.

    The system takes the lock from a process that ends, however it ends; the empty file stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_suffix(".lock").open("a")
    except OSError:
        yield  # nothing can be kept there, as `fetch` will find and say
        return
    with lock:
        deadline = time.monotonic() + _PATIENCE
        while not _locked(lock.fileno()) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield


def _locked(descriptor: int) -> bool:
    """Whether the lock is ours now, or the file system knows no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
