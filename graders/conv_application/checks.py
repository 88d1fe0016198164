"""The checks of "Convolutional networks in Keras", in the order of its tasks.

A network is held against the solution's layer by layer; what layers do not show (the shape that is
hard-coded, what is frozen, what is computed in training) is held against its behaviour. Images that
are not square, and that fill no whole number of windows, tell heights from widths and "same" from
"valid".
"""

import numpy as np

from dlcnn.grading import check, expect_api, expect_gradients, expect_model, expect_outputs


@check(task="happyModel", points=20, partial=True)
def happy_layers(student, rng):
    """happyModel has the right layers in the right order, each with its configuration"""
    model = student.happyModel()

    expect_model("happyModel()", model, rng)


@check(task="happyModel", points=4)
def happy_api(student, rng):
    """happyModel is made with the Sequential API"""
    model = student.happyModel()

    expect_api("happyModel()", model, "Sequential")


@check(task="happyModel", points=8)
def happy_answers(student, rng):
    """happyModel, given weights, answers with the probabilities that follow from them"""
    model = student.happyModel()
    images = _images(rng, 64, 64, 3)

    expect_outputs("happyModel()", model, [images], rng)


@check(task="happyModel", points=8)
def happy_training(student, rng):
    """happyModel in training normalizes with the statistics of the images it is given"""
    model = student.happyModel()
    images = _images(rng, 64, 64, 3)

    expect_outputs("happyModel()", model, [images], rng, training=True)


@check(task="convolutional_model", points=26, partial=True)
def signs_layers(student, rng):
    """convolutional_model has the right layers in the right order, each with its configuration"""
    model = student.convolutional_model((62, 50, 3))

    expect_model("convolutional_model((62, 50, 3))", model, rng)


@check(task="convolutional_model", points=4)
def signs_api(student, rng):
    """convolutional_model is made with the Functional API"""
    model = student.convolutional_model((62, 50, 3))

    expect_api("convolutional_model((62, 50, 3))", model, "Functional")


@check(task="convolutional_model", points=12)
def signs_answers(student, rng):
    """convolutional_model, given weights, answers with the probabilities that follow from them"""
    model = student.convolutional_model((62, 50, 3))
    images = _images(rng, 62, 50, 3)

    expect_outputs("convolutional_model((62, 50, 3))", model, [images], rng)


@check(task="convolutional_model", points=10)
def signs_gradients(student, rng):
    """convolutional_model can learn: the gradient reaches the weights of every layer"""
    model = student.convolutional_model((62, 50, 3))
    images = _images(rng, 62, 50, 3)

    expect_gradients("convolutional_model((62, 50, 3))", model, [images], rng)


@check(task="convolutional_model", points=8, hidden=True)
def signs_other_images(student, rng):
    """convolutional_model takes the shape of other images, of one channel"""
    model = student.convolutional_model((37, 45, 1))

    expect_model("convolutional_model((37, 45, 1))", model, rng)


def _images(rng, height, width, channels):
    """Two images with values between 0 and 1."""
    return rng.random((2, height, width, channels)).astype(np.float32)
