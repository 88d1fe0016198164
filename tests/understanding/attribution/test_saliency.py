"""Saliency against central differences, worked cases, TensorFlow's tape and a peer."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.understanding import UnderstandingError, UnderstandingWarning, gradient, saliency
from tests.understanding.attribution.taps import gradient_of_scores, needs_tensorflow
from tests.understanding.models import SHAPE, branched, classifier, images, one_unit

TARGETS = [2, 0, 1]


@pytest.fixture(scope="module")
def model():
    return classifier()


@pytest.fixture(scope="module")
def gradients(model):
    return gradient(model, images(), TARGETS)


def test_gradient_of_a_linear_model_is_its_weights():
    """Worked by hand: a score that is a sum has the weights of the sum as its gradient."""
    model = keras.Sequential(
        [keras.Input((2, 3, 2)), layers.Flatten(), layers.Dense(2, activation="softmax")]
    )
    weights = np.arange(24, dtype=np.float32).reshape(12, 2) - 11
    model.set_weights([weights, np.ones(2, np.float32)])
    given = images(2, shape=(2, 3, 2))
    found = gradient(model, given, [0, 1])
    np.testing.assert_array_equal(found[0].ravel(), weights[:, 0])
    np.testing.assert_array_equal(found[1].ravel(), weights[:, 1])
    # Of pixel (0, 0) the channels weigh -11 and -9.
    assert saliency(model, given, 0)[0, 0, 0] == 11
    assert saliency(model, given, 0, kind="plain")[0, 0, 0] == -20


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="elsewhere Keras takes means in float32"
)
@pytest.mark.parametrize("nesting", ["functional", "nested"])
def test_gradient_equals_central_differences(nesting):
    """In float64: what moving each pixel a little does to the logit."""
    model = classifier(nesting=nesting, ending="logits", dtype="float64")
    given = images(2)
    found = gradient(model, given, [3, 1])
    step = 1e-5
    moves = step * np.eye(given[0].size).reshape(-1, *SHAPE)
    for image, target, mine in zip(given.astype(np.float64), [3, 1], found, strict=True):
        up, down = (ops.convert_to_numpy(model(image + s * moves)) for s in (1, -1))
        differences = ((up - down)[:, target] / (2 * step)).reshape(SHAPE)
        np.testing.assert_allclose(mine, differences, rtol=1e-4, atol=1e-7)


@needs_tensorflow
def test_gradient_is_that_of_the_logit_and_not_of_the_softmax(model, gradients):
    """The softmax is left out; what it would have given is something else."""
    of_logits = gradient_of_scores(classifier(ending="logits"), images(), TARGETS)
    np.testing.assert_allclose(gradients, of_logits, rtol=1e-4, atol=1e-7)
    of_probabilities = gradient_of_scores(model, images(), TARGETS)
    aligned = gradients * (gradients * of_probabilities).sum() / (gradients**2).sum()
    assert np.abs(aligned - of_probabilities).max() > 0.1 * np.abs(of_probabilities).max()


@needs_tensorflow
def test_gradient_takes_every_way_through_a_network():
    """Shortcuts and branches add up, as TensorFlow's tape finds on the whole model."""
    model = branched()
    inner = keras.Model(model.inputs, model.get_layer("mean").output)
    kernel, bias = model.get_layer("answer").get_weights()
    end = layers.Dense(len(bias))
    logits = keras.Model(model.inputs, end(inner.outputs[0]))
    end.set_weights([kernel, bias])
    expected = gradient_of_scores(logits, images(), TARGETS)
    np.testing.assert_allclose(gradient(model, images(), TARGETS), expected, rtol=1e-4, atol=1e-7)


def test_saliency_reads_the_gradient_in_three_ways(model, gradients):
    """The largest without its sign, the sum, and the sum of products with the image."""
    read = {kind: np.asarray(saliency(model, images(), TARGETS, kind=kind)) for kind in _KINDS}
    np.testing.assert_allclose(read["absolute"], np.abs(gradients).max(axis=-1), rtol=1e-6)
    near = {"rtol": 1e-4, "atol": 1e-6}
    np.testing.assert_allclose(read["plain"], gradients.sum(axis=-1), **near)
    np.testing.assert_allclose(read["times_input"], (gradients * images()).sum(axis=-1), **near)


_KINDS = ("absolute", "plain", "times_input")


def test_saliency_of_a_single_unit_has_a_sign_for_each_class():
    """What speaks for the second class speaks against the first."""
    model = one_unit()
    first, second = (saliency(model, images(), target, kind="plain") for target in (0, 1))
    np.testing.assert_allclose(np.asarray(first), -np.asarray(second))
    assert np.abs(np.asarray(first)).max() > 0


def test_saliency_asks_each_image_about_its_own_class(model, gradients):
    """Targets belong to images: another class gives another map, of that image only."""
    other = gradient(model, images(), [2, 3, 1])
    np.testing.assert_allclose(other[[0, 2]], gradients[[0, 2]], rtol=1e-6)
    assert np.abs(other[1] - gradients[1]).max() > 1e-3


def test_saliency_knows_what_it_explains(model):
    """The class that the model prefers, and the logit of it."""
    logits = ops.convert_to_numpy(classifier(ending="logits")(images()))
    about = saliency(model, images()).explained
    np.testing.assert_array_equal(about.targets, logits.argmax(axis=-1))
    np.testing.assert_allclose(about.scores, logits.max(axis=-1), rtol=1e-5, atol=1e-6)
    assert about.method == "saliency (absolute)"


def test_gradient_is_checked_in_all_its_channels():
    """A score of the last channel only is one that depends on the images."""
    model = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(2)])
    weights = np.zeros((*SHAPE, 2))
    weights[..., -1, :] = 1
    model.set_weights([weights.reshape(-1, 2), np.zeros(2)])
    with warnings.catch_warnings(action="error", category=UnderstandingWarning):
        np.testing.assert_array_equal(gradient(model, images(), 0)[0], weights[..., 0])


def test_saliency_refuses_a_kind_that_there_is_not(model):
    """The kinds are listed."""
    with pytest.raises(UnderstandingError, match=r"saliency: kind is one of 'absolute', 'plain'"):
        saliency(model, images(), kind="positive")


@needs_tensorflow
def test_saliency_equals_that_of_xplique():
    """A peer, on a model of logits, as it takes the answer as it is."""
    attributions = pytest.importorskip("xplique.attributions", reason="a peer, for comparison only")
    model = classifier(ending="logits")
    theirs = np.asarray(attributions.Saliency(model)(images(), np.eye(4)[TARGETS]))
    mine = np.asarray(saliency(model, images(), TARGETS))
    np.testing.assert_allclose(mine, theirs.reshape(mine.shape), rtol=1e-4, atol=1e-7)


@needs_tensorflow
def test_saliency_equals_that_of_tf_keras_vis():
    """Another peer, which scales its maps to 1."""
    module = pytest.importorskip("tf_keras_vis.saliency", reason="a peer, for comparison only")
    scores = pytest.importorskip("tf_keras_vis.utils.scores")
    theirs = module.Saliency(classifier(ending="logits"), clone=False)(
        scores.CategoricalScore(TARGETS), images(), normalize_map=False
    )
    mine = np.asarray(saliency(classifier(), images(), TARGETS))
    np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-7)
