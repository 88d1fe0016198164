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


def keras_conv2d(inputs, kernel, bias, grad_outputs, *, strides, padding):
    """(outputs, grad_inputs, grad_kernel, grad_bias) by Keras and a gradient tape."""

    def convolve(inputs, kernel, bias):
        padded, name = _keras_padding(inputs, padding)
        return keras.ops.conv(padded, kernel, strides=strides, padding=name) + bias

    return _with_gradients(convolve, grad_outputs, inputs, kernel, bias)


def keras_pool2d(kind, inputs, grad_outputs, pool_size, *, strides, padding):
    """(outputs, grad_inputs) of Keras' "max" or "average" pooling."""
    operation = {"max": keras.ops.max_pool, "average": keras.ops.average_pool}[kind]

    def pool(inputs):
        padded, name = _keras_padding(inputs, padding)
        return operation(padded, pool_size, strides=strides, padding=name)

    return _with_gradients(pool, grad_outputs, inputs)


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


def _keras_padding(inputs, padding):
    """Explicit pixels become `tf.pad` and "valid"; Keras knows the two names itself."""
    if isinstance(padding, str):
        return inputs, padding
    return tf.pad(inputs, ((0, 0), *padding, (0, 0))), "valid"


def _with_gradients(operation, grad_outputs, *arrays):
    tensors = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        outputs = operation(*tensors)
    gradients = tape.gradient(outputs, tensors, output_gradients=tf.constant(grad_outputs))
    return tuple(tensor.numpy() for tensor in (outputs, *gradients))
