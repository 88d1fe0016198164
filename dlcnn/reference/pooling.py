"""Max and average pooling and their gradients along one and two axes; knows no layers.

Padding follows TensorFlow: what "same" adds takes no part in a maximum or an average, nor does
what "full" adds, while ((top, bottom), (left, right)) is a border of zeros that does, as a
ZeroPadding2D before the pool. A mirror's pixels are pixels like any other.
"""

from dlcnn.reference._arguments import Array, DataFormat, IntOrSizes
from dlcnn.reference._pooling import (
    PoolOptions,
    average_pool,
    average_pool_gradients,
    max_pool,
    max_pool_gradients,
)
from dlcnn.reference.padding import Padding
from dlcnn.reference.plain import Ties

__all__ = [
    "average_pool1d",
    "average_pool1d_gradients",
    "average_pool2d",
    "average_pool2d_gradients",
    "max_pool1d",
    "max_pool1d_gradients",
    "max_pool2d",
    "max_pool2d_gradients",
]


def max_pool2d(
    inputs: Array,
    pool_size: IntOrSizes,
    *,
    strides: IntOrSizes | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Keep the largest pixel of each window, channel by channel.

    Args:
        inputs: (batch, height, width, channels).
        pool_size: pixels a window covers, int or (rows, cols), each >= 1.
        strides: pixels moved per output position, int or (rows, cols); None: `pool_size`.
        padding: as `conv2d`; what "same" and "full" add takes no part.
        data_format: "channels_last", or "channels_first" for inputs and outputs that are
            (batch, channels, height, width).

    Returns:
        (batch, out_height, out_width, channels) with the dtype of `inputs`. A window that holds
        NaN gives NaN.

    Raises:
        ShapeError: `inputs` are not images, or the window does not fit in the padded image.
        ValueError: `inputs` does not hold real numbers, or `data_format` is neither of the two.

    Source: agrees with `keras.ops.max_pool`.
    """
    return max_pool("max_pool2d", 2, inputs, PoolOptions(pool_size, strides, padding, data_format))


def max_pool2d_gradients(
    grad_outputs: Array,
    inputs: Array,
    pool_size: IntOrSizes,
    *,
    strides: IntOrSizes | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ties: Ties = "first",
) -> Array:
    """Carry a gradient back through `max_pool2d`, to the pixels that were the largest.

    Args:
        grad_outputs: (batch, out_height, out_width, channels), the loss's gradient with respect
            to what `max_pool2d` returned.
        inputs: as given to `max_pool2d`.
        pool_size: as given to `max_pool2d`.
        strides: as given to `max_pool2d`.
        padding: as given to `max_pool2d`.
        data_format: as given to `max_pool2d`; also the order of axes of `grad_outputs`.
        ties: who receives the gradient when several pixels of a window are the largest: the
            "first" in reading order, as TensorFlow does, or "all" of them, as the course does.

    Returns:
        grad_inputs, the shape of `inputs` and its dtype (float64 for integer `inputs`). A window
        that holds NaN has no largest pixel and hands nothing on.

    Raises:
        ShapeError: as `max_pool2d`, or `grad_outputs` does not have its output's shape.
        ValueError: as `max_pool2d`, or `ties` is neither of the two.

    Source: agrees with `tf.GradientTape` over `keras.ops.max_pool`.
    """
    options = PoolOptions(pool_size, strides, padding, data_format)
    return max_pool_gradients("max_pool2d_gradients", 2, grad_outputs, inputs, options, ties)


def average_pool2d(
    inputs: Array,
    pool_size: IntOrSizes,
    *,
    strides: IntOrSizes | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Average the pixels of each window, channel by channel.

    Args:
        inputs: (batch, height, width, channels).
        pool_size: pixels a window covers, int or (rows, cols), each >= 1.
        strides: pixels moved per output position, int or (rows, cols); None: `pool_size`.
        padding: as `conv2d`; what "same" and "full" add is not averaged over.
        data_format: as `max_pool2d`.

    Returns:
        (batch, out_height, out_width, channels) with the dtype of `inputs`
        (float64 for integer `inputs`).

    Raises:
        ShapeError: `inputs` are not images, or the window does not fit in the padded image.
        ValueError: `inputs` does not hold real numbers, or `data_format` is neither of the two.

    Source: agrees with `keras.ops.average_pool`.
    """
    options = PoolOptions(pool_size, strides, padding, data_format)
    return average_pool("average_pool2d", 2, inputs, options)


def average_pool2d_gradients(
    grad_outputs: Array,
    inputs: Array,
    pool_size: IntOrSizes,
    *,
    strides: IntOrSizes | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Carry a gradient back through `average_pool2d`, an equal share to each pixel averaged.

    Args:
        grad_outputs: (batch, out_height, out_width, channels), the loss's gradient with respect
            to what `average_pool2d` returned.
        inputs: as given to `average_pool2d`; only its shape and dtype matter.
        pool_size: as given to `average_pool2d`.
        strides: as given to `average_pool2d`.
        padding: as given to `average_pool2d`.
        data_format: as given to `average_pool2d`; also the order of axes of `grad_outputs`.

    Returns:
        grad_inputs, the shape of `inputs` and its dtype (float64 for integer `inputs`).

    Raises:
        ShapeError: as `average_pool2d`, or `grad_outputs` does not have its output's shape.
        ValueError: as `average_pool2d`.

    Source: agrees with `tf.GradientTape` over `keras.ops.average_pool`.
    """
    options = PoolOptions(pool_size, strides, padding, data_format)
    return average_pool_gradients("average_pool2d_gradients", 2, grad_outputs, inputs, options)


def max_pool1d(
    inputs: Array,
    pool_size: IntOrSizes,
    *,
    strides: IntOrSizes | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Keep the largest step of each window, channel by channel.

    Args and errors as `max_pool2d`, along one axis: inputs (batch, length, channels), pool_size
    and strides in steps, padding ((before, after),) steps.

    Returns:
        (batch, out_length, channels) with the dtype of `inputs`.

    Source: agrees with `keras.ops.max_pool`.
    """
    return max_pool("max_pool1d", 1, inputs, PoolOptions(pool_size, strides, padding, data_format))


def max_pool1d_gradients(
    grad_outputs: Array,
    inputs: Array,
    pool_size: IntOrSizes,
    *,
    strides: IntOrSizes | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ties: Ties = "first",
) -> Array:
    """Carry a gradient back through `max_pool1d`, to the steps that were the largest.

    Args and errors as `max_pool2d_gradients`: grad_outputs (batch, out_length, channels).

    Returns:
        grad_inputs, the shape of `inputs` and its dtype (float64 for integer `inputs`).

    Source: agrees with `tf.GradientTape` over `keras.ops.max_pool`.
    """
    options = PoolOptions(pool_size, strides, padding, data_format)
    return max_pool_gradients("max_pool1d_gradients", 1, grad_outputs, inputs, options, ties)


def average_pool1d(
    inputs: Array,
    pool_size: IntOrSizes,
    *,
    strides: IntOrSizes | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Average the steps of each window, channel by channel.

    Args and errors as `average_pool2d`, along one axis: inputs (batch, length, channels),
    pool_size and strides in steps, padding ((before, after),) steps.

    Returns:
        (batch, out_length, channels) with the dtype of `inputs` (float64 for integer `inputs`).

    Source: agrees with `keras.ops.average_pool`.
    """
    options = PoolOptions(pool_size, strides, padding, data_format)
    return average_pool("average_pool1d", 1, inputs, options)


def average_pool1d_gradients(
    grad_outputs: Array,
    inputs: Array,
    pool_size: IntOrSizes,
    *,
    strides: IntOrSizes | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Carry a gradient back through `average_pool1d`, an equal share to each step averaged.

    Args and errors as `average_pool2d_gradients`: grad_outputs (batch, out_length, channels).

    Returns:
        grad_inputs, the shape of `inputs` and its dtype (float64 for integer `inputs`).

    Source: agrees with `tf.GradientTape` over `keras.ops.average_pool`.
    """
    options = PoolOptions(pool_size, strides, padding, data_format)
    return average_pool_gradients("average_pool1d_gradients", 1, grad_outputs, inputs, options)
