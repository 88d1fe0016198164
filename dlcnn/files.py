"""Writing files so that a reader never sees half of one; knows nothing of what is in them."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["remove_leftovers", "replacing", "write_atomically"]

_TEMPORARY = re.compile(r"\.[0-9a-f]{8}\..+")


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` to `path`, text as UTF-8: the old file stays until the new one is whole."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    with replacing(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to, which takes its place on disk when the block ends well.

    It keeps the suffix of `path`, which many libraries choose a format by.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not mkstemp: it makes private files, and the umask cannot be read without setting it.
    temporary = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    try:
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk does not say which file it hit
        raise
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove what `replacing` left in `folder` when its process was killed.

    Only for a folder that no other process writes to now.
    """
    for path in folder.iterdir():
        if _TEMPORARY.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)
