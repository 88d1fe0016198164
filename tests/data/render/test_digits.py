"""Digits: strokes that stay in their frame and read as what they are labelled."""

import numpy as np
import pytest

from dlcnn.data.render import digits
from dlcnn.data.render._canvas import Dice, constant, pixel_grid
from tests.data.render._linear import linear_accuracy


def ink(labels, seed=0):
    """How much ink lies on each pixel, upright and in the middle."""
    dice = Dice(np.random.default_rng(seed), len(labels))
    distance = digits._ink(dice, pixel_grid(32), labels, constant(0.1))
    return np.clip(0.5 - distance * 16, 0, 1)


def test_render_in_colour_shows_the_same_digits():
    """Three channels on request; their brightness is the grey image."""
    grey, colour = digits.render(seed=3)[1], digits.render(seed=3, colour=True)[1]
    np.testing.assert_array_equal(grey.labels, colour.labels)
    assert colour.images.shape == (400, 32, 32, 3)
    weighed = colour.images @ np.array([0.299, 0.587, 0.114])
    assert np.abs(weighed - grey.images[..., 0]).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("label", range(10))
def test_pieces_are_one_line_per_stroke_inside_the_frame(label):
    """However unsteady the hand, a digit stays in the frame, is tall, and its pieces connect."""
    for seed in range(20):
        pieces = digits._pieces(np.random.default_rng(seed), label)
        assert pieces.shape == (digits._STEPS, 4)
        points = pieces.reshape(-1, 2)
        assert np.abs(points[:, 0]).max() < 0.75
        assert np.abs(points[:, 1]).max() < 0.95
        assert np.ptp(points[:, 1]) > 1
        breaks = (np.abs(pieces[1:, :2] - pieces[:-1, 2:]) > 1e-6).any(axis=1).sum()
        assert breaks in {len(strokes) - 1 for strokes in digits._WAYS[label]}


def test_smooth_passes_through_its_points_and_keeps_corners():
    """The curve visits each point; through one given twice it turns sharply."""
    points = np.array([[0, 0], [1, 2], [3, 1], [3, 1], [3, -2]], float)
    line = digits._smooth(points, 8)
    np.testing.assert_allclose(line[::2], points, atol=1e-12)
    np.testing.assert_allclose(line[6:, 0], 3, atol=0.2)


def test_ink_stands_out_from_the_paper():
    """On dark paper the ink is lighter, on light paper darker, by a quarter of the range."""
    paper = np.full((40, 32, 32, 3), 0.2, np.float32)
    paper[20:] = 0.8
    colour = digits._readable(Dice(np.random.default_rng(0), 40), paper)[:, 0, 0].mean(axis=1)
    assert (colour[:20] > 0.35).all()
    assert (colour[20:] < 0.65).all()


def test_a_linear_classifier_can_read_digits_that_hold_still():
    """The strokes tell the digit: upright in the middle, black on white, they are easy to read."""
    labels = np.arange(800) % 10
    pixels = ink(labels)
    assert linear_accuracy((pixels[:600], labels[:600]), (pixels[600:], labels[600:])) > 0.95
