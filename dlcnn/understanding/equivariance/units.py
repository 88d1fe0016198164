"""Where the units of a layer lie on the image, and which of them a moved image tells about.

It knows windows and moves, and runs nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dlcnn.models.graph import Node
from dlcnn.models.receptive import ReceptiveField
from dlcnn.understanding.equivariance.transforms import Grid, Move, Reading, warped

__all__ = ["Seen", "Units", "margins", "seen"]


@dataclass(frozen=True)
class Units:
    """The units of a layer.

    Attributes:
        field: the window of each.
        size: (rows, columns) of units.
        margin: pixels by which a window may lie elsewhere, after up-sampling.
    """

    field: ReceptiveField
    size: tuple[int, int]
    margin: int = 0

    @property
    def grid(self) -> Grid:
        """Where their middles lie on the image."""
        middles = [
            ((size or 1) - 1) / 2 - padding
            for size, padding in zip(self.field.size, self.field.padding, strict=True)
        ]
        rows, columns = map(float, self.field.stride)
        return Grid(self.size, (rows, columns), (middles[0], middles[1]))

    def within(self, good: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """(P,) the units whose whole window lies on the image, on pixels that are good."""
        counts = np.pad(np.cumsum(np.cumsum(good, axis=0), axis=1), ((1, 0), (1, 0)))
        spans = []
        for axis in range(2):
            first = np.arange(self.size[axis]) * float(self.field.stride[axis])
            start = np.floor(first).astype(int) - self.field.padding[axis] - self.margin
            end = start + (self.field.size[axis] or 0) + 2 * self.margin
            spans.append((start, end))
        (top, bottom), (left, right) = spans
        height, width = good.shape
        fits = ((top >= 0) & (bottom <= height))[:, None] & ((left >= 0) & (right <= width))
        top, bottom = np.clip(top, 0, height)[:, None], np.clip(bottom, 0, height)[:, None]
        left, right = np.clip(left, 0, width), np.clip(right, 0, width)
        area = (bottom - top) * (right - left)
        inside = counts[bottom, right] - counts[top, right] - counts[bottom, left]
        return np.ravel(fits & (inside + counts[top, left] == area))


def margins(nodes: Sequence[Node], fields: Sequence[ReceptiveField | str]) -> list[int]:
    """How far from where its stride says each node's windows may lie, in pixels.

    Units that up-sampling makes of one see what that one sees: up to a stride beside their places.
    """
    found: list[int] = []
    for node, field in zip(nodes, fields, strict=True):
        margin = max((found[parent] for parent in node.parents), default=0)
        below = max((_stride(fields[parent]) for parent in node.parents), default=0.0)
        if isinstance(field, ReceptiveField) and not field.whole and _stride(field) < below:
            margin = max(margin, math.ceil(below))
        found.append(margin)
    return found


def _stride(field: ReceptiveField | str) -> float:
    return 0.0 if isinstance(field, str) else float(max(field.stride, default=0))


@dataclass(frozen=True)
class Seen:
    """How a layer's original output is moved along, and which of its places are compared.

    Attributes:
        reading: of the original output.
        counted: (P,) the places to compare.
        clear: whether they are free of the borders.
    """

    reading: Reading
    counted: npt.NDArray[np.bool_]
    clear: bool

    @property
    def arrays(self) -> list[npt.NDArray[Any]]:
        """All that a program needs to compare."""
        return [self.reading.places, self.reading.weights, self.counted.astype(np.float32)]


def seen(move: Move, image: tuple[int, int], units: Units | None, pictures: Reading) -> Seen:
    """What is read and compared of a layer when the image is moved.

    Args:
        move: of the image.
        image: its height and width.
        units: of the layer; None where they lie nowhere, and nothing is compared.
        pictures: the same move, of the image's own pixels.
    """
    if units is None:
        nothing = Reading(np.zeros((4, 1), np.int32), np.zeros((4, 1), np.float32))
        return Seen(nothing, np.zeros(1, bool), clear=False)
    reading = warped(move, image, units.grid)
    unhurt = units.within(np.ones(image, bool))
    sources = np.where(reading.weights > 0, unhurt[reading.places], True).all(axis=0)
    free = units.within(pictures.inside.reshape(image)) & sources & reading.inside
    return Seen(reading, free if free.any() else reading.inside, bool(free.any()))
