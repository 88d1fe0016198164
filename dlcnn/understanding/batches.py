"""Running a program over many rows, a bounded number at a time; knows no model."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["in_batches", "stretches", "track"]

_Array = npt.NDArray[Any]
_SHOWN_FROM = 8  # steps: fewer are over before a bar can be read


def in_batches(
    program: Callable[..., Any],
    arrays: Sequence[_Array],
    batch_size: int,
    *,
    label: str = "",
    shared: Sequence[Any] = (),
) -> list[_Array]:
    """Run a program over the rows of arrays, and put together what it gives.

    All batches have one size, the last filled up with its last row, since frameworks compile anew
    for another.

    Args:
        program: from batches of `arrays`, then `shared`, to a tree of arrays of as many rows.
        arrays: of one length, at least 1.
        batch_size: rows at a time, at most.
        label: what a progress bar is called.
        shared: what each call gets besides.

    Returns:
        The flat list of what the program gives, each as long as `arrays`.
    """
    size, starts = stretches(len(arrays[0]), batch_size)
    parts: list[list[_Array]] = []
    for start in track(starts, label):
        rows = np.minimum(np.arange(start, start + size), len(arrays[0]) - 1)
        whole = rows[-1] == start + size - 1
        batch = [array[start : start + size] if whole else array[rows] for array in arrays]
        outputs = program(*batch, *shared)
        parts.append(list(outputs) if isinstance(outputs, tuple | list) else [outputs])
    count = len(arrays[0])
    return [
        np.asarray(column[0])
        if len(column) == 1 and len(column[0]) == count
        else np.concatenate(column)[:count]
        for column in zip(*parts, strict=True)
    ]


def stretches(count: int, at_most: int) -> tuple[int, range]:
    """Cut `count` rows into as few stretches of one size as can be; the size and the starts."""
    size = math.ceil(count / math.ceil(count / at_most))
    return size, range(0, count, size)


def track(steps: Sequence[Any] | range, label: str) -> Iterator[Any]:
    """Go through steps under a progress bar, where a terminal or a notebook shows it."""
    if not label or len(steps) < _SHOWN_FROM:
        yield from steps
        return
    from rich.console import Console
    from rich.progress import track as with_bar

    console = Console(stderr=True)
    shown = console.is_terminal or console.is_jupyter
    yield from with_bar(steps, label, console=console, transient=True, disable=not shown)
