"""Random movements: what they do to pixels, and that their gradient is exact."""

import numpy as np
import pytest
from keras import ops

from dlcnn.understanding import UnderstandingError
from dlcnn.understanding.adversarial.movements import Movements, moved, movements_of
from dlcnn.understanding.equivariance import transforms
from dlcnn.understanding.gradients import value_and_gradient

IMAGES = np.random.default_rng(0).random((2, 6, 9, 3)).astype(np.float32)


def move(images, *matrices):
    """The moved images as an array."""
    given = np.array(matrices, np.float32).reshape(-1, 6)
    return ops.convert_to_numpy(moved(ops.convert_to_tensor(images), ops.convert_to_tensor(given)))


def turned(angle):
    """The images turned by the other room, and where nothing from outside comes in."""
    dark, bright = (
        transforms.moved(IMAGES, transforms.rotation(angle), fill=fill) for fill in (0, 9)
    )
    return dark, np.isclose(dark, bright)


def test_moved_shifts_each_image_by_its_own_matrix():
    """Whole pixels are copied, and beyond the border the border goes on."""
    down, left = [1, 0, -2, 0, 1, 0], [1, 0, 0, 0, 1, 1]

    result = move(IMAGES, down, left)

    np.testing.assert_allclose(result[0, 2:], IMAGES[0, :-2], atol=1e-6)
    np.testing.assert_allclose(result[0, :2], np.repeat(IMAGES[0, :1], 2, axis=0), atol=1e-6)
    np.testing.assert_allclose(result[1, :, :-1], IMAGES[1, :, 1:], atol=1e-6)


def test_moved_agrees_with_the_moves_of_whole_batches():
    """Inside, a turn is that of the other room, which was written by itself."""
    matrix = Movements(40, 0, 0).draw((4, 2), 6, 9)
    turn = matrix.reshape(2, 3)[:, :2]
    angle = np.rad2deg(np.arctan2(turn[0, 1], turn[0, 0]))
    assert 3 < abs(angle) < 40

    result = move(IMAGES, matrix, matrix)

    expected, inside = turned(angle)
    assert inside.mean() > 0.4
    np.testing.assert_allclose(result[inside], expected[inside], atol=1e-4)
    wrong, still_inside = turned(-angle)
    both = inside & still_inside
    assert np.abs(result[both] - wrong[both]).max() > 0.05


def test_moved_has_the_exact_gradient():
    """It is linear in the pixels: <w, A v> is <A' w, v>, where A' w is the gradient."""
    random = np.random.default_rng(1)
    weights, other = (random.normal(size=IMAGES.shape).astype(np.float32) for _ in range(2))
    matrices = np.stack([Movements(30, 0.2, 0.2).draw((5, i), 6, 9) for i in range(2)])
    given, factors = ops.convert_to_tensor(matrices), ops.convert_to_tensor(weights)

    _, gradient = value_and_gradient(
        lambda pixels: ops.sum(moved(pixels, given) * factors, axis=(1, 2, 3))
    )(ops.convert_to_tensor(IMAGES))

    left = (move(other, *matrices) * weights).sum()
    right = (ops.convert_to_numpy(gradient) * other).sum()
    assert left == pytest.approx(right, rel=1e-4)
    assert abs(left) > 0.1


def test_draw_stays_within_what_is_allowed():
    """Angles, shifts and sizes of many draws fill their ranges and never leave them; the middle
    goes where the shift says.
    """
    drawn = np.stack([Movements(20, 0.25, 0.1).draw((0, i), 8, 12) for i in range(400)])
    turns, offsets = drawn.reshape(-1, 2, 3)[..., :2], drawn.reshape(-1, 2, 3)[..., 2]
    angles = np.rad2deg(np.arctan2(turns[:, 1, 0], turns[:, 0, 0]))
    sizes = 1 / np.sqrt(np.linalg.det(turns))
    middle = np.array([3.5, 5.5])
    shifts = (turns @ middle + offsets - middle) / (8, 12)

    for values, most in ((angles, 20), (sizes - 1, 0.1), (shifts, 0.25)):
        assert np.abs(values).max() <= most * 1.001
        assert values.max() > 0.9 * most
        assert values.min() < -0.9 * most


def test_movements_refuse_what_leaves_the_picture():
    """The argument and its bounds are named."""
    with pytest.raises(UnderstandingError, match="shift is a number from 0 up to"):
        movements_of("survival", 10, 0.7, 0.1)
