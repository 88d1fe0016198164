"""FGSM and PGD: by hand on linear networks, inside the ball, and onto the class that is wanted."""

import warnings

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcnn.understanding import UnderstandingError, UnderstandingWarning, fgsm, pgd, robust_attack
from tests.understanding.adversarial.examples import SHAPE, grey_images, linear_model

KERNEL = np.array([3, -2, 1, 5, -4, 2, -1, 6, 2, -3, 1, -5], np.float32)


@pytest.mark.parametrize("activation", ["sigmoid", None])
@pytest.mark.parametrize(("target", "targeted", "sign"), [(1, False, -1), (1, True, 1), (0, 0, 1)])
def test_fgsm_of_one_unit_is_the_sign_of_its_weights(activation, target, targeted, sign):
    """Away from class 1 every value goes against its weight, and towards it with its weight."""
    images = grey_images()

    found = fgsm(
        linear_model(KERNEL[:, None], [0.5], activation),
        *(images, target),
        epsilon=0.1,
        targeted=bool(targeted),
    )

    expected = sign * 0.1 * np.sign(KERNEL).reshape(SHAPE)
    np.testing.assert_allclose(
        found.perturbation, np.broadcast_to(expected, images.shape), atol=1e-6
    )
    np.testing.assert_allclose(found.norms, 0.1, atol=1e-6)
    logits = images.reshape(4, -1) @ KERNEL + 0.5
    np.testing.assert_array_equal(found.original_classes, logits > 0)
    np.testing.assert_allclose(found.original_scores, np.abs(logits), rtol=1e-5)
    moved = logits + sign * 0.1 * np.abs(KERNEL).sum()
    np.testing.assert_array_equal(found.classes, moved > 0)
    np.testing.assert_array_equal(
        found.success, (moved > 0) == target if targeted else (moved > 0) != target
    )


def test_fgsm_follows_the_cross_entropy_of_several_classes():
    """The direction is the sign of W (softmax - one-hot), which another class would turn."""
    kernel = np.random.default_rng(1).integers(-4, 5, (12, 3)).astype(np.float32)
    images, targets = grey_images(3), np.array([2, 0, 1])
    logits = images.reshape(3, -1).astype(float) @ kernel
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    expected = 0.05 * np.sign((chances - np.eye(3)[targets]) @ kernel.T).reshape(images.shape)

    found = fgsm(linear_model(kernel, [0, 0, 0], "softmax"), images, targets, epsilon=0.05)
    other = fgsm(linear_model(kernel, [0, 0, 0], "softmax"), images, 0, epsilon=0.05)

    np.testing.assert_allclose(found.perturbation, expected, atol=1e-6)
    assert not np.allclose(other.perturbation, expected, atol=1e-6)


def test_fgsm_moves_an_image_that_the_network_is_sure_of():
    """Where the cross-entropy's own gradient is 0 in float32, the attack still finds its way."""
    model = linear_model(np.stack([1e3 * KERNEL, -1e3 * KERNEL], axis=1), [0, 0], "softmax")
    images = grey_images(2)

    found = fgsm(model, images, epsilon=0.1)

    np.testing.assert_allclose(np.abs(found.perturbation), 0.1, atol=1e-6)


def test_pgd_in_l2_goes_along_the_gradient_of_a_linear_network():
    """One long step ends on the sphere, in the direction of the weights."""
    images = grey_images()

    found = pgd(
        linear_model(KERNEL[:, None], [0]),
        *(images, 0),
        norm="l2",
        epsilon=0.2,
        steps=1,
        random_start=False,
    )

    expected = 0.2 * (KERNEL / np.linalg.norm(KERNEL)).reshape(SHAPE)
    np.testing.assert_allclose(
        found.perturbation, np.broadcast_to(expected, images.shape), atol=1e-6
    )
    np.testing.assert_allclose(found.norms, 0.2, rtol=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    norm=st.sampled_from(["linf", "l2"]),
    epsilon=st.floats(0, 3),
    stride=st.floats(0.01, 5),
    steps=st.integers(1, 5),
    seed=st.integers(0, 9),
    value_range=st.sampled_from([(0, 1), (-0.5, 1.25)]),
)
@pytest.mark.filterwarnings("ignore:pgd. epsilon=.* is farther")
def test_pgd_never_leaves_the_ball_nor_the_range(
    trained, test_images, norm, epsilon, stride, steps, seed, value_range
):
    """Wherever it starts and however far it steps."""
    found = pgd(
        trained,
        *(images[:6] for images in test_images),
        batch_size=4,
        epsilon=epsilon,
        norm=norm,
        steps=steps,
        step_size=stride,
        seed=seed,
        value_range=value_range,
    )

    assert (found.norms <= epsilon + 1e-5).all()
    assert found.images.min() >= value_range[0]
    assert found.images.max() <= value_range[1]


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_pgd_uses_the_ball_that_it_has(trained, test_images, norm):
    """The promise above is not kept by standing still: where the range leaves room, the change
    is as large as it may be.
    """
    found = pgd(trained, *test_images, epsilon=0.3, norm=norm, value_range=(-1, 2))

    np.testing.assert_allclose(found.norms, 0.3, rtol=1e-4)


