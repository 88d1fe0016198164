"""How far outputs and feature maps stay, or move along, when what is on the images is moved.

It must not know how an image is moved, nor how a receptive field is found.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.graph import Node, Place
from dlcnn.models.receptive import receptive_fields
from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import batch_of, choice, number
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.equivariance.distances import distance, similarity
from dlcnn.understanding.equivariance.transforms import (
    Grid,
    Move,
    read,
    rotation,
    scaling,
    shift,
    warped,
)
from dlcnn.understanding.equivariance.units import Units, margins, seen
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.finite import expect_finite
from dlcnn.understanding.images import expect_size, images_for
from dlcnn.understanding.lens import Lens, lens_of
from dlcnn.understanding.network.activations import layers_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Change", "Invariance", "invariance"]

Change: TypeAlias = Literal["shift", "rotation", "scale"]

_Floats: TypeAlias = npt.NDArray[np.float32]

_AXES = {
    "shift": "shift by pixels",
    "rotation": "rotation by degrees",
    "scale": "change of size, factor",
}


@dataclass(frozen=True)
class Invariance:
    """How the outputs of layers answer to a change of the images.

    Distances are relative to the larger one of the two norms: 0 for equal outputs, about 1.4 for
    outputs that have nothing to do with each other.

    Attributes:
        change: "shift", "rotation" or "scale".
        amounts: (A,) how much of it.
        layers: names of the L layers.
        similarity: (L, A, N) cosine of the outputs for the changed and the original image.
        distance: (L, A, N) between the two.
        equivariance_error: (L, A, N) distance between the outputs for the changed image and the
            original ones moved in the same way; NaN for layers whose units have no place, and
            where nothing is left to compare.
        compared: (L, A) the share of places of the layer that the error is taken over.
        clear: (L, A) whether it is free of borders: no place counts whose window reaches over the
            edge of the image, or that depends on what came in from outside. Where no place is
            free, all that stay on the layer count.
    """

    change: str
    amounts: npt.NDArray[np.float64]
    layers: tuple[str, ...]
    similarity: _Floats
    distance: _Floats
    equivariance_error: _Floats
    compared: _Floats
    clear: npt.NDArray[np.bool_]

    def figure(self, layers: str | Sequence[str] | None = None) -> "Figure":
        """Draw the means over the images for each layer: what stays, and what moves along.

        Args:
            layers: names of those to draw, one or more; by default all.

        Raises:
            UnderstandingError: a layer was not measured.
        """
        from dlcnn.figures import Panel, panels

        alone = isinstance(layers, str) or not isinstance(layers, Iterable)
        given: Any = [layers] if alone else layers
        chosen = self.layers if layers is None else tuple(given)
        missing = [name for name in chosen if name not in self.layers]
        if missing or not chosen:
            raise UnderstandingError(
                f"figure: it draws layers that were measured. Received layers={layers!r}. Measured "
                f"are {', '.join(self.layers)}."
            )
        order = np.argsort(self.amounts, kind="stable")
        rows = {name: self.layers.index(name) for name in chosen}
        stay = {name: self.similarity[row].mean(axis=1)[order] for name, row in rows.items()}
        move = {
            name: self.equivariance_error[row].mean(axis=1)[order]
            for name, row in rows.items()
            if np.isfinite(self.equivariance_error[row]).any()
        }
        x, label = self.amounts[order], _AXES[self.change]
        shown = [Panel(x, stay, label, "cosine similarity to the original", title="invariance")]
        if move:
            shown.append(Panel(x, move, label, "equivariance error", title="moving along"))
        count = self.similarity.shape[-1]
        images = "1 image" if count == 1 else f"{count} images"
        return panels(shown, title=f"{self.change}: mean of {images}")


def invariance(
    model: keras.Model,
    images: npt.ArrayLike,
    change: Change,
    amounts: float | Iterable[float],
    layers: Sequence[str | keras.Layer] | None = None,
    batch_size: int = 64,
    *,
    along: Literal["columns", "rows"] = "columns",
    fill: float = 0.0,
) -> Invariance:
    """Measure how outputs of layers change, and move, when what is on the images is moved.

    Args:
        model: Functional or Sequential, of images; it needs no head.
        images: (N, H, W, C) as the model takes them.
        change: "shift", by pixels to the right or down; "rotation", by degrees around the middle,
            against the clock; "scale", a factor above 0, from the middle.
        amounts: how much of it, one or more, in any order; each is measured as often as it comes.
        layers: names or layers; by default those with a kernel, pooling, and the last one.
        batch_size: images at a time, originals and changed ones counted.
        along: the axis of a shift; left out for other changes.
        fill: what comes in from outside the image.

    Raises:
        ModelError: the model has no graph, or there is no such layer.
        UnderstandingError: the model, images or options cannot be.

    Source: Lenc & Vedaldi 2015; Azulay & Weiss 2019, for what strides do to shifts.
    """
    where = "invariance"
    lens = lens_of(model, where)
    size, places = batch_of(batch_size, where), _places(lens, layers)
    pixels = images_for(lens, images, where, places=places)
    choice(where, "change", change, get_args(Change))
    given = _amounts(change, amounts)
    moves = _moves(change, given, along)
    edge = number(where, "fill", fill)
    grids = _grids(lens, places, pixels.shape[1:])
    placed = [grid is not None for grid in grids]
    program = lens.program(("invariance", tuple(places)), lambda: _comparing(lens, places, placed))
    image = pixels.shape[1:3]
    found, compared, clear = [], [], []
    for move in moves:
        pictures = warped(move, image, Grid(image))
        sights = [seen(move, image, grid, pictures) for grid in grids]
        shared = [pictures.places, pictures.weights, np.float32(edge)]
        shared += [part for each in sights for part in each.arrays]
        (numbers,) = in_batches(program, [pixels], max(1, size // 2), label=where, shared=shared)
        found.append(numbers)
        compared.append([each.counted.mean() for each in sights])
        clear.append([each.clear for each in sights])
    alike, apart, error = np.stack(found).transpose(3, 2, 0, 1)  # from (A, N, L, 3)
    expect_finite(where, lens, pixels, apart.transpose(2, 0, 1), places=places)
    known = np.array(placed)[:, None] & (np.transpose(compared) > 0)
    return Invariance(
        change,
        np.array(given),
        tuple(lens.nodes[place.node].name for place in places),
        alike,
        apart,
        np.where(known[..., None], error, np.float32(np.nan)),
        np.transpose(compared).astype(np.float32),
        np.transpose(clear),
    )


def _amounts(change: str, amounts: Any) -> list[float]:
    """The amounts as Python's numbers, in the order in which they come."""
    try:
        given = [amounts] if isinstance(amounts, str) else list(amounts)
    except TypeError:  # a number, also one that NumPy gives as an array
        given = [amounts]
    above = 0 if change == "scale" else None
    plain = [number("invariance", "an amount", amount, above=above) for amount in given]
    if not plain:
        raise UnderstandingError(
            "invariance: amounts are numbers, one or more. Received none. Pass such as range(8)."
        )
    return plain


