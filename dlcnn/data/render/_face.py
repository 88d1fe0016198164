"""A face: outlines, height and the colours of hair, eyes and mouth.

The face's frame: the middle of the face is (0, 0), x to the right, y upwards, and the head is about
1.5 units high. Knows no light and no camera.
"""

import numpy as np
from numpy.typing import NDArray

from dlcnn.data.render._canvas import (
    Dice,
    Pixels,
    Point,
    blend,
    capsule,
    constant,
    coverage,
    dome,
    ellipse,
    joined,
)

__all__ = ["Layer", "draw_face"]

_SKIN = ((0.36, 0.24, 0.18), (0.6, 0.42, 0.31), (0.8, 0.6, 0.47), (0.94, 0.77, 0.66))
_HAIR = ((0.07, 0.06, 0.06), (0.25, 0.16, 0.1), (0.5, 0.35, 0.2), (0.75, 0.68, 0.55))
_IRIS = ((0.16, 0.1, 0.07), (0.3, 0.3, 0.2), (0.25, 0.4, 0.5))

Layer = tuple[Pixels, Pixels, Pixels]  # share of the pixel, height, colour


def draw_face(dice: Dice, grid: Point, pixel: Pixels, smiling: NDArray[np.bool_]) -> list[Layer]:
    """Draw heads and shoulders, one per image.

    Args:
        dice: what varies: proportions, hair, eyes, brows, how the mouth smiles or does not.
        grid: the pixels in the face's frame.
        pixel: width of a pixel in that frame.
        smiling: (images, 1, 1).

    Returns:
        Layers from back to front: hair behind, shoulders, head.
    """
    skin, hair = dice.mixed(_SKIN) + dice.colour(-0.03, 0.03), dice.mixed(_HAIR)
    width, height = dice.between(0.54, 0.64), dice.between(0.7, 0.8)
    skull = ellipse(grid, (constant(0), constant(0.06)), width, height)
    jaw = ellipse(grid, (constant(0), constant(-0.32)), 0.74 * width, constant(0.42))
    head = joined(skull, jaw, 0.1)
    turn = dice.between(-0.07, 0.07)
    hairline = ellipse(
        grid, (turn, dice.between(-0.4, -0.3)), 1.12 * width, dice.between(0.8, 0.98)
    )
    picture = blend(skin, hair, coverage(-hairline, pixel))
    picture = _eyes(dice, (grid[0] - turn, grid[1]), pixel, picture, hair)
    picture, nose = _nose((grid[0] - turn, grid[1]), pixel, picture, skin)
    stubble = np.where(dice.chance(0.3), dice.between(0.1, 0.4), 0).astype(np.float32)
    beard = coverage(jaw + 0.02, constant(0.2)) * coverage(grid[1] + 0.25, constant(0.15))
    picture = blend(picture, hair, beard * stubble)
    picture = _mouth(dice, (grid[0] - turn, grid[1]), pixel, picture, smiling)
    relief = np.maximum(dome(head, constant(0.45)), nose)
    return [
        *_behind(dice, grid, pixel, skin, hair, width),
        (coverage(head, pixel), relief, picture),
    ]


def _behind(
    dice: Dice, grid: Point, pixel: Pixels, skin: Pixels, hair: Pixels, width: Pixels
) -> list[Layer]:
    """What the head hides in part: hair, short or long, neck, shoulders and ears."""
    x = np.abs(grid[0])
    crown = ellipse(grid, (constant(0), constant(0.22)), width + 0.06, constant(0.72))
    strand_end = np.where(dice.chance(0.4), dice.between(-1.0, -0.4), 0.3).astype(np.float32)
    strand = capsule(
        (x, grid[1]), (width, constant(0.3)), (width, strand_end), constant(0.1), constant(0.14)
    )
    mane = joined(crown, strand, 0.08)
    neck = capsule(
        grid,
        (constant(0), constant(-0.3)),
        (constant(0), constant(-1)),
        constant(0.3),
        constant(0.32),
    )
    shoulders = ellipse(
        grid, (constant(0), constant(-1.6)), dice.between(1.0, 1.3), dice.between(0.72, 0.88)
    )
    ear = ellipse((x, grid[1]), (width + 0.02, constant(0.02)), constant(0.08), constant(0.15))
    return [
        (coverage(mane, pixel), dome(mane, constant(0.3)), hair),
        (coverage(neck, pixel), dome(neck, constant(0.3)) - 0.1, 0.85 * skin),
        (coverage(shoulders, pixel), dome(shoulders, constant(0.4)), dice.colour(0.08, 0.9)),
        (coverage(ear, pixel), dome(ear, constant(0.08)), skin),
    ]


