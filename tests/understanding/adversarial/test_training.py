"""An adversary in the train step: what it changes, on which weights, and what it leaves behind."""

import keras
import numpy as np
import pytest

from dlcnn import training
from dlcnn.understanding import Adversary, UnderstandingError, fgsm, pgd
from tests.training.examples import drawn_dataset, small_model
from tests.training.programs import fixed_model
from tests.understanding.adversarial.conftest import TRAINING


def compiled(model):
    """A model for train_on_batch, with plain steps."""
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize(
    ("options", "attack"),
    [
        ({}, lambda *given: fgsm(*given, epsilon=0.1)),
        (
            {"steps": 3, "norm": "l2"},
            lambda *given: pgd(*given, epsilon=0.1, norm="l2", steps=3, random_start=False),
        ),
    ],
)
def test_attacking_learns_from_what_the_attack_gives(test_images, options, attack):
    """Two steps, each on a batch of 5 whose first 3 images were attacked on the weights of the
    moment; attacked on the weights of the beginning they would end elsewhere.
    """
    model, by_hand, stale = (
        compiled(fixed_model()),
        compiled(fixed_model()),
        compiled(fixed_model()),
    )
    batches = [tuple(each[start : start + 5] for each in test_images) for start in (0, 5)]

    with Adversary(epsilon=0.1, share=0.5, **options).attacking(model):
        for images, labels in batches:
            model.train_on_batch(images, labels)
    for images, labels in batches:
        for learner, attacks_on in ((by_hand, by_hand), (stale, fixed_model())):
            changed = attack(attacks_on, images[:3], labels[:3]).images
            learner.train_on_batch(np.concatenate([changed, images[3:]]), labels)

    for mine, expected in zip(model.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_allclose(mine, expected, atol=1e-5)
    assert not np.allclose(model.get_weights()[0], stale.get_weights()[0], atol=1e-5)


@pytest.mark.parametrize("form", ["one-hot", "column"])
def test_attacking_takes_labels_as_keras_does(test_images, form):
    """One-hot rows and a column of classes attack the same images as a row of classes does; those
    of other classes would not.
    """
    images, labels = (each[:6] for each in test_images)
    given = np.eye(3, dtype="float32")[labels] if form == "one-hot" else labels[:, None]
    loss = "categorical_crossentropy" if form == "one-hot" else "sparse_categorical_crossentropy"
    model, plain, other = (compiled(fixed_model()) for _ in range(3))
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss=loss)
    adversary = Adversary(epsilon=0.2, share=0.5)

    with adversary.attacking(model), adversary.attacking(plain):
        model.fit(images, given, batch_size=6, shuffle=False, verbose=0)
        plain.fit(images, labels, batch_size=6, shuffle=False, verbose=0)
    elsewhere = fgsm(other, images[:3], (labels[:3] + 1) % 3, epsilon=0.2).images
    other.train_on_batch(np.concatenate([elsewhere, images[3:]]), labels)

    for mine, expected in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(mine, expected, atol=1e-6)
    assert not np.allclose(model.get_weights()[0], other.get_weights()[0], atol=1e-5)


def test_attacking_leaves_the_model_as_it_was(test_images):
    """After the block, also one that an error ends, a step is a plain one; inside, testing is."""
    model, plain = compiled(fixed_model()), compiled(fixed_model())
    images, labels = test_images

    with Adversary(epsilon=0.3, share=1).attacking(model):
        assert model.test_on_batch(images, labels) == pytest.approx(
            plain.test_on_batch(images, labels)
        )
    with pytest.raises(ZeroDivisionError), Adversary().attacking(model):
        raise ZeroDivisionError
    model.train_on_batch(images, labels)
    plain.train_on_batch(images, labels)

    for mine, expected in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, expected)
    assert "train_step" not in vars(model)


def test_fit_against_an_adversary_makes_a_robust_network(trained, test_images):
    """From the same weights and seed, far fewer images fall to FGSM, and as many are right."""
    model = fixed_model()
    training.fit(model, drawn_dataset(), adversary=Adversary(epsilon=0.2), **TRAINING)

    def error(network, epsilon):
        return fgsm(network, *test_images, epsilon=epsilon).success.mean()

    assert error(model, 0) == error(trained, 0) == 0
    assert error(model, 0.2) < error(trained, 0.2) - 0.3


def test_fit_attacks_the_first_of_several_outputs():
    """A network with a helping output is trained and attacked too."""
    base = small_model(name="base")
    helper = keras.layers.Dense(3, activation="softmax", name="helper")(base.layers[-2].output)
    model = keras.Model(base.inputs, [base.outputs[0], helper])

    history = training.fit(
        model, drawn_dataset(), adversary=Adversary(), epochs=2, batch_size=16, verbose=0
    )

    assert history.history["loss"][-1] < history.history["loss"][0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epsilon": 0}, "epsilon is a number above 0"),
        ({"epsilon": 8}, "up to 1"),
        ({"steps": 1.5}, "steps is a whole number"),
        ({"share": 0}, "share is a number"),
        ({"norm": "max"}, "'linf', 'l2'"),
        ({"step_size": -1}, "step_size is a number above 0"),
    ],
)
def test_adversary_refuses_in_a_sentence(options, words):
    """Options that cannot be are refused when it is made."""
    with pytest.raises(UnderstandingError, match=words):
        Adversary(**options)


def test_adversary_says_its_facts_in_plain_data():
    """As Python's own numbers, whatever it was given."""
    facts = Adversary(np.float32(0.5), np.int64(2)).as_facts()

    assert facts == {"epsilon": 0.5, "steps": 2, "norm": "linf", "share": 0.5, "step_size": None}
    assert {type(value) for value in facts.values()} == {float, int, str, type(None)}
