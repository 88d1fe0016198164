"""Grad-CAM against a worked case, TensorFlow's tape and peers; the layer that it picks."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.models.errors import ModelError
from dlcnn.understanding import (
    UnderstandingError,
    UnderstandingWarning,
    grad_cam,
    grad_cam_plus_plus,
)
from tests.understanding.attribution.taps import needs_tensorflow, tapped
from tests.understanding.models import SHAPE, branched, classifier, fill_weights, images

TARGETS = [2, 0, 1]
BOTH = (grad_cam, grad_cam_plus_plus)


@pytest.fixture(scope="module")
def model():
    return classifier()


@pytest.fixture(scope="module")
def logits():
    """The same function without its softmax, for oracles that take answers as they are."""
    return classifier(ending="logits")


def test_grad_cam_of_a_case_worked_by_hand():
    """Features that are the image, weighed 3 and -1 by the class, on four pixels."""
    given = keras.Input((2, 2, 2))
    features = layers.Conv2D(2, 1, use_bias=False, name="features")(given)
    mean = layers.GlobalAveragePooling2D()(features)
    model = keras.Model(given, layers.Dense(2, use_bias=False, activation="softmax")(mean))
    model.set_weights([np.eye(2).reshape(1, 1, 2, 2), np.array([[3, 0], [-1, 5]])])
    image = np.array([[[[1, 2], [0, 4]], [[8, 0], [2, 2]]]]) / 8
    # The score is the mean over 4 pixels, so the gradient at each is (3, -1) / 4.
    expected = np.array([[[3 * 1 - 2, 0], [3 * 8, 3 * 2 - 2]]]) / 4 / 8
    np.testing.assert_allclose(np.asarray(grad_cam(model, image, 0)), expected)


@needs_tensorflow
@pytest.mark.parametrize("layer", ["first", "second"])
def test_grad_cam_equals_the_tape_s(model, logits, layer):
    """Equations 1 and 2 on what TensorFlow's tape finds, enlarged by TensorFlow."""
    import tensorflow as tf

    features, gradients = tapped(logits, layer, images(), TARGETS)
    weights = gradients.mean(axis=(1, 2), keepdims=True)
    maps = np.maximum((features * weights).sum(axis=-1, keepdims=True), 0)
    expected = tf.image.resize(maps, SHAPE[:2]).numpy()[..., 0]
    mine = np.asarray(grad_cam(model, images(), TARGETS, layer=layer))
    np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-7)
    assert mine.max() > 0


@needs_tensorflow
@pytest.mark.parametrize("layer", ["first", "second"])
def test_grad_cam_plus_plus_equals_its_equations_on_the_tape_s(model, logits, layer):
    """Equation 19 as it is printed, with its squares and cubes."""
    import tensorflow as tf

    features, gradients = tapped(logits, layer, images(), TARGETS)
    total = features.sum(axis=(1, 2), keepdims=True)
    below = 2 * gradients**2 + total * gradients**3
    share = np.divide(gradients**2, below, out=np.zeros_like(below), where=below != 0)
    weights = (share * np.maximum(gradients, 0)).sum(axis=(1, 2), keepdims=True)
    maps = np.maximum((features * weights).sum(axis=-1, keepdims=True), 0)
    expected = tf.image.resize(maps, SHAPE[:2]).numpy()[..., 0]
    mine = np.asarray(grad_cam_plus_plus(model, images(), TARGETS, layer=layer))
    np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-7)
    plain = np.asarray(grad_cam(model, images(), TARGETS, layer=layer))
    assert np.abs(mine - plain).max() > 0.1 * plain.max()


@needs_tensorflow
def test_grad_cam_equals_that_of_xplique(logits):
    """A peer, at a layer of the images' own size, so that no enlargement differs.

    Its Grad-CAM++ is none to compare with: it has the mean of features for their sum.
    """
    peer = pytest.importorskip("xplique.attributions", reason="a peer, for comparison only")
    theirs = np.asarray(peer.GradCAM(logits, conv_layer="first")(images(), np.eye(4)[TARGETS]))
    found = np.asarray(grad_cam(logits, images(), TARGETS, layer="first"))
    np.testing.assert_allclose(found, theirs.reshape(found.shape), rtol=1e-4, atol=1e-6)


