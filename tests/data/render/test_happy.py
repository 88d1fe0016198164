"""Portraits: whether somebody smiles is in the mouth, and nowhere else."""

import numpy as np

from dlcnn.data.render import happy
from dlcnn.data.render._canvas import Dice, Pixels, constant, pixel_grid
from dlcnn.data.render._face import _mouth, draw_face
from tests.data.render._linear import linear_accuracy


def head(smiling: bool, seed: int = 0) -> Pixels:
    """Colours of eight heads in their own frame, all smiling or none."""
    dice = Dice(np.random.default_rng(seed), 8)
    answers = np.full((8, 1, 1), smiling)
    _, _, colours = draw_face(dice, pixel_grid(80), constant(1 / 40), answers)[-1]
    return colours


def test_draw_face_changes_only_the_mouth_with_a_smile():
    """The same people with and without a smile differ around the mouth, in every image."""
    differs = (head(True) != head(False)).any(axis=3)
    rows = np.flatnonzero(differs.any(axis=(0, 2)))
    heights = 1 - (rows + 0.5) / 40
    assert differs.any(axis=(1, 2)).all()
    assert -0.75 < heights.min() < heights.max() < 0


def mouths(smiling, count=200, size=64):
    """Mouths alone, dark on white."""
    white = np.ones((count, size, size, 3), np.float32)
    dice = Dice(np.random.default_rng(5), count)
    return _mouth(dice, pixel_grid(size), constant(2 / size), white, smiling)


def test_mouth_lifts_its_corners_to_smile():
    """The outer parts of a mouth are above its middle where it smiles, and only there."""
    smiling = (np.arange(200) % 2 == 0).reshape(-1, 1, 1)
    drawn = mouths(smiling).min(axis=3) < 0.8
    _, y = pixel_grid(64)
    columns = drawn.any(axis=1)
    lifts = []
    for inside, present in zip(drawn, columns, strict=True):
        across = np.flatnonzero(present)
        middles = [(y[0, inside[:, column], 0]).mean() for column in across]
        quarter = max(len(across) // 5, 1)
        ends = np.mean(middles[:quarter] + middles[-quarter:])
        lifts.append(ends - np.mean(middles[quarter:-quarter]))
    lifts = np.array(lifts)
    assert (lifts[smiling.ravel()] > 0.02).all()
    assert (lifts[~smiling.ravel()] < 0.02).all()


def test_labels_are_those_of_the_drawn_faces(monkeypatch):
    """An image is labelled happy where its face was asked to smile."""
    asked = []

    def remember(dice, grid, pixel, smiling):
        asked.extend(smiling.ravel())
        return draw_face(dice, grid, pixel, smiling)

    monkeypatch.setattr(happy, "draw_face", remember)
    split = happy._draw(np.random.default_rng(0), 60)
    assert happy.CLASS_NAMES[1] == "happy"
    np.testing.assert_array_equal(split.labels == 1, asked)


def test_a_linear_classifier_can_tell_mouths_that_hold_still():
    """The bound on linear classifiers bites: mouths in one place are easy."""
    labels = np.arange(400) % 2
    pixels = mouths((labels == 1).reshape(-1, 1, 1), count=400, size=32)
    assert linear_accuracy((pixels[:300], labels[:300]), (pixels[300:], labels[300:])) > 0.95
