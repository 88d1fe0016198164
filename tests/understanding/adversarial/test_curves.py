"""Success over epsilon, and from one network to another."""

from functools import partial

import numpy as np
import pytest

from dlcnn.understanding import UnderstandingError, fgsm, pgd, saliency, success_curve, transfer
from tests.understanding.adversarial.examples import grey_images, linear_model

KERNEL = np.array([3, -2, 1, 5, -4, 2, -1, 6, 2, -3, 1, -5], np.float32)
IMAGES = grey_images(30, seed=2)
LOGITS = IMAGES.reshape(30, -1) @ KERNEL - 2.5
LABELS = (LOGITS + np.random.default_rng(5).normal(0, 1, 30) > 0).astype(int)
WIDE = partial(fgsm, value_range=(-9, 9))


def test_success_curve_of_a_linear_network_is_known():
    """An image falls when epsilon times the sum of absolute weights is more than its margin; so
    the curve starts at the error without attack and never falls.
    """
    margins = np.where(LABELS == 1, LOGITS, -LOGITS)
    epsilons = [0, 0.01, 0.05, 0.02, 0.1]

    curve = success_curve(
        linear_model(KERNEL[:, None], [-2.5]), IMAGES, LABELS, epsilons, attack=WIDE
    )

    assert curve.epsilons.tolist() == [0, 0.01, 0.02, 0.05, 0.1]
    reach = curve.epsilons[:, None] * np.abs(KERNEL).sum()
    np.testing.assert_array_equal(curve.success, margins < reach)
    assert 0 < curve.error[0] == (margins < 0).mean() < 0.5
    assert (np.diff(curve.error) >= 0).all()
    assert curve.error[-1] > curve.error[0]


def test_success_curve_takes_any_attack(trained, test_images):
    """With more steps the curve lies higher."""
    one = success_curve(trained, *test_images, [0.15, 0.2])
    more = success_curve(trained, *test_images, [0.15, 0.2], attack=partial(pgd, steps=20))

    assert more.error[0] == one.error[0] == 0
    assert more.error[-1] > one.error[-1]
    axes = more.figure().axes[0]
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), more.error)
    assert "PGD, 20 steps" in more.figure().get_suptitle()


def test_success_curve_of_a_targeted_attack_counts_the_class_that_is_wanted():
    """Without attack it is the share that has the wanted class already, and rises from there as
    far as each image is from it; axis and title say what is counted.
    """
    attack = partial(WIDE, targeted=True)

    curve = success_curve(
        linear_model(KERNEL[:, None], [-2.5]), IMAGES, 1, [0.01, 0.05], attack=attack
    )

    reach = curve.epsilons[:, None] * np.abs(KERNEL).sum()
    np.testing.assert_array_equal(curve.success, LOGITS + reach > 0)
    assert 0 < curve.error[0] == (LOGITS > 0).mean() < curve.error[-1]
    assert not np.isclose(curve.error[0], 0.5)  # the share that has not would be another
    figure = curve.figure()
    assert figure.axes[0].get_ylabel() == "share taken for the wanted class"
    assert figure.get_suptitle() == "FGSM, targeted on linear"
    untargeted = success_curve(
        linear_model(KERNEL[:, None], [-2.5]), IMAGES, 1, [0.01], attack=WIDE
    )
    assert untargeted.figure().axes[0].get_ylabel() == "share of images mistaken"


def test_transfer_of_a_targeted_attack_counts_the_class_that_is_wanted():
    """Twins take each other's images for it; a network that never answers it does not, and the
    rates are of images that neither took for it before.
    """
    model = linear_model(KERNEL[:, None], [-2.5], name="one")
    twin = linear_model(2 * KERNEL[:, None], [-5], name="twin")
    never = linear_model(np.eye(12)[:, :1] * 100, [-1e4], name="never")  # 0 for all of them
    options = {"epsilon": 0.05, "attack": partial(WIDE, targeted=True)}

    same = transfer(model, twin, IMAGES, 1, **options)
    apart = transfer(model, never, IMAGES, 1, **options)

    had, has = LOGITS > 0, LOGITS + 0.05 * np.abs(KERNEL).sum() > 0
    assert 0 < had.mean() < has.mean()
    np.testing.assert_allclose(same.table, np.tile([[had.mean()], [has.mean()]], 2)[[0, 1, 1]])
    np.testing.assert_allclose(same.rates, [1, 1])
    assert apart.table[:2, 1].tolist() == [0, 0]
    assert apart.rates[0] == 0
    figure = same.figure()
    label = figure.axes[1].yaxis.label
    assert label.get_text() == "share taken for the wanted class"
    figure.draw_without_rendering()
    assert figure.bbox.y0 < label.get_window_extent().y0
    assert label.get_window_extent().y1 < figure.bbox.y1
    assert figure.get_suptitle() == "FGSM, targeted, from one network to another"


