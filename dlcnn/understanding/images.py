"""Images that callers pass, or ask for: of the shape, size, scale and numbers that a network takes.

It refuses in a sentence what cannot be meant, and warns of what probably is not.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.graph import Node, Place
from dlcnn.models.shapes import TensorShape, as_text
from dlcnn.understanding.arguments import array_of
from dlcnn.understanding.errors import UnderstandingError, warn
from dlcnn.understanding.finite import expect_finite_pixels
from dlcnn.understanding.lens import Lens

__all__ = [
    "ABOUT_SCALE",
    "expect_size",
    "images_for",
    "scales_itself",
    "warn_of_scale",
]

ABOUT_SCALE = r".*: the images look (un)?scaled"
"""The warnings about the scale of images, as a pattern for `warnings.filterwarnings`."""

_Array = npt.NDArray[Any]
_Fit: TypeAlias = tuple[TensorShape, tuple[Place, ...] | None]  # None: all
_fitting: WeakKeyDictionary[Lens, set[_Fit]] = WeakKeyDictionary()
_BEGINNING = 4  # layers among which a rescaling one is looked for


def images_for(
    lens: Lens, images: npt.ArrayLike, where: str, *, any_size: bool = False, start: int = 0
) -> npt.NDArray[np.float32]:
    """(N, H, W, C) float32 images that the model takes.

    Args:
        lens: of the model.
        images: what was passed.
        where: the function that an error names.
        any_size: whether only the channels must be the model's.
        start: how many images came before, by which the caller counts.

    Raises:
        UnderstandingError: they are no such images.
    """
    given = array_of(images)
    expected = (None, None, lens.input_shape[-1]) if any_size else lens.input_shape[1:]
    if given.dtype.kind not in "fiub" or given.ndim != 4 or 0 in given.shape:
        hint = "Add the batch axis: images[None]." if given.ndim == 3 else "Pass a batch of them."
        raise UnderstandingError(
            f"{where}: images are numbers of shape (batch, height, width, channels), one or more. "
            f"Received {_worded(given)}. {hint}"
        )
    if any(size not in (None, have) for size, have in zip(expected, given.shape[1:], strict=True)):
        raise UnderstandingError(
            f"{where}: the images have the shape that the model was built for. Received images of "
            f"{as_text(given.shape[1:])} for {lens.name!r}, which takes {as_text(expected)}. "
            + _how_to_fit(given.shape[1:], expected)
        )
    ends = expect_finite_pixels(where, given, start)
    if not any_size:
        if None in expected:
            expect_size(where, lens, given.shape[1:], lens.outputs, "Pass larger ones.")
        warn_of_scale(lens, given.dtype, ends, where)
    return given.astype(np.float32, copy=False)


def _worded(given: _Array) -> str:
    if given.dtype.kind not in "fiub":
        return "no array of numbers" if given.dtype == object else f"an array of {given.dtype}"
    return f"images.shape={given.shape}"


def _how_to_fit(given: Sequence[int], expected: Sequence[int | None]) -> str:
    if given[0] in (1, 3) and given[1:] == tuple(expected)[:2]:
        return "Move the channels to the end: images.transpose(0, 2, 3, 1)."
    if given[-1] == expected[-1]:
        return "Resize them: keras.ops.image.resize(images, (height, width))."
    if expected[-1] == 3 and given[-1] == 1:
        return "Repeat the grey channel: np.repeat(images, 3, axis=-1)."
    if expected[-1] == 3 and given[-1] == 4:
        return "Leave opacity out: images[..., :3]."
    return "Convert them, or build the model for these."


def expect_size(
    where: str, lens: Lens, size: Sequence[int], places: Sequence[Place], hint: str
) -> None:
    """Refuse a size of images that a layer on the way to `places` does not take.

    Args:
        where: the function that the error names.
        lens: of the model.
        size: (H, W, C).
        places: the tensors to compute.
        hint: what to do next.

    Raises:
        UnderstandingError: a layer does not take it; the layer is named.
    """
    known = _fitting.setdefault(lens, {(lens.input_shape[1:], None)})
    if not known.isdisjoint([(tuple(size), None), (tuple(size), tuple(places))]):
        return
    shapes: dict[int, Sequence[int]] = {lens.input.node: (1, *size)}

    def note(step: int, output: Any) -> Any:
        node, shape = lens.nodes[step], tuple(output.shape)
        if hasattr(node.layer, "padding") and type(node.layer).__module__.startswith("keras."):
            # Where nothing is left, TensorFlow's convolution gives its input back.
            shape = node.layer.compute_output_shape(shapes[node.reads[0].node])
        if 0 in shape:
            raise ValueError("nothing is left of the image")
        shapes[step] = shape
        return output

    try:
        lens.run({lens.input: ops.zeros((1, *size))}, places, change=note)
    except Exception:  # frameworks have errors of their own for this
        layer = lens.nodes[next(step for step in lens.steps(*places) if step not in shapes)]
        raise UnderstandingError(
            f"{where}: every layer on the way takes images of the size that they have. "
            f"Received {as_text(tuple(size))} for {lens.name!r}, built for "
            f"{as_text(lens.input_shape[1:])}, whose {layer.kind} {layer.name!r} needs another "
            f"size. {hint}"
        ) from None
    known.add((tuple(size), tuple(places)))


def scales_itself(lens: Lens) -> bool:
    """Whether a network begins with a layer that scales pixels of 0 to 255, after augmentation."""
    beginning = [node for node in lens.nodes if not node.kind.startswith("Random")][:_BEGINNING]
    return any(node.kind == "Rescaling" or _expects_counts(node) for node in beginning)


def _expects_counts(node: Node) -> bool:
    """Whether a layer has adapted to pixels that are larger than 1 in the mean."""
    mean = getattr(node.layer, "mean", None) if node.kind == "Normalization" else None
    return mean is not None and bool(np.abs(keras.ops.convert_to_numpy(mean)).max() > 1)


def warn_of_scale(lens: Lens, dtype: np.dtype[Any], ends: tuple[float, float], where: str) -> None:
    """Warn of pixels of 0 to 255 for a network that has seen smaller numbers, and the reverse."""
    rescales = scales_itself(lens)
    low, high = ends
    counts = low >= 0 and high > (1 if dtype.kind in "iu" else 2)
    if counts and not rescales:
        warn(
            f"{where}: the images look unscaled ({dtype}, {low:g} to {high:g}), and are "
            f"taken as they are. If {lens.name!r} was trained on pixels in [0, 1], pass "
            "images / 255.",
        )
    elif rescales and not counts and low >= 0 and high <= 1:
        warn(
            f"{where}: the images look scaled already ({low:g} to {high:g}), and {lens.name!r} "
            "begins with a layer that scales them itself. If it was trained on pixels of 0 to "
            "255, pass those.",
        )
