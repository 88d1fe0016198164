"""Titles broken into lines that fit what they stand above."""

import textwrap

__all__ = ["wrapped"]

_SHAPE = 0.55  # of a letter, width to height, on the mean
_POINTS = 72  # per inch


def wrapped(text: str, inches: float, points: float) -> str:
    """The text in lines of at most a width, broken within words where they are too long.

    Args:
        text: what is written.
        inches: the room for a line.
        points: the size of the letters.
    """
    letters = max(8, int(inches * _POINTS / (_SHAPE * points)))
    return "\n".join(line for part in text.splitlines() for line in textwrap.wrap(part, letters))
