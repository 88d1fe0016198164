"""The border around images: what `padding` means in pixels, putting it on and taking it off.

Knows nothing of what a window computes.
"""

from collections.abc import Sequence
from operator import index
from typing import Literal, TypeAlias

import numpy as np

from dlcnn.reference._arguments import Array, Pair
from dlcnn.reference.arithmetic import same_padding
from dlcnn.reference.errors import ShapeError

__all__ = ["Padding", "Pads", "crop_images", "pad_images", "resolve_padding"]

Pads: TypeAlias = tuple[Pair, Pair]
Padding: TypeAlias = Literal["valid", "same"] | Sequence[Sequence[int]]


def resolve_padding(where: str, padding: Padding, image: Pair, window: Pair, strides: Pair) -> Pads:
    """Turn `padding` into ((top, bottom), (left, right)) pixels.

    Args:
        where: the operation to name in an error.
        padding: "valid", "same" or ((top, bottom), (left, right)) pixels.
        image: (height, width).
        window: (rows, cols) that one window covers.
        strides: (rows, cols) moved per output position.

    Raises:
        ShapeError: `padding` is none of these, or a number of pixels is negative.
    """
    if isinstance(padding, str):
        if padding == "valid":
            return (0, 0), (0, 0)
        if padding == "same":
            return (
                same_padding(image[0], window[0], strides[0]),
                same_padding(image[1], window[1], strides[1]),
            )
    else:
        try:
            (top, bottom), (left, right) = padding
            pads = (index(top), index(bottom)), (index(left), index(right))
            if min(pads[0] + pads[1]) >= 0:
                return pads
        except (TypeError, ValueError):
            pass  # told below, in the same words as any other refusal
    raise ShapeError(
        f"{where}: padding must be 'valid', 'same' or ((top, bottom), (left, right)) pixels, "
        f"each at least 0. Received padding={padding!r}."
    )


def pad_images(images: Array, pads: Pads, value: float = 0) -> Array:
    """Surround each image with `value`.

    Args:
        images: (batch, height, width, channels).
        pads: ((top, bottom), (left, right)) pixels.
        value: what the border holds.

    Returns:
        (batch, top + height + bottom, left + width + right, channels), the dtype of `images`;
        `images` itself when there is nothing to add.
    """
    (top, bottom), (left, right) = pads
    if not (top or bottom or left or right):
        return images
    # np.pad takes several times as long on the small arrays of a course.
    batch, height, width, channels = images.shape
    shape = (batch, top + height + bottom, left + width + right, channels)
    padded = np.full(shape, value, images.dtype) if value else np.zeros(shape, images.dtype)
    crop_images(padded, pads)[...] = images
    return padded


def crop_images(padded: Array, pads: Pads) -> Array:
    """View the images inside their border: the inverse of `pad_images`."""
    (top, bottom), (left, right) = pads
    _, height, width, _ = padded.shape
    return padded[:, top : height - bottom, left : width - right]
