"""The pointing game on planted maxima."""

import re

import numpy as np
import pytest

from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.judging.pointing import pointing_game


def _peak(row, column):
    values = np.random.default_rng(0).random((7, 9))
    values[row, column] = 5
    return values


_MAPS = np.stack([_peak(2, 3), _peak(6, 8), _peak(2, 6)])
_BOXES = np.array([[1, 2, 4, 6]] * 3)  # rows 1 to 3, columns 2 to 5


def test_pointing_game_finds_planted_maxima():
    """A hit in the box, a miss outside, bottom and right being just outside."""
    assert pointing_game(_MAPS, _BOXES).tolist() == [1, 0, 0]


def test_pointing_game_forgives_within_the_tolerance():
    """One pixel to the right counts with a tolerance of 1, a corner's distance is the straight."""
    assert pointing_game(_MAPS, _BOXES, tolerance=1).tolist() == [1, 0, 1]
    corner = np.hypot(3, 3)
    assert pointing_game(_MAPS, _BOXES, tolerance=corner - 0.01).tolist() == [1, 0, 1]
    assert pointing_game(_MAPS, _BOXES, tolerance=corner).tolist() == [1, 1, 1]


def test_pointing_game_takes_masks_and_several_boxes():
    """Masks are the same as boxes; of several boxes any counts."""
    masks = np.zeros((3, 7, 9), bool)
    masks[:, 1:4, 2:6] = True
    assert pointing_game(_MAPS, masks).tolist() == [1, 0, 0]
    several = [[(1, 2, 4, 6)], [(1, 2, 4, 6), (6, 8, 7, 9)], [(0, 0, 1, 1)]]
    assert pointing_game(_MAPS, several).tolist() == [1, 1, 0]


def test_pointing_game_scores_a_map_without_order_as_chance():
    """Where all values are largest, the share of the object's area counts."""
    assert pointing_game(np.zeros((1, 7, 9)), _BOXES[:1]) == pytest.approx(12 / 63)


@pytest.mark.parametrize(
    "boxes", [_BOXES / (7, 9, 7, 9), [[(0.1, 0.2, 0.5, 0.5)], [(0, 0, 1, 1)], [(0, 0, 0.3, 1)] * 2]]
)
def test_pointing_game_refuses_shares_and_tells_pixels(boxes):
    """Boxes in shares of the sides are told, and the line that makes pixels of them does so."""
    with pytest.raises(UnderstandingError, match=r"in pixels\..* shares") as caught:
        pointing_game(_MAPS, boxes)
    line = re.search(r"boxes = (\[.*\])\.$", str(caught.value))[1]
    pixels = eval(line, {"np": np, "boxes": boxes})
    np.testing.assert_allclose(pixels[0], np.asarray(boxes[0]) * (7, 9, 7, 9))
    pointing_game(_MAPS, pixels)


def test_pointing_game_takes_the_first_pixel_and_parts_of_pixels():
    """Whole numbers up to 1 are a pixel, and fractions of larger boxes are pixels, too."""
    assert pointing_game(_MAPS, [(0, 0, 1, 1)] * 3).tolist() == [0, 0, 0]
    assert pointing_game(_MAPS, [(0.5, 0.5, 1, 1), *[(1.5, 2, 4, 6)] * 2]).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("maps", "boxes", "message"),
    [
        (_MAPS[0], _BOXES, "batch, height, width"),
        (_MAPS * np.nan, _BOXES, "NaN"),
        (_MAPS, _BOXES[:2], "each of 3"),
        (_MAPS, 5, "each of 3"),
        (_MAPS, [["a"]] * 3, "each of 3"),
        (_MAPS, _BOXES[:, [2, 1, 0, 3]], "order of its numbers"),
        (_MAPS, np.zeros((3, 7, 9)), "Leave out"),
    ],
)
def test_pointing_game_refuses_what_cannot_be(maps, boxes, message):
    """Maps and boxes that do not belong together are refused in a sentence."""
    with pytest.raises(UnderstandingError, match=message):
        pointing_game(maps, boxes)
