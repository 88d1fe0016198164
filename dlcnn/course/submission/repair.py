"""What Jupyter accepts and Python does not: magics, shell lines, odd spaces, indented cells.

Used only where Python refuses a cell, since `%` may begin a line of valid Python. Lines keep their
numbers.
"""

import re

from dlcnn.course.submission.lines import statement_starts

__all__ = ["repair"]

_WIDE_SPACES = "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_NO_SPACES = "\u200b\u200c\u200d\u2060\ufeff"  # zero-width; the last is a byte-order mark
_ODD_SPACES = re.compile(f"[{_WIDE_SPACES}{_NO_SPACES}]")
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*")
# These run the cell's body as Python in the notebook's own namespace.
_PYTHON_BODIED = frozenset({"time", "capture", "prun", "memit", "debug"})
_DEFINES = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]", re.MULTILINE)


def repair(label: str, text: str) -> tuple[str, list[str]]:
    """Turn the text of a cell that Python refuses into what IPython would run.

    Args:
        label: what to call the cell in notes.
        text: its source; line breaks are newlines.

    Returns:
        The text with as many lines, and notes for the student.
    """
    notes = []
    if _ODD_SPACES.search(text):
        text = re.sub(f"[{_WIDE_SPACES}]", " ", re.sub(f"[{_NO_SPACES}]", "", text))
        notes.append(f"{label}: non-breaking or invisible spaces were read as ordinary spaces.")
    magic = _CELL_MAGIC.match(text)
    if magic and magic[1] not in _PYTHON_BODIED:
        if _DEFINES.search(text):
            notes.append(f"{label}: it is a %%{magic[1]} cell, so what it defines was not read.")
        return "\n" * text.count("\n"), notes
    if magic:
        text = "\n" * magic.group().count("\n") + text[magic.end() :]
    return _without_magics(_dedented(text)), notes


def _dedented(text: str) -> str:
    """Without the indentation of its first line, which IPython takes off every line."""
    offset = len(text) - len(text.lstrip())
    margin = text[text.rfind("\n", 0, offset) + 1 : offset]
    if not margin:
        return text
    return re.sub(rf"^{re.escape(margin)}", "", text, flags=re.MULTILINE)


def _without_magics(text: str) -> str:
    pieces = []
    done = 0
    for start in statement_starts(text):
        if start.magic:
            indent = start.magic[: len(start.magic) - len(start.magic.lstrip())]
            # In a block, `pass` keeps the block from being empty.
            blank = (f"{indent}pass" if indent else "") + "\n" * start.magic.count("\n")
            pieces += [text[done : start.offset], blank]
            done = start.offset + len(start.magic)
    return "".join([*pieces, text[done:]])
