"""Numbers and untrusted texts as short plain text; knows nothing of facts or formats."""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

__all__ = [
    "counted",
    "file_names",
    "is_finite",
    "listed",
    "number",
    "one_line",
    "points",
    "printable",
    "shape",
    "unlike",
]

_FILE_NAME_LENGTH = 80
# Names that Windows keeps for devices, whatever the suffix.
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{port}{i}" for port in ("com", "lpt") for i in range(10)
}


def printable(text: str) -> str:
    """`text` without anything that could steer a terminal or a page: only tab and newline stay.

    Control and format characters (escapes, direction marks, zero-width) and lone surrogates become
    the replacement character, so that nobody can hide or reorder text.
    """
    return "".join(
        "\ufffd"
        if character not in "\t\n" and unicodedata.category(character) in ("Cc", "Cf", "Cs")
        else character
        for character in text
    )


def one_line(text: str, limit: int = 300) -> str:
    """`text` as one printable line of at most `limit` characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def number(value: object, digits: int = 6) -> str:
    """A number with `digits` significant digits; a text, such as "nan", as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return one_line(str(value))
    if isinstance(value, int) and abs(value) < 10**15:
        return str(value)
    return re.sub(r"e\+?(-?)0*", r"e\1", f"{value:.{digits}g}")


def is_finite(value: object) -> bool:
    """Whether `value` is a number that can be measured with."""
    return isinstance(value, int | float) and math.isfinite(value)


def unlike(yours: object, expected: object) -> tuple[str, str]:
    """Two different numbers with as many digits as it takes to see that they differ."""
    for digits in (6, 9, 12, 17):
        pair = number(yours, digits), number(expected, digits)
        if pair[0] != pair[1]:
            break
    return pair


def points(value: float) -> str:
    """Points as a teacher writes them: 10, 7.5."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def counted(amount: float, noun: str) -> str:
    """An amount with its noun: 1 value, 2 values."""
    return f"{number(amount)} {noun}" if amount == 1 else f"{number(amount)} {noun}s"


def listed(names: Iterable[str]) -> str:
    """Names as a list in a sentence: a, b and c."""
    *first, last = [one_line(name) for name in names]
    return f"{', '.join(first)} and {last}" if first else last


def shape(sizes: Sequence[int]) -> str:
    """A shape as NumPy writes it: (2, 3), (4,), ()."""
    return str(tuple(sizes))


def file_names(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A file name without suffix for each untrusted name: safe on every system, never twice.

    Args:
        names: for example students' names, in an order that does not change between runs.
        taken: file names that are in use already.
    """
    used = {name.casefold() for name in taken} | _DEVICES
    chosen: dict[str, str] = {}
    for name in names:
        stem = candidate = _safe(name)
        copy = 1
        while candidate.casefold() in used:
            copy += 1
            candidate = f"{stem}-{copy}"
        used.add(candidate.casefold())
        chosen[name] = candidate
    return chosen


def _safe(name: str) -> str:
    composed = unicodedata.normalize("NFC", name)
    word = re.sub(r"[^\w.@+-]+", "_", composed).strip("._-")
    cut = word.encode()[:_FILE_NAME_LENGTH].decode(errors="ignore").rstrip("._-")
    return cut or "student"
