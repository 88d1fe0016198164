"""Attacks under movements: they survive what plain ones do not, in bounded memory."""

import keras
import numpy as np
import pytest

from dlcnn.understanding import UnderstandingError, pgd, robust_attack, survival
from tests.understanding.adversarial.examples import SHAPE, grey_images, linear_model

MOVEMENTS = {"rotation": 15, "shift": 0.1, "scale": 0.1}


def test_robust_attack_holds_under_more_fresh_movements_than_pgd(trained, test_images):
    """Of the same size and the same images; movements alone fool the network more seldom."""
    images, labels = (each[:12] for each in test_images)
    found = robust_attack(trained, images, labels, epsilon=0.2, steps=15, trials=30, **MOVEMENTS)
    plain = pgd(trained, images, labels, epsilon=0.2, steps=15)

    of_plain = survival(trained, plain.images, labels, trials=30, **MOVEMENTS)

    assert found.norms.max() <= 0.2 + 1e-6
    assert found.survival.mean() > of_plain.mean() + 0.15
    assert of_plain.mean() > found.original_survival.mean()
    np.testing.assert_allclose(
        found.survival, survival(trained, found.images, labels, trials=30, **MOVEMENTS)
    )


def test_robust_attack_reaches_a_class_and_keeps_it(trained, test_images):
    """Targeted in L2: most movements show the wanted class, of images that never had it."""
    images, labels = test_images
    images = images[labels != 2][:6]

    found = robust_attack(
        trained, images, 2, epsilon=5, norm="l2", steps=15, targeted=True, trials=20, **MOVEMENTS
    )

    assert found.norms.max() <= 5 + 1e-4
    assert found.success.all()
    assert found.survival.mean() > 0.8
    assert found.original_survival.mean() < 0.2


def test_robust_attack_depends_on_the_seed_and_not_on_the_batches():
    """Movements follow from the seed, the image's place and the step."""
    model = linear_model(np.random.default_rng(3).normal(size=(12, 3)), [0, 0, 0])
    options = {"epsilon": 0.2, "norm": "l2", "samples": 3, "steps": 2, "trials": 5}

    whole = robust_attack(model, grey_images(5), 0, **options)
    few = robust_attack(model, grey_images(5), 0, batch_size=2, **options)
    other = robust_attack(model, grey_images(5), 0, seed=1, **options)

    np.testing.assert_allclose(few.images, whole.images, atol=1e-5)
    np.testing.assert_allclose(few.survival, whole.survival)
    assert not np.allclose(other.images, whole.images, atol=1e-5)


def test_robust_attack_computes_with_no_more_than_a_batch():
    """Moved copies count: with 4 at a time, no layer ever sees more, whatever is sampled."""
    seen = []

    class Watching(keras.layers.Layer):
        def call(self, inputs):
            seen.append(inputs.shape[0])
            return inputs

    inputs = keras.Input(SHAPE)
    outputs = keras.layers.Dense(2)(keras.layers.Flatten()(Watching()(inputs)))
    model = keras.Model(inputs, outputs)
    seen.clear()

    robust_attack(model, grey_images(6), 0, batch_size=4, samples=10, steps=2, trials=3)

    known = [size for size in seen if size is not None]
    assert known
    assert max(known) <= 4


def test_survival_counts_movements():
    """An image that is the same however it is moved always or never fools."""
    model = linear_model(np.ones((12, 1)), [-6])
    images = np.stack([np.full(SHAPE, 0.9), np.full(SHAPE, 0.1)])

    assert survival(model, images, 1, trials=4).tolist() == [0, 1]
    assert survival(model, images, 1, targeted=True, trials=4).tolist() == [1, 0]


def test_survival_refuses_in_a_sentence():
    """What the attack was given cannot be left out, and a word is no truth value."""
    model = linear_model(np.ones((12, 1)), [-6])
    with pytest.raises(UnderstandingError, match=r"survival: .*targets=None"):
        survival(model, grey_images(2), None)
    with pytest.raises(UnderstandingError, match="targeted is True or False"):
        survival(model, grey_images(2), 1, targeted="yes")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rotation": 200}, "rotation is a number from 0 up to 180"),
        ({"samples": 0}, "samples is a whole number from 1"),
        ({"trials": 0.5}, "trials is a whole number from 1"),
        ({"targeted": True}, "Name one for all images"),
        ({"targeted": "yes"}, "targeted is True or False"),
    ],
)
def test_robust_attack_refuses_in_a_sentence(options, words):
    """Options that cannot be are refused before anything is computed."""
    with pytest.raises(UnderstandingError, match=words):
        robust_attack(linear_model(np.ones((12, 1)), [0]), grey_images(), **options)


def test_figure_tells_how_often_the_attack_holds():
    """Over each change stand its size and the share of movements."""
    model = linear_model(np.ones((12, 1)), [-6])

    found = robust_attack(model, grey_images(2), 1, epsilon=0.3, steps=2, samples=2, trials=4)

    title = found.figure().axes[1].get_title(loc="left")
    assert title == f"largest change 0.3\nholds {found.survival[0]:.0%}"
