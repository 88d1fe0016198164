"""What the reference is held to: Keras on TensorFlow, and central differences in float64."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

# Agreement asked for: (rtol, atol) by dtype. Sums of a few hundred terms of size about 1.
TOLERANCES = {np.dtype(np.float32): (2e-5, 5e-5), np.dtype(np.float64): (1e-10, 1e-10)}


def assert_agree(received: np.ndarray, expected: Any) -> None:
    """Same shape, same dtype, and values within what the dtype can hold."""
    expected = np.asarray(expected)
    assert received.shape == expected.shape
    assert received.dtype == expected.dtype
    rtol, atol = TOLERANCES[received.dtype]
    np.testing.assert_allclose(received, expected, rtol=rtol, atol=atol)


def nudged(array: np.ndarray) -> np.ndarray:
    """A copy whose last number is off by 0.01: what every comparison must notice."""
    changed = array.copy()
    changed.flat[-1] += 0.01
    return changed


def keras_conv(inputs, kernel, bias, grad_outputs, *, strides, padding, dilation_rate=1, groups=1):
    """(outputs, grad_inputs, grad_kernel, grad_bias) by Keras and a gradient tape.

    Keras' own groups compile anew for each shape, so each group is a convolution of its own here.
    """

    def convolve(inputs, kernel, bias):
        extents = window_extents(kernel.shape[:-2], dilation_rate)
        padded, name = _keras_padding(inputs, padding, extents)
        if name == "same":
            padded = _covered(padded, extents, per_axis(strides, len(extents)))
        kernel, rate = _kernel_for_keras(kernel, strides, dilation_rate)
        parts = [
            keras.ops.conv(images, filters, strides=strides, padding=name, dilation_rate=rate)
            for images, filters in zip(
                tf.split(padded, groups, axis=-1), tf.split(kernel, groups, axis=-1), strict=True
            )
        ]
        return tf.concat(parts, axis=-1) + bias

    return with_gradients(convolve, grad_outputs, inputs, kernel, bias)


def keras_conv_transpose(inputs, kernel, bias, grad_outputs, *, dilation_rate=1, **options):
    """The same of a transposed convolution; TensorFlow's has no dilation, so the kernel has it."""

    def convolve(inputs, kernel, bias):
        kernel = _spread(kernel, per_axis(dilation_rate, len(kernel.shape) - 2))
        return keras.ops.conv_transpose(inputs, kernel, **options) + bias

    return with_gradients(convolve, grad_outputs, inputs, kernel, bias)


def keras_pool(kind, inputs, grad_outputs, pool_size, *, strides, padding):
    """(outputs, grad_inputs) of Keras' "max" or "average" pooling."""
    operation = {"max": keras.ops.max_pool, "average": keras.ops.average_pool}[kind]
    window = per_axis(pool_size, inputs.ndim - 2)

    def pool(inputs):
        if padding == "full":
            return _pool_nothing_around(inputs)
        padded, name = _keras_padding(inputs, padding, window)
        return operation(padded, window, strides=strides, padding=name)

    def _pool_nothing_around(inputs):
        """Pool pixels only: a border below all of them, or averages of both it and a count."""
        pads = ((0, 0), *((size - 1, size - 1) for size in window), (0, 0))
        lowest = inputs.dtype.min if kind == "max" else 0
        pooled = operation(tf.pad(inputs, pads, constant_values=lowest), window, strides=strides)
        if kind == "max":
            return pooled
        return pooled / operation(tf.pad(tf.ones_like(inputs), pads), window, strides=strides)

    return with_gradients(pool, grad_outputs, inputs)


def keras_depthwise_conv(inputs, kernel, bias, grad_outputs, *, strides, padding, dilation_rate=1):
    """(outputs, grad_inputs, grad_kernel, grad_bias) of Keras' depthwise convolution."""

    def convolve(inputs, kernel, bias):
        padded, name = _keras_padding(
            inputs, padding, window_extents(kernel.shape[:-2], dilation_rate)
        )
        kernel = _spread(kernel, per_axis(dilation_rate, len(kernel.shape) - 2))
        return keras.ops.depthwise_conv(padded, kernel, strides=strides, padding=name) + bias

    return with_gradients(convolve, grad_outputs, inputs, kernel, bias)


