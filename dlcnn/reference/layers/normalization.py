"""Batch normalization, as it learns and as it is used."""

import numpy as np

from dlcnn.reference._arguments import Array
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.layers.base import Call, Gradients, Seed, Weight, WeightedLayer, as_axis

__all__ = ["BatchNormalization"]


class BatchNormalization(WeightedLayer):
    """Give each channel the mean `beta` and the standard deviation `gamma`.

    With training=True by the mean and variance of the batch, which also move the moving ones; a
    network in use goes by the moving ones, so that an image's answer is its own.

    Args:
        axis: the channels.
        momentum: the part of a moving mean or variance that a batch leaves in place.
        epsilon: added to the variance, so that no channel is divided by 0.
        center: whether `beta` is learnt; else it is 0.
        scale: whether `gamma` is learnt; else it is 1.

    Input and output shape: (batch, ..., channels).
    Weights: gamma, beta, moving_mean, moving_variance, each (channels,).

    Raises:
        ShapeError: when called on an array without that axis, or with training=True on one
            without values.
        ValueError: `axis` is no integer.

    Source: Ioffe & Szegedy 2015, algorithms 1 and 2; agrees with
        `keras.layers.BatchNormalization`, whose variances divide by the number of values.
    """

    def __init__(
        self,
        axis: int = -1,
        *,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        seed: Seed = None,
    ) -> None:
        super().__init__(seed)
        self._axis = as_axis(self._where, axis)
        self._momentum = momentum
        self._epsilon = epsilon
        self._center = center
        self._scale = scale

    def _expected_weights(self, inputs: Array) -> dict[str, Weight]:
        if not -inputs.ndim <= self._axis < inputs.ndim or inputs.ndim < 2:
            raise ShapeError(
                f"{self._where}: inputs must have the axes (batch, ..., channels) and an axis "
                f"{self._axis}. Received inputs.shape={inputs.shape}."
            )
        channels = (inputs.shape[self._axis],)
        weights = {"gamma": Weight(channels, "ones")} if self._scale else {}
        if self._center:
            weights["beta"] = Weight(channels, "zeros")
        weights["moving_mean"] = Weight(channels, "zeros")
        weights["moving_variance"] = Weight(channels, "ones")
        return weights

    def _outputs(self, inputs: Array) -> Array:
        return self._scaled(self._normalized(inputs, training=False)[0])

    def _training_outputs(self, inputs: Array) -> Array:
        for name, now in zip(_MOVING, self._statistics(inputs), strict=True):
            before = self.weights[name]
            moved = before * self._momentum + now.ravel() * (1 - self._momentum)
            self.weights[name] = moved.astype(before.dtype)
        return self._scaled(self._normalized(inputs, training=True)[0])

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        others = self._others(call.inputs)
        normalized, slope = self._normalized(call.inputs, call.training)
        weights = {
            "gamma": (grad_outputs * normalized).sum(axis=others),
            "beta": grad_outputs.sum(axis=others),
        }
        grad_normalized = grad_outputs
        if call.training:
            # Each value also moves the mean and the variance of its channel.
            common = grad_outputs.mean(axis=others, keepdims=True)
            along = (grad_outputs * normalized).mean(axis=others, keepdims=True)
            grad_normalized = grad_outputs - common - normalized * along
        grad_inputs = grad_normalized * slope
        if self._scale:
            grad_inputs *= self._beside(self.weights["gamma"], grad_inputs)
        return Gradients(
            grad_inputs, {name: weights[name] for name in self.weights if name in weights}
        )

    def _normalized(self, inputs: Array, training: bool) -> tuple[Array, Array]:
        """Values with mean 0 and variance 1 for each channel, and 1 / the deviation they had."""
        if training:
            mean, variance = self._statistics(inputs)
        else:
            mean, variance = (self._beside(self.weights[name], inputs) for name in _MOVING)
        slope = 1 / np.sqrt(variance + inputs.dtype.type(self._epsilon))
        return (inputs - mean) * slope, slope

    def _statistics(self, inputs: Array) -> tuple[Array, Array]:
        """The mean and the variance of each channel, to lie beside the inputs."""
        if not inputs.size:
            raise ShapeError(
                f"{self._where}: a batch must hold values to learn their mean from. "
                f"Received training=True, inputs.shape={inputs.shape}."
            )
        others = self._others(inputs)
        return inputs.mean(axis=others, keepdims=True), inputs.var(axis=others, keepdims=True)

    def _scaled(self, normalized: Array) -> Array:
        if self._scale:
            normalized *= self._beside(self.weights["gamma"], normalized)
        if self._center:
            normalized += self._beside(self.weights["beta"], normalized)
        return normalized

    def _others(self, inputs: Array) -> tuple[int, ...]:
        """The axes along which a channel's values lie."""
        return tuple(axis for axis in range(inputs.ndim) if axis != self._axis % inputs.ndim)

    def _beside(self, weight: Array, inputs: Array) -> Array:
        """One number for each channel in the dtype of the inputs, to lie beside them."""
        return np.expand_dims(np.asarray(weight, inputs.dtype), self._others(inputs))


_MOVING = ("moving_mean", "moving_variance")
