"""Gradients taken the long way, by TensorFlow's own tape on plain Keras models."""

import keras
import numpy as np
import pytest

__all__ = ["gradient_of_scores", "needs_tensorflow", "tapped"]

needs_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the tape is TensorFlow's"
)


def gradient_of_scores(model, images, targets):
    """(N, H, W, C): of each image's answer for its target, whatever the model ends in."""
    import tensorflow as tf

    given = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(given)
        answers = tf.gather(model(given), targets, axis=1, batch_dims=1)
    return tape.gradient(answers, given).numpy()


def tapped(model, layer, images, targets):
    """A layer's outputs and the gradient of the target's answer with respect to them."""
    import tensorflow as tf

    tap = keras.Model(model.inputs[0], [model.get_layer(layer).output, model.outputs[0]])
    with tf.GradientTape() as tape:
        features, answers = tap(np.asarray(images))
        score = tf.gather(answers, targets, axis=1, batch_dims=1)
    return features.numpy(), tape.gradient(score, features).numpy()
