"""Pooling layers: `max_pool2d` and its kind, constructed with their options."""

from typing import Any, ClassVar

import numpy as np

from dlcnn.reference import global_pooling, pooling
from dlcnn.reference._arguments import Array, DataFormat, IntOrSizes, as_sizes, require_data_format
from dlcnn.reference.layers.base import Call, Gradients, SimpleLayer, require_padding
from dlcnn.reference.padding import Padding

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "MaxPooling1D",
    "MaxPooling2D",
]


class _Pooling(SimpleLayer):
    """What pooling layers with windows share."""

    _AXES: ClassVar[int]
    # The operation and its gradients. In a tuple, since a function would become a method.
    _OPERATION: ClassVar[tuple[Any, Any]]

    def __init__(
        self,
        pool_size: IntOrSizes = 2,
        *,
        strides: IntOrSizes | None = None,
        padding: Padding = "valid",
        data_format: DataFormat = "channels_last",
    ) -> None:
        super().__init__()
        self._pool_size = as_sizes(self._where, "pool_size", pool_size, self._AXES)
        if strides is not None:
            strides = as_sizes(self._where, "strides", strides, self._AXES)
        require_padding(self._where, padding, self._AXES)
        require_data_format(self._where, data_format)
        self._options = {"strides": strides, "padding": padding, "data_format": data_format}

    def _outputs(self, inputs: Array) -> Array:
        pool, _ = self._OPERATION
        outputs: Array = pool(inputs, self._pool_size, **self._options)
        return outputs

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        _, pool_gradients = self._OPERATION
        return Gradients(
            pool_gradients(grad_outputs, call.inputs, self._pool_size, **self._options), {}
        )


class MaxPooling2D(_Pooling):
    """Keep the largest pixel of each window, channel by channel: `max_pool2d`.

    Args:
        pool_size: as `max_pool2d`.
        strides: as `max_pool2d`.
        padding: as `max_pool2d`.
        data_format: as `max_pool2d`.

    Input shape: (batch, height, width, channels).
    Output shape: (batch, out_height, out_width, channels).

    Raises:
        ShapeError: a size is no integer of at least 1, or `padding` is malformed; when called,
            as `max_pool2d`.
        ValueError: `data_format` is neither of the two; when called, as `max_pool2d`.

    Source: agrees with `keras.layers.MaxPooling2D`; of equal pixels the first is handed the
        gradient.
    """

    _AXES = 2
    _OPERATION = pooling.max_pool2d, pooling.max_pool2d_gradients


class AveragePooling2D(_Pooling):
    """Average the pixels of each window: `average_pool2d`; arguments as `MaxPooling2D`."""

    _AXES = 2
    _OPERATION = pooling.average_pool2d, pooling.average_pool2d_gradients


class MaxPooling1D(_Pooling):
    """Keep the largest step of each window: `MaxPooling2D` along one axis."""

    _AXES = 1
    _OPERATION = pooling.max_pool1d, pooling.max_pool1d_gradients


class AveragePooling1D(_Pooling):
    """Average the steps of each window: `AveragePooling2D` along one axis."""

    _AXES = 1
    _OPERATION = pooling.average_pool1d, pooling.average_pool1d_gradients


class _GlobalPooling(SimpleLayer):
    """What pooling over everything but the batch and the channels shares."""

    _OPERATION: ClassVar[tuple[Any, Any]]

    def __init__(
        self,
        *,
        data_format: DataFormat = "channels_last",
        keepdims: bool = False,
    ) -> None:
        super().__init__()
        require_data_format(self._where, data_format)
        self._data_format = data_format
        self._keepdims = keepdims

    def _outputs(self, inputs: Array) -> Array:
        pool, _ = self._OPERATION
        outputs: Array = pool(inputs, data_format=self._data_format)
        if not self._keepdims:
            return outputs
        pooled = range(1, inputs.ndim - 1) if self._channels_last else range(2, inputs.ndim)
        return np.expand_dims(outputs, tuple(pooled))

    def _gradients(self, grad_outputs: Array, call: Call[Array]) -> Gradients[Array]:
        _, pool_gradients = self._OPERATION
        channels = call.inputs.shape[-1 if self._channels_last else 1]
        grad_outputs = grad_outputs.reshape(call.inputs.shape[0], channels)
        return Gradients(
            pool_gradients(grad_outputs, call.inputs, data_format=self._data_format), {}
        )

    @property
    def _channels_last(self) -> bool:
        return self._data_format == "channels_last"


class GlobalAveragePooling2D(_GlobalPooling):
    """Average the pixels of each channel: `global_average_pool2d`.

    Args:
        data_format: as `global_average_pool2d`.
        keepdims: give (batch, 1, 1, channels) instead of (batch, channels).

    Input shape: (batch, height, width, channels). Output shape: (batch, channels).

    Source: agrees with `keras.layers.GlobalAveragePooling2D`.
    """

    _OPERATION = (
        global_pooling.global_average_pool2d,
        global_pooling.global_average_pool2d_gradients,
    )


class GlobalMaxPooling2D(_GlobalPooling):
    """Keep the largest pixel of each channel; arguments as `GlobalAveragePooling2D`."""

    _OPERATION = global_pooling.global_max_pool2d, global_pooling.global_max_pool2d_gradients


class GlobalAveragePooling1D(_GlobalPooling):
    """Average the steps of each channel: `GlobalAveragePooling2D` along one axis."""

    _OPERATION = (
        global_pooling.global_average_pool1d,
        global_pooling.global_average_pool1d_gradients,
    )


class GlobalMaxPooling1D(_GlobalPooling):
    """Keep the largest step of each channel: `GlobalMaxPooling2D` along one axis."""

    _OPERATION = global_pooling.global_max_pool1d, global_pooling.global_max_pool1d_gradients
