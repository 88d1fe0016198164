"""Images: a part of them with its border, and whether all in them is finite."""

from math import isfinite

import numpy as np

from dlcnn.reference._arguments import Array

__all__ = ["all_finite", "copy_part", "inside"]


_LARGE = 1e18


def all_finite(values: Array) -> bool:
    """Whether no value is NaN or infinite; False also for some values above 1e18.

    Where windows or tiles share products, one such value would reach outputs whose windows do not
    have it, as 0 times infinity. One scalar product tells faster than looking at each value.
    """
    if not values.flags.c_contiguous:
        return not values.size or bool(values.min() > -_LARGE and values.max() < _LARGE)
    flat = values.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        return isfinite(np.dot(flat, flat))


def copy_part(images: Array, top: int, left: int, target: Array) -> None:
    """Copy the pixels from (`top`, `left`) on to `target`; those outside of the image are zeros.

    Args:
        images: (batch, height, width, channels).
        top: the first row, below zero for rows above the image.
        left: the first column, likewise.
        target: (batch, rows, cols, channels), written.
    """
    _, height, width, _ = images.shape
    _, rows, cols, _ = target.shape
    first, last = inside(top, rows, height)
    start, stop = inside(left, cols, width)
    target[:, :first] = 0
    target[:, last:] = 0
    target[:, first:last, :start] = 0
    target[:, first:last, stop:] = 0
    target[:, first:last, start:stop] = images[
        :, first + top : last + top, start + left : stop + left
    ]


def inside(first: int, count: int, size: int) -> tuple[int, int]:
    """Which of `count` places from `first` on are in an axis of `size`: the part [start, stop)."""
    start = min(max(-first, 0), count)
    return start, max(start, min(size - first, count))
