"""Layers that make one array of several."""

from collections.abc import Sequence

import numpy as np

from dlcnn.reference._arguments import Array
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.layers.base import Call, Gradients, MergingLayer, as_axis

__all__ = ["Add", "Concatenate"]


class Add(MergingLayer):
    """Add arrays of one shape; an axis of size 1 counts for all places of the others' axis.

    Raises:
        ShapeError: when called on arrays whose shapes do not fit so.

    Source: agrees with `keras.layers.Add`.
    """

    def _outputs(self, inputs: Sequence[Array]) -> Array:
        sizes = zip(*(each.shape for each in inputs), strict=False)
        if len({each.ndim for each in inputs}) > 1 or any(len({*axis} - {1}) > 1 for axis in sizes):
            raise _misfit(self._where, "have one shape", inputs)
        outputs = inputs[0]
        for each in inputs[1:]:
            outputs = outputs + each
        return outputs

    def _gradients(
        self, grad_outputs: Array, call: Call[Sequence[Array]]
    ) -> Gradients[Sequence[Array]]:
        return Gradients([_sum_to(each.shape, grad_outputs) for each in call.inputs], {})


class Concatenate(MergingLayer):
    """Lay arrays behind one another along `axis`, by default the channels.

    Raises:
        ShapeError: when called on arrays without that axis, or that differ along another.
        ValueError: `axis` is no integer.

    Source: agrees with `keras.layers.Concatenate`.
    """

    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self._axis = as_axis(self._where, axis)

    def _outputs(self, inputs: Sequence[Array]) -> Array:
        try:
            return np.concatenate(inputs, axis=self._axis)
        except np.exceptions.AxisError:
            raise _misfit(self._where, f"have an axis {self._axis}", inputs) from None
        except ValueError:
            rule = f"differ along axis {self._axis} only"
            raise _misfit(self._where, rule, inputs) from None

    def _gradients(
        self, grad_outputs: Array, call: Call[Sequence[Array]]
    ) -> Gradients[Sequence[Array]]:
        ends = np.cumsum([each.shape[self._axis] for each in call.inputs])
        return Gradients(np.split(grad_outputs, ends[:-1], axis=self._axis), {})


def _sum_to(shape: tuple[int, ...], gradient: Array) -> Array:
    """Add up what the places of a repeated axis hand back to their one value."""
    repeated = [axis for axis, size in enumerate(shape) if size != gradient.shape[axis]]
    total: Array = gradient.sum(axis=tuple(repeated), keepdims=True)
    return total


def _misfit(where: str, rule: str, inputs: Sequence[Array]) -> ShapeError:
    shapes = ", ".join(str(each.shape) for each in inputs)
    return ShapeError(f"{where}: its inputs must {rule}. Received shapes {shapes}.")