def test_pgd_reaches_the_class_that_is_wanted(trained, test_images):
    """With leave to go far, every image becomes each class; with little, hardly any does."""
    images, labels = test_images
    for wanted in range(3):
        far = pgd(trained, images, wanted, epsilon=0.5, steps=20, targeted=True)
        near = pgd(trained, images, wanted, epsilon=0.01, targeted=True)
        assert far.success.all()
        assert (far.classes == wanted).all()
        np.testing.assert_array_equal(near.success, labels == wanted)


def test_pgd_finds_more_than_one_step_does(trained, test_images):
    """Where the network is curved, many steps fool it more often than one of the same reach."""
    one = fgsm(trained, *test_images, epsilon=0.2).success.mean()

    assert pgd(trained, *test_images, epsilon=0.2, steps=20).success.mean() > one > 0


def test_pgd_depends_on_the_seed_and_not_on_the_batches(trained, test_images):
    """A random start follows from the seed and the image's place."""
    images, labels = (each[:5] for each in test_images)
    options = {"epsilon": 0.1, "steps": 1, "step_size": 0.01}

    whole = pgd(trained, images, labels, **options)

    np.testing.assert_allclose(
        pgd(trained, images, labels, batch_size=2, **options).images, whole.images, atol=1e-6
    )
    assert not np.allclose(pgd(trained, images, labels, seed=1, **options).images, whole.images)
    same = pgd(trained, images, labels, random_start=False, **options)
    assert np.abs(same.perturbation).max() <= 0.01 + 1e-6


def test_an_attack_without_targets_goes_away_from_the_networks_own_answer():
    """What it succeeds at then is that the network changes its mind."""
    found = fgsm(linear_model(KERNEL[:, None], [0]), grey_images(), epsilon=0.3)

    np.testing.assert_array_equal(found.targets, found.original_classes)
    np.testing.assert_array_equal(found.success, found.classes != found.original_classes)


@pytest.mark.parametrize("targeted", [False, True])
def test_success_tells_of_the_changed_image_alone(targeted):
    """What was mistaken, or taken for the wanted class, before counts too."""
    images = grey_images(12)
    logits = images.reshape(12, -1) @ KERNEL
    middle = float(np.median(logits))
    wanted = 0 if targeted else 1  # of two classes not to be one is to be the other

    found = fgsm(
        linear_model(KERNEL[:, None], [-middle]), images, wanted, epsilon=0.01, targeted=targeted
    )

    before, after = logits < middle, logits - 0.01 * np.abs(KERNEL).sum() < middle
    assert before.any()
    assert not after.all()
    np.testing.assert_array_equal(found.success, after)
    np.testing.assert_array_equal(found.original_classes == 0, before)


def test_fgsm_says_when_nothing_depends_on_the_images():
    """A dead network is warned of."""
    with pytest.warns(UnderstandingWarning, match="no image is changed"):
        fgsm(linear_model(np.zeros((12, 1)), [1]), grey_images(), epsilon=0.1)


