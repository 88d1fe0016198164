"""The border around images: what `padding` means in pixels, putting it on and taking it off.

Images are batches (batch, *spatial, channels) with any number of spatial axes. Knows nothing of
what a window computes.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import index
from typing import Any, Literal, TypeAlias

import numpy as np

from dlcnn.reference._arguments import Array, Sizes
from dlcnn.reference.arithmetic import axis_padding
from dlcnn.reference.errors import ShapeError

__all__ = [
    "BorderMode",
    "Padding",
    "Pads",
    "crop_images",
    "fold_mirror",
    "mirror_images",
    "pad_images",
    "resolve_padding",
    "split_mode",
]

Pads: TypeAlias = tuple[tuple[int, int], ...]  # (before, after) for each spatial axis
BorderMode: TypeAlias = Literal["zeros", "reflect", "symmetric"]
Padding: TypeAlias = (
    Literal["valid", "same", "full"]
    | Sequence[Sequence[int]]
    | Mapping[Literal["mode", "pad"], Any]
)

_PAIRS = {
    1: "((before, after),)",
    2: "((top, bottom), (left, right))",
    3: "((front, back), (top, bottom), (left, right))",
}


def split_mode(where: str, padding: Padding) -> tuple[BorderMode, Padding]:
    """Tell what the border holds, and the part of `padding` that says how many pixels it has.

    Raises:
        ShapeError: a mapping that is not {"mode": "reflect" or "symmetric", "pad": ...}.
    """
    if not isinstance(padding, Mapping):
        return "zeros", padding
    if padding.keys() == {"mode", "pad"} and padding["mode"] in ("reflect", "symmetric"):
        return padding["mode"], padding["pad"]
    raise ShapeError(
        f"{where}: mirror padding must be {{'mode': 'reflect' or 'symmetric', 'pad': what padding "
        f"may be otherwise}}. Received padding={padding!r}."
    )


def resolve_padding(
    where: str,
    padding: Padding,
    image: Sizes,
    window: Sizes,
    strides: Sizes,
    dilation_rate: Sizes | None = None,
) -> Pads:
    """Turn `padding` into (before, after) pixels for each spatial axis.

    Args:
        where: the operation to name in an error.
        padding: "valid", "same", "full" or, for images, ((top, bottom), (left, right)) pixels.
        image: pixels along each axis, (height, width) for images.
        window: pixels of one window along each axis, before dilation.
        strides: pixels moved per output position along each axis.
        dilation_rate: pixels from one tap of the window to the next; None: 1.

    Raises:
        ShapeError: `padding` is none of these, or a number of pixels is negative.
    """
    if isinstance(padding, str):
        if padding in ("valid", "same", "full"):
            dilation = dilation_rate or (1,) * len(image)
            return _named_pads(padding, image, window, strides, dilation)
    elif not isinstance(padding, Mapping):
        try:
            pads = tuple([(index(before), index(after)) for before, after in padding])
            if len(pads) == len(image) and min(map(min, pads)) >= 0:
                return pads
        except (TypeError, ValueError):
            pass  # told below, in the same words as any other refusal
    raise ShapeError(
        f"{where}: padding must be 'valid', 'same', 'full' or {_PAIRS[len(image)]} pixels, "
        f"each at least 0. Received padding={padding!r}."
    )


@lru_cache(maxsize=256)  # as the grids of windows are kept
def _named_pads(
    name: Literal["valid", "same", "full"],
    image: Sizes,
    window: Sizes,
    strides: Sizes,
    dilation: Sizes,
) -> Pads:
    return tuple(
        [
            axis_padding(size, taps, name, stride=stride, dilation_rate=rate)
            for size, taps, stride, rate in zip(image, window, strides, dilation, strict=True)
        ]
    )


def pad_images(images: Array, pads: Pads, value: float = 0) -> Array:
    """Surround each image with `value`.

    Args:
        images: (batch, height, width, channels), or any other number of spatial axes.
        pads: (before, after) pixels for each spatial axis, ((top, bottom), (left, right)) here.
        value: what the border holds.

    Returns:
        (batch, top + height + bottom, left + width + right, channels), the dtype of `images`;
        `images` itself when there is nothing to add.
    """
    if not any(map(any, pads)):
        return images
    # np.pad takes several times as long on the small arrays of a course.
    shape, inside = [images.shape[0]], [slice(None)]
    for size, (before, after) in zip(images.shape[1:-1], pads, strict=True):
        shape.append(before + size + after)
        inside.append(slice(before, before + size))
    shape.append(images.shape[-1])
    padded = np.full(shape, value, images.dtype) if value else np.zeros(shape, images.dtype)
    padded[tuple(inside)] = images
    return padded


def crop_images(padded: Array, pads: Pads) -> Array:
    """View the images inside their border: the inverse of `pad_images`."""
    inside = [
        slice(before, size - after)
        for size, (before, after) in zip(padded.shape[1:-1], pads, strict=True)
    ]
    return padded[(slice(None), *inside)]


def mirror_images(where: str, images: Array, pads: Pads, mode: BorderMode) -> Array:
    """Surround each image with its own mirror image.

    Args:
        where: the operation to name in an error.
        images: (batch, *spatial, channels).
        pads: (before, after) pixels for each spatial axis.
        mode: "reflect" mirrors about the outermost pixel, which is not repeated (c b | a b c);
            "symmetric" mirrors about the image's edge and repeats it (b a | a b c).

    Returns:
        The padded images, the dtype of `images`.

    Raises:
        ShapeError: the border is wider than one mirror image reaches.

    Source: agrees with `np.pad` and `tf.pad`.
    """
    reach = [size - (mode == "reflect") for size in images.shape[1:-1]]
    if any(max(pad) > pixels for pad, pixels in zip(pads, reach, strict=True)):
        raise ShapeError(
            f"{where}: a {mode} border can be at most {tuple(reach)} pixels wide here, what one "
            f"mirror image has. Received pixels={pads}, image={images.shape[1:-1]}."
        )
    padded: Array = np.pad(images, ((0, 0), *pads, (0, 0)), mode=mode)  # type: ignore[arg-type]
    return padded


def fold_mirror(grad_padded: Array, pads: Pads, mode: BorderMode) -> Array:
    """Carry a gradient back through `mirror_images`: each border pixel's goes to its original.

    Args:
        grad_padded: the gradient with respect to what `mirror_images` returned.
        pads: as given to `mirror_images`.
        mode: as given to `mirror_images`.

    Returns:
        The gradient with respect to the images inside the border.
    """
    skipped = 1 if mode == "reflect" else 0  # pixels between the border and where its mirror starts
    for axis, (before, after) in enumerate(pads, start=1):
        along = np.moveaxis(grad_padded, axis, 0)
        last = len(along) - after
        folded = along[before:last].copy()
        folded[skipped : skipped + before] += along[:before][::-1]
        folded[len(folded) - skipped - after : len(folded) - skipped] += along[last:][::-1]
        grad_padded = np.moveaxis(folded, 0, axis)
    return grad_padded
