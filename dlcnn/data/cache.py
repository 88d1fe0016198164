"""What was drawn once and is kept in the user's cache: whole or not there, shared by processes.

A cache that cannot be used costs time, never an answer. Knows nothing of what is drawn.
"""

import fcntl
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
import platformdirs

from dlcnn.data.dataset import Split
from dlcnn.files import replacing

__all__ = ["Splits", "fetch", "path_of"]

Splits: TypeAlias = tuple[Split, Split]

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
    train, test = splits
    with replacing(path) as temporary:
        # An .npz carries checksums, so that a damaged file is told from a whole one.
        np.savez(
            temporary,
            train_images=train.images,
            train_labels=train.labels,
            test_images=test.images,
            test_labels=test.labels,
        )


def _read(path: Path) -> Splits | None:
    """The splits, or None where the file is missing or not exactly what was written."""
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            return (
                Split(file["train_images"], file["train_labels"]),
                Split(file["test_images"], file["test_labels"]),
            )
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
