"""Drawn Happy House: portraits of people who smile or do not."""

import numpy as np
from numpy.typing import NDArray

from dlcnn.data.dataset import Split
from dlcnn.data.render._canvas import (
    Dice,
    balanced,
    blend,
    pixel_grid,
    pixel_width,
    posed,
    streams,
)
from dlcnn.data.render._face import draw_face
from dlcnn.data.render._photograph import backdrop, developed, some_lamp

__all__ = ["CLASS_NAMES", "DESCRIPTION", "SEED", "SIZES", "VERSION", "render"]

VERSION = 1
DESCRIPTION = "Drawn portraits of people who smile or do not, 64 x 64 in colour."
CLASS_NAMES = ("not happy", "happy")
SEED = 2017
SIZES = (600, 150)  # train, test
_SIZE = 64
_HAPPY = CLASS_NAMES.index("happy")


def render(seed: int = SEED) -> tuple[Split, Split]:
    """Draw the data set: 600 images to train with and 150 to test, half of them smiling.

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
    """Take portraits of people who are as the labels say."""
    size = dice.between(0.93, 1.06)
    centre = dice.between(-0.07, 0.07), dice.between(-0.06, 0.08)
    grid = posed(pixel_grid(_SIZE), centre, dice.between(-0.13, 0.13), size, size)
    pixel = pixel_width(_SIZE, size)
    picture = backdrop(dice, _SIZE, clutter=0.3)
    lamp = some_lamp(dice)
    for share, height, colour in draw_face(dice, grid, pixel, (labels == _HAPPY)[:, None, None]):
        picture = blend(picture, lamp.on(colour, height, pixel), share)
    return developed(dice, picture)