def _moves(change: str, amounts: Sequence[float], along: str) -> list[Move]:
    """The move for each amount."""
    where = "invariance"
    if choice(where, "along", along, ("columns", "rows")) == "rows" and change != "shift":
        raise UnderstandingError(
            f"{where}: along is the axis of a shift. Received along='rows' and change={change!r}. "
            "Leave it out."
        )
    if change == "shift":
        return [shift(by, 0.0) if along == "rows" else shift(0.0, by) for by in amounts]
    return [rotation(by) if change == "rotation" else scaling(by) for by in amounts]


def _places(lens: Lens, layers: Sequence[str | keras.Layer] | None) -> list[Place]:
    """The outputs to measure."""
    where = "invariance"
    if layers is not None:
        return [lens.find(layer, where) for layer in layers_of(lens, layers, where)]
    steps = [step for step in lens.steps() if _is_telling(lens.nodes[step])]
    places = [Place(step, 0) for step in steps]
    return [*(place for place in places if place not in lens.outputs), *lens.outputs]


def _is_telling(node: Node) -> bool:
    return hasattr(node.layer, "kernel") or "Pooling" in node.kind


def _grids(lens: Lens, places: Sequence[Place], size: tuple[int, ...]) -> list[Units | None]:
    """Where the units of each output lie on the image; None where they lie nowhere."""
    nodes = _sized(lens, places, size)
    fields = receptive_fields(nodes)
    beside = margins(nodes, fields)
    grids: list[Units | None] = []
    for place in places:
        field, shape = fields[place.node], nodes[place.node].output_shape
        if isinstance(field, str) or field.whole or len(shape) != 4:
            grids.append(None)
        else:
            grids.append(Units(field, (shape[1] or 0, shape[2] or 0), beside[place.node]))
    return grids


def _sized(lens: Lens, places: Sequence[Place], size: tuple[int, ...]) -> list[Node]:
    """The nodes with the sizes that they have for such images: those of a model may be open."""
    found = expect_size("invariance", lens, size, places, "Pass larger ones.")
    shapes = {place: (None, *shape) for place, shape in found.items()}
    return [
        replace(
            node,
            input_shapes=tuple(map(shapes.get, node.reads, node.input_shapes)),
            output_shape=shapes.get(Place(step, 0), node.output_shape),
        )
        for step, node in enumerate(lens.nodes)
    ]


def _comparing(
    lens: Lens, places: Sequence[Place], placed: Sequence[bool]
) -> Callable[..., Tensor]:
    """The program from images, and how they and the outputs are moved, to (N, L, 3) numbers."""

    def run(images: Tensor, where: Tensor, weights: Tensor, fill: Tensor, *along: Tensor) -> Tensor:
        changed = read(images, where, weights, fill)
        before = lens.run({lens.input: images}, places)
        after = lens.run({lens.input: changed}, places)
        rows = []
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            old, new = ops.cast(old, "float32"), ops.cast(new, "float32")
            apart = distance(old, new)
            error = ops.zeros_like(apart)
            if placed[index]:
                spots, shares, counted = along[3 * index : 3 * index + 3]
                kept = ops.reshape(counted, (1, *ops.shape(new)[1:3], 1))
                error = distance(read(old, spots, shares, 0.0) * kept, new * kept)
            rows.append(ops.stack([similarity(old, new), apart, error], axis=-1))
        return ops.stack(rows, axis=1)

    return run
