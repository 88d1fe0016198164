"""SmoothGrad: the mean over noise, by brute force; and where it converges to, in closed form."""

import math

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.understanding import UnderstandingError, gradient, saliency, smoothgrad
from tests.understanding.models import SHAPE, branched, classifier, images

TARGETS = [2, 0, 1]


@pytest.fixture(scope="module")
def model():
    return classifier()


def _by_brute_force(model, samples, noise, seed):
    """(N, H, W, C): one gradient after another, of images with noise."""
    normal = np.random.default_rng(seed).standard_normal((samples, *SHAPE), np.float32)
    spread = noise * np.ptp(images(), axis=(1, 2, 3), keepdims=True)
    return np.mean([gradient(model, images() + spread * one, TARGETS) for one in normal], axis=0)


@pytest.mark.parametrize("make", [classifier, branched, lambda: classifier("layer", "logits")])
def test_smoothgrad_is_the_mean_gradient_over_noise(make):
    """What it computes together equals one gradient after another."""
    model = make()
    maps = smoothgrad(model, images(), TARGETS, samples=7, noise=0.3, seed=4, kind="plain")
    expected = _by_brute_force(model, 7, 0.3, 4).sum(axis=-1)
    np.testing.assert_allclose(np.asarray(maps), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 20])
def test_smoothgrad_does_not_depend_on_batches(model, batch_size):
    """Noise is the same however many copies are computed with at a time."""
    options = {"samples": 7, "seed": 1}
    whole = np.asarray(smoothgrad(model, images(), TARGETS, **options))
    parts = np.asarray(smoothgrad(model, images(), TARGETS, batch_size, **options))
    np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-6)


def test_smoothgrad_has_noise_of_its_seed(model):
    """The same seed gives the same map, another another; without noise it is saliency."""
    one, again, other = (
        np.asarray(smoothgrad(model, images(), TARGETS, samples=3, seed=seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3
    still = np.asarray(smoothgrad(model, images(), TARGETS, samples=3, noise=0))
    np.testing.assert_allclose(still, saliency(model, images(), TARGETS), rtol=1e-4, atol=1e-6)


def _hinge(weights, threshold, *, convolution):
    """A score of relu(w . x - b), by a dense unit or by a convolution as large as the image."""
    unit = {"activation": "relu"}
    first = layers.Conv2D(1, weights.shape[:2], **unit) if convolution else layers.Dense(1, **unit)
    body = [first, layers.Flatten()] if convolution else [layers.Flatten(), first]
    model = keras.Sequential([keras.Input(weights.shape), *body, layers.Dense(2, use_bias=False)])
    kernel = weights[..., None] if convolution else weights.reshape(-1, 1)
    model.set_weights([kernel, np.array([-threshold]), np.array([[1.0, -1.0]])])
    return model


@pytest.mark.parametrize("convolution", [False, True])
def test_smoothgrad_converges_to_the_gradient_of_the_smoothed_score(convolution):
    """relu(w x - b) under normal noise has the gradient w Phi((w x - b) / (sigma |w|))."""
    shape, noise, samples = (3, 4, 1), 0.4, 4000
    given = images(2, shape=shape)
    weights = np.random.default_rng(3).standard_normal(shape)
    sums = (weights * given).sum(axis=(1, 2, 3))
    threshold = sums.mean() - 0.2  # between the images, so that one of them has no gradient
    model = _hinge(weights, threshold, convolution=convolution)
    sigma = noise * np.ptp(given, axis=(1, 2, 3))
    arguments = (sums - threshold) / (sigma * np.linalg.norm(weights))
    shares = np.array([0.5 * (1 + math.erf(each / math.sqrt(2))) for each in arguments])
    expected = weights[None, ..., 0] * shares[:, None, None]
    error = np.sqrt(shares * (1 - shares) / samples)[:, None, None] * np.abs(weights[..., 0])
    maps = smoothgrad(model, given, 0, 1000, samples=samples, noise=noise, kind="plain")
    assert (np.abs(np.asarray(maps) - expected) <= 4 * error).all()
    # The gradient without noise is w or 0, far from this.
    plain = np.asarray(saliency(model, given, 0, kind="plain"))
    assert (np.abs(plain - expected).max(axis=(1, 2)) > 20 * error.max(axis=(1, 2))).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": 0}, "samples is a whole number from 1"),
        ({"samples": 2.5}, "samples is a whole number"),
        ({"noise": -0.1}, "noise is a number from 0"),
        ({"noise": np.nan}, "noise is a number from 0"),
        ({"seed": -1}, "seed is a whole number from 0"),
        ({"seed": None}, "seed is a whole number"),
        ({"kind": "squared"}, "kind is one of"),
    ],
)
def test_smoothgrad_refuses_options_that_cannot_be(model, options, words):
    """Each option has its rule."""
    with pytest.raises(UnderstandingError, match=f"^smoothgrad: {words}"):
        smoothgrad(model, images(), **options)