def central_differences(loss: Callable[[np.ndarray], float], at: np.ndarray) -> np.ndarray:
    """The gradient of `loss`, one number of `at` moved up and down at a time."""
    step = 1e-5
    gradient = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        moved = at.copy()
        moved[place] = at[place] + step
        above = loss(moved)
        moved[place] = at[place] - step
        gradient[place] = (above - loss(moved)) / (2 * step)
    return gradient


def per_axis(value, axes):
    """One number for each axis, as a tuple."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes


def window_extents(window, dilation_rate):
    """Pixels from the first tap to the last, along each axis."""
    rates = per_axis(dilation_rate, len(window))
    return tuple(rate * (size - 1) + 1 for size, rate in zip(window, rates, strict=True))


def with_gradients(operation, grad_outputs, *arrays):
    """What `operation` gives in TensorFlow, then the gradient for each of `arrays`.

    Computed in float64, and given in the dtype of `arrays`: the best answer that dtype has. (With
    unequal strides TensorFlow's float32 convolutions get some small shapes wrong on a CPU.)
    """
    dtype = arrays[0].dtype
    tensors = [tf.constant(array, tf.float64) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        outputs = operation(*tensors)
    upstream = tf.constant(grad_outputs, outputs.dtype)
    gradients = tape.gradient(outputs, tensors, output_gradients=upstream)
    return tuple(tensor.numpy().astype(dtype) for tensor in (outputs, *gradients))


def _keras_padding(inputs, padding, extents):
    """What Keras has no name for becomes `tf.pad` and "valid"."""
    if padding in ("valid", "same"):
        return inputs, padding
    mode = padding["mode"].upper() if isinstance(padding, dict) else "CONSTANT"
    pads = _pads(padding, extents)
    return tf.pad(inputs, ((0, 0), *pads, (0, 0)), mode), "valid"


def _covered(images, extents, strides):
    """The pixels up to the end of the last "same" window.

    Where a stride leaves some out, TensorFlow's Conv3D starts a pixel late; its own gradient, and
    Keras on JAX, do not.
    """
    ends = [
        slice(min(size, (-(-size // stride) - 1) * stride + extent))
        for size, extent, stride in zip(images.shape[1:-1], extents, strides, strict=True)
    ]
    return images[(slice(None), *ends)]


def _pads(padding, extents):
    """Pixels for each axis; "same" as it is for stride 1, all that the cases need here."""
    amount = padding["pad"] if isinstance(padding, dict) else padding
    named = {
        "valid": [(0, 0) for _ in extents],
        "same": [((extent - 1) // 2, extent // 2) for extent in extents],
        "full": [(extent - 1, extent - 1) for extent in extents],
    }
    return named[amount] if isinstance(amount, str) else amount


def _kernel_for_keras(kernel, strides, dilation_rate):
    """Keras refuses a stride together with a dilation: such a kernel gets its holes here."""
    axes = len(kernel.shape) - 2
    if max(per_axis(strides, axes)) == 1:
        return kernel, dilation_rate
    return _spread(kernel, per_axis(dilation_rate, axes)), 1


def _spread(kernel, rates):
    """The kernel with rate - 1 zeros after each tap but the last, differentiable in TensorFlow."""
    for axis, rate in enumerate(rates):
        taps = kernel.shape[axis]
        holes = [tf.zeros_like(kernel)] * (rate - 1)
        spread = tf.stack([kernel, *holes], axis=axis + 1)
        shape = [*kernel.shape[:axis], taps * rate, *kernel.shape[axis + 1 :]]
        last = rate * (taps - 1) + 1
        kernel = tf.gather(tf.reshape(spread, shape), range(last), axis=axis)
    return kernel
