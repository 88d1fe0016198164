"""Integrated gradients: complete, equal to brute force, and honest about too few steps."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.understanding import (
    UnderstandingError,
    UnderstandingWarning,
    gradient,
    integrated_gradients,
)
from tests.understanding.models import SHAPE, branched, classifier, images, one_unit

TARGETS = [2, 0, 1]
GREY = np.random.default_rng(9).random(SHAPE).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    return classifier()


def _differences(model, baseline):
    """Of the logits of the targets between images and baseline, from Keras' own answers."""
    logits = keras.Model(model.inputs[0], model.outputs[0])
    given = np.broadcast_to(np.float32(baseline), images().shape)
    both = (ops.convert_to_numpy(logits(each)) for each in (images(), given))
    return np.subtract(*both)[np.arange(3), TARGETS]


@pytest.mark.parametrize("baseline", [0.0, 0.5, -1, GREY], ids=["black", "grey", "below", "image"])
def test_integrated_gradients_are_complete(baseline):
    """A map adds up to the difference of scores, from whatever it begins."""
    model = classifier(ending="logits")
    options = {"baseline": baseline, "steps": 300}
    maps = integrated_gradients(model, images(), TARGETS, **options)
    expected = _differences(model, baseline)
    np.testing.assert_allclose(np.asarray(maps).sum(axis=(1, 2)), expected, rtol=0.01, atol=2e-4)
    assert np.abs(expected).max() > 0.01


@pytest.mark.parametrize("make", [classifier, branched])
@pytest.mark.parametrize("baseline", [0.0, GREY], ids=["black", "image"])
def test_integrated_gradients_equal_brute_force(make, baseline):
    """The mean of one gradient after another on the way, at the middle of equal parts."""
    model = make()
    ways = (np.arange(6) + 0.5) / 6
    start = np.float32(baseline)
    on_the_way = [start + np.float32(way) * (images() - start) for way in ways]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnderstandingWarning)  # of few steps, and of dark images
        means = np.mean([gradient(model, each, TARGETS) for each in on_the_way], axis=0)
        maps = integrated_gradients(model, images(), TARGETS, baseline=baseline, steps=6)
    expected = (means * (images() - start)).sum(axis=-1)
    np.testing.assert_allclose(np.asarray(maps), expected, rtol=1e-3, atol=1e-6)


def test_integrated_gradients_of_a_linear_score_are_exact_in_one_step():
    """Worked by hand: each pixel has its weight times its value."""
    model = keras.Sequential([keras.Input((2, 3, 1)), layers.Flatten(), layers.Dense(2)])
    weights = np.arange(12).reshape(6, 2)
    model.set_weights([weights, np.ones(2)])
    given = images(2, shape=(2, 3, 1))
    maps = np.asarray(integrated_gradients(model, given, 1, steps=1))
    np.testing.assert_allclose(maps, given[..., 0] * weights[:, 1].reshape(2, 3), rtol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 50])
def test_integrated_gradients_do_not_depend_on_batches(model, batch_size):
    """Points are computed with in any number at a time."""
    options = {"baseline": 0.25, "steps": 20}
    whole = np.asarray(integrated_gradients(model, images(), TARGETS, **options))
    parts = np.asarray(integrated_gradients(model, images(), TARGETS, batch_size, **options))
    np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-7)


def test_integrated_gradients_warn_of_too_few_steps():
    """A sum that misses by more than 5 % is told, with the image; more steps are quiet."""
    model = _bent()
    given = np.stack([np.full((2, 3, 1), 0.1), np.full((2, 3, 1), 0.99)]).astype(np.float32)
    with pytest.warns(
        UnderstandingWarning, match=r"images\[1\] they miss .* steps=1\. Take"
    ) as caught:
        integrated_gradients(model, given, 0, steps=1)
    assert __file__ in [each.filename for each in caught if each.category is UnderstandingWarning]
    with warnings.catch_warnings(action="error", category=UnderstandingWarning):
        integrated_gradients(model, given, 0, steps=50)


def _bent():
    """A score that is 0 up to a mean of 0.45, and rises from there."""
    model = keras.Sequential(
        [keras.Input((2, 3, 1)), layers.Flatten(), layers.Dense(1, activation="relu")]
    )
    model.add(layers.Dense(2))
    model.set_weights(
        [np.full((6, 1), 1 / 6), np.array([-0.45]), np.array([[1.0, -1.0]]), np.zeros(2)]
    )
    return model


def test_integrated_gradients_of_a_single_unit_have_a_sign_for_each_class():
    """What one class gains the other loses."""
    model = one_unit()
    first, second = (np.asarray(integrated_gradients(model, images(), each)) for each in (0, 1))
    np.testing.assert_allclose(first, -second)


@pytest.mark.parametrize(
    "baseline",
    [
        np.nan,
        "black",
        None,
        GREY[None],
        GREY[..., :1],
        images(),
        [[1], [1, 2]],
        np.full(SHAPE, np.inf),
    ],
    ids=["nan", "word", "none", "batch", "grey", "many", "ragged", "inf"],
)
def test_integrated_gradients_refuse_what_is_no_baseline(model, baseline):
    """A baseline is a finite number or one image."""
    with pytest.raises(UnderstandingError, match=r"^integrated_gradients: a baseline is a finite"):
        integrated_gradients(model, images(), baseline=baseline)


@pytest.mark.parametrize("steps", [0, 2.5, None])
def test_integrated_gradients_refuse_no_steps(model, steps):
    """There is at least one step."""
    with pytest.raises(UnderstandingError, match="steps is a whole number from 1"):
        integrated_gradients(model, images(), steps=steps)