def test_transfer_tells_two_networks_of_one_name_apart():
    """In the figure the other is the second, in rows and columns; other names stay as they are."""
    model, other = (linear_model(factor * KERNEL[:, None], [-2.5], name="net") for factor in (1, 2))

    found = transfer(model, other, IMAGES, LABELS, attack=WIDE)

    axes = found.figure().axes[0]
    assert [each.get_text() for each in axes.get_xticklabels()] == ["net", "net (second)"]
    assert [each.get_text() for each in axes.get_yticklabels()][1:] == [
        "changed for net",
        "changed for net (second)",
    ]
    assert found.names == ("net", "net")


def test_transfer_tells_who_is_fooled_by_whom():
    """Twins fool each other always; a network that looks at other pixels not at all."""
    model = linear_model(KERNEL[:, None], [-2.5], name="one")
    twin = linear_model(2 * KERNEL[:, None], [-5], name="twin")
    other = linear_model(np.eye(12)[:, :1] * 100, [-1], name="other")  # 1 for all of them
    labels = np.ones(30, int)
    options = {"epsilon": 0.1, "attack": WIDE}

    same = transfer(model, twin, IMAGES, labels, **options)
    apart = transfer(model, other, IMAGES, labels, **options)

    right = LOGITS > 0
    fooled = right & (LOGITS - 0.1 * np.abs(KERNEL).sum() < 0)
    assert fooled.any()
    np.testing.assert_allclose(same.rates, [1, 1])
    np.testing.assert_allclose(
        same.table, np.tile([[np.mean(~right)], [np.mean(~right | fooled)]], 2)[[0, 1, 1]]
    )
    assert apart.rates[0] == 0
    assert np.isnan(apart.rates[1])
    assert apart.table[1].tolist() == [np.mean(~right | fooled), 0]
    axes = apart.figure().axes[0]
    np.testing.assert_allclose(np.asarray(axes.get_images()[0].get_array()), apart.table)
    assert [each.get_text() for each in axes.get_yticklabels()][1:] == [
        "changed for one",
        "changed for other",
    ]


def _nothing(*_, epsilon):
    """What is called as an attack, and is none."""


def test_curves_refuse_in_a_sentence():
    """What cannot be compared or counted is refused."""
    model = linear_model(KERNEL[:, None], [0])
    three = linear_model(np.ones((12, 3)), [0, 0, 0])
    for refused, words in (
        (lambda: success_curve(model, IMAGES, None), "labels=None"),
        (lambda: success_curve(model, IMAGES, LABELS, [0]), "at least one epsilon"),
        (lambda: success_curve(model, IMAGES, LABELS, [-1]), "an epsilon is a number from 0"),
        (lambda: success_curve(model, IMAGES, LABELS, 0.1), "epsilons=0.1"),
        (lambda: success_curve(model, IMAGES, LABELS, np.array(0.1)), "at least one epsilon"),
        (lambda: success_curve(model, IMAGES, LABELS, None), "epsilons=None"),
        (lambda: success_curve(model, IMAGES, LABELS, [[0.1, 0.2]]), "an epsilon is a number"),
        (lambda: success_curve(model, IMAGES, LABELS, "far"), "an epsilon is a number"),
        (lambda: success_curve(model, IMAGES, LABELS, attack="fgsm"), "attack='fgsm'"),
        (lambda: success_curve(model, IMAGES, LABELS, attack=saliency), "attack=saliency"),
        (lambda: success_curve(model, IMAGES, LABELS, attack=_nothing), "one that gives NoneType"),
        (lambda: transfer(model, model, IMAGES, LABELS, attack=_nothing), "transfer: an attack"),
        (lambda: transfer(model, model, IMAGES, None), "labels=None"),
        (lambda: transfer(model, three, IMAGES, LABELS), "of 2 and .* of 3"),
        (lambda: transfer(model, model, IMAGES, LABELS[:4]), "one for each"),
    ):
        with pytest.raises(UnderstandingError, match=words):
            refused()


def test_success_curve_lets_an_attack_fail_in_its_own_words():
    """An error within an attack is not taken for one of how it is called; epsilons may come one
    by one.
    """

    def broken(*_, epsilon):
        raise TypeError(f"broken at {epsilon}")

    model = linear_model(KERNEL[:, None], [0])
    with pytest.raises(TypeError, match=r"broken at 0\.5"):
        success_curve(model, IMAGES, LABELS, iter([0.5]), attack=broken)