@pytest.mark.parametrize(
    ("attack", "options", "words"),
    [
        (fgsm, {"epsilon": -1}, "epsilon is a number from 0. Received epsilon=-1"),
        (fgsm, {"value_range": (0, 0.4)}, "pixels lie in value_range"),
        (fgsm, {"value_range": 3}, "Give two numbers"),
        (fgsm, {"value_range": (1, 0)}, "Give two numbers"),
        (fgsm, {"targeted": True}, "Name one for all images"),
        (fgsm, {"targeted": "yes", "targets": 1}, "targeted is True or False"),
        (pgd, {"random_start": "no"}, "random_start is True or False"),
        (pgd, {"norm": "l1"}, "'linf', 'l2'"),
        (pgd, {"steps": 0}, "steps is a whole number from 1"),
        (pgd, {"step_size": 0}, "step_size is a number above 0"),
        (pgd, {"seed": -3}, "seed is a whole number from 0"),
        (pgd, {"targets": 7}, "0 to 1"),
    ],
)
def test_attacks_refuse_in_a_sentence(attack, options, words):
    """Options that cannot be are refused, and what to name instead is said."""
    with pytest.raises(UnderstandingError, match=words):
        attack(linear_model(KERNEL[:, None], [0]), grey_images(), **options)


def test_attacks_refuse_a_network_that_no_gradient_passes():
    """The layer that stops it is named."""
    inputs = keras.Input(SHAPE)
    steps = keras.ops.sign(inputs)
    outputs = keras.layers.Dense(2)(keras.layers.Flatten()(steps))

    with pytest.raises(UnderstandingError, match="Sign"):
        pgd(keras.Model(inputs, outputs), grey_images(), 0)


def test_figure_shows_before_change_and_after():
    """Three pictures for each image, with classes, scores and the size of the change; the change
    is stretched to the whole range around grey.
    """
    found = fgsm(linear_model(KERNEL[:, None], [0]), grey_images(2), [1, 0], epsilon=0.1)

    figure = found.figure(class_names=["dog", "cat"])

    first, change, last = figure.axes[:3]
    assert first.get_title(loc="left") == f"cat, score {found.original_scores[0]:.3g}"
    assert change.get_title(loc="left") == "largest change 0.1"
    names = ["dog", "cat"]
    assert last.get_title(loc="left") == f"{names[found.classes[0]]}, score {found.scores[0]:.3g}"
    shown = np.asarray(change.get_images()[0].get_array())
    np.testing.assert_allclose(shown, 0.5 + found.perturbation[0, ..., 0] / 0.2, atol=1e-4)
    assert figure.get_suptitle() == f"FGSM: {found.success.sum()} of 2 succeed"
    with pytest.raises(UnderstandingError, match="Name them all"):
        found.figure(class_names=["dog"])


@pytest.mark.parametrize(("norm", "words"), [("linf", "largest change"), ("l2", "length")])
def test_figure_of_a_targeted_attack_names_the_class_that_is_wanted(norm, words):
    """Over the change stand the wanted class and the size in words; the title says targeted."""
    model = linear_model(KERNEL[:, None], [0])
    found = pgd(model, grey_images(2), [1, 0], epsilon=0.1, norm=norm, steps=2, targeted=True)

    figure = found.figure(class_names=(name for name in ("dog", "cat")))

    changes = [axes.get_title(loc="left") for axes in figure.axes[1::3]]
    assert changes == [
        f"wanted: {name}\n{words} {size:.3g}"
        for name, size in zip(("cat", "dog"), found.norms, strict=True)
    ]
    assert figure.get_suptitle().startswith("PGD, 2 steps, targeted: ")


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_attacks_warn_of_an_epsilon_that_holds_nothing_back(norm):
    """8 for 8/255 is warned of; just as far as the range goes is not."""
    model, images = linear_model(KERNEL[:, None], [0]), grey_images()
    farthest = 1.0 if norm == "linf" else 12**0.5

    with pytest.warns(UnderstandingWarning, match="pgd: epsilon=8 is farther"):
        pgd(model, images, epsilon=8, norm=norm, steps=1)
    with pytest.warns(UnderstandingWarning, match="robust_attack: epsilon=8 is farther"):
        robust_attack(model, images, epsilon=8, norm=norm, steps=1, samples=1, trials=1)
    with warnings.catch_warnings(action="error", category=UnderstandingWarning):
        pgd(model, images, epsilon=farthest * 0.999, norm=norm, steps=1)
        pgd(model, images, epsilon=8, norm=norm, steps=1, value_range=(0, 9))
