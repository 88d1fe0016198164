"""Gratings and lines, drawn with NumPy as Hubel and Wiesel showed them. It knows no network.

An orientation is the direction of the stripes in degrees against the clock: 0 lies, 90 stands.
A position is that across the stripes, to the right of or below the centre.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["gratings", "lines"]

_Array = npt.NDArray[np.float64]


def gratings(
    size: tuple[int, int],
    centre: tuple[float, float],
    orientation: float,
    frequency: float,
    phases: Sequence[float] | _Array,
) -> _Array:
    """(phases, height, width) in [-1, 1]: waves over the whole field.

    Args:
        size: (height, width) in pixels.
        centre: (row, column) where a wave of phase 0 is brightest.
        orientation: degrees.
        frequency: cycles per pixel.
        phases: degrees; 180 turns bright into dark.
    """
    across = _across(size, centre, orientation)
    turned = np.deg2rad(np.asarray(phases))[:, None, None]
    return np.asarray(np.cos(2 * np.pi * frequency * across - turned))


def lines(
    size: tuple[int, int],
    centre: tuple[float, float],
    orientation: float,
    positions: Sequence[float] | _Array,
    width: float,
) -> _Array:
    """(positions, height, width) in [0, 1]: a line through the whole field, with soft edges.

    Args:
        size: (height, width) in pixels.
        centre: (row, column) that a line at position 0 runs through.
        orientation: degrees.
        positions: pixels from the centre, across the line.
        width: of the line, in pixels.
    """
    away = np.abs(_across(size, centre, orientation) - np.asarray(positions)[:, None, None])
    return np.asarray(np.clip(0.5 + width / 2 - away, 0, min(1.0, width)))


def _across(size: tuple[int, int], centre: tuple[float, float], orientation: float) -> _Array:
    """The distance of each pixel from the centre, across the stripes."""
    rows, columns = (np.arange(side) - middle for side, middle in zip(size, centre, strict=True))
    angle = np.deg2rad(orientation)
    return np.asarray(rows[:, None] * np.cos(angle) + columns[None, :] * np.sin(angle))
