"""Pooling over the whole image: one number for each channel, and the gradients.

Knows no layers and no windows: the axes between the batch and the channels are pooled together.
"""

from math import prod
from typing import Literal, TypeAlias

import numpy as np

from dlcnn.reference._arguments import (
    Array,
    DataFormat,
    as_images,
    as_numbers,
    from_channels_last,
    require_shape,
    result_type,
)
from dlcnn.reference.errors import ShapeError

__all__ = [
    "global_average_pool1d",
    "global_average_pool1d_gradients",
    "global_average_pool2d",
    "global_average_pool2d_gradients",
    "global_max_pool1d",
    "global_max_pool1d_gradients",
    "global_max_pool2d",
    "global_max_pool2d_gradients",
]

GlobalTies: TypeAlias = Literal["shared", "first", "all"]


def global_max_pool2d(inputs: Array, *, data_format: DataFormat = "channels_last") -> Array:
    """Keep the largest pixel of each channel.

    Args:
        inputs: (batch, height, width, channels).
        data_format: "channels_last", or "channels_first" for (batch, channels, height, width).

    Returns:
        (batch, channels) with the dtype of `inputs`; NaN where a channel holds NaN.

    Raises:
        ShapeError: `inputs` are not images, or have no pixels.
        ValueError: `inputs` does not hold real numbers, or `data_format` is neither of the two.

    Source: agrees with `keras.layers.GlobalMaxPooling2D`.
    """
    return _maximum("global_max_pool2d", 2, inputs, data_format)


def global_max_pool2d_gradients(
    grad_outputs: Array,
    inputs: Array,
    *,
    data_format: DataFormat = "channels_last",
    ties: GlobalTies = "shared",
) -> Array:
    """Carry a gradient back through `global_max_pool2d`, to the pixels that were the largest.

    Args:
        grad_outputs: (batch, channels), the loss's gradient with respect to what
            `global_max_pool2d` returned.
        inputs: as given to `global_max_pool2d`.
        data_format: as given to `global_max_pool2d`.
        ties: who receives the gradient when several pixels of a channel are the largest:
            "shared" gives each an equal part, as TensorFlow does here; "first" and "all" are as
            in `max_pool2d_gradients`.

    Returns:
        grad_inputs, the shape of `inputs` and its dtype (float64 for integer `inputs`). A channel
        that holds NaN has no largest pixel and hands nothing on.

    Raises:
        ShapeError: as `global_max_pool2d`, or `grad_outputs` does not have its output's shape.
        ValueError: as `global_max_pool2d`, or `ties` is none of the three.

    Source: agrees with `tf.GradientTape` over `keras.layers.GlobalMaxPooling2D`.
    """
    where = "global_max_pool2d_gradients"
    return _maximum_gradient(where, 2, grad_outputs, inputs, data_format, ties)


def global_average_pool2d(inputs: Array, *, data_format: DataFormat = "channels_last") -> Array:
    """Average the pixels of each channel.

    Args:
        inputs: (batch, height, width, channels).
        data_format: "channels_last", or "channels_first" for (batch, channels, height, width).

    Returns:
        (batch, channels) with the dtype of `inputs` (float64 for integer `inputs`).

    Raises:
        ShapeError: `inputs` are not images, or have no pixels.
        ValueError: `inputs` does not hold real numbers, or `data_format` is neither of the two.

    Source: agrees with `keras.layers.GlobalAveragePooling2D`.
    """
    return _average("global_average_pool2d", 2, inputs, data_format)


def global_average_pool2d_gradients(
    grad_outputs: Array, inputs: Array, *, data_format: DataFormat = "channels_last"
) -> Array:
    """Carry a gradient back through `global_average_pool2d`, an equal share to each pixel.

    Args:
        grad_outputs: (batch, channels), the loss's gradient with respect to what
            `global_average_pool2d` returned.
        inputs: as given to `global_average_pool2d`; only its shape and dtype matter.
        data_format: as given to `global_average_pool2d`.

    Returns:
        grad_inputs, the shape of `inputs` and its dtype (float64 for integer `inputs`).

    Raises:
        ShapeError: as `global_average_pool2d`, or `grad_outputs` does not have its output's shape.
        ValueError: as `global_average_pool2d`.

    Source: agrees with `tf.GradientTape` over `keras.layers.GlobalAveragePooling2D`.
    """
    where = "global_average_pool2d_gradients"
    return _average_gradient(where, 2, grad_outputs, inputs, data_format)


def global_max_pool1d(inputs: Array, *, data_format: DataFormat = "channels_last") -> Array:
    """Keep the largest step of each channel.

    Args and errors as `global_max_pool2d`, with inputs (batch, length, channels).

    Returns:
        (batch, channels) with the dtype of `inputs`; NaN where a channel holds NaN.

    Source: agrees with `keras.layers.GlobalMaxPooling1D`.
    """
    return _maximum("global_max_pool1d", 1, inputs, data_format)


