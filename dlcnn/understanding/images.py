"""Images that callers pass, or ask for: of the shape, size, scale and numbers that a network takes.

It refuses in a sentence what cannot be meant, and warns of what probably is not.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.graph import Place
from dlcnn.models.shapes import as_text
from dlcnn.understanding.arguments import array_of
from dlcnn.understanding.errors import UnderstandingError, warn
from dlcnn.understanding.finite import expect_finite_pixels
from dlcnn.understanding.lens import Lens

__all__ = [
    "ABOUT_SCALE",
    "expect_size",
    "images_for",
    "scales_itself",
    "warn_of_range",
    "warn_of_scale",
]

ABOUT_SCALE = r".*: (the images look|value_range=.* looks) (un)?scaled"
"""The warnings about the scale of pixels, as a pattern for `warnings.filterwarnings`."""

_Array = npt.NDArray[Any]
_Shape: TypeAlias = tuple[int, ...]
_PROBED = 64  # pixels of an image whose size does not matter
_ROUNDING = 1e-6


def images_for(
    lens: Lens,
    images: npt.ArrayLike,
    where: str,
    *,
    places: Sequence[Place] = (),
    any_size: bool = False,
    start: int = 0,
) -> npt.NDArray[np.float32]:
    """(N, H, W, C) float32 images that the model takes.

    Args:
        lens: of the model.
        images: what was passed.
        where: the function that an error names.
        places: the tensors to compute, on the way to which the size must fit; by default what
            the model gives.
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
            tensors = places or lens.outputs
            expect_size(where, lens, given.shape[1:], tensors, "Pass larger ones.")
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
) -> Mapping[Place, tuple[int, ...]]:
    """Refuse a size of images that a layer on the way to `places` does not take.

    Args:
        where: the function that the error names.
        lens: of the model.
        size: (H, W, C).
        places: the tensors to compute.
        hint: what to do next.

    Returns:
        The shape of each of these tensors, and of others on the way, without the batch axis.

    Raises:
        UnderstandingError: a layer does not take it; the layer is named.
    """
    shapes = lens.kept(("shapes", tuple(size)), lambda: _as_built(lens, tuple(size)))
    if shapes.keys() >= set(places):
        return shapes
    found: dict[int, list[_Shape]] = {lens.input.node: [tuple(size)]}

    def note(step: int, output: Any) -> Any:
        node, shape = lens.nodes[step], tuple(output.shape)
        if hasattr(node.layer, "padding") and type(node.layer).__module__.startswith("keras."):
            # Where nothing is left, TensorFlow's convolution gives its input back.
            read = node.reads[0]
            shape = node.layer.compute_output_shape((1, *found[read.node][read.output]))
        if 0 in shape:
            raise ValueError("nothing is left of the image")
        found.setdefault(step, []).append(shape[1:])
        return output

    try:
        # Not compiled: a program for each size would take far longer than to run it once.
        lens.run({lens.input: ops.zeros((1, *size))}, places, change=note)
    except Exception:  # frameworks have errors of their own for this
        layer = lens.nodes[next(step for step in lens.steps(*places) if step not in found)]
        raise UnderstandingError(
            f"{where}: every layer on the way takes images of the size that they have. "
            f"Received {as_text(tuple(size))} for {lens.name!r}, built for "
            f"{as_text(lens.input_shape[1:])}, whose {layer.kind} {layer.name!r} needs another "
            f"size. {hint}"
        ) from None
    for step, outputs in found.items():
        shapes |= {Place(step, which): shape for which, shape in enumerate(outputs)}
    return shapes


def _as_built(lens: Lens, size: _Shape) -> dict[Place, _Shape]:
    """The shapes that the model knows itself, of images of its own size; none of others."""
    shapes: dict[Place, _Shape] = {}
    if size != lens.input_shape[1:]:
        return shapes
    for step, node in enumerate(lens.nodes):
        sizes = [size for size in node.output_shape[1:] if size is not None]
        if len(sizes) == len(node.output_shape) - 1:
            shapes[Place(step, 0)] = tuple(sizes)
    return shapes


