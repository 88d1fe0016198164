"""How the units of layers behave over a population: histograms, dead units, sparsity, by class.

The population is gone through twice, for the bounds and then for the counts; what is kept does not
grow with it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import batch_of, whole
from dlcnn.understanding.finite import expect_finite_layers
from dlcnn.understanding.lens import Lens, lens_of
from dlcnn.understanding.maps import names_of
from dlcnn.understanding.network.activations import layers_of
from dlcnn.understanding.network.moments import Sums, moments
from dlcnn.understanding.network.population import image_shape, population, through
from dlcnn.understanding.network.selection import (
    Selected,
    Units,
    picked,
    places_of,
    units_of,
)
from dlcnn.understanding.questions import targets_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Distribution", "Distributions", "distributions"]

_Floats = npt.NDArray[np.float64]
_Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Distribution:
    """What the units of one layer gave; a unit is a channel, or a neuron where there is no map.

    Attributes:
        edges: (bins + 1,) of the histogram, from the smallest value of the layer to the largest.
        counts: (classes, bins) values of all units; one row where no labels were passed.
        mean: (classes, units).
        active: (classes, units) the share of values above 0.
        deviation: (units,) the standard deviation.
        least: (units,) the smallest value.
        most: (units,) the largest.
    """

    edges: _Floats
    counts: _Counts
    mean: _Floats
    active: _Floats
    deviation: _Floats
    least: _Floats
    most: _Floats

    @property
    def dead(self) -> npt.NDArray[np.bool_]:
        """(units,) whether a unit gives one value, whatever the image and wherever in it."""
        return np.asarray(self.least == self.most)

    @property
    def sparsity(self) -> float:
        """The share of all values that are not above 0."""
        images = self.counts.sum(axis=1)
        return float(1 - (images @ self.active.mean(axis=1)) / images.sum())


@dataclass(frozen=True)
class Distributions:
    """The distributions of layers over a population.

    Attributes:
        layers: the distribution of each, by its name.
        classes: which class each row of counts and means is of; None without labels.
    """

    layers: dict[str, Distribution]
    classes: npt.NDArray[np.int32] | None

    def __getitem__(self, name: str) -> Distribution:
        return self.layers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def figure(self, *, class_names: Iterable[str] | None = None) -> "Figure":
        """Draw the histogram of each layer, a line for each class, and name what is dead.

        Args:
            class_names: the name of each class; by default its number.

        Raises:
            UnderstandingError: there are fewer names than classes.
        """
        from dlcnn.figures import histograms

        labels = [""] if self.classes is None else names_of(self.classes, class_names)
        panels, titles = {}, []
        for name, found in self.layers.items():
            panels[name] = (found.edges, dict(zip(labels, found.counts, strict=True)))
            dead = f"{int(found.dead.sum())} of {len(found.dead)} dead"
            titles.append(f"{name}: {dead}, {found.sparsity:.0%} not above 0")
        return histograms(panels, titles, title="Distributions of activations")


def distributions(
    model: keras.Model,
    images: Any,
    labels: Sequence[int] | npt.NDArray[Any] | None = None,
    layers: Selected | Sequence[Selected] | None = None,
    batch_size: int = 64,
    *,
    bins: int = 50,
) -> Distributions:
    """Count how the units of layers answer to a population of images.

    Args:
        model: Functional or Sequential, of images; it needs no head.
        images: (N, H, W, C) as the model takes them; an array on disk (a memory map, an HDF5 data
            set) is read a batch at a time.
        labels: (N,) the class of each image, from 0 on, to tell classes apart; None: all together.
        layers: a layer, its name or a selection, or several; None: every layer.
        batch_size: images at a time, which bounds the memory.
        bins: of the histograms.

    Raises:
        ModelError, UnderstandingError: the model, images, labels, layers or options cannot be;
            activations are NaN or infinite.
    """
    where = "distributions"
    lens = lens_of(model, where)
    size = batch_of(batch_size, where)
    counted = whole(where, "bins", bins, least=1)
    everyone = population(images)
    selected = layers_of(lens, layers, where)
    places = places_of(lens, selected, where)
    shape = image_shape(lens, everyone, where, places)
    units = [units_of(lens, each, shape, where) for each in selected]
    present, group = None, np.zeros(len(everyone), np.int64)
    if labels is not None:
        given = targets_for(None, labels, len(everyone), where, "labels")
        present, group = np.unique(given, return_inverse=True)
    sums = _bounds(lens, units, everyone, group, size, where)
    if not all(total.least.any() or total.most.any() for total in sums):
        first = np.asarray(everyone[:1], np.float32)
        expect_finite_layers(where, lens, first, places)
    counts = _counts(lens, units, sums, everyone, group, (size, counted), where)
    return Distributions(
        {
            each.name: _distribution(total, *histogram)
            for each, total, histogram in zip(units, sums, counts, strict=True)
        },
        present,
    )


def _read(units: Sequence[Units], outputs: Sequence[Tensor], indices: Sequence[Tensor]) -> Any:
    """(N, positions, channels) float32 of each layer's output."""
    return [
        ops.reshape(picked(output, index, each.size), (-1, *each.by_channel.shape))
        for each, output, index in zip(units, outputs, indices, strict=True)
    ]


