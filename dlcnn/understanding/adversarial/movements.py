"""Small rotations, shifts and changes of size, drawn at random, that gradients flow through.

It knows no network.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import number

__all__ = ["Movements", "moved", "movements_of"]


@dataclass(frozen=True)
class Movements:
    """How far an image may be moved, either way.

    Attributes:
        rotation: degrees.
        shift: a share of the height and of the width.
        scale: a share of the size.
    """

    rotation: float
    shift: float
    scale: float

    def draw(self, seed: Sequence[int], height: int, width: int) -> npt.NDArray[np.float32]:
        """(6,): a matrix, row by row, from (row, column, 1) of a pixel to where it comes from."""
        random = np.random.default_rng(seed)
        angle = np.deg2rad(random.uniform(-self.rotation, self.rotation))
        size = random.uniform(1 - self.scale, 1 + self.scale)
        cosine, sine = np.cos(angle) / size, np.sin(angle) / size
        turn = np.array([[cosine, -sine], [sine, cosine]])
        middle = np.array([height - 1, width - 1]) / 2
        offset = random.uniform(-self.shift, self.shift, 2) * (height, width)
        matrix = np.concatenate([turn, (middle - turn @ middle + offset)[:, None]], axis=1)
        return matrix.reshape(6).astype(np.float32)


def movements_of(where: str, rotation: float, shift: float, scale: float) -> Movements:
    """Movements, checked.

    Raises:
        UnderstandingError: an image would be turned over, or leave the picture.
    """
    return Movements(
        number(where, "rotation", rotation, least=0, most=180),
        number(where, "shift", shift, least=0, most=0.5),
        number(where, "scale", scale, least=0, most=0.5),
    )


def moved(images: Tensor, matrices: Tensor) -> Tensor:
    """Move images, between pixels linearly; beyond the border, the border goes on.

    Keras' own `ops.image.affine_transform` does the same, but on TensorFlow its gradient is that
    of another function, so that a climb along it goes astray.

    Args:
        images: (N, H, W, C).
        matrices: (N, 6) of `Movements.draw`.
    """
    height, width, channels = images.shape[1:]
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    pixels = np.stack([rows.ravel(), columns.ravel(), np.ones(height * width)])
    matrices = ops.reshape(matrices, (-1, 2, 3))
    places = ops.matmul(matrices, ops.convert_to_tensor(pixels.astype(np.float32)))
    upper, below, row_share = _neighbours(places[:, 0], height)
    left, right, column_share = _neighbours(places[:, 1], width)
    flat = ops.reshape(images, (-1, height * width, channels))

    def at(row: Tensor, column: Tensor) -> Tensor:
        return ops.take_along_axis(flat, ops.expand_dims(row * width + column, -1), axis=1)

    above = at(upper, left) * (1 - column_share) + at(upper, right) * column_share
    beneath = at(below, left) * (1 - column_share) + at(below, right) * column_share
    whole = above * (1 - row_share) + beneath * row_share
    return ops.reshape(whole, (-1, height, width, channels))


def _neighbours(places: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """The pixels before and after places on an axis, and how much the one after counts."""
    places = ops.clip(places, 0.0, float(size - 1))
    before = ops.floor(places)
    share = ops.expand_dims(places - before, -1)
    first = ops.cast(before, "int32")
    return first, ops.minimum(first + 1, size - 1), share
