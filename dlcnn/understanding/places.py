"""Where results are written: paths that callers pass, made ready or refused in a sentence."""

from pathlib import Path
from typing import Any

from dlcnn.understanding.errors import UnderstandingError

__all__ = ["folder_of"]


def folder_of(path: Any, where: str) -> Path:
    """A folder as a path, made where it is missing.

    Raises:
        UnderstandingError: it is no path, a file, or cannot be made.
    """
    try:
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
    except (TypeError, OSError) as error:
        reason = getattr(error, "strerror", None) or "no path"
        raise UnderstandingError(
            f"{where}: it names a folder that can be written to. Received {path!r}: {reason}. "
            "Name another."
        ) from None
    return folder
