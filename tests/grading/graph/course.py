"""The course's models in Keras as its solutions write them, with a place for each mistake.

Weights begin as zeros, which is quick and is not compared.
"""

from functools import cache

import keras
from keras import layers

from dlcnn.grading.graph import canonical, compare
from dlcnn.grading.worker import wire
from dlcnn.grading.worker.profiles.models import describe

__all__ = [
    "block_model",
    "compared",
    "conv",
    "convolutional_block",
    "convolutional_model",
    "happy_model",
    "identity_block",
    "resnet50",
    "solution",
]


def happy_model(*, filters=32, axis=3, pooling=layers.MaxPooling2D):
    """The course's happyModel."""
    return keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            layers.ZeroPadding2D(3),
            layers.Conv2D(filters, 7),
            layers.BatchNormalization(axis=axis),
            layers.ReLU(),
            pooling(2),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def convolutional_model(
    *,
    shape=(64, 64, 3),
    first=(4, "same"),
    pool=(8, "same"),
    filters=16,
    kernel=2,
    classes=6,
    second_relu=True,
):
    """The course's convolutional_model."""
    inputs = keras.Input(shape)
    x = layers.Conv2D(8, first[0], padding=first[1])(inputs)
    x = layers.ReLU()(x)
    x = layers.MaxPool2D(pool[0], padding=pool[1])(x)
    x = layers.Conv2D(filters, kernel, padding="same")(x)
    x = layers.ReLU()(x) if second_relu else x
    x = layers.MaxPool2D(4, 4, padding="same")(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def conv(x, filters, kernel, stride=1, padding="valid"):
    """A convolution, and nothing after it."""
    return layers.Conv2D(filters, kernel, stride, padding, kernel_initializer="zeros")(x)


def _conv_bn(x, filters, kernel, stride=1, padding="valid"):
    return layers.BatchNormalization(axis=3)(conv(x, filters, kernel, stride, padding))


def _relu(x):
    return layers.Activation("relu")(x)


def _join(x, shortcut):
    return _relu(layers.Add()([x, shortcut]))


def identity_block(x, f, filters, *, conv_bn=_conv_bn, relu=_relu, join=_join):
    """The course's identity_block."""
    first, second, third = filters
    shortcut = x
    x = relu(conv_bn(x, first, 1))
    x = relu(conv_bn(x, second, f, padding="same"))
    return join(conv_bn(x, third, 1), shortcut)


def convolutional_block(x, f, filters, s=2, *, conv_bn=_conv_bn, relu=_relu, join=_join):
    """The course's convolutional_block."""
    first, second, third = filters
    shortcut = conv_bn(x, third, 1, s)
    x = relu(conv_bn(x, first, 1, s))
    x = relu(conv_bn(x, second, f, padding="same"))
    return join(conv_bn(x, third, 1), shortcut)


def block_model(block, *args, shape=(8, 10, 12), **kwargs):
    """A block as a model of its own."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, block(inputs, *args, **kwargs))


def resnet50(*, blocks=(2, 3, 5, 2), last_stride=2, classes=6, **parts):
    """The course's ResNet50; `blocks` says how many identity blocks each stage has."""
    inputs = keras.Input((64, 64, 3))
    x = layers.ZeroPadding2D(3)(inputs)
    x = conv(x, 64, 7, 2)
    x = layers.BatchNormalization(axis=3)(x)
    x = layers.MaxPooling2D(3, strides=2)(layers.Activation("relu")(x))
    for width, stride, count in zip(
        (64, 128, 256, 512), (1, 2, 2, last_stride), blocks, strict=True
    ):
        filters = (width, width, 4 * width)
        x = convolutional_block(x, 3, filters, stride, **parts)
        for _ in range(count):
            x = identity_block(x, 3, filters, **parts)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


@cache
def solution():
    """The course's own ResNet50, built once."""
    return resnet50()


def compared(expected, yours, also=()):
    """Compare two Keras models, or what was returned, as the grader would."""
    graphs = [
        canonical(wire.decode(wire.encode(describe(each))), also) for each in (expected, yours)
    ]
    return compare(*graphs)
