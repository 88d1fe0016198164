"""Where a command may write: tried before the work, so that no hour of grading is lost to a typo.

Knows nothing of what is written there.
"""

import tempfile
from pathlib import Path

from dlcnn.errors import DlcnnError

__all__ = ["hold_file", "hold_folder"]


def hold_file(where: str, path: Path) -> None:
    """Refuse a file that could not be written; its folder is made if need be.

    Args:
        where: what the person gave the path to, as the message names it.
        path: the file, which is not touched.

    Raises:
        DlcnnError: it is a folder, or nothing can be written beside it.
    """
    if path.is_dir():
        raise DlcnnError(f"{where}: it names a file. Received {path}, a folder. Name another.")
    _try_to_write(where, path.parent, path)


def hold_folder(where: str, path: Path) -> None:
    """Refuse a folder that could not be written to; it is made if need be.

    Raises:
        DlcnnError: it is a file, or nothing can be written in it.
    """
    if path.exists() and not path.is_dir():
        raise DlcnnError(f"{where}: it names a folder. Received {path}, a file. Name another.")
    _try_to_write(where, path, path)


def _try_to_write(where: str, folder: Path, path: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix="."):
            pass
    except OSError as error:
        raise DlcnnError(
            f"{where}: it names a place that can be written to. Received {path}: "
            f"{error.strerror}. Name another, or change its permissions."
        ) from None
