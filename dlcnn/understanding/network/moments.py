"""Means, variances and bounds that grow image by image, wherever the values come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor

__all__ = ["Sums", "moments"]

_Floats = npt.NDArray[np.float64]
_Counts = npt.NDArray[np.int64]


@dataclass
class Sums:
    """What is summed over the population, one row for each class."""

    images: _Counts
    mean: _Floats
    active: _Floats
    squares: _Floats
    least: _Floats
    most: _Floats

    @classmethod
    def empty(cls, classes: int, channels: int) -> "Sums":
        """Of no image yet."""
        mean, active, squares = (np.zeros((classes, channels)) for _ in range(3))
        least, most = np.full(channels, np.inf), np.full(channels, -np.inf)
        return cls(np.zeros(classes, np.int64), mean, active, squares, least, most)

    def add(self, group: npt.NDArray[Any], found: Sequence[npt.NDArray[Any]]) -> None:
        """Count images: (n, channels) of each of the moments that `moments` gives."""
        mean, within, active, least, most = (each.astype(np.float64) for each in found)
        np.add.at(self.images, group, 1)
        np.add.at(self.mean, group, mean)
        np.add.at(self.active, group, active)
        np.add.at(self.squares, group, within + mean**2)
        self.least = np.minimum(self.least, least.min(axis=0))
        self.most = np.maximum(self.most, most.max(axis=0))


def moments(values: Tensor) -> list[Tensor]:
    """(N, channels) each: mean, variance, share above 0, least and most over the positions."""
    mean = ops.mean(values, axis=1)
    within = ops.mean(ops.square(values - mean[:, None]), axis=1)
    active = ops.mean(ops.cast(values > 0, "float32"), axis=1)
    return [mean, within, active, ops.min(values, axis=1), ops.max(values, axis=1)]
