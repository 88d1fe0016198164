"""Layers of historic networks that Keras does not have; they know no network."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

__all__ = ["LocalResponseNormalization", "RadialBasis", "SelectChannels"]


@keras.saving.register_keras_serializable(package="dlcnn")
class LocalResponseNormalization(keras.Layer):  # type: ignore[misc]  # Keras has no types
    """Divide each value by the energy of the neighbouring channels at the same pixel.

    output = inputs / (bias + alpha * sum of squares over `depth` channels) ** beta

    Args:
        depth: how many neighbouring channels count, the value's own in the middle.
        bias: keeps the divisor away from 0; k in the paper.
        alpha: the weight of the energy.
        beta: the exponent.

    Input and output shape: (batch, height, width, channels).

    Source: Krizhevsky, Sutskever & Hinton 2012, section 3.3, whose constants are the defaults.
    """

    def __init__(
        self,
        depth: int = 5,
        bias: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.depth, self.bias, self.alpha, self.beta = depth, bias, alpha, beta

    def call(self, inputs: Any) -> Any:
        """Normalize a batch of feature maps."""
        below = self.depth // 2
        channels = inputs.shape[-1]
        around = [(0, 0), (0, 0), (0, 0), (below, self.depth - 1 - below)]
        squares = ops.pad(ops.square(inputs), around)
        energy = sum(squares[..., offset : offset + channels] for offset in range(self.depth))
        return inputs / (self.bias + self.alpha * energy) ** self.beta

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        arguments = {
            "depth": self.depth,
            "bias": self.bias,
            "alpha": self.alpha,
            "beta": self.beta,
        }
        return {**super().get_config(), **arguments}


@keras.saving.register_keras_serializable(package="dlcnn")
class SelectChannels(keras.Layer):  # type: ignore[misc]  # Keras has no types
    """Pass on some of the channels, for convolutions that are not to see all of them.

    Args:
        channels: their indices, in the order of the output.

    Input shape: (batch, height, width, all channels).
    Output shape: (batch, height, width, len(channels)).
    """

    def __init__(self, channels: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels = tuple(channels)

    def call(self, inputs: Any) -> Any:
        """Select from a batch of feature maps."""
        return ops.take(inputs, self.channels, axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As many channels as were selected."""
        return (*input_shape[:-1], len(self.channels))

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return {**super().get_config(), "channels": self.channels}


@keras.saving.register_keras_serializable(package="dlcnn")
class RadialBasis(keras.Layer):  # type: ignore[misc]  # Keras has no types
    """Score each class by minus the squared distance of the inputs to the class's code.

    The codes are -1 and 1, fixed and not weights. The paper draws them as small pictures of the
    digits and names drawing them by chance as the alternative, which holds for any classes.

    Args:
        units: how many classes.

    Input shape: (batch, features). Output shape: (batch, units), at most 0.

    Source: LeCun et al. 1998, section II.B, equation 7.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def call(self, inputs: Any) -> Any:
        """Score a batch."""
        # RandomState draws the same codes in every version of NumPy.
        codes = np.random.RandomState(1998).choice([-1.0, 1.0], (self.units, inputs.shape[-1]))
        difference = ops.expand_dims(inputs, 1) - ops.convert_to_tensor(codes, inputs.dtype)
        return -ops.sum(ops.square(difference), axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """One score per class."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return {**super().get_config(), "units": self.units}
