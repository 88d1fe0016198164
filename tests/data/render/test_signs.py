"""Hands: the fingers that are named are the fingers that can be counted."""

import numpy as np
import pytest

from dlcnn.data.render import signs
from dlcnn.data.render._canvas import Dice, pixel_grid
from dlcnn.data.render._hand import FINGERS, Hand, draw_hand
from tests.data.render._linear import linear_accuracy

ALL = np.array([[code >> finger & 1 for finger in range(5)] for code in range(32)], bool)


def hands(stretched, seed=0, size=160):
    """Hands in their own frame, from below the wrist to above the fingertips, and its x and y."""
    x, y = pixel_grid(size)
    grid = x * np.float32(1.3), y * np.float32(1.3) + np.float32(0.4)
    return draw_hand(Dice(np.random.default_rng(seed), len(stretched)), grid, stretched), grid


def counted(hand: Hand):
    """Fingers, but for the thumb, that an arc above the knuckles crosses, for each image."""
    radius, angles = 0.95, np.linspace(-0.85, 0.72, 400)
    size = hand.outline.shape[1]
    x, y = -radius * np.sin(angles), radius * np.cos(angles) - 0.05
    columns = np.round((x / 1.3 + 1) * size / 2 - 0.5).astype(int)
    rows = np.round((1 - (y - 0.4) / 1.3) * size / 2 - 0.5).astype(int)
    inside = hand.outline[:, rows, columns] < 0
    return (inside[:, 1:] & ~inside[:, :-1]).sum(axis=1) + inside[:, 0]


@pytest.mark.parametrize("seed", range(3))
def test_draw_hand_shows_the_fingers_that_are_stretched(seed):
    """On an arc above the knuckles there are as many fingers as are stretched, in every pose."""
    hand, _ = hands(ALL, seed)
    np.testing.assert_array_equal(counted(hand), ALL[:, 1:].sum(axis=1))


@pytest.mark.parametrize("seed", range(3))
def test_draw_hand_puts_the_thumb_beside_the_palm(seed):
    """Left of the palm there is a thumb where it is stretched, and nothing where it is not."""
    hand, (x, y) = hands(ALL, seed)
    beside = (x < -0.62) & (y > -0.2) & (y < 0.3)
    np.testing.assert_array_equal(((hand.outline < 0) & beside).any(axis=(1, 2)), ALL[:, 0])


def test_draw_hand_is_one_piece_with_the_arm():
    """Every hand has an arm that leaves the picture, and is higher than what surrounds it."""
    hand, _ = hands(ALL)
    inside = hand.outline < 0
    assert inside[:, -1].any(axis=1).all()
    assert (hand.height[inside] > -0.5).all()
    assert hand.height[inside].mean() > 0 > hand.height[~inside].mean()


def test_shown_fingers_make_up_the_number():
    """Whatever way a number is shown, so many fingers are up; the ways are those of ten people."""
    for number, ways in enumerate(signs._SHOWN):
        assert all(len(fingers) == len(FINGERS) for _, fingers in ways)
        assert {sum(fingers) for _, fingers in ways} == {number}
        assert sum(often for often, _ in ways) == 10


def test_stretched_fingers_follow_the_labels():
    """Each image stretches as many fingers as its label says, in all the ways that there are."""
    labels = np.repeat(np.arange(6), 100)
    stretched = signs._stretched(Dice(np.random.default_rng(2), 600), labels)
    np.testing.assert_array_equal(stretched.sum(axis=1), labels)
    ways = {tuple(int(up) for up in row) for row in stretched}
    assert ways == {fingers for ways in signs._SHOWN for _, fingers in ways}


def test_a_linear_classifier_can_count_fingers_that_hold_still():
    """The bound on linear classifiers bites: outlines in one place, size and pose are easy."""
    labels = np.arange(360) % 6
    stretched = signs._stretched(Dice(np.random.default_rng(3), 360), labels)
    outline = hands(stretched, seed=4, size=32)[0].outline
    pixels = np.clip(0.5 - outline * 10, 0, 1)
    assert linear_accuracy((pixels[:300], labels[:300]), (pixels[300:], labels[300:])) > 0.9
