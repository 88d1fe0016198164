"""Shapes as signed distances, and what is laid, softened and chosen at random."""

import numpy as np
import pytest

from dlcnn.data.render._canvas import (
    Dice,
    balanced,
    blend,
    blur,
    capsule,
    constant,
    coverage,
    dome,
    ellipse,
    joined,
    pixel_grid,
    pixel_width,
    polar,
    posed,
    streams,
)


def at(*points):
    """A grid of one row: these points."""
    x, y = np.array(points, np.float32).T
    return x[None, None], y[None, None]


def point(x, y):
    return constant(x), constant(y)


def test_capsule_measures_the_distance_to_a_tapered_line():
    """Worked by hand: beside the middle, beyond the end, and inside."""
    grid = at((1, 3), (2, 7), (2, 0))
    line = capsule(grid, point(2, 0), point(2, 4), constant(1), constant(0.5))
    np.testing.assert_allclose(line[0, 0], [1 - 0.625, 3 - 0.5, -1])


def test_capsule_of_no_length_is_a_disc():
    """Both ends in one place give a disc, not a division by zero."""
    disc = capsule(at((3, 4)), point(0, 0), point(0, 0), constant(2), constant(2))
    np.testing.assert_allclose(disc, 3)


def test_ellipse_is_negative_inside_and_zero_on_its_edge():
    """The half axes lie on the edge, the middle is inside by the shorter of them."""
    distance = ellipse(at((3, 1), (1, 3), (1, 1)), point(1, 1), constant(2), constant(2))
    np.testing.assert_allclose(distance[0, 0], [0, 0, -2])
    assert ellipse(at((2.9, 1)), point(1, 1), constant(2), constant(1)) < 0
    assert ellipse(at((1, 2.1)), point(1, 1), constant(2), constant(1)) > 0


def test_joined_is_the_union_with_a_fillet():
    """Far from the other shape it is the nearer one; where both are near there is more body."""
    near, far = np.float32([[[0.1, 0.1]]]), np.float32([[[5, 0.1]]])
    np.testing.assert_allclose(joined(near, far, 0.2)[0, 0], [0.1, 0.1 - 0.05], rtol=1e-5)
    np.testing.assert_allclose(joined(far, near, 0.2)[0, 0], [0.1, 0.1 - 0.05], rtol=1e-5)


def test_dome_rises_as_half_a_circle_and_stays_flat_beyond():
    """0 at the edge, the radius one radius inside and further, falling outside."""
    height = dome(np.float32([[[0, -1, -2, -3, 0.5]]]), constant(2))
    np.testing.assert_allclose(height[0, 0], [0, np.sqrt(3), 2, 2, -2], rtol=1e-6)


def test_coverage_halves_the_pixel_on_the_edge():
    """Half a pixel inside is all of it, half a pixel outside is none."""
    share = coverage(np.float32([[[-0.1, 0, 0.1, 0.05]]]), constant(0.2))
    np.testing.assert_allclose(share[0, 0], [1, 0.5, 0, 0.25], atol=1e-6)


def test_pixel_grid_has_its_middle_between_the_pixels():
    """x runs to the right, y upwards, both from -1 to 1 at the outer edges of the pixels."""
    x, y = pixel_grid(4)
    np.testing.assert_allclose(x[0, 0], [-0.75, -0.25, 0.25, 0.75])
    np.testing.assert_allclose(y[0, :, 0], [0.75, 0.25, -0.25, -0.75])
    np.testing.assert_allclose(pixel_width(4, constant(2)), 0.25)


def test_posed_turns_stretches_moves_and_mirrors():
    """The tip of a shape is found where the pose puts it."""
    tip = at((1, 2 + 3))  # up by 3 from (1, 2)
    x, y = posed(tip, point(1, 2), constant(0), constant(1), constant(1.5))
    np.testing.assert_allclose((x[0, 0, 0], y[0, 0, 0]), (0, 2))
    left = at((1 - 3, 2))  # turned left by a quarter, up becomes left
    x, y = posed(left, point(1, 2), constant(np.pi / 2), constant(-1), constant(1))
    np.testing.assert_allclose((x[0, 0, 0], y[0, 0, 0]), (0, 3), atol=1e-6)
    x, _ = posed(at((3, 0)), point(0, 0), constant(0), constant(-1), constant(1))
    assert x == -3


def test_polar_counts_angles_from_above_to_the_left():
    """A quarter to the left of up is left."""
    x, y = polar(point(1, 1), constant(np.pi / 2), constant(2))
    np.testing.assert_allclose((x.item(), y.item()), (-1, 1), atol=1e-6)


def test_blend_lays_colours_by_their_share():
    """0 keeps what is below, 1 replaces it, a quarter mixes."""
    below = np.full((1, 1, 3, 3), 0.4, np.float32)
    laid = blend(below, np.float32([0.8, 0, 0.4]), np.float32([[[0, 1, 0.25]]]))
    np.testing.assert_allclose(laid[0, 0], [[0.4] * 3, [0.8, 0, 0.4], [0.5, 0.3, 0.4]], rtol=1e-6)


def test_blur_averages_neighbours_and_keeps_flat_areas():
    """A third averages three by three; 0 changes nothing; flat stays flat up to the border."""
    picture = np.zeros((2, 3, 5, 1), np.float32)
    picture[:, 1, 2] = 9
    strength = np.float32([1 / 3, 0]).reshape(2, 1, 1)
    blurred = blur(picture, strength)
    np.testing.assert_allclose(blurred[0, :, 1:4, 0], np.ones((3, 3)), rtol=1e-5)
    np.testing.assert_array_equal(blurred[1], picture[1])
    flat = np.full((1, 4, 3, 2), 0.7, np.float32)
    np.testing.assert_allclose(blur(flat, constant(0.25)), flat, rtol=1e-6)


def test_dice_stay_in_their_interval_and_vary():
    """Numbers, chances and colours are one per image and within what was asked."""
    dice = Dice(np.random.default_rng(0), 500)
    numbers = dice.between(-2, 3)
    assert numbers.shape == (500, 1, 1)
    assert numbers.dtype == np.float32
    assert -2 <= numbers.min() < -1.9 < 2.9 < numbers.max() <= 3
    assert dice.chance(0.3).mean() == pytest.approx(0.3, abs=0.07)
    assert dice.colour(0.2, 0.4).shape == (500, 1, 1, 3)


def test_dice_mix_colours_along_a_palette():
    """A mixed colour lies on the line through the stops, between the first and the last."""
    mixed = Dice(np.random.default_rng(0), 400).mixed(((0, 0, 0), (1, 0, 0), (1, 1, 0)))
    red, green, blue = mixed[:, 0, 0].T
    assert (blue == 0).all()
    assert ((green == 0) | (red == 1)).all()
    assert red.min() < 0.05
    assert green.max() > 0.95


def test_balanced_gives_the_labels_in_batches():
    """Batches in their order are the labels; all classes come equally often, shuffled."""
    labels, batches = balanced(np.random.default_rng(1), 100, 4)
    np.testing.assert_array_equal(np.concatenate(batches), labels)
    assert np.bincount(labels).tolist() == [25] * 4
    assert labels.tolist() != sorted(labels)


def test_streams_never_meet():
    """Train and test images draw different numbers, and so do neighbouring seeds."""
    numbers = [tuple(stream.random(4)) for seed in (0, 1) for stream in streams(seed)]
    assert len(set(numbers)) == 4
    assert numbers[0] == tuple(streams(0)[0].random(4))
