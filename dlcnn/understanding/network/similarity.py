"""How alike the filters of a layer are, by their kernels and by their answers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import batch_of, whole
from dlcnn.understanding.lens import Lens, lens_of
from dlcnn.understanding.network.kernels import kernels_of
from dlcnn.understanding.network.population import image_shape, population, through
from dlcnn.understanding.network.selection import units_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Similarity", "similarity"]

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Similarity:
    """How alike filters are, from -1, opposite, to 1, the same but for their strength.

    Attributes:
        layer: its name.
        cosine: (filters, filters) of the kernels; 0 with a kernel of zeros, itself included.
        correlation: (filters, filters) of what they give over images, all positions counted; 0
            with a filter that always gives the same, itself included. None without images.
    """

    layer: str
    cosine: _Array
    correlation: _Array | None

    @property
    def effective(self) -> float:
        """How many different filters the kernels amount to: 1 if all are alike, at most all.

        The participation ratio of the eigenvalues of `cosine`. Opposite filters count as alike.

        Source: Gao et al. 2017, "A theory of multineuronal dimensionality".
        """
        return _participation(self.cosine)

    @property
    def effective_answers(self) -> float | None:
        """The same number of `correlation`: how many different answers the filters give."""
        return None if self.correlation is None else _participation(self.correlation)

    def pairs(self, count: int = 5) -> list[tuple[int, int, float]]:
        """The pairs of filters whose kernels are most alike, with their cosine.

        Args:
            count: how many, at most.

        Raises:
            UnderstandingError: that is no whole number from 1.
        """
        most = whole("pairs", "count", count, least=1)
        first, second = np.triu_indices(len(self.cosine), 1)
        order = np.argsort(-self.cosine[first, second], kind="stable")[:most]
        return [
            (int(first[each]), int(second[each]), float(self.cosine[first[each], second[each]]))
            for each in order
        ]

    def figure(self) -> "Figure":
        """Draw the cosines, and the correlations beside them if there are some."""
        from dlcnn.figures import likeness

        shown = {f"cosine of kernels, {self.effective:.1f} effective": self.cosine}
        if self.correlation is not None:
            shown[f"correlation of answers, {self.effective_answers:.1f} effective"] = (
                self.correlation
            )
        return likeness(shown, label="filter", title=f"Filters of {self.layer}")


def similarity(
    model: keras.Model,
    layer: str | keras.Layer,
    images: Any = None,
    batch_size: int = 64,
) -> Similarity:
    """Compare the filters of a layer with each other.

    Args:
        model: Functional or Sequential, of images; it needs no head.
        layer: a layer with kernels, or its name.
        images: (N, H, W, C) to compare what the filters give, too; an array on disk is read a
            batch at a time. None: the kernels only.
        batch_size: images at a time, which bounds the memory.

    Raises:
        ModelError, UnderstandingError: the model, layer, images or batch size cannot be;
            kernels or activations are NaN or infinite.
    """
    lens = lens_of(model, "similarity")
    size = batch_of(batch_size, "similarity")
    node = lens.nodes[lens.find(layer, "similarity").node]
    values = kernels_of(lens, node, "similarity").values
    rows = values.reshape(-1, values.shape[-1]).T.astype(np.float64)
    correlation = None if images is None else _correlation(lens, layer, images, size)
    return Similarity(node.name, _normalized(rows @ rows.T), correlation)


def _normalized(products: _Array) -> _Array:
    """Products divided by both lengths; 0 where one has none."""
    lengths = np.sqrt(np.maximum(np.diag(products), 0))
    scale = np.outer(lengths, lengths)
    shares = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
    return np.asarray(np.clip(shares, -1, 1))


def _participation(matrix: _Array) -> float:
    squares = float((matrix**2).sum())  # the sum of the squared eigenvalues
    return float(np.trace(matrix) ** 2 / squares) if squares else 0.0


def _correlation(lens: Lens, layer: Any, images: Any, batch_size: int) -> _Array:
    """(channels, channels) over all positions of all images."""
    where = "similarity"
    everyone = population(images)
    places = [lens.find(layer, where)]
    units = units_of(lens, layer, image_shape(lens, everyone, where, places), where)
    channels = units.shape[-1]

    def run(pixels: Tensor) -> tuple[Tensor, Tensor]:
        (output,) = lens.run({lens.input: pixels}, [units.place])
        values = ops.reshape(ops.cast(output, "float32"), (-1, units.size // channels, channels))
        mean = ops.mean(values, axis=1)
        rest = values - mean[:, None]  # small numbers, whose squares float32 can add
        return mean, ops.matmul(ops.transpose(rest, (0, 2, 1)), rest) / rest.shape[1]

    program = lens.program((where, units.place, units.size), lambda: run)
    within = np.zeros((channels, channels))
    totals, products = np.zeros(channels), np.zeros((channels, channels))
    constant, first = np.ones(channels, bool), None
    for stretch in through(lens, everyone, batch_size, where, places=places):
        mean, spread = (each[: stretch.count] for each in program(stretch.images))
        stretch.expect_finite(lens, where, mean, spread, places=places)
        means = mean.astype(np.float64)
        first = means[0] if first is None else first
        flat = np.diagonal(spread, axis1=1, axis2=2) == 0
        constant &= (flat & (means == first)).all(axis=0)
        within += spread.sum(axis=0, dtype=np.float64)
        totals += (means - first).sum(axis=0)
        products += (means - first).T @ (means - first)
    count = len(everyone)
    covariance = (within + products) / count - np.outer(totals, totals) / count**2
    covariance[constant] = 0
    covariance[:, constant] = 0
    return _normalized(covariance)