@needs_tensorflow
def test_grad_cam_equals_that_of_tf_keras_vis(logits):
    """Another peer, at the same layer."""
    module = pytest.importorskip("tf_keras_vis.gradcam", reason="a peer, for comparison only")
    scores = pytest.importorskip("tf_keras_vis.utils.scores")
    theirs = module.Gradcam(logits, clone=False)(
        scores.CategoricalScore(TARGETS), images(), penultimate_layer="first", normalize_cam=False
    )
    found = np.asarray(grad_cam(logits, images(), TARGETS, layer="first"))
    np.testing.assert_allclose(found, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("style", "layer"),
    [
        (("argument", "softmax", "functional"), "second"),
        (("layer", "softmax", "sequential"), "second_relu"),
        (("argument", "softmax layer", "nested"), "backbone/second"),
        (("activation layer", "logits", "nested twice"), "outer/backbone/second_relu"),
        (("argument", "softmax activation", "nested sequential"), "backbone/second"),
    ],
    ids=str,
)
def test_grad_cam_picks_the_last_features_by_itself(style, layer):
    """After the last ReLU and before the pool, inside of a backbone too; it tells which."""
    model = classifier(*style)
    maps = grad_cam(model, images(), TARGETS)
    assert maps.explained.method == f"Grad-CAM ({layer})"
    named = grad_cam(model, images(), TARGETS, layer=layer)
    np.testing.assert_array_equal(np.asarray(maps), np.asarray(named))
    other = grad_cam(model, images(), TARGETS, layer="first")
    assert np.abs(np.asarray(maps) - np.asarray(other)).max() > 1e-3


def test_grad_cam_of_a_convolution_that_answers_looks_before_it():
    """Where scores themselves have positions, what makes them is looked at."""
    given = keras.Input(SHAPE)
    features = layers.Conv2D(3, 3, activation="relu", name="features")(given)
    answers = layers.Conv2D(4, 1, activation="softmax", name="answers")(features)
    model = fill_weights(keras.Model(given, layers.GlobalAveragePooling2D()(answers)))
    assert grad_cam(model, images(), 1).explained.method == "Grad-CAM (features)"


def test_grad_cam_of_a_layer_beside_a_shortcut_counts_its_own_way():
    """What goes past the layer stays as it is: only the layer's effect is mapped."""
    maps = grad_cam(branched(), images(), TARGETS, layer="inner")
    assert maps.explained.method == "Grad-CAM (inner)"
    assert np.asarray(maps).max() > 0


@pytest.mark.parametrize("method", BOTH)
def test_grad_cam_is_never_negative_and_of_the_images_size(method, model):
    """What speaks against the class is left out."""
    maps = np.asarray(method(model, images(), TARGETS))
    assert maps.shape == (3, *SHAPE[:2])
    assert maps.min() >= 0


def test_grad_cam_plus_plus_does_not_lose_small_gradients():
    """Gradients whose squares float32 does not hold still give maps, as large as they are."""
    maps = []
    for factor in (1e-20, 1e-22):
        model = classifier(ending="logits")
        *others, kernel, bias = model.get_weights()
        model.set_weights([*others, kernel * factor, bias])
        maps.append(np.asarray(grad_cam_plus_plus(model, images(), TARGETS, layer="first")))
    assert maps[0].max() > 1e-23
    np.testing.assert_allclose(maps[0], 100 * maps[1], rtol=1e-4)


@pytest.mark.parametrize("method", BOTH)
def test_grad_cam_refuses_layers_that_it_cannot_map(method):
    """No such layer, none with positions, the images themselves, one that leads nowhere."""
    model = branched()
    side = layers.Conv2D(2, 1, name="side")
    side(model.get_layer("entry").output)
    where = method.__name__
    with pytest.raises(ModelError, match=f"{where}: .*'lfet'. Did you mean 'left'"):
        method(model, images(), layer="lfet")
    with pytest.raises(ModelError, match=f"{where}: .* belongs to another model"):
        method(model, images(), layer=side)
    for layer, shape in [("mean", "5"), ("images", "10 x 3"), ("answer", "4")]:
        with pytest.raises(
            UnderstandingError, match=f"{where}: .*'{layer}', which gives .* x {shape}\\."
        ):
            method(model, images(), layer=layer)


def test_grad_cam_refuses_a_layer_that_does_not_lead_to_the_answer():
    """What only another output of a backbone needs has nothing to do with the score."""
    given = keras.Input(SHAPE)
    used = layers.Conv2D(3, 3, name="used")(given)
    both = keras.Model(given, [used, layers.Conv2D(2, 3, name="unused")(given)])
    outer = keras.Input(SHAPE)
    model = keras.Model(outer, layers.Dense(2)(layers.GlobalAveragePooling2D()(both(outer)[0])))
    with pytest.raises(UnderstandingError, match="unused', which does not lead to it"):
        grad_cam(model, images(), 0, layer="unused")