def global_max_pool1d_gradients(
    grad_outputs: Array,
    inputs: Array,
    *,
    data_format: DataFormat = "channels_last",
    ties: GlobalTies = "shared",
) -> Array:
    """Carry a gradient back through `global_max_pool1d`, to the steps that were the largest.

    Args and errors as `global_max_pool2d_gradients`, with inputs (batch, length, channels).

    Returns:
        grad_inputs, the shape of `inputs` and its dtype (float64 for integer `inputs`).

    Source: agrees with `tf.GradientTape` over `keras.layers.GlobalMaxPooling1D`.
    """
    where = "global_max_pool1d_gradients"
    return _maximum_gradient(where, 1, grad_outputs, inputs, data_format, ties)


def global_average_pool1d(inputs: Array, *, data_format: DataFormat = "channels_last") -> Array:
    """Average the steps of each channel.

    Args and errors as `global_average_pool2d`, with inputs (batch, length, channels).

    Returns:
        (batch, channels) with the dtype of `inputs` (float64 for integer `inputs`).

    Source: agrees with `keras.layers.GlobalAveragePooling1D`.
    """
    return _average("global_average_pool1d", 1, inputs, data_format)


def global_average_pool1d_gradients(
    grad_outputs: Array, inputs: Array, *, data_format: DataFormat = "channels_last"
) -> Array:
    """Carry a gradient back through `global_average_pool1d`, an equal share to each step.

    Args and errors as `global_average_pool2d_gradients`, with inputs (batch, length, channels).

    Returns:
        grad_inputs, the shape of `inputs` and its dtype (float64 for integer `inputs`).

    Source: agrees with `tf.GradientTape` over `keras.layers.GlobalAveragePooling1D`.
    """
    where = "global_average_pool1d_gradients"
    return _average_gradient(where, 1, grad_outputs, inputs, data_format)


def _maximum(where: str, axes: int, inputs: Array, data_format: DataFormat) -> Array:
    largest: Array = _pixels(where, axes, inputs, data_format).max(axis=1)
    return largest


def _average(where: str, axes: int, inputs: Array, data_format: DataFormat) -> Array:
    pixels = _pixels(where, axes, inputs, data_format)
    # NumPy adds half precision, which ends at 65504, in single, and integers in double.
    average: Array = pixels.mean(axis=1)
    return average


def _maximum_gradient(
    where: str,
    axes: int,
    grad_outputs: Array,
    inputs: Array,
    data_format: DataFormat,
    ties: GlobalTies,
) -> Array:
    if ties not in ("shared", "first", "all"):
        raise ValueError(
            f"{where}: ties must be 'shared', 'first' or 'all'. Received ties={ties!r}."
        )
    pixels = _pixels(where, axes, inputs, data_format)
    gradient = _gradient(where, grad_outputs, pixels)
    receives = pixels == pixels.max(axis=1, keepdims=True)
    if ties == "first":
        receives &= np.cumsum(receives, axis=1) == 1
    elif ties == "shared":
        gradient = gradient / np.maximum(receives.sum(axis=1, keepdims=True), 1)
    return _as_inputs(np.where(receives, gradient, 0), pixels, inputs, data_format)


def _average_gradient(
    where: str, axes: int, grad_outputs: Array, inputs: Array, data_format: DataFormat
) -> Array:
    pixels = _pixels(where, axes, inputs, data_format)
    share = _gradient(where, grad_outputs, pixels) / pixels.shape[1]
    return _as_inputs(np.broadcast_to(share, pixels.shape), pixels, inputs, data_format)


def _pixels(where: str, axes: int, inputs: Array, data_format: DataFormat) -> Array:
    """Give the checked images as (batch, pixels, channels)."""
    images = as_images(where, "inputs", inputs, axes, data_format)
    batch, *sizes, channels = images.shape
    if 0 in sizes:
        raise ShapeError(
            f"{where}: inputs must have at least one pixel. Received inputs.shape={images.shape}."
        )
    return images.reshape(batch, prod(sizes), channels)


def _gradient(where: str, grad_outputs: Array, pixels: Array) -> Array:
    """Give the checked gradient as (batch, 1, channels), to lie beside the pixels."""
    gradient = as_numbers(where, "grad_outputs", grad_outputs)
    require_shape(where, "grad_outputs", gradient, (pixels.shape[0], pixels.shape[2]))
    return gradient[:, None]


def _as_inputs(gradient: Array, pixels: Array, inputs: Array, data_format: DataFormat) -> Array:
    """Give the gradient of the pixels the shape and order of the images, and their dtype."""
    shape = np.shape(inputs)
    if data_format == "channels_first":
        shape = (shape[0], *shape[2:], shape[1])
    gradient = gradient.astype(result_type(pixels)).reshape(shape)
    return from_channels_last(gradient, data_format)
