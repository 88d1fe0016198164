"""What keeps an image made by ascent from being noise: penalties, blurring, shifting.

It knows images only, and no network.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor

__all__ = ["blurred", "gaussian", "mean_square", "shifted", "total_variation", "turns"]


def mean_square(images: Tensor) -> Tensor:
    """(N,) of (N, H, W, C): the squared L2 norm, divided by the number of values."""
    return ops.mean(ops.square(images), axis=(1, 2, 3))


def total_variation(images: Tensor) -> Tensor:
    """(N,) of (N, H, W, C): how much neighbours differ, divided by the number of values.

    The sum of the absolute differences of each value to the one below it and to the one on its
    right, as `tf.image.total_variation`.
    """
    down = ops.abs(images[:, 1:] - images[:, :-1])
    right = ops.abs(images[:, :, 1:] - images[:, :, :-1])
    height, width, channels = ops.shape(images)[1:]
    values = ops.cast(height * width * channels, images.dtype)
    return (ops.sum(down, axis=(1, 2, 3)) + ops.sum(right, axis=(1, 2, 3))) / values


def gaussian(size: int, sigma: float) -> npt.NDArray[np.float32]:
    """(size, size) a matrix that blurs what it is multiplied with; 0 leaves it as it is.

    Each row sums to 1, so that an even image stays even up to its edge.
    """
    if sigma == 0:
        return np.eye(size, dtype=np.float32)
    places = np.arange(size)
    weights = np.exp(-(((places[:, None] - places) / sigma) ** 2) / 2)
    rows = weights / weights.sum(axis=1, keepdims=True)
    return np.asarray(rows, np.float32)


def blurred(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The images after a matrix over their rows and one over their columns."""
    return ops.einsum("vw,nhwc->nhvc", columns, ops.einsum("gh,nhwc->ngwc", rows, images))


def turns(size: int, offset: int) -> npt.NDArray[np.int32]:
    """(2, size): what to take so that an axis turns by `offset` places, and to turn it back."""
    places = np.arange(size)
    return np.stack([(places - offset) % size, (places + offset) % size]).astype(np.int32)


def shifted(images: Tensor, rows: Tensor, columns: Tensor) -> Any:
    """The images with their rows and columns taken in another order."""
    return ops.take(ops.take(images, rows, axis=1), columns, axis=2)
