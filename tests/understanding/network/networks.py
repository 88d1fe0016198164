"""Small classifiers that the tests of this room look into."""

import keras
import numpy as np
from keras import layers

SHAPE = (10, 12, 3)


def classifier(*inner, shape=SHAPE, classes=4):
    """A Sequential model of these layers, then global pooling and logits."""
    keras.utils.set_random_seed(3)
    ending = [layers.GlobalAveragePooling2D(name="pooled"), layers.Dense(classes, name="logits")]
    return keras.Sequential([keras.Input(shape), *inner, *ending])


def small():
    """Two convolutions, one with its ReLU inside and one with a ReLU behind it, and a softmax."""
    keras.utils.set_random_seed(5)
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(name="pool"),
            layers.Conv2D(8, 3, name="conv2"),
            layers.ReLU(name="relu2"),
            layers.Flatten(name="flat"),
            layers.Dense(7, activation="tanh", name="dense"),
            layers.Dense(4, activation="softmax", name="answer"),
        ]
    )


def photographs(count, shape=SHAPE, seed=0):
    """Random images in [0, 1]."""
    return np.random.default_rng(seed).random((count, *shape), dtype=np.float32)


def convolution(kernel, name="conv", bias=None, **options):
    """A convolution with these (height, width, in, filters) weights, to be built in a model."""
    bias = np.zeros(kernel.shape[-1]) if bias is None else np.asarray(bias)

    def fixed(values):
        return lambda shape, dtype: keras.ops.reshape(
            keras.ops.convert_to_tensor(values, dtype), shape
        )

    return layers.Conv2D(
        kernel.shape[-1],
        kernel.shape[:2],
        kernel_initializer=fixed(kernel),
        bias_initializer=fixed(bias),
        name=name,
        **options,
    )
