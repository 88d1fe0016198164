"""A Keras model run a second time, in NumPy, and what that shows, layer by layer."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from dlcnn.models.conversion import to_reference
from dlcnn.models.errors import ModelError
from dlcnn.models.graph import Node, layer_calls
from dlcnn.models.shapes import TensorShape, as_text
from dlcnn.reference import network

__all__ = ["Replay", "ReplayRow", "compare", "replay"]

_Array = npt.NDArray[Any]


@dataclass(frozen=True)
class ReplayRow:
    """One call of a layer, computed by Keras and by NumPy.

    Attributes:
        name: as in `summary_table`.
        kind: the layer's class in Keras.
        output_shape: of this batch.
        largest: the largest difference of two outputs; NaN where only one of them is NaN.
        scale: the largest output of Keras, its sign aside.
    """

    name: str
    kind: str
    output_shape: TensorShape
    largest: float
    scale: float

    @property
    def relative(self) -> float:
        """The largest difference as a part of the largest output."""
        return self.largest / self.scale if self.scale else self.largest


@dataclass(frozen=True)
class Replay:
    """How far NumPy is from Keras, layer by layer; prints as a table.

    Both run the whole network, so a difference is handed on to the layers behind it.

    Attributes:
        title: the model's name.
        rows: a row per call of a layer, in the order of running, nested models opened.
    """

    title: str
    rows: tuple[ReplayRow, ...]

    @property
    def worst(self) -> ReplayRow:
        """The layer with the largest difference, relative to its outputs."""
        return max(self.rows, key=lambda row: (np.isnan(row.relative), row.relative))

    def first_beyond(self, tolerance: float = 1e-4) -> ReplayRow | None:
        """The first layer that differs by more, relative to its outputs: where it begins."""
        return next((row for row in self.rows if not row.relative <= tolerance), None)

    def __str__(self) -> str:
        table = [("layer", "kind", "output", "difference", "relative"), *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if place < 3 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in table
        ]
        rule = "-" * len(lines[0])
        worst = f"largest relative difference {self.worst.relative:.1e} at {self.worst.name}"
        return "\n".join([self.title, "", lines[0], rule, *lines[1:], rule, worst])


def replay(model: keras.Model, images: _Array | Sequence[_Array]) -> Replay:
    """Run a Keras model a second time in NumPy, and compare the two layer by layer.

    >>> print(models.replay(models.lenet5(), images))

    Args:
        model: Functional, or Sequential that knows its input shape, of the layers that
            `dlcnn.reference.layers` has. It is run as it is used, not as it learns.
        images: a batch as the model takes it; a list of them for a model of several inputs.

    Raises:
        ModelError: the model has no graph, a layer is not among these (it is named), or the
            images do not fit.
    """
    return compare(model, to_reference(model, "replay"), images)


def compare(
    model: keras.Model, reference: network.Network, images: _Array | Sequence[_Array]
) -> Replay:
    """Hold a model to a network that `to_reference` wrote down, perhaps before it changed.

    Arguments and errors are those of `replay`.
    """
    nodes, _ = layer_calls(model, "replay")
    batches = _batches(model, images)
    ours = reference.activations(*batches)
    given = dict(zip(reference.inputs, batches, strict=True))
    rows = [
        _row(node, ours[node.name], outputs)
        for node, outputs in _run(nodes, given)
        if node.name not in given
    ]
    return Replay(model.name, tuple(rows))


def _batches(model: keras.Model, images: _Array | Sequence[_Array]) -> list[_Array]:
    """The arrays for each input, in the dtype that the model computes in."""
    dtype = np.float64 if model.compute_dtype == "float64" else np.float32
    several = isinstance(images, list | tuple)
    try:
        batches = [np.asarray(each, dtype) for each in (images if several else [images])]
    except (TypeError, ValueError):
        batches = []  # told below, in the same words as any other misfit
    shapes = [tuple(tensor.shape) for tensor in model.inputs]
    if len(batches) != len(shapes) or not all(map(_fits, batches, shapes)):
        received = " and ".join(as_text(batch.shape) for batch in batches)
        raise ModelError(
            f"replay: {model.name} takes {' and '.join(map(as_text, shapes))}. Received "
            f"{received or 'no arrays of numbers'}. Pass a batch of at least one, the batch axis "
            "first; a list of them for a model of several inputs."
        )
    return batches


def _fits(batch: _Array, shape: TensorShape) -> bool:
    return batch.ndim == len(shape) and all(
        size and expected in (None, size) for size, expected in zip(batch.shape, shape, strict=True)
    )


def _run(nodes: Sequence[Node], given: dict[str, _Array]) -> Iterator[tuple[Node, _Array]]:
    """Keras' own outputs, one layer after the other, each forgotten when all have read it."""
    readers = Counter(parent for node in nodes for parent in node.parents)
    outputs: dict[int, Any] = {}
    for place, node in enumerate(nodes):
        if node.name in given:
            outputs[place] = keras.ops.convert_to_tensor(given[node.name])
        else:
            outputs[place] = node.call([outputs[parent] for parent in node.parents])[0]
        yield node, keras.ops.convert_to_numpy(outputs[place])
        readers.subtract(node.parents)
        for parent in set(node.parents):
            if not readers[parent]:
                del outputs[parent]


def _row(node: Node, ours: _Array, theirs: _Array) -> ReplayRow:
    theirs = theirs.astype(np.float64)
    difference = np.abs(ours - theirs)
    return ReplayRow(
        node.name,
        node.kind,
        ours.shape,
        float(difference.max(initial=0)),
        float(np.abs(theirs).max(initial=0)),
    )


def _cells(row: ReplayRow) -> tuple[str, ...]:
    shape = as_text(row.output_shape[1:])
    return row.name, row.kind, shape, f"{row.largest:.1e}", f"{row.relative:.1e}"
