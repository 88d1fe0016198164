"""The beginning of a network that only adds and multiplies: affine, and cut at the right place."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.understanding import gradient, integrated_gradients, smoothgrad
from dlcnn.understanding.attribution.stem import stem_of
from dlcnn.understanding.classifier import classifier_of
from tests.understanding.models import fill_weights, images

SHAPE = (8, 10, 3)


def _model(*body):
    """Layers, then features of all positions, then two classes."""
    tensor = given = keras.Input(SHAPE)
    for each in body:
        tensor = each(tensor)
    end = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(tensor))
    model = keras.Model(given, end)
    random = np.random.default_rng(5)
    # Positive everywhere, for the variances among them.
    model.set_weights([random.uniform(0.05, 0.5, each.shape) for each in model.get_weights()])
    return model


def _in_training(tensor):
    return layers.BatchNormalization()(tensor, training=True)


BODIES = {
    "scaled": [layers.Rescaling(2.0, offset=-1), layers.Conv2D(3, 3, activation="tanh")],
    "padded": [
        layers.ZeroPadding2D(1),
        layers.AveragePooling2D(2, padding="same"),
        layers.DepthwiseConv2D(2, activation="relu"),
    ],
    "normalised": [
        layers.Normalization(mean=0.3, variance=2.0),
        layers.SeparableConv2D(4, 3),
        layers.BatchNormalization(),
        layers.Activation("gelu"),
    ],
    "enlarged": [
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.Cropping2D(1),
        layers.Dropout(0.5),
        layers.Dense(3, activation=layers.LeakyReLU()),
    ],
    "bent at once": [ops.tanh, layers.Conv2D(2, 3)],
    "pooled": [layers.MaxPooling2D(2), layers.Conv2D(2, 3, activation="softplus")],
    "never bent": [layers.Conv2D(2, 3)],
}


@pytest.mark.parametrize("name", BODIES)
def test_stem_of_cuts_a_network_in_two(name):
    """Both parts one after the other give the logits, and the first is affine."""
    lens = classifier_of(_model(*BODIES[name]), "test")
    stem = stem_of(lens)
    one, other = (ops.convert_to_tensor(images(2, seed)) for seed in (1, 2))
    whole = ops.convert_to_numpy(lens.logits(one))
    found = ops.convert_to_numpy(stem.onwards(stem.begin(one)))
    np.testing.assert_allclose(found, whole, rtol=1e-4, atol=1e-6)
    between = ops.convert_to_numpy(stem.begin(0.3 * one + 0.7 * other))
    line = 0.3 * stem.begin(one) + 0.7 * stem.begin(other)
    np.testing.assert_allclose(between, ops.convert_to_numpy(line), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        (BODIES["scaled"], (6, 8, 3)),
        (BODIES["bent at once"], SHAPE),
        (BODIES["pooled"], SHAPE),
        ([_in_training, layers.Conv2D(2, 3, activation="relu")], (6, 8, 2)),
        (BODIES["never bent"], (6, 8, 2)),
    ],
    ids=["behind the convolution", "at the images", "before a pool", "in training", "at the end"],
)
def test_stem_of_goes_as_far_as_it_may(body, shape):
    """Up to the first bend and no further; what was recorded of training does not count."""
    stem = stem_of(classifier_of(_model(*body), "test"))
    assert tuple(stem.begin(ops.convert_to_tensor(images(2))).shape) == (2, *shape)


@pytest.mark.parametrize("name", BODIES)
def test_means_through_a_stem_are_those_without(name):
    """What SmoothGrad and integrated gradients leave out is what a stem has in common."""
    model, given = _model(*BODIES[name]), images(2)
    normal = np.random.default_rng(0).standard_normal((4, *SHAPE), np.float32)
    spread = 0.5 * np.ptp(given, axis=(1, 2, 3), keepdims=True)
    noisy = np.mean([gradient(model, given + spread * each, [0, 1]) for each in normal], axis=0)
    maps = np.asarray(smoothgrad(model, given, [0, 1], samples=4, noise=0.5, kind="plain"))
    expected = noisy.sum(axis=-1)
    np.testing.assert_allclose(maps, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    ways = (np.arange(8) + 0.5) / 8
    means = np.mean([gradient(model, given * np.float32(way), [0, 1]) for way in ways], axis=0)
    expected = (means * given).sum(axis=-1)
    maps = np.asarray(integrated_gradients(model, given, [0, 1], steps=8))
    np.testing.assert_allclose(maps, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_stem_of_a_shared_layer_leaves_its_other_call_alone():
    """A layer without its activation at the beginning has it where it is called again."""
    given = keras.Input((8, 10, 3))
    shared = layers.Conv2D(3, 3, padding="same", activation="relu")
    mean = layers.GlobalAveragePooling2D()(shared(shared(given)))
    lens = classifier_of(fill_weights(keras.Model(given, layers.Dense(2)(mean))), "test")
    stem = stem_of(lens)
    one = ops.convert_to_tensor(images(2))
    found = ops.convert_to_numpy(stem.onwards(stem.begin(one)))
    np.testing.assert_allclose(found, ops.convert_to_numpy(lens.logits(one)), rtol=1e-4, atol=1e-6)
    assert ops.convert_to_numpy(stem.begin(one)).min() < 0