def scales_itself(lens: Lens) -> bool:
    """Whether what a network does to pixels, before its first weights, is meant for 0 to 255.

    It is asked what becomes of black and of white images. Pixels are brought to a width of about
    1 around 0: whoever divides by 10 and more, or takes away more than 2, expects large ones.
    """
    return lens.kept("scales itself", lambda: _expects_counts(lens))


def _expects_counts(lens: Lens) -> bool:
    try:
        black, white = (_prepared(lens, level) for level in (0.0, 1.0))
    except Exception:  # it takes some sizes only, and frameworks have errors of their own for this
        return False
    with np.errstate(invalid="ignore"):
        slope = white - black
    moved = np.abs(slope) > _ROUNDING
    slope, middle = slope[moved], -black[moved] / slope[moved]
    return bool(slope.size) and bool(np.abs(slope).min() < 0.1 or middle.max() > 2)


def _prepared(lens: Lens, level: float) -> npt.NDArray[np.float32]:
    """What the first layers with weights read of an image of one level, as one row."""
    before = {lens.input.node}
    for step, node in enumerate(lens.nodes):
        plain = node.kind == "Normalization" or not getattr(node.layer, "weights", ())
        if plain and before.issuperset(node.parents):
            before.add(step)
    behind = [node for step, node in enumerate(lens.nodes) if step not in before]
    read = {place for node in behind for place in node.reads}.union(lens.outputs)
    ends = [place for place in read if place.node in before]
    size = [side or _PROBED for side in lens.input_shape[1:]]
    outputs = lens.run({lens.input: ops.full((1, *size), level)}, ends)
    rows = [np.ravel(ops.convert_to_numpy(ops.cast(each, "float32"))) for each in outputs]
    return np.concatenate(rows)


def warn_of_scale(lens: Lens, dtype: np.dtype[Any], ends: tuple[float, float], where: str) -> None:
    """Warn of pixels of 0 to 255 for a network that has seen smaller numbers, and the reverse."""
    low, high = ends
    looks = _looks(lens, ends, most=1 if dtype.kind in "iu" else 2)
    if looks == "unscaled":
        warn(
            f"{where}: the images look unscaled ({dtype}, {low:g} to {high:g}), and are "
            f"taken as they are. If {lens.name!r} was trained on pixels in [0, 1], pass "
            "images / 255.",
        )
    elif looks:
        warn(
            f"{where}: the images look scaled already ({low:g} to {high:g}), and {lens.name!r} "
            "begins by scaling them itself. If it was trained on pixels of 0 to 255, pass those.",
        )


def warn_of_range(lens: Lens, value_range: tuple[float, float], where: str) -> None:
    """The same warning of pixels that are made within a range."""
    low, high = value_range
    looks = _looks(lens, value_range, most=2)
    if looks == "unscaled":
        warn(
            f"{where}: value_range=({low:g}, {high:g}) looks unscaled. If {lens.name!r} was "
            "trained on pixels in [0, 1], name (0, 1)."
        )
    elif looks:
        warn(
            f"{where}: value_range=({low:g}, {high:g}) looks scaled already, and {lens.name!r} "
            "begins by scaling pixels itself. If it was trained on pixels of 0 to 255, name "
            "(0, 255)."
        )


def _looks(lens: Lens, ends: tuple[float, float], most: float) -> str:
    """How pixels look that a network was probably not made for; nothing of others.

    Args:
        lens: of the model.
        ends: the smallest and the largest.
        most: up to which they may be scaled ones.
    """
    low, high = ends
    if scales_itself(lens):
        return "scaled already" if low >= 0 and high <= 1 else ""
    return "unscaled" if low >= 0 and high > most else ""
