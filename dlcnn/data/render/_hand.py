"""A right hand as bones with flesh: from which fingers are stretched to its outline and height.

The hand's frame: the middle of the palm is (0, 0), the fingers point up, the thumb is on the left,
and the palm is about one unit long. Knows no colours and no light.
"""

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from dlcnn.data.render._canvas import Dice, Pixels, Point, capsule, constant, dome, joined, polar

__all__ = ["FINGERS", "Hand", "draw_hand"]

FINGERS = ("thumb", "index", "middle", "ring", "little")
# Knuckle (x, y), angle at rest (radians, to the left), length and thickness of the four fingers.
_KNUCKLES = ((-0.33, 0.42), (-0.11, 0.49), (0.11, 0.46), (0.32, 0.34))
_FAN = (0.14, 0.03, -0.09, -0.24)
_LENGTHS = (0.82, 0.92, 0.85, 0.66)
_RADII = (0.118, 0.122, 0.115, 0.098)
_WRIST = ((-0.17, -0.5), (-0.06, -0.52), (0.06, -0.52), (0.17, -0.5))


_Part = tuple[Pixels, Pixels]  # signed distance to the outline, height


@dataclass(frozen=True)
class Hand:
    """Signed distance to the hand's outline and its height, both (images, height, width)."""

    outline: Pixels
    height: Pixels


@dataclass(frozen=True)
class _Owner:
    """What all parts of a hand have in common."""

    stretched: NDArray[np.bool_]
    from_palm: NDArray[np.bool_]
    plumpness: Pixels

    def up(self, finger: int) -> NDArray[np.bool_]:
        """Whether this one of FINGERS is stretched, (images, 1, 1)."""
        return self.stretched[:, finger, None, None]


def draw_hand(dice: Dice, grid: Point, stretched: NDArray[np.bool_]) -> Hand:
    """Draw hands, one per image, seen from the palm or from the back.

    Args:
        dice: what varies: spread, lengths, bends, thickness, the side seen.
        grid: the pixels in the hand's frame.
        stretched: (images, 5) which of FINGERS are up.
    """
    owner = _Owner(stretched, dice.chance(0.65), dice.between(0.92, 1.12))
    parts = [_palm(grid, owner), *_thumb(dice, grid, owner)]
    spread = dice.between(1.6, 2.15)
    for finger in range(1, len(FINGERS)):
        parts += _finger(dice, grid, owner, finger, spread)
    outlines, heights = zip(*parts, strict=True)
    return Hand(reduce(np.minimum, outlines), reduce(np.maximum, heights))


def _palm(grid: Point, owner: _Owner) -> _Part:
    """The four bones of the palm grown together, and the forearm."""
    radius = 0.165 * owner.plumpness
    bones = []
    for wrist, knuckle in zip(_WRIST, _KNUCKLES, strict=True):
        start = constant(wrist[0]), constant(wrist[1])
        end = constant(knuckle[0]), constant(knuckle[1] - 0.06)
        bones.append(capsule(grid, start, end, radius, radius))
    palm = reduce(lambda first, second: joined(first, second, 0.2), bones)
    wrist_middle, elbow = (constant(0), constant(-0.5)), (constant(0), constant(-2.5))
    forearm = capsule(grid, wrist_middle, elbow, 0.27 * owner.plumpness, 0.4 * owner.plumpness)
    distance = joined(palm, forearm, 0.15)
    return distance, 0.04 + dome(distance, 0.17 * owner.plumpness)


def _limb(
    grid: Point, points: tuple[Point, Point, Point], radius: Pixels, lifts: tuple[Pixels, Pixels]
) -> list[_Part]:
    """Two bones from knuckle over joint to tip; a lift raises a bone towards the camera."""
    start, joint, tip = points
    near = capsule(grid, start, joint, radius * 1.08, radius)
    far = capsule(grid, joint, tip, radius, radius * 0.86)
    return [(near, lifts[0] + dome(near, radius)), (far, lifts[1] + dome(far, radius))]


def _finger(dice: Dice, grid: Point, owner: _Owner, finger: int, spread: Pixels) -> list[_Part]:
    """One of the four fingers: stretched, or folded onto the palm."""
    up = owner.up(finger)
    bone = finger - 1  # the thumb is not among the lists
    start = constant(_KNUCKLES[bone][0]), constant(_KNUCKLES[bone][1])
    angle = _FAN[bone] * spread + dice.between(-0.05, 0.05)
    length = _LENGTHS[bone] * dice.between(0.93, 1.08)
    bend = dice.between(-0.1, 0.1)
    near = np.where(up, 0.48 * length, 0.17 * length).astype(np.float32)
    joint = polar(start, angle, near)
    straight = polar(joint, angle + bend, 0.52 * length)
    folded = polar(joint, np.pi + 0.3 * angle, 0.46 * length)
    tip = np.where(up, straight[0], folded[0]), np.where(up, straight[1], folded[1])
    folded_lift = np.where(owner.from_palm, 0.2, -0.3)
    lift = np.where(up, 0.08, folded_lift).astype(np.float32)
    radius = _RADII[bone] * owner.plumpness * dice.between(0.95, 1.05)
    return _limb(grid, (start, joint, tip), radius, (constant(0.08), lift))


def _thumb(dice: Dice, grid: Point, owner: _Owner) -> list[_Part]:
    """The ball of the thumb and its two bones: stretched, or laid across the palm."""
    up = owner.up(FINGERS.index("thumb"))
    start = constant(-0.24), constant(-0.34)
    angle = np.where(up, dice.between(0.6, 1.0), dice.between(0.25, 0.4))
    knuckle = polar(start, angle, constant(0.36))
    reach = np.where(up, dice.between(0.25, 0.85), dice.between(-0.7, -0.35))
    joint = polar(knuckle, reach, constant(0.27))
    turn = np.where(up, reach + dice.between(-0.35, 0.15), dice.between(-1.6, -1.1))
    tip = polar(joint, turn, constant(0.26))
    across = np.where(owner.from_palm, 0.36, -0.3)
    lift = np.where(up, 0.08, across).astype(np.float32)
    radius = 0.128 * owner.plumpness
    ball = capsule(grid, start, knuckle, 0.2 * owner.plumpness, 0.15 * owner.plumpness)
    bones = _limb(grid, (knuckle, joint, tip), radius, (lift, lift))
    return [(ball, 0.06 + dome(ball, 0.18 * owner.plumpness)), *bones]
