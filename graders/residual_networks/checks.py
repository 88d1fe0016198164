"""The checks of "Residual networks", in the order of its tasks.

Blocks are built on small symbolic inputs that are not square, with three different numbers of
filters; ResNet50 on images of which a stride too many still leaves something to average. Making a
network takes longer than anything that is asked of it, so different checks ask about the same one.

The course's notebooks of different years have more parameters than ours: those that a student's
function takes are given, so that all are right in the same way. A block may fix the mode of its
normalizations by such a parameter: a ResNet50 made of such blocks is right in training, so it is
compared there.
"""

import numpy as np

from dlcnn.grading import (
    check,
    expect_gradients,
    expect_model,
    expect_outputs,
    if_accepted,
    keras_input,
)

_AT_REST = {"training": if_accepted(False), "stage": if_accepted(2), "block": if_accepted("a")}
_IN_TRAINING = _AT_REST | {"training": if_accepted(True)}


@check(task="identity_block", points=12, partial=True)
def identity_layers(student, rng):
    """identity_block has three convolutions on its main path, the sum and the ReLU of the sum"""
    X = keras_input(9, 7, 6)

    block = student.identity_block(X, 3, [4, 5, 6], **_AT_REST)

    expect_model("identity_block(X, 3, [4, 5, 6])", block, rng)


@check(task="identity_block", points=8, partial=True)
def identity_answers(student, rng):
    """identity_block computes what follows from its weights, and all of them learn"""
    X = keras_input(9, 7, 6)

    block = student.identity_block(X, 3, [4, 5, 6], **_AT_REST)

    maps = [_maps(rng, 9, 7, 6)]
    expect_outputs("identity_block(X, 3, [4, 5, 6])", block, maps, rng)
    expect_gradients("identity_block(X, 3, [4, 5, 6])", block, maps, rng)


@check(task="identity_block", points=5)
def identity_training(student, rng):
    """identity_block in training, with windows of 2 by 2 and other filters"""
    X = keras_input(5, 8, 3)

    block = student.identity_block(X, 2, [6, 4, 3], **_IN_TRAINING)

    maps = [_maps(rng, 5, 8, 3)]
    expect_outputs("identity_block(X, 2, [6, 4, 3])", block, maps, rng, training=True)


@check(task="convolutional_block", points=14, partial=True)
def convolutional_layers(student, rng):
    """convolutional_block has stride 2 on both paths, a convolution on the shortcut, and the sum"""
    X = keras_input(9, 7, 5)

    block = student.convolutional_block(X, 3, [4, 5, 6], s=2, **_AT_REST)

    expect_model("convolutional_block(X, 3, [4, 5, 6], s=2)", block, rng)


@check(task="convolutional_block", points=8, partial=True)
def convolutional_answers(student, rng):
    """convolutional_block with stride 3 computes what follows from its weights, and all learn"""
    X = keras_input(10, 8, 5)

    block = student.convolutional_block(X, 3, [4, 5, 6], s=3, **_AT_REST)

    maps = [_maps(rng, 10, 8, 5)]
    expect_outputs("convolutional_block(X, 3, [4, 5, 6], s=3)", block, maps, rng)
    expect_gradients("convolutional_block(X, 3, [4, 5, 6], s=3)", block, maps, rng)


@check(task="convolutional_block", points=4)
def convolutional_training(student, rng):
    """convolutional_block in training, with the stride that it has unless told otherwise"""
    X = keras_input(5, 8, 3)

    block = student.convolutional_block(X, 2, [6, 4, 5], **_IN_TRAINING)

    maps = [_maps(rng, 5, 8, 3)]
    expect_outputs("convolutional_block(X, 2, [6, 4, 5])", block, maps, rng, training=True)


@check(task="convolutional_block", points=4, hidden=True)
def convolutional_other_input(student, rng):
    """convolutional_block works for other inputs, windows, filters and strides"""
    X = keras_input(11, 13, 2)

    block = student.convolutional_block(X, 5, [3, 2, 7], s=4, **_AT_REST)

    expect_model("convolutional_block(X, 5, [3, 2, 7], s=4)", block, rng)


@check(task="ResNet50", points=30, partial=True)
def resnet_layers(student, rng):
    """ResNet50 has all its stages, for images of 72 by 112 pixels and 4 classes"""
    model = student.ResNet50(input_shape=(72, 112, 3), classes=4)

    expect_model("ResNet50((72, 112, 3), 4)", model, rng, also=("trainable",))


@check(task="ResNet50", points=15)
def resnet_training(student, rng):
    """ResNet50 computes in training what follows from its weights"""
    model = student.ResNet50(input_shape=(72, 112, 3), classes=4)

    images = [_maps(rng, 72, 112, 3)]
    expect_outputs("ResNet50((72, 112, 3), 4)", model, images, rng, training=True)


def _maps(rng, height, width, channels):
    """Two examples with values between 0 and 1."""
    return rng.random((2, height, width, channels)).astype(np.float32)
