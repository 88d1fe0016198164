"""The pointing game: whether the largest value of a map lies on the object."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from dlcnn.understanding.arguments import array_of, number
from dlcnn.understanding.errors import UnderstandingError

__all__ = ["Boxes", "objects_for", "pointing_game"]

_Array: TypeAlias = npt.NDArray[Any]
Boxes: TypeAlias = _Array | Sequence[Any]
"""(N, 4) boxes (top, left, bottom, right) in pixels, bottom and right just outside; or for each
image several, (K, 4); or (N, H, W) masks, true on the object."""


def pointing_game(
    maps: npt.ArrayLike, boxes: Boxes, *, tolerance: float = 0.0
) -> npt.NDArray[np.float32]:
    """Tell for each map whether its largest value lies on the object.

    Args:
        maps: (N, H, W).
        boxes: (N, 4) boxes (top, left, bottom, right) in pixels, bottom and right just outside;
            or a sequence with several, (K, 4), for each image; or (N, H, W) masks.
        tolerance: how many pixels beside the object still count.

    Returns:
        (N,): 1 for a hit, 0 for a miss. Of several largest values, the share that hits: a map
        without any order scores what a random point would.

    Raises:
        UnderstandingError: the maps or boxes cannot be.

    Source: Zhang et al. 2016, section 4.2, where the tolerance is 15 pixels.
    """
    where = "pointing_game"
    values = array_of(maps)
    if values.ndim != 3 or 0 in values.shape or values.dtype.kind not in "fiub":
        raise UnderstandingError(
            f"{where}: maps are numbers of shape (batch, height, width). Received "
            f"maps.shape={values.shape} of {values.dtype}. Pass what a method gave."
        )
    reach = number(where, "tolerance", tolerance, least=0)
    objects = objects_for(boxes, values.shape, where)
    peaks = values == values.max(axis=(1, 2), keepdims=True)
    if not peaks.any(axis=(1, 2)).all():
        raise UnderstandingError(
            f"{where}: maps are finite numbers. Received NaN. Look at how they were made."
        )
    return np.array(
        [_near(peak, thing, reach) for peak, thing in zip(peaks, objects, strict=True)], np.float32
    )


def _near(peaks: _Array, thing: _Array, reach: float) -> float:
    """The share of the peaks that lie within reach of the object."""
    hits = [
        thing[row, column] or (reach > 0 and _distance(thing, row, column) <= reach)
        for row, column in np.argwhere(peaks)
    ]
    return float(np.mean(hits))


def _distance(thing: _Array, row: int, column: int) -> float:
    rows, columns = np.nonzero(thing)
    return float(np.sqrt(((rows - row) ** 2 + (columns - column) ** 2).min()))


def objects_for(boxes: Boxes, shape: tuple[int, ...], where: str) -> npt.NDArray[np.bool_]:
    """(N, H, W) masks of what boxes or masks show.

    Args:
        boxes: as `pointing_game` takes them.
        shape: (N, H, W).
        where: the function that an error names.

    Raises:
        UnderstandingError: there is not an object on each image, within it.
    """
    if isinstance(boxes, np.ndarray) and boxes.shape == shape:
        masks = boxes > 0
    else:
        masks = _filled(boxes, shape, where)
    empty = np.flatnonzero(~masks.any(axis=(1, 2)))
    if empty.size:
        raise UnderstandingError(
            f"{where}: there is an object on each image. Received none on images[{empty[0]}]. "
            "Leave out the images without."
        )
    return np.asarray(masks)


def _filled(boxes: Boxes, shape: tuple[int, ...], where: str) -> npt.NDArray[np.bool_]:
    count, height, width = shape
    masks = np.zeros(shape, bool)
    try:
        rows = [np.asarray(each) for each in boxes]
        good = all(box.dtype.kind in "iuf" and box.shape[-1:] == (4,) for box in rows)
    except (TypeError, ValueError):
        good, rows = False, []
    if not good or len(rows) != count:
        received = f"boxes.shape={boxes.shape}" if isinstance(boxes, np.ndarray) else f"{boxes!r}"
        raise UnderstandingError(
            f"{where}: boxes are (top, left, bottom, right), one or more for each of {count} "
            f"images, or masks of shape {shape}. Received {received[:80]}. Put them in that form."
        )
    numbers = np.concatenate([each.ravel() for each in rows])
    if (numbers <= 1).all() and (numbers % 1).any():
        sides = (height, width, height, width)
        raise UnderstandingError(
            f"{where}: a box is (top, left, bottom, right) in pixels. Received shares of the "
            f"image, such as {rows[0].reshape(-1, 4)[0].tolist()}. Write boxes = "
            f"[np.multiply(each, {sides}) for each in boxes]."
        )
    for mask, each in zip(masks, rows, strict=True):
        for box in each.reshape(-1, 4):
            top, left, bottom, right = box
            if not (0 <= top < bottom <= height and 0 <= left < right <= width):
                raise UnderstandingError(
                    f"{where}: a box is (top, left, bottom, right) in pixels, within the image. "
                    f"Received {box.tolist()} for {height} x {width} pixels. Look at the order "
                    "of its numbers, and whether they are pixels or shares."
                )
            first_row, first_column = int(np.floor(top)), int(np.floor(left))
            mask[first_row : int(np.ceil(bottom)), first_column : int(np.ceil(right))] = True
    return masks
