"""Moving what is on images: shifts, rotations and changes of size, with bilinear interpolation.

The same move can be made of images and of the feature maps of a layer. It knows no network.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor

__all__ = ["Grid", "Move", "Reading", "moved", "read", "rotation", "scaling", "shift", "warped"]

_DIGITS = 6  # of a coordinate in pixels; what is smaller is the rounding of sines and sums


@dataclass(frozen=True)
class Move:
    """Where each place of the result is read: at `turn @ (place - centre) + centre - offset`.

    Attributes:
        turn: ((., .), (., .)), rows first.
        offset: (rows, columns) by which the content moves.
    """

    turn: tuple[tuple[float, float], tuple[float, float]] = ((1.0, 0.0), (0.0, 1.0))
    offset: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Grid:
    """Where the units of a layer lie on the image: unit `i` has its middle at `i * stride + first`.

    Attributes:
        size: (rows, columns) of units.
        stride: pixels from one unit to the next.
        first: the pixel in the middle of what the first unit sees; it may be a half.
    """

    size: tuple[int, int]
    stride: tuple[float, float] = (1.0, 1.0)
    first: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Reading:
    """What each of P places of a result is read from, in a form that frameworks take.

    Attributes:
        places: (4, P) int32, the neighbours of the point that is read, in the flattened image.
        weights: (4, P) float32, how much of each; 0 for one that lies outside.
    """

    places: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]

    @property
    def inside(self) -> npt.NDArray[np.bool_]:
        """(P,) whether nothing from outside the image comes in."""
        return np.asarray(self.weights.sum(axis=0) > 1 - 10.0**-_DIGITS)


def shift(rows: float, columns: float) -> Move:
    """Down and to the right, by pixels."""
    return Move(offset=(rows, columns))


def rotation(degrees: float) -> Move:
    """Around the middle of the image, against the clock as `numpy.rot90` turns."""
    angle = math.radians(degrees)
    sine, cosine = math.sin(angle), math.cos(angle)
    return Move(((cosine, sine), (-sine, cosine)))


def scaling(factor: float) -> Move:
    """From the middle of the image, larger for a factor above 1."""
    return Move(((1 / factor, 0.0), (0.0, 1 / factor)))


def moved(images: npt.NDArray[Any], move: Move, *, fill: float = 0.0) -> npt.NDArray[np.float32]:
    """Images of the same size on which the content has moved.

    Exact for shifts by whole pixels and, where height and width are both even or both odd, for
    rotations by 90 degrees; between pixels it interpolates bilinearly.

    Args:
        images: (N, H, W, C).
        move: of `shift`, `rotation` or `scaling`.
        fill: what comes in from outside.
    """
    height, width = images.shape[1:3]
    reading = warped(move, (height, width), Grid((height, width)))
    pixels = ops.convert_to_tensor(images.astype(np.float32))
    return np.asarray(ops.convert_to_numpy(read(pixels, reading.places, reading.weights, fill)))


def warped(move: Move, image: tuple[int, int], grid: Grid) -> Reading:
    """The same move of the image, made on the grid of a layer.

    Args:
        move: of the image.
        image: its height and width.
        grid: of the layer.
    """
    middle = (np.asarray(image) - 1) / 2
    units = np.stack(np.meshgrid(*map(np.arange, grid.size), indexing="ij"), -1).reshape(-1, 2)
    stride, first = np.asarray(grid.stride, float), np.asarray(grid.first, float)
    # Only what differs from the place itself is divided by the stride: shifts by whole strides
    # give whole numbers.
    turned = (units * stride + first - middle) @ (np.asarray(move.turn) - np.eye(2)).T
    points = np.round(units + (turned - np.asarray(move.offset)) / stride, _DIGITS)
    low = np.floor(points).astype(np.int64)
    part = points - low
    places, weights = [], []
    for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
        at = low + corner
        share = np.where(corner, part, 1 - part).prod(axis=1)
        inside = ((at >= 0) & (at < grid.size)).all(axis=1)
        rows, columns = np.clip(at, 0, np.asarray(grid.size) - 1).T
        places.append(rows * grid.size[1] + columns)
        weights.append(np.where(inside, share, 0))
    return Reading(np.asarray(places, np.int32), np.asarray(weights, np.float32))


def read(inputs: Tensor, places: Tensor, weights: Tensor, fill: Tensor | float) -> Tensor:
    """(N, H, W, C) read as a `Reading` says; with `fill` for what lies outside."""
    shape = ops.shape(inputs)
    flat = ops.reshape(inputs, (-1, shape[1] * shape[2], shape[3]))
    weights = ops.cast(weights, inputs.dtype)
    total = (1 - ops.sum(weights, axis=0))[None, :, None] * fill
    for corner in range(4):
        total = total + weights[corner][None, :, None] * ops.take(flat, places[corner], axis=1)
    return ops.reshape(total, (-1, *shape[1:]))
