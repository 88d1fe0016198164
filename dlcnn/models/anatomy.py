"""A network laid out as a table: what each layer gives, holds, costs and sees."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import keras

from dlcnn.models.costs import multiply_adds
from dlcnn.models.graph import Node, layer_calls
from dlcnn.models.receptive import ReceptiveField, receptive_fields
from dlcnn.models.shapes import TensorShape, as_text

__all__ = ["SummaryRow", "SummaryTable", "summary_table"]

_UNKNOWN = "?"


@dataclass(frozen=True)
class SummaryRow:
    """One call of a layer.

    Attributes:
        name: as `receptive_field` takes it; `outer/inner` in a nested model, `name:2` when shared.
        kind: the layer's class in Keras.
        output_shape: batch axis first, None where a size is open.
        parameters: weights, trainable or not; 0 for a later call of a shared layer.
        multiply_adds: for one image; None if unknown (see `dlcnn.models.costs`).
        receptive_field: None if it cannot be told.
    """

    name: str
    kind: str
    output_shape: TensorShape
    parameters: int
    multiply_adds: int | None
    receptive_field: ReceptiveField | None


@dataclass(frozen=True)
class SummaryTable:
    """The rows of a network in the order of running; prints as a table.

    Attributes:
        title: the model's name.
        rows: a row per call of a layer, nested models opened.
        trainable: parameters that training changes.
        non_trainable: frozen ones, and statistics of batch normalisation.
    """

    title: str
    rows: tuple[SummaryRow, ...]
    trainable: int
    non_trainable: int

    @property
    def parameters(self) -> int:
        """All parameters, as `model.count_params()`."""
        return self.trainable + self.non_trainable

    @property
    def multiply_adds(self) -> int | None:
        """The sum over the layers for one image; None if one of them is unknown."""
        known = [row.multiply_adds for row in self.rows if row.multiply_adds is not None]
        return sum(known) if len(known) == len(self.rows) else None

    def __str__(self) -> str:
        header = ("layer", "kind", "output", "parameters", "multiply-adds", "sees", "stride")
        lines = _aligned([header, *map(_cells, self.rows)])
        rule = "-" * max(map(len, lines))
        return "\n".join([self.title, "", lines[0], rule, *lines[1:], rule, self.totals()])

    def totals(self) -> str:
        """The last line: parameters and multiply-adds of the whole network."""
        parts = f"{self.trainable:,} trainable"
        if self.non_trainable:
            parts += f", {self.non_trainable:,} not"
        cost = _UNKNOWN if self.multiply_adds is None else f"{self.multiply_adds:,}"
        return f"{self.parameters:,} parameters ({parts}), {cost} multiply-adds per image"


def summary_table(model: keras.Model) -> SummaryTable:
    """What each layer of a network gives, holds, costs and sees; print it to read it.

    Args:
        model: Functional or Sequential.

    Raises:
        ModelError: the model has no graph.
    """
    nodes, _ = layer_calls(model, "summary_table")
    rows = map(_row, nodes, receptive_fields(nodes))
    trainable = sum(_size(weight) for weight in model.trainable_weights)
    return SummaryTable(model.name, tuple(rows), trainable, model.count_params() - trainable)


def _row(node: Node, seen: ReceptiveField | str) -> SummaryRow:
    weights = [] if node.shared else getattr(node.layer, "weights", [])
    return SummaryRow(
        node.name,
        node.kind,
        node.output_shape,
        sum(map(_size, weights)),
        multiply_adds(node),
        None if isinstance(seen, str) else seen,
    )


def _size(weight: keras.Variable) -> int:
    return math.prod(weight.shape)


def _cells(row: SummaryRow) -> tuple[str, ...]:
    cost = _UNKNOWN if row.multiply_adds is None else f"{row.multiply_adds:,}"
    return (
        row.name,
        row.kind,
        as_text(row.output_shape[1:]),
        f"{row.parameters:,}",
        cost,
        *_sight(row.receptive_field),
    )


def _sight(seen: ReceptiveField | None) -> tuple[str, str]:
    """The window and its stride in a cell each; + marks what is seen through global pooling."""
    if seen is None:
        return _UNKNOWN, _UNKNOWN
    if seen.whole:
        return "all", ""
    return seen.size_text + ("+" if seen.global_context else ""), seen.stride_text


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Lines of equal columns: words to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place < 3 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
