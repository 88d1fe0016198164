"""The loss and gradient descent by themselves; `test_network` trains networks beside Keras."""

import keras
import numpy as np
import pytest

from dlcnn.reference import ShapeError
from dlcnn.reference.descent import SGD, sparse_categorical_crossentropy, train_step
from dlcnn.reference.network import Network, chain

from .oracles import central_differences

THIRDS = np.full((2, 3), 1 / 3)


def test_sgd_with_nesterov_momentum_follows_keras():
    """The weights of one layer after three steps"""
    variable = keras.Variable(np.array([[1.0, -2.0, 3.0]]), dtype="float64")
    weights = {"dense": {"kernel": variable.numpy()}}
    theirs = keras.optimizers.SGD(0.25, momentum=0.75, nesterov=True)
    theirs.build([variable])
    ours = SGD(0.25, momentum=0.75, nesterov=True)
    for step in range(3):
        gradient = np.array([[0.5, step, -1.0]])
        theirs.apply([keras.ops.convert_to_tensor(gradient)])
        ours.update(weights, {"dense": {"kernel": gradient}})
    np.testing.assert_allclose(weights["dense"]["kernel"], variable, rtol=1e-12)


def test_crossentropy_agrees_with_keras_and_central_differences():
    """The loss of a batch, and dL/dprobabilities"""
    probabilities = np.random.default_rng(1).uniform(0.1, 0.9, (4, 3))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    labels = np.array([2, 0, 1, 2])
    loss, gradient = sparse_categorical_crossentropy(probabilities, labels)
    expected = keras.losses.sparse_categorical_crossentropy(labels, probabilities)
    assert loss == pytest.approx(float(np.mean(expected)), rel=1e-12)
    numeric = central_differences(
        lambda moved: sparse_categorical_crossentropy(moved, labels)[0], probabilities
    )
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)
    assert abs(sparse_categorical_crossentropy(probabilities, labels[::-1])[0] - loss) > 0.01


@pytest.mark.parametrize("labels", [[2, 0], (2, 0), np.array([2, 0], np.uint8)])
def test_crossentropy_takes_what_is_like_an_array(labels):
    """Lists say the same as arrays"""
    expected = sparse_categorical_crossentropy(THIRDS, np.array([2, 0]))
    received = sparse_categorical_crossentropy(THIRDS.tolist(), labels)
    np.testing.assert_equal(received, expected)


@pytest.mark.parametrize(
    ("probabilities", "labels", "error", "sentence"),
    [
        (THIRDS, [-1, 0], ValueError, "integers from 0 to 2, .*from -1 to 0"),
        (THIRDS, [3, 0], ValueError, "integers from 0 to 2, .*from 0 to 3"),
        (THIRDS, [1.0, 0.0], ValueError, "integers from 0 to 2, .*float64"),
        (THIRDS, [True, False], ValueError, "integers from 0 to 2, .*bool"),
        (THIRDS, ["a", "b"], ValueError, "labels must hold"),
        (THIRDS, [0, 1, 2], ShapeError, r"labels must have shape \(2,\)"),
        (THIRDS, [[0], [1]], ShapeError, r"labels must have shape \(2,\)"),
        (THIRDS[:0], [], ShapeError, r"at least one of each\. .*\(0, 3\)"),
        (THIRDS[0], [0, 1, 2], ShapeError, r"\(batch, classes\), .*\(3,\)"),
    ],
)
def test_crossentropy_refuses_in_a_sentence(probabilities, labels, error, sentence):
    """A label that is no class does not train another one in silence"""
    with pytest.raises(error, match=sentence) as refusal:
        sparse_categorical_crossentropy(probabilities, labels)
    assert str(refusal.value).startswith("sparse_categorical_crossentropy: ")
    assert "Received" in str(refusal.value)


def test_train_step_refuses_a_network_of_several_outputs():
    """Which of them the labels are for is not known; of one it is"""
    nodes, inputs, labels = (
        chain([("Dense", {"units": 3}), ("Softmax", {})]),
        np.ones((2, 4)),
        [0, 1],
    )
    assert train_step(Network(nodes, seed=1), inputs, labels, SGD()) > 0
    several = Network(nodes, outputs=["dense_1", "softmax_2"], seed=1)
    with pytest.raises(ValueError, match=r"^train_step: .* one output\. Received .*'softmax_2'"):
        train_step(several, inputs, labels, SGD())


def test_crossentropy_stays_finite_where_a_probability_is_zero():
    """A right class that was given no chance is the largest surprise, not infinity"""
    loss, gradient = sparse_categorical_crossentropy(np.array([[0, 1]], np.float32), np.array([0]))
    assert 80 < loss < 100
    assert np.isfinite(gradient).all()
