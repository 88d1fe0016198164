"""Activation functions, by name and as layers.

A function's gradient is told from its outputs alone, so that a layer with `activation="relu"` need
not keep what it computed before. Knows no other layer.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from dlcnn.reference._arguments import Array
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.layers.base import Call, Gradients, SimpleLayer, as_axis

__all__ = ["Activation", "ActivationFunction", "ReLU", "Sigmoid", "Softmax", "activation_function"]


class ActivationFunction(NamedTuple):
    """A function of each value, or of each row of values, and the way back.

    Attributes:
        outputs: from the inputs.
        grad_inputs: from the gradient of the outputs, and the outputs.
    """

    outputs: Callable[[Array], Array]
    grad_inputs: Callable[[Array, Array], Array]


def softmax(inputs: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """Powers of e that sum to 1 along an axis."""
    # The largest power is then 1: nothing overflows, and the quotient is the same.
    powers = np.exp(inputs - inputs.max(axis=axis, keepdims=True))
    outputs: Array = powers / powers.sum(axis=axis, keepdims=True)
    return outputs


def softmax_gradient(
    grad_outputs: Array, outputs: Array, axis: int | tuple[int, ...] = -1
) -> Array:
    """Every input of a row moves every output of it, since they share their sum."""
    common = (grad_outputs * outputs).sum(axis=axis, keepdims=True)
    grad_inputs: Array = outputs * (grad_outputs - common)
    return grad_inputs


def sigmoid(inputs: Array) -> Array:
    """1 / (1 + exp(-inputs))."""
    # exp of a negative number cannot overflow; both forms are the same function.
    power = np.exp(-np.abs(inputs))
    outputs: Array = np.where(inputs >= 0, 1 / (1 + power), power / (1 + power))
    return outputs


_FUNCTIONS = {
    "linear": ActivationFunction(
        lambda inputs: inputs,
        lambda grad_outputs, _outputs: grad_outputs,
    ),
    "relu": ActivationFunction(
        lambda inputs: np.maximum(inputs, 0),
        lambda grad_outputs, outputs: grad_outputs * (outputs > 0),
    ),
    "sigmoid": ActivationFunction(
        sigmoid,
        lambda grad_outputs, outputs: grad_outputs * outputs * (1 - outputs),
    ),
    "softmax": ActivationFunction(softmax, softmax_gradient),
    "tanh": ActivationFunction(
        np.tanh,
        lambda grad_outputs, outputs: grad_outputs * (1 - outputs * outputs),
    ),
}


def activation_function(where: str, activation: str | None) -> ActivationFunction:
    """Find a function by its Keras name; None is "linear".

    Raises:
        ValueError: there is none of this name here.
    """
    name = "linear" if activation is None else activation
    if not isinstance(name, str) or name not in _FUNCTIONS:
        raise ValueError(
            f"{where}: activation must be None or one of {', '.join(_FUNCTIONS)}. "
            f"Received activation={activation!r}."
        )
    return _FUNCTIONS[name]


class Activation(SimpleLayer):
    """Apply a function by name to inputs of any shape; "softmax" is along the last axis.

    Args:
        activation: "linear" (or None), "relu", "sigmoid", "softmax" or "tanh".

    Source: agrees with `keras.layers.Activation`.
    """

    def __init__(self, activation: str | None) -> None:
        super().__init__()
        self._function = activation_function(self._where, activation)

    def _outputs(self, inputs: Array) -> Array:
        return self._function.outputs(inputs)

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        return Gradients(self._function.grad_inputs(grad_outputs, call.outputs), {})


class Sigmoid(Activation):
    """1 / (1 + exp(-inputs)) of each value: `Activation("sigmoid")`."""

    def __init__(self) -> None:
        super().__init__("sigmoid")


class Softmax(SimpleLayer):
    """Powers of e that sum to 1 along `axis` (or axes): probabilities from logits.

    Raises:
        ShapeError: when called on an array without one of these axes.
        ValueError: an axis is no integer.

    Source: agrees with `keras.layers.Softmax`.
    """

    def __init__(self, axis: int | Sequence[int] = -1) -> None:
        super().__init__()
        axes = axis if isinstance(axis, tuple | list) else (axis,)
        self._axes = tuple(as_axis(self._where, each) for each in axes)

    def _checked(self, inputs: Array) -> Array:
        inputs = super()._checked(inputs)
        try:
            normalize_axis_tuple(self._axes, inputs.ndim)
        except ValueError:  # NumPy's AxisError is one
            raise ShapeError(
                f"{self._where}: inputs must have each of the axes, named once. "
                f"Received axis={self._axes}, inputs.shape={inputs.shape}."
            ) from None
        return inputs

    def _outputs(self, inputs: Array) -> Array:
        return softmax(inputs, self._axes)

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        return Gradients(softmax_gradient(grad_outputs, call.outputs, self._axes), {})


class ReLU(SimpleLayer):
    """Keep values above `threshold`, and of those below only a part.

    Args:
        max_value: the largest output; None: no limit.
        negative_slope: outputs below the threshold are negative_slope * (inputs - threshold).
        threshold: where the two parts meet.

    At the threshold itself the gradient is that of the values below, and at `max_value` it is 0, as
    in Keras for max_value=6 (for others Keras has 1 there).

    Raises:
        ValueError: a setting is below 0.

    Source: agrees with `keras.layers.ReLU`.
    """

    def __init__(
        self,
        max_value: float | None = None,
        *,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
    ) -> None:
        super().__init__()
        if min(max_value or 0, negative_slope, threshold) < 0:
            raise ValueError(
                f"{self._where}: its settings must be at least 0. Received max_value={max_value}, "
                f"negative_slope={negative_slope}, threshold={threshold}."
            )
        self._max_value = max_value
        self._negative_slope = negative_slope
        self._threshold = threshold

    def _outputs(self, inputs: Array) -> Array:
        below: Array | float = 0.0
        if self._negative_slope:
            below = self._negative_slope * (inputs - self._threshold)
        outputs = np.where(inputs <= self._threshold, below, inputs)
        if self._max_value is not None:
            outputs = np.minimum(outputs, self._max_value)
        return outputs.astype(inputs.dtype, copy=False)

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        unlimited = self._max_value is None
        above = 1.0 if unlimited else call.inputs < self._max_value
        slopes = np.where(call.inputs > self._threshold, above, self._negative_slope)
        return Gradients(grad_outputs * slopes.astype(grad_outputs.dtype), {})