def _eyes(dice: Dice, grid: Point, pixel: Pixels, picture: Pixels, hair: Pixels) -> Pixels:
    """Two eyes that look somewhere, and the brows above them."""
    apart, level = dice.between(0.21, 0.26), dice.between(0.08, 0.16)
    opening = dice.between(0.035, 0.075)
    glance = dice.between(-0.04, 0.04)
    x = np.abs(grid[0])
    white = ellipse((x, grid[1]), (apart, level), constant(0.12), opening)
    lid = coverage(white - 0.025, pixel)
    picture = blend(picture, 0.35 * hair, lid)
    picture = blend(picture, np.full((1, 1, 1, 3), 0.9, np.float32), coverage(white, pixel))
    for side in (-1, 1):
        place = side * apart + glance, level
        iris = np.maximum(ellipse(grid, place, constant(0.06), constant(0.06)), white)
        picture = blend(picture, dice.mixed(_IRIS) * 0.6, coverage(iris, pixel))
    inner, outer = dice.between(0.12, 0.2), dice.between(0.1, 0.18)
    thickness = dice.between(0.018, 0.04)
    brow = capsule(
        (x, grid[1]),
        (apart - 0.11, level + inner),
        (apart + 0.13, level + outer),
        thickness,
        thickness,
    )
    return blend(picture, 0.8 * hair, coverage(brow, pixel))


def _nose(grid: Point, pixel: Pixels, picture: Pixels, skin: Pixels) -> tuple[Pixels, Pixels]:
    """The colours with nostrils, and the height of the nose."""
    top, tip = (constant(0), constant(0.12)), (constant(0), constant(-0.1))
    bridge = capsule(grid, top, tip, constant(0.05), constant(0.1))
    nostril = ellipse(
        (np.abs(grid[0]), grid[1]),
        (constant(0.06), constant(-0.17)),
        constant(0.04),
        constant(0.025),
    )
    return blend(picture, 0.4 * skin, coverage(nostril, pixel)), 0.38 + dome(bridge, constant(0.1))


def _mouth(
    dice: Dice, grid: Point, pixel: Pixels, picture: Pixels, smiling: NDArray[np.bool_]
) -> Pixels:
    """A mouth whose corners are up, or one that is level, sad, or open without a smile."""
    agape = dice.chance(0.2) & ~smiling
    half_width = np.where(agape, dice.between(0.14, 0.2), dice.between(0.24, 0.36))
    corners = np.where(smiling, dice.between(0.1, 0.18), dice.between(-0.12, -0.01))
    # Teeth are shown as often without a smile: whether a mouth is light or dark tells nothing.
    opening = np.where(dice.chance(0.55), dice.between(0.08, 0.16), dice.between(0.01, 0.03))
    opening = np.where(agape, dice.between(0.1, 0.2), opening)
    level = dice.between(-0.44, -0.38)
    place = grid[0] / half_width
    across = np.minimum(place * place, 4)
    upper = level + corners * across - 0.5 * corners + 0.5 * opening * (1 - across)
    lower = upper - opening * (1 - across)
    slope = np.sqrt(1 + np.square(2 * corners * place / half_width))
    gap = (np.maximum(grid[1] - upper, lower - grid[1]) / slope).astype(np.float32)
    beyond = (np.abs(grid[0]) - half_width).astype(np.float32)
    inside, lips = np.maximum(gap, beyond), np.maximum(gap, beyond - 0.02)
    rosy = np.array([0.7, 0.36, 0.36], np.float32) * dice.between(0.55, 1.25)[..., None]
    lip_width = dice.between(0.03, 0.06)
    picture = blend(picture, rosy, coverage(lips - lip_width, pixel))
    dark = np.array([0.16, 0.05, 0.05], np.float32)
    picture = blend(picture, dark, coverage(inside - 0.008, pixel))
    showing = np.where(agape, dice.between(0, 0.4), dice.between(0.5, 1))
    teeth = np.maximum(inside, upper - showing * opening - grid[1]).astype(np.float32)
    return blend(picture, np.full((1, 1, 1, 3), 0.93, np.float32), coverage(teeth + 0.01, pixel))
