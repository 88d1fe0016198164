"""Refusing NaN and infinity, with the layer in which they begin. It knows no method."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.graph import Place
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.lens import Lens

__all__ = ["expect_finite", "expect_finite_layers", "expect_finite_pixels"]

_Array = npt.NDArray[np.generic]


def expect_finite_pixels(where: str, images: _Array, start: int = 0) -> tuple[float, float]:
    """Refuse images with pixels that are no finite numbers of 32 bits.

    Args:
        where: the function that the error names.
        images: (N, H, W, C), one or more.
        start: how many images came before, by which the caller counts.

    Returns:
        The smallest and the largest.

    Raises:
        UnderstandingError: there is NaN or infinity among them.
    """
    with np.errstate(over="ignore"):  # what is too large becomes infinity, which is refused
        pixels = images.astype(np.float32, copy=False)
    ends = float(pixels.min()), float(pixels.max())
    if np.isfinite(ends).all():
        return ends
    first = int(np.flatnonzero(~np.isfinite(pixels).all(axis=(1, 2, 3)))[0])
    raise UnderstandingError(
        f"{where}: pixels are finite numbers. Received NaN or infinity in images[{start + first}]. "
        "Look at how it was read or scaled."
    )


def expect_finite(
    where: str,
    lens: Lens,
    images: npt.NDArray[np.float32],
    *arrays: _Array,
    places: Sequence[Place] = (),
    start: int = 0,
) -> None:
    """Refuse arrays that are not all finite numbers.

    Args:
        where: the function that the error names.
        lens: of the model.
        images: (N, H, W, C) that the arrays are of.
        arrays: each of N rows.
        places: outputs up to which layers are looked at; by default the model's outputs.
        start: how many images came before, by which the caller counts.

    Raises:
        UnderstandingError: there is NaN or infinity among them.
    """
    if all(np.isfinite([values.min(), values.max()]).all() for values in arrays):
        return
    wrong = np.zeros(len(images), bool)
    for values in arrays:
        wrong |= ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
    first = int(np.flatnonzero(wrong)[0])
    source = _first_broken(lens, images[first : first + 1], places)
    named = f"{where}, images[{start}:{start + len(wrong)}]" if start else where
    raise _refused(named, f"{int(wrong.sum())} of {len(wrong)}", start + first, source)


def expect_finite_layers(
    where: str, lens: Lens, images: npt.NDArray[np.float32], places: Sequence[Place] = ()
) -> None:
    """Refuse a network in which a layer gives NaN or infinity for the first image.

    A largest value, or a ReLU, may pass over them, so that nothing of it is seen at the end.

    Args:
        where: the function that the error names.
        lens: of the model.
        images: (N, H, W, C), of which the first is tried.
        places: outputs up to which layers are looked at; by default the model's outputs.

    Raises:
        UnderstandingError: a layer does.
    """
    source = _first_broken(lens, images[:1], places)
    if source:
        raise _refused(where, f"1 of {len(images)}", 0, source)


def _refused(where: str, how_many: str, first: int, source: str | None) -> UnderstandingError:
    return UnderstandingError(
        f"{where}: scores and maps are finite numbers. Received NaN or infinity for "
        f"{how_many} images, first images[{first}]"
        + (f"; it begins in layer {source!r}. " if source else ", on the way back only. ")
        + "Look at the weights of that layer, or train again with a smaller learning rate."
    )


def _first_broken(
    lens: Lens, image: npt.NDArray[np.float32], places: Sequence[Place] = ()
) -> str | None:
    """The first layer, in the order of running, whose outputs are not all finite."""
    tried = [Place(step, 0) for step in lens.steps(*places)]
    # Not compiled: what TensorFlow puts together takes the ReLU of NaN for 0.
    outputs = lens.run({lens.input: ops.convert_to_tensor(image)}, tried)
    for place, output in zip(tried, outputs, strict=True):
        if not np.isfinite(ops.convert_to_numpy(output)).all():
            return lens.nodes[place.node].name
    return None
