"""Drawn SIGNS: photographs of hands that show zero to five fingers."""

import numpy as np
from numpy.typing import NDArray

from dlcnn.data.dataset import Split
from dlcnn.data.render._canvas import (
    Dice,
    Pixels,
    balanced,
    blend,
    constant,
    coverage,
    pixel_grid,
    pixel_width,
    posed,
    streams,
)
from dlcnn.data.render._hand import draw_hand
from dlcnn.data.render._photograph import backdrop, developed, shadow, some_lamp

__all__ = ["CLASS_NAMES", "DESCRIPTION", "SEED", "SIZES", "VERSION", "render"]

VERSION = 1
DESCRIPTION = "Drawn photographs of hands that show zero to five fingers, 64 x 64 in colour."
CLASS_NAMES = ("0", "1", "2", "3", "4", "5")
SEED = 2015
SIZES = (1080, 120)  # train, test
_SIZE = 64

# How people show a number: how often (of ten), and thumb, index, middle, ring, little finger.
_SHOWN = (
    ((10, (0, 0, 0, 0, 0)),),
    ((10, (0, 1, 0, 0, 0)),),
    ((9, (0, 1, 1, 0, 0)), (1, (1, 1, 0, 0, 0))),
    ((8, (0, 1, 1, 1, 0)), (2, (1, 1, 1, 0, 0))),
    ((10, (0, 1, 1, 1, 1)),),
    ((10, (1, 1, 1, 1, 1)),),
)
_SKIN = ((0.38, 0.25, 0.18), (0.6, 0.42, 0.31), (0.8, 0.6, 0.47), (0.95, 0.78, 0.67))


def render(seed: int = SEED) -> tuple[Split, Split]:
    """Draw the data set: 1080 images to train with and 120 to test, all classes equally often.

    Args:
        seed: the same seed gives the same bytes; another one gives other images.

    Returns:
        (train, test), images (n, 64, 64, 3) uint8 and labels (n,) int64.
    """
    train, test = streams(seed)
    return _draw(train, SIZES[0]), _draw(test, SIZES[1])


def _draw(generator: np.random.Generator, count: int) -> Split:
    labels, batches = balanced(generator, count, len(CLASS_NAMES))
    images = [_photograph(Dice(generator, len(batch)), batch) for batch in batches]
    return Split(np.concatenate(images), labels)


def _photograph(dice: Dice, labels: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Photograph hands that show these numbers."""
    size = dice.between(0.8, 0.95)
    mirrored = np.where(dice.chance(0.5), -1, 1).astype(np.float32)
    centre = dice.between(-0.16, 0.16), dice.between(-0.52, -0.26)
    angle = dice.between(-0.28, 0.28)
    grid = posed(pixel_grid(_SIZE), centre, angle, size * mirrored, size)
    pixel = pixel_width(_SIZE, size)
    hand = draw_hand(dice, grid, _stretched(dice, labels))
    share = coverage(hand.outline, pixel)
    behind = backdrop(dice, _SIZE, clutter=0.15)
    behind = behind * (1 - shadow(dice, share))[..., None]
    skin = dice.mixed(_SKIN) + dice.colour(-0.03, 0.03)
    colour = _sleeved(dice, skin, grid[1])
    body = some_lamp(dice).on(colour, hand.height, pixel)
    return developed(dice, blend(behind, body, share))


def _stretched(dice: Dice, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Choose which fingers show the numbers: (images, 5)."""
    rows = []
    for label, place in zip(labels, dice.between(0, 10)[:, 0, 0], strict=True):
        for often, fingers in _SHOWN[label]:
            if place < often:
                rows.append(fingers)
                break
            place -= often
    return np.array(rows, bool)


def _sleeved(dice: Dice, skin: Pixels, upwards: Pixels) -> Pixels:
    """Colour of the arm and hand: most arms end in a sleeve."""
    cuff = np.where(dice.chance(0.6), dice.between(-0.95, -0.7), -9).astype(np.float32)
    return blend(skin, dice.colour(0.08, 0.9), coverage(upwards - cuff, constant(0.04)))