def test_grad_cam_refuses_a_network_without_positions():
    """A network of dense layers has no features with places."""
    model = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(2)])
    with pytest.raises(UnderstandingError, match="grad_cam: it needs a layer with positions"):
        grad_cam(model, images())


@pytest.mark.parametrize(
    "prepared",
    [
        layers.Rescaling(2),
        layers.RandomFlip(),
        layers.BatchNormalization(),
        lambda x: x / 127.5 - 1,
        layers.Lambda(lambda x: 2 * x),
    ],
)
def test_grad_cam_takes_no_pixels_for_features(prepared):
    """Scaled or turned images are images still; a convolution behind them makes features."""
    given = keras.Input(SHAPE)
    x = layers.Dense(4)(layers.Flatten()(layers.MaxPooling2D()(prepared(given))))
    with pytest.raises(UnderstandingError, match="which has none before its answer"):
        grad_cam(keras.Model(given, x), images(2), 0)

    features = layers.Conv2D(4, 3, name="features")(prepared(given))
    model = keras.Model(given, layers.Dense(4)(layers.Flatten()(features)))
    found = grad_cam(model, images(2), [0, 1])
    assert found.explained.method == "Grad-CAM (features)"


def test_grad_cam_takes_what_has_all_features():
    """Of branches that are joined it is the joint, not the branch that was made last."""
    given = keras.Input(SHAPE)
    x = layers.Conv2D(4, 3, name="entry")(given)
    both = [layers.Conv2D(3, size, padding="same", activation="relu")(x) for size in (1, 3)]
    joint = layers.Concatenate(name="joint")(both)
    apart = [layers.Conv2D(2, size, padding="same")(joint) for size in (1, 3)]
    ends = layers.Concatenate()([layers.GlobalMaxPooling2D()(each) for each in apart])
    model = fill_weights(keras.Model(given, layers.Dense(3)(ends)), 3)
    with warnings.catch_warnings(action="error", category=UnderstandingWarning):
        found = grad_cam(model, images(2), [0, 1])
    assert found.explained.method == "Grad-CAM (joint)"
    np.testing.assert_array_equal(found, grad_cam(model, images(2), [0, 1], layer="joint"))


def test_grad_cam_of_an_ensemble_says_whose_maps_they_are():
    """Networks that vote have no features together."""
    given = keras.Input(SHAPE)
    members = [classifier(seed=seed) for seed in (1, 2)]
    ends = [
        keras.Model(each.inputs, each.outputs[0], name=f"member_{number}")(given)
        for number, each in enumerate(members)
    ]
    model = keras.Model(given, layers.Average()(ends))
    with pytest.warns(UnderstandingWarning, match="several branches.* of 'member_1/.*' alone"):
        maps = grad_cam(model, images(3), TARGETS)
    name = maps.explained.method.partition("(")[2].rstrip(")")
    with warnings.catch_warnings(action="error", category=UnderstandingWarning):
        np.testing.assert_array_equal(maps, grad_cam(model, images(3), TARGETS, layer=name))
    assert maps.any()


def test_grad_cam_refuses_features_without_a_gradient():
    """What cuts the layer off from the score is named."""
    given = keras.Input(SHAPE)
    counted = ops.round(layers.Conv2D(3, 3, name="before")(given))
    model = keras.Model(given, layers.Dense(2)(layers.GlobalAveragePooling2D()(counted)))
    with pytest.raises(UnderstandingError, match="in which the Round"):
        grad_cam(model, images(), 0, layer="before")
    after = layers.Conv2D(2, 3, name="after")(counted)
    model = keras.Model(given, layers.Dense(2)(layers.GlobalAveragePooling2D()(after)))
    assert grad_cam(model, images(), 0, layer="after").shape == (3, 8, 10)


def test_grad_cam_says_why_a_map_is_empty():
    """Features that all speak against a class leave nothing: that is no dead unit."""
    given = keras.Input((6, 7, 3))
    x = keras.layers.Conv2D(2, 3, activation="softplus", name="features")(given)
    answer = keras.layers.Dense(2, kernel_initializer="ones")
    model = keras.Model(given, answer(keras.layers.GlobalAveragePooling2D()(x)))
    answer.kernel.assign([[-1, 1], [-1, 1]])
    images = np.ones((2, 6, 7, 3), np.float32)

    with pytest.warns(UnderstandingWarning, match="no feature of 'features' speaks for"):
        grad_cam(model, images, 0)

    assert grad_cam(model, images, 1).any()
