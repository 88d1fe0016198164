"""The fully connected layer."""

import numpy as np

from dlcnn.reference._arguments import Array
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.layers.activation import activation_function
from dlcnn.reference.layers.base import (
    Call,
    Gradients,
    Seed,
    Weight,
    WeightedLayer,
    positive_integer,
)

__all__ = ["Dense"]


class Dense(WeightedLayer):
    """Multiply the last axis by a matrix and add a bias: every output sees every input.

    Args:
        units: outputs.
        activation: a name as `Activation` takes it, applied to the outputs.
        use_bias: whether a number is added to each output.
        seed: draws the kernel at the first call.

    Input shape: (batch, ..., features). Output shape: (batch, ..., units).
    Weights: kernel (features, units), bias (units,).

    Raises:
        ShapeError: when called on an array without features.
        ValueError: `units` is no integer of at least 1, or the activation is unknown.

    Source: agrees with `keras.layers.Dense`.
    """

    def __init__(
        self,
        units: int,
        *,
        activation: str | None = None,
        use_bias: bool = True,
        seed: Seed = None,
    ) -> None:
        super().__init__(seed)
        self._units = positive_integer(self._where, "units", units)
        self._activation = activation_function(self._where, activation)
        self._use_bias = use_bias

    def _expected_weights(self, inputs: Array) -> dict[str, Weight]:
        if inputs.ndim < 2:
            raise ShapeError(
                f"{self._where}: inputs must have the axes (batch, ..., features). "
                f"Received inputs.shape={inputs.shape}."
            )
        weights = {"kernel": Weight((inputs.shape[-1], self._units), "glorot_uniform")}
        return {**weights, "bias": Weight((self._units,), "zeros")} if self._use_bias else weights

    def _outputs(self, inputs: Array) -> Array:
        weights = self._weights_as(inputs.dtype)
        return self._activation.outputs(inputs @ weights["kernel"] + weights.get("bias", 0))

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        grad_outputs = self._activation.grad_inputs(grad_outputs, call.outputs)
        kernel = self._weights_as(call.inputs.dtype)["kernel"]
        rows, grad_rows = (
            call.inputs.reshape(-1, kernel.shape[0]),
            grad_outputs.reshape(-1, self._units),
        )
        weights = {"kernel": rows.T @ grad_rows, "bias": np.sum(grad_rows, axis=0)}
        return Gradients(grad_outputs @ kernel.T, {name: weights[name] for name in self.weights})
