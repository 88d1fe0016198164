"""Layers of networks before 2013 that Keras does not have; `dlcnn.models.layers` has them in Keras.

They know no network.
"""

from collections.abc import Sequence

import numpy as np

from dlcnn.reference._arguments import Array
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.layers.base import Call, Gradients, SimpleLayer, positive_integer

__all__ = ["LocalResponseNormalization", "RadialBasis", "SelectChannels"]


class LocalResponseNormalization(SimpleLayer):
    """Divide each value by the energy of the neighbouring channels at the same pixel.

    outputs = inputs / (bias + alpha * sum of squares over `depth` channels) ** beta

    Args:
        depth: how many neighbouring channels count, the value's own in the middle.
        bias: keeps the divisor away from 0.
        alpha: the weight of the energy.
        beta: the exponent.

    Input and output shape: (batch, ..., channels).

    Source: Krizhevsky, Sutskever & Hinton 2012, section 3.3.
    """

    def __init__(
        self, depth: int = 5, *, bias: float = 2.0, alpha: float = 1e-4, beta: float = 0.75
    ) -> None:
        super().__init__()
        self._depth = positive_integer(self._where, "depth", depth)
        self._bias = bias
        self._alpha = alpha
        self._beta = beta

    def _outputs(self, inputs: Array) -> Array:
        outputs: Array = inputs / self._divisors(inputs) ** self._beta
        return outputs

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        divisors = self._divisors(call.inputs)
        # A value stands in the divisors of its neighbours: the window is the other way round.
        shares = grad_outputs * call.outputs / divisors
        from_divisors = self._summed(shares, after=self._depth // 2)
        direct = grad_outputs / divisors**self._beta
        return Gradients(direct - 2 * self._alpha * self._beta * call.inputs * from_divisors, {})

    def _divisors(self, inputs: Array) -> Array:
        before = self._depth // 2
        energy = self._summed(np.square(inputs), after=self._depth - 1 - before)
        return self._bias + self._alpha * energy

    def _summed(self, values: Array, after: int) -> Array:
        """Add up `depth` channels around each, `after` of them behind it."""
        around = [(0, 0)] * (values.ndim - 1) + [(self._depth - 1 - after, after)]
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(values, around), self._depth, axis=-1
        )
        total: Array = windows.sum(axis=-1)
        return total


class SelectChannels(SimpleLayer):
    """Pass on some of the channels, for convolutions that are not to see all of them.

    Args:
        channels: their indices, in the order of the output.

    Input shape: (batch, ..., all channels). Output shape: (batch, ..., len(channels)).

    Raises:
        ShapeError: when called on an array without one of the channels.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self._channels = list(channels)

    def _outputs(self, inputs: Array) -> Array:
        try:
            outputs: Array = inputs[..., self._channels]
        except IndexError:
            raise ShapeError(
                f"{self._where}: channels must be indices of the last axis of inputs. "
                f"Received channels={self._channels}, inputs.shape={inputs.shape}."
            ) from None
        return outputs

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        gradient = np.zeros_like(call.inputs)
        for place, channel in enumerate(self._channels):
            gradient[..., channel] += grad_outputs[..., place]
        return Gradients(gradient, {})


class RadialBasis(SimpleLayer):
    """Score each class by minus the squared distance of the inputs to the class's code.

    The codes are -1 and 1, drawn by chance but always the same, and not weights.

    Args:
        units: how many classes.

    Input shape: (batch, features). Output shape: (batch, units), at most 0.

    Source: LeCun et al. 1998, section II.B, equation 7.
    """

    def __init__(self, units: int) -> None:
        super().__init__()
        self._units = positive_integer(self._where, "units", units)

    def _outputs(self, inputs: Array) -> Array:
        scores: Array = -np.square(self._from_codes(inputs)).sum(axis=-1)
        return scores

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        gradient = -2 * (grad_outputs[..., np.newaxis] * self._from_codes(call.inputs)).sum(axis=1)
        return Gradients(gradient, {})

    def _from_codes(self, inputs: Array) -> Array:
        """Each feature less that of the code, (batch, units, features)."""
        # RandomState draws the same codes in every version of NumPy.
        codes = np.random.RandomState(1998).choice([-1.0, 1.0], (self._units, inputs.shape[-1]))
        difference: Array = inputs[:, np.newaxis] - codes.astype(inputs.dtype)
        return difference
