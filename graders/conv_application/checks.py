"""The checks of "Convolutional networks in Keras", in the order of its tasks.

A network is held against the solution's layer by layer; what layers do not show (what is frozen,
what a normalization does in training) is held against its behaviour. Images that are not square,
and that fill no whole number of windows, tell heights from widths and "same" from "valid". Making a
network takes longer than anything that is asked of it, so every check makes one and asks it
everything.
"""

import numpy as np

from dlcnn.grading import check, expect_api, expect_gradients, expect_model, expect_outputs


@check(task="happyModel", points=26, partial=True)
def happy_layers(student, rng):
    """happyModel has the right layers in the right order, listed in a Sequential model"""
    model = student.happyModel()

    expect_model("happyModel()", model, rng)
    expect_api("happyModel()", model, "Sequential")


@check(task="happyModel", points=14, partial=True)
def happy_answers(student, rng):
    """happyModel, given weights, answers as they ask for, in use and in training, and all learn"""
    model = student.happyModel()
    images = _images(rng, 64, 64, 3)

    expect_outputs("happyModel()", model, [images], rng)
    expect_outputs("happyModel()", model, [images], rng, training=True)
    expect_gradients("happyModel()", model, [images], rng)


@check(task="convolutional_model", points=38, partial=True)
def signs_layers(student, rng):
    """convolutional_model has the right layers in the right order, in the Functional API"""
    model = student.convolutional_model((62, 50, 3))

    expect_model("convolutional_model((62, 50, 3))", model, rng)
    expect_api("convolutional_model((62, 50, 3))", model, "Functional")


@check(task="convolutional_model", points=22, partial=True)
def signs_answers(student, rng):
    """convolutional_model answers for other images as its weights ask for, and all of them learn"""
    model = student.convolutional_model((37, 45, 1))
    images = _images(rng, 37, 45, 1)

    expect_outputs("convolutional_model((37, 45, 1))", model, [images], rng)
    expect_gradients("convolutional_model((37, 45, 1))", model, [images], rng)


def _images(rng, height, width, channels):
    """Two images with values between 0 and 1."""
    return rng.random((2, height, width, channels)).astype(np.float32)
