"""What a model answers with, in each way that one can be written."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.models.answers import LINEAR, activation_of, answer_at
from dlcnn.models.graph import layer_calls


def _answer(*end, shape=(4, 6, 3)):
    tensor = given = keras.Input(shape)
    for each in end:
        tensor = each(tensor)
    nodes, outputs = layer_calls(keras.Model(given, tensor), "test")
    return answer_at(nodes, outputs[0]), nodes


def _dense(activation=None):
    return layers.Dense(3, activation=activation, name="dense")


@pytest.mark.parametrize(
    ("end", "activation", "separate"),
    [
        ([_dense("softmax")], "softmax", False),
        ([_dense("sigmoid")], "sigmoid", False),
        ([_dense(layers.Softmax())], "softmax", False),
        ([_dense(keras.activations.softmax)], "softmax", False),
        ([_dense()], LINEAR, False),
        ([_dense("linear")], LINEAR, False),
        ([_dense(), layers.Softmax()], "softmax", True),
        ([_dense(), layers.Activation("softmax")], "softmax", True),
        ([_dense(), layers.Activation(layers.Softmax())], "softmax", True),
        ([_dense(), layers.Activation("sigmoid")], "sigmoid", True),
        ([_dense(), ops.softmax], "softmax", True),
        ([_dense(), keras.activations.softmax], "softmax", True),
        ([_dense(), ops.sigmoid], "sigmoid", True),
        ([_dense("softmax"), layers.Activation("linear", dtype="float32")], "softmax", False),
        ([_dense("softmax"), layers.Dropout(0.5), layers.Identity()], "softmax", False),
        ([layers.Conv2D(3, 1, activation="softmax"), layers.Flatten()], "softmax", False),
        ([_dense(), layers.Activation("linear")], LINEAR, False),
    ],
)
def test_answer_at_reads_every_style(end, activation, separate):
    """Probabilities or logits, the activation in a layer or apart, before layers that keep it."""
    answer, nodes = _answer(layers.GlobalAveragePooling2D(keepdims=True), *end)
    assert (answer.activation, answer.separate, answer.is_known) == (activation, separate, True)
    found = activation_of(nodes[answer.place.node])
    assert found == activation


@pytest.mark.parametrize(
    ("end", "name"),
    [
        ([_dense("tanh")], "tanh"),
        ([_dense("relu")], "relu"),
        ([_dense("log_softmax")], "log_softmax"),
        ([_dense(), layers.ReLU()], "ReLU"),
        ([_dense(), ops.tanh], "Tanh"),
        ([_dense("softmax"), layers.BatchNormalization()], "BatchNormalization"),
        ([_dense(), layers.LeakyReLU()], "LeakyReLU"),
        ([], "InputLayer"),
    ],
)
def test_answer_at_names_what_it_does_not_know(end, name):
    """Other endings are no scores of classes; they are called by their names."""
    answer, _ = _answer(*end)
    assert (answer.activation, answer.is_known) == (name, False)


def _two(combine, *activations):
    return lambda x: combine([layers.Dense(3, activation=each)(x) for each in activations])


@pytest.mark.parametrize(
    ("end", "activation", "known"),
    [
        (_two(layers.Add(), None, None), LINEAR, True),
        (_two(layers.Add(), "softmax", "softmax"), "Add", False),
        (_two(layers.Multiply(), None, None), "Multiply", False),
        (_two(layers.Average(), "softmax", "softmax"), "softmax", True),
        (_two(layers.Average(), "sigmoid", "sigmoid"), "sigmoid", True),
        (_two(layers.Average(), None, None), LINEAR, True),
        (_two(layers.Average(), "softmax", None), "Average", False),
        (lambda x: layers.Dense(3)(x) / 2.0, LINEAR, True),
        (lambda x: 0.5 * layers.Dense(3)(x) - 1.0, LINEAR, True),
        (lambda x: 1.0 / layers.Dense(3)(x), "TrueDivide", False),
        (lambda x: 1.0 - layers.Dense(3)(x), "Subtract", False),
        (lambda x: -2.0 * layers.Dense(3)(x), "Multiply", False),
        (lambda x: layers.Dense(3)(x) / np.array([1.0, -2.0, 3.0], "float32"), "TrueDivide", False),
        (lambda x: ops.square(layers.Dense(3)(x)) / 2.0, "TrueDivide", False),
        (lambda x: ops.maximum(layers.Dense(3)(x), 0.0), "Maximum", False),
        (lambda x: layers.BatchNormalization()(layers.Dense(3)(x)), LINEAR, True),
        (
            lambda x: layers.Rescaling(2)(layers.Dense(3, activation="softmax")(x)),
            "Rescaling",
            False,
        ),
        (layers.SpectralNormalization(layers.Dense(3, activation="softmax")), "softmax", True),
        (layers.SpectralNormalization(layers.Dense(3)), LINEAR, True),
    ],
)
def test_answer_at_knows_what_combined_answers_are(end, activation, known):
    """Of logits, sums and scales are logits; the mean of probabilities is one, their sum is not."""
    answer, _ = _answer(layers.GlobalAveragePooling2D(), end)
    assert (answer.activation, answer.is_known, answer.separate) == (activation, known, False)
