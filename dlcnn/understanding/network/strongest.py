"""The images, and the patches of them, that a unit answers to most."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.receptive import ReceptiveField, receptive_fields
from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import batch_of, columns_of, whole
from dlcnn.understanding.finite import expect_finite_layers
from dlcnn.understanding.lens import Lens, lens_of
from dlcnn.understanding.network.population import image_shape, population, through
from dlcnn.understanding.network.selection import Selected, Units, picked, places_of, units_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Strongest", "strongest", "window"]


@dataclass(frozen=True)
class Strongest:
    """The images of the largest activations, the largest first.

    Attributes:
        selection: the name of the units asked about.
        values: (k,) what the strongest of these units gives for each image.
        images: (k,) where the images stand in the population.
        units: (k, axes) the index of that unit in the layer's output, such as (row, column,
            channel).
        corners: (k, 2) the row and column of the patch's first pixel in the image; negative
            where the unit looks beyond the border.
        patches: (k, height, width, C) what the unit sees; 0 beyond the border.
    """

    selection: str
    values: npt.NDArray[np.float32]
    images: npt.NDArray[np.int64]
    units: npt.NDArray[np.int64]
    corners: npt.NDArray[np.int64]
    patches: npt.NDArray[np.float32]

    def figure(self, *, columns: int | None = None) -> "Figure":
        """Draw the patches, each with its image's number and the activation.

        Args:
            columns: patches per row.

        Raises:
            UnderstandingError: it is no such number.
        """
        from dlcnn.figures import image_grid
        from dlcnn.figures.heatmaps import stretched

        captions = [
            f"image {image}\n{value:.3g}"
            for image, value in zip(self.images, self.values, strict=True)
        ]
        shown = np.stack([stretched(patch) for patch in self.patches])
        title = f"Strongest of {self.selection}"
        return image_grid(shown, captions, columns=columns_of(columns), title=title)


def strongest(
    model: keras.Model, images: Any, selection: Selected, count: int = 9, batch_size: int = 64
) -> Strongest:
    """Find the images that units answer to most, and cut out what the strongest unit sees.

    Args:
        model: Functional or Sequential, of images; it needs no head.
        images: (N, H, W, C) as the model takes them; an array on disk is read a batch at a time.
        selection: the units, such as `layer["conv2"][..., 5]` for a channel wherever it answers;
            for each image the strongest of them counts.
        count: how many images, at most. Of equal ones the first stand first.
        batch_size: images at a time, which bounds the memory.

    Returns:
        The patches are as large as the layer's receptive field, or the image where a unit sees
        all of it or its window cannot be told.

    Raises:
        ModelError, UnderstandingError: the model, images, selection or options cannot be;
            activations are NaN or infinite.

    Source: Zeiler & Fergus 2014, figure 2; Girshick et al. 2014, section 3.1.
    """
    where = "strongest"
    lens = lens_of(model, where)
    size = batch_of(batch_size, where)
    kept = whole(where, "count", count, least=1)
    everyone = population(images)
    shape = image_shape(lens, everyone, where, places_of(lens, [selection], where))
    units = units_of(lens, selection, shape, where)
    values, found, which = _largest(lens, units, everyone, kept, size, where)
    if not values.any():
        expect_finite_layers(where, lens, np.asarray(everyone[:1], np.float32), [units.place])
    field = receptive_fields(lens.nodes)[units.place.node]
    places = np.stack(np.unravel_index(units.flat[which], units.shape), axis=-1)
    patches, corners = [], []
    for image, place in zip(found, places, strict=True):
        corner, extent = window(field, place, shape[:2])
        pixels = np.asarray(everyone[int(image)], np.float32)
        patches.append(_cut(pixels, corner, extent))
        corners.append(corner)
    return Strongest(
        units.name, values, found, places.astype(np.int64), np.array(corners), np.stack(patches)
    )


def window(
    field: ReceptiveField | str, unit: Any, image: tuple[int, ...]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The first row and column, and the height and width, of what a unit sees of an image.

    Args:
        field: of the unit's layer; a text if it cannot be told, which counts as the whole image.
        unit: its index in the layer's output, the row and column first.
        image: (height, width).
    """
    height, width = image
    if isinstance(field, str) or field.whole or len(field.size) != 2:
        return (0, 0), (height, width)
    row, column = (
        int(np.floor(place * step - before))
        for place, step, before in zip(unit[:2], field.stride, field.padding, strict=True)
    )
    sizes = (
        (height if field.size[0] is None else field.size[0]),
        (width if field.size[1] is None else field.size[1]),
    )
    return (row, column), sizes


def _largest(
    lens: Lens, units: Units, images: Any, count: int, batch_size: int, where: str
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The largest values, the images that they are of, and which of the units gave them."""

    def run(pixels: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
        (output,) = lens.run({lens.input: pixels}, [units.place])
        values = picked(output, indices, units.size)
        return ops.max(values, axis=1), ops.argmax(values, axis=1)

    program = lens.program((where, units.place, units.size), lambda: run)
    best = np.empty(0, np.float32)
    found = which = np.empty(0, np.int64)
    for stretch in through(lens, images, batch_size, where, places=[units.place]):
        values, places = (each[: stretch.count] for each in program(stretch.images, units.flat))
        stretch.expect_finite(lens, where, values, places=[units.place])
        best = np.concatenate([best, values])
        found = np.concatenate([found, stretch.start + np.arange(stretch.count)])
        which = np.concatenate([which, places])
        order = np.argsort(-best, kind="stable")[:count]
        best, found, which = best[order], found[order], which[order]
    return best, found, which


def _cut(
    image: npt.NDArray[np.float32], corner: tuple[int, int], extent: tuple[int, int]
) -> npt.NDArray[np.float32]:
    patch = np.zeros((*extent, image.shape[-1]), np.float32)
    inside, there = [], []
    for first, size, side in zip(corner, extent, image.shape, strict=False):
        low, high = max(first, 0), min(first + size, side)
        inside.append(slice(low, max(high, low)))
        there.append(slice(low - first, max(high, low) - first))
    patch[tuple(there)] = image[tuple(inside)]
    return patch