def _key(units: Sequence[Units]) -> Any:
    """What a program depends on; which units it reads is handed in, as `_indices`."""
    return tuple((each.place, each.size, each.by_channel.shape) for each in units)


def _indices(units: Sequence[Units]) -> list[npt.NDArray[np.int32]]:
    return [each.by_channel.reshape(-1) for each in units]


def _bounds(
    lens: Lens,
    units: Sequence[Units],
    images: Any,
    group: npt.NDArray[Any],
    batch_size: int,
    where: str,
) -> list[Sums]:
    """The first way through the population."""

    def run(pixels: Tensor, *indices: Tensor) -> list[list[Tensor]]:
        outputs = lens.run({lens.input: pixels}, [each.place for each in units])
        return [moments(each) for each in _read(units, outputs, indices)]

    program = lens.program(("distributions, bounds", _key(units)), lambda: run)
    indices = _indices(units)
    classes = int(group.max()) + 1
    sums = [Sums.empty(classes, each.by_channel.shape[1]) for each in units]
    places = [each.place for each in units]
    for stretch in through(lens, images, batch_size, where, places=places):
        for total, found in zip(sums, program(stretch.images, *indices), strict=True):
            kept = [each[: stretch.count] for each in found]
            stretch.expect_finite(lens, where, *kept, places=places)
            total.add(stretch.of(group), kept)
    return sums


def _counts(
    lens: Lens,
    units: Sequence[Units],
    sums: Sequence[Sums],
    images: Any,
    group: npt.NDArray[Any],
    sizes: tuple[int, int],
    where: str,
) -> list[tuple[_Floats, _Counts]]:
    """The second way: the edges and (classes, bins) counts of each layer."""
    batch_size, bins = sizes
    key = ("distributions, counts", _key(units), bins)
    program = lens.program(key, lambda: _binning(lens, units, bins))
    edges = [_edges(float(each.least.min()), float(each.most.max()), bins) for each in sums]
    lows = np.array([each[0] for each in edges], np.float32)
    scales = np.array([bins / (each[-1] - each[0]) for each in edges], np.float32)
    indices = _indices(units)
    classes = int(group.max()) + 1
    counts = [np.zeros(classes * bins, np.int64) for _ in units]
    places = [each.place for each in units]
    for stretch in through(lens, images, batch_size, where, places=places, again=True):
        offset = stretch.of(group)[:, None] * bins
        for total, found in zip(
            counts, program(stretch.images, lows, scales, *indices), strict=True
        ):
            kept = found[: stretch.count].reshape(stretch.count, -1) + offset
            total += np.bincount(kept.reshape(-1), minlength=classes * bins)
    return [(each, n.reshape(classes, bins)) for each, n in zip(edges, counts, strict=True)]


def _binning(lens: Lens, units: Sequence[Units], bins: int) -> Callable[..., list[Tensor]]:
    def run(pixels: Tensor, lows: Tensor, scales: Tensor, *indices: Tensor) -> list[Tensor]:
        outputs = lens.run({lens.input: pixels}, [each.place for each in units])
        found = []
        for number, values in enumerate(_read(units, outputs, indices)):
            place = ops.floor((values - lows[number]) * scales[number])
            found.append(ops.cast(ops.clip(place, 0, bins - 1), "int32"))
        return found

    return run


def _edges(low: float, high: float, bins: int) -> _Floats:
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1)


def _distribution(total: Sums, edges: _Floats, counts: _Counts) -> Distribution:
    images = total.images[:, None]
    everyone = total.images.sum()
    mean = total.mean.sum(axis=0) / everyone
    variance = np.maximum(total.squares.sum(axis=0) / everyone - mean**2, 0)
    return Distribution(
        edges,
        counts,
        total.mean / images,
        total.active / images,
        np.where(total.least == total.most, 0.0, np.sqrt(variance)),
        total.least,
        total.most,
    )
