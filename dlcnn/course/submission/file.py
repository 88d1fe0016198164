"""The file itself: bytes to code cells, or one sentence that says why there are none.

Takes nothing for granted: the file may be a link, a pipe, huge, or made to hurt the reader. Knows
JSON and text encodings, no Python.
"""

import codecs
import errno
import io
import json
import os
import re
import stat
import tokenize
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from dlcnn.course.submission.model import Cell, UnreadableSubmission

__all__ = ["Sources", "read_sources"]

_MAX_BYTES = 32 * 2**20  # a notebook with many pictures; its code is far smaller
_MAX_CODE = 2**18  # far above any notebook; parsing hostile code takes memory by its length
# Each value of a JSON text costs up to 250 bytes of memory, however few it takes in the file.
_MAX_JSON_VALUES = 2_000_000
# Text encodings that editors write. Others (punycode, idna) may take quadratic time to decode.
_ENCODINGS = re.compile(r"utf-8|ascii|iso8859|cp\d|koi8|mac-|gb|big5|euc|shift_jis")
_MARKER = re.compile(r"^#[ \t]*dlcnn:[ \t]*assignment=([\w-]+)", re.MULTILINE)


@dataclass(frozen=True)
class Sources:
    """The code in a file as its author wrote it."""

    digest: str
    marker: str | None
    cells: tuple[Cell, ...]


def read_sources(path: Path) -> Sources:
    """Read the code cells of a notebook, or a script as one cell.

    Raises:
        UnreadableSubmission: the file is no notebook or script.
    """
    suffix = path.suffix.lower()
    if suffix not in (".ipynb", ".py"):
        raise UnreadableSubmission("A submission is a notebook (.ipynb) or a script (.py).")
    data = _read_bytes(path)
    if not data.strip():
        raise UnreadableSubmission("The file is empty: save your work and hand it in again.")
    marker = None
    if suffix == ".ipynb":
        notebook = _load_notebook(data)
        marker = _marker_in_metadata(notebook)
        cells = _code_cells(notebook)
    else:
        cells = (Cell(_printable(path.name), _script_text(data)),)
    if sum(len(cell.source) for cell in cells) > _MAX_CODE:
        raise UnreadableSubmission(
            f"The code is longer than {_MAX_CODE // 2**10} KiB: take pasted data out of it."
        )
    found = (match[1] for match in map(_MARKER.search, (c.source for c in cells)) if match)
    return Sources(sha256(data).hexdigest(), marker or next(found, None), cells)


def _read_bytes(path: Path) -> bytes:
    try:
        # Not following links keeps other files of this machine out of a submission; not blocking
        # keeps a named pipe from holding up the run.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return _read_regular(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UnreadableSubmission(_why_not_opened(error)) from None


def _read_regular(descriptor: int) -> bytes:
    status = os.fstat(descriptor)
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableSubmission("This is a folder: hand in the notebook or script itself.")
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableSubmission("This is not a file: hand in a notebook or a script.")
    data = b""
    if status.st_size <= _MAX_BYTES:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(_MAX_BYTES + 1)
    if max(status.st_size, len(data)) > _MAX_BYTES:
        raise UnreadableSubmission(
            f"The file is larger than {_MAX_BYTES // 2**20} MiB: clear the outputs "
            "(Jupyter: Edit > Clear All Outputs) and save it again."
        )
    return data


def _why_not_opened(error: OSError) -> str:
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return "This is a link to another file: hand in the file itself."
    if error.errno == errno.ENXIO:
        return "This is not a file: hand in a notebook or a script."
    return f"The file cannot be opened: {(error.strerror or 'unknown reason').lower()}."


def _script_text(data: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError:  # the cookie names no encoding, or the text is not what it says
        encoding = "utf-8"
    if not _ENCODINGS.match(codecs.lookup(encoding).name):
        raise UnreadableSubmission(
            f"The script's encoding {_printable(encoding)} is not used for text: save it as UTF-8."
        )
    text = _decode(data, encoding)
    if "\0" in text:
        raise UnreadableSubmission("This is not a script: the file is not text.")
    if text.lstrip().startswith("{") and '"cells"' in text:
        raise UnreadableSubmission("This is a notebook named .py: rename it to .ipynb.")
    return text


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        name = "UTF-8" if encoding.startswith("utf-8") else encoding
        raise UnreadableSubmission(
            f"The file is not {name} text (byte 0x{data[error.start]:02X} in line {line}): "
            "save it again as UTF-8."
        ) from None


def _load_notebook(data: bytes) -> dict[str, Any]:
    if data.count(b",") + data.count(b"[") + data.count(b"{") > _MAX_JSON_VALUES:
        raise UnreadableSubmission(
            "The notebook holds too much data: clear the outputs and save it again."
        )
    text = _decode(data, "utf-8")
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableSubmission(_why_not_json(text, error)) from None
    except (RecursionError, MemoryError, ValueError):
        raise UnreadableSubmission(
            "This is not a notebook: the JSON is nested too deeply or holds a number too long; "
            "save it again from Jupyter."
        ) from None
    if not isinstance(notebook, dict):
        raise UnreadableSubmission("This is not a notebook: the JSON has no cells.")
    version = notebook.get("nbformat", 4)
    if version in (1, 2, 3):
        raise UnreadableSubmission(
            f"This notebook is in the old format {version}: open it in Jupyter and save it again, "
            "or run `jupyter nbconvert --to notebook --inplace FILE`."
        )
    if version != 4:
        raise UnreadableSubmission(
            f"This is not a notebook of format 4: nbformat is {_printable(repr(version))[:40]}; "
            "save it again from Jupyter."
        )
    return notebook


def _why_not_json(text: str, error: json.JSONDecodeError) -> str:
    start = text.lstrip()[:20].lower()
    if start.startswith(("<!doctype", "<html")):
        return (
            "This is not a notebook but a web page: download the notebook itself "
            "(on GitHub: the Raw button)."
        )
    if "\n<<<<<<< " in text:
        return "This is not a notebook: the file holds a Git merge conflict; resolve it."
    return (
        f"This is not a notebook: the file is not JSON (line {error.lineno}, column "
        f"{error.colno}); save it again from Jupyter."
    )


def _code_cells(notebook: dict[str, Any]) -> tuple[Cell, ...]:
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise UnreadableSubmission("This is not a notebook: the JSON has no list of cells.")
    sources = []
    for cell in cells:
        if not isinstance(cell, dict):
            raise UnreadableSubmission("This is not a notebook: one of its cells is no object.")
        if cell.get("cell_type") == "code":
            sources.append(_source_of(cell))
    return tuple(Cell(f"cell {n}", source) for n, source in enumerate(sources, start=1))


def _source_of(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise UnreadableSubmission("This is not a notebook: the code of a cell is not text.")
    # Half a surrogate pair is JSON, but no text that anything else could store or show.
    return source.encode("utf-8", "replace").decode() if not source.isascii() else source


def _marker_in_metadata(notebook: dict[str, Any]) -> str | None:
    metadata = notebook.get("metadata")
    ours = metadata.get("dlcnn") if isinstance(metadata, dict) else None
    marker = ours.get("assignment") if isinstance(ours, dict) else None
    return marker if isinstance(marker, str) else None


def _printable(text: str) -> str:
    """A file's name may hold line breaks or bytes that are no text; a report must not."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
