"""Layers that compute nothing: they lay values out otherwise, or let them pass."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from dlcnn.reference._arguments import (
    Array,
    DataFormat,
    as_sizes,
    require_data_format,
    require_images,
)
from dlcnn.reference.layers.base import Call, Gradients, SimpleLayer
from dlcnn.reference.padding import Pads, crop_images, pad_images, resolve_padding

__all__ = ["Dropout", "Flatten", "ZeroPadding2D"]


class Flatten(SimpleLayer):
    """Lay each example out as one row, (batch, everything else), channels changing fastest.

    Args:
        data_format: "channels_first" moves axis 1 behind the others before.

    Raises:
        ValueError: `data_format` is neither of the two.

    Source: agrees with `keras.layers.Flatten`.
    """

    def __init__(self, *, data_format: DataFormat = "channels_last") -> None:
        super().__init__()
        require_data_format(self._where, data_format)
        self._channels_first = data_format == "channels_first"

    def _outputs(self, inputs: Array) -> Array:
        # The numbers of a row are counted, since an empty batch does not tell them.
        return self._channels_last(inputs).reshape(inputs.shape[0], prod(inputs.shape[1:]))

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        gradient = grad_outputs.reshape(self._channels_last(call.inputs).shape)
        return Gradients(np.moveaxis(gradient, -1, 1) if self._moves(call.inputs) else gradient, {})

    def _channels_last(self, inputs: Array) -> Array:
        return np.moveaxis(inputs, 1, -1) if self._moves(inputs) else inputs

    def _moves(self, inputs: Array) -> bool:
        return self._channels_first and inputs.ndim > 2


class ZeroPadding2D(SimpleLayer):
    """Surround images with zeros.

    Args:
        padding: pixels on all sides, (above and below, left and right) or
            ((top, bottom), (left, right)).
        data_format: as `conv2d`.

    Input shape: (batch, height, width, channels).
    Output shape: (batch, top + height + bottom, left + width + right, channels).

    Raises:
        ShapeError: `padding` is none of these; when called, `inputs` are not images.
        ValueError: `data_format` is neither of the two.

    Source: agrees with `keras.layers.ZeroPadding2D`.
    """

    def __init__(
        self,
        padding: int | Sequence[Any] = 1,
        *,
        data_format: DataFormat = "channels_last",
    ) -> None:
        super().__init__()
        self._pads = self._as_pads(padding)
        require_data_format(self._where, data_format)
        self._data_format = data_format

    def _as_pads(self, padding: int | Sequence[Any]) -> Pads:
        sides = padding if isinstance(padding, tuple | list) else (padding, padding)
        if all(isinstance(side, tuple | list) for side in sides):
            return resolve_padding(self._where, sides, (1, 1), (1, 1), (1, 1))
        rows, columns = as_sizes(self._where, "padding", padding, 2, least=0)
        return (rows, rows), (columns, columns)

    def _outputs(self, inputs: Array) -> Array:
        require_images(self._where, "inputs", inputs, 2, self._data_format)
        return self._on_images(inputs, pad_images)

    def _gradients(self, grad_outputs: Array, _call: Call[Array]) -> Gradients[Array]:
        return Gradients(self._on_images(grad_outputs, crop_images), {})

    def _on_images(self, images: Array, change: Any) -> Array:
        """Pad or crop, whatever the order of the axes."""
        if self._data_format == "channels_last":
            changed: Array = change(images, self._pads)
            return changed
        return np.moveaxis(change(np.moveaxis(images, 1, -1), self._pads), -1, 1)


class Dropout(SimpleLayer):
    """Let everything pass, as a network in use does; it cannot be trained with here.

    Args:
        rate: the part of the values that Keras drops in training, from 0 to 1.

    Raises:
        ValueError: `rate` is no such part; when called with training=True and a rate above 0.

    Source: agrees with `keras.layers.Dropout` in inference.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        if not 0 <= rate <= 1:
            raise ValueError(f"{self._where}: rate must be from 0 to 1. Received rate={rate}.")
        self._rate = rate

    def _outputs(self, inputs: Array) -> Array:
        return inputs

    def _training_outputs(self, inputs: Array) -> Array:
        if self._rate:
            raise ValueError(
                f"{self._where}: it lets everything pass, so a network cannot be trained with it "
                f"here. Received training=True, rate={self._rate}. Leave it out, or set rate=0."
            )
        return inputs

    def _gradients(self, grad_outputs: Array, _call: Call[Array]) -> Gradients[Array]:
        return Gradients(grad_outputs, {})
