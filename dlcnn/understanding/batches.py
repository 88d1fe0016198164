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
    count = len(arrays[0])
    size, starts = stretches(count, batch_size)
    whole: list[_Array] = []
    for start in track(starts, label):
        rows: Any = slice(start, start + size)
        if start + size > count:
            rows = np.minimum(np.arange(start, start + size), count - 1)
        outputs = program(*(array[rows] for array in arrays), *shared)
        parts = outputs if isinstance(outputs, tuple | list) else [outputs]
        if not whole:
            whole = [np.empty((count, *part.shape[1:]), part.dtype) for part in parts]
        for array, part in zip(whole, parts, strict=True):
            array[start : start + size] = part[: count - start]
    return whole


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
