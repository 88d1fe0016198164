"""From a body (its outline, height and colour) to a photograph: light, shadow, backdrop, camera.

Knows nothing of what the body is. See `_canvas` for the shapes of the arrays.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcnn.data.render._canvas import (
    Dice,
    Pixels,
    Point,
    blend,
    blur,
    capsule,
    coverage,
    direction,
    ellipse,
    pixel_grid,
)

__all__ = ["Lamp", "backdrop", "developed", "shadow", "some_lamp"]


def backdrop(dice: Dice, size: int, clutter: float) -> Pixels:
    """Draw what lies behind: a stained gradient, and things on it with chance `clutter`."""
    x, y = pixel_grid(size)
    first = _muted(dice)
    second = first + dice.between(-0.4, 0.4)[..., None] + dice.colour(-0.06, 0.06)
    cosine, sine = direction(dice.between(-np.pi, np.pi))
    ramp: Pixels = np.clip(0.5 + 0.5 * (x * cosine + y * sine), 0, 1)
    picture = blend(first, second, ramp)
    picture = picture + (dice.between(0, 0.3) * _stains(dice, size, 5))[..., None]
    for _ in range(2):
        picture = _with_thing(dice, picture, (x, y), dice.chance(clutter))
    return picture


def _muted(dice: Dice) -> Pixels:
    """Draw colours as rooms have them: any brightness, grey or cool, seldom warmer than skin."""
    grey = dice.between(0.15, 0.95)[..., None]
    coolness = dice.between(-0.04, 0.3)[..., None]
    tint = np.array([-1, 0, 1], np.float32)
    return grey * (1 + coolness * tint) + dice.colour(-0.05, 0.05)


def _stains(dice: Dice, size: int, cells: int) -> Pixels:
    """Smooth random values in (-1, 1): a coarse grid of them, interpolated."""
    picture = dice.generator.random((dice.count, cells, cells)).astype(np.float32) * 2 - 1
    places = np.linspace(0, cells - 1, size, dtype=np.float32)
    lower = np.minimum(places.astype(np.int64), cells - 2)
    share = places - lower
    picture = picture[:, lower] + share[None, :, None] * (picture[:, lower + 1] - picture[:, lower])
    return picture[:, :, lower] + share * (picture[:, :, lower + 1] - picture[:, :, lower])


def _with_thing(dice: Dice, picture: Pixels, grid: Point, there: NDArray[np.bool_]) -> Pixels:
    """Lay a bar or a round thing of any colour over the picture, where `there`."""
    size = picture.shape[1]
    start = dice.between(-1.3, 1.3), dice.between(-1.3, 1.3)
    end = start[0] + dice.between(-1.5, 1.5), start[1] + dice.between(-1.5, 1.5)
    width = dice.between(0.08, 0.4)
    bar = capsule(grid, start, end, width, width)
    disc = ellipse(grid, start, width * 2, width * dice.between(1, 2))
    distance = np.where(dice.chance(0.6), bar, disc)
    softness = dice.between(2 / size, 10 / size)
    share = coverage(distance, softness) * there * dice.between(0.3, 1)
    return blend(picture, _muted(dice), share.astype(np.float32))


@dataclass(frozen=True)
class Lamp:
    """Light that comes from the side `azimuth`, and the share of it that comes from everywhere."""

    azimuth: Pixels
    slant: Pixels
    ambient: Pixels

    def on(self, colour: Pixels, height: Pixels, pixel: Pixels) -> Pixels:
        """Light a body of this colour and height, in units of which a pixel is `pixel` wide."""
        cosine, sine = direction(self.azimuth)
        down, right = np.gradient(height, axis=(1, 2))
        right, up = right / pixel, -down / pixel
        steepness = np.sqrt(1 + right * right + up * up)
        toward = 1 - self.slant * (right * cosine + up * sine)
        facing = np.maximum(toward, 0) / steepness
        brightness = self.ambient + (1 - self.ambient) * facing.astype(np.float32)
        bright: Pixels = colour * brightness[..., None]
        return bright


def some_lamp(dice: Dice) -> Lamp:
    """Put a lamp somewhere."""
    azimuth, slant = dice.between(-np.pi, np.pi), dice.between(0.3, 0.9)
    return Lamp(azimuth, slant, dice.between(0.55, 0.78))


def shadow(dice: Dice, share: Pixels) -> Pixels:
    """Darkness that the body throws on what is behind it: its outline, moved and softened."""
    reach, size = 5, share.shape[1]
    wide = np.pad(share, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    corners = dice.generator.integers(0, 2 * reach + 1, (dice.count, 2))
    moved = np.stack(
        [
            image[top : top + size, left : left + size]
            for image, (top, left) in zip(wide, corners, strict=True)
        ]
    )[..., None]
    for _ in range(3):
        moved = blur(moved, np.full((1, 1, 1), 1 / 3, np.float32))
    return moved[..., 0] * dice.between(0, 0.6)


def developed(dice: Dice, picture: Pixels) -> NDArray[np.uint8]:
    """Take the photograph: the lamp's colour and strength, focus, grain, and eight bits."""
    picture = picture * (dice.between(0.75, 1.05)[..., None] * dice.colour(0.92, 1.08))
    picture = blur(blur(picture, dice.between(0, 0.25)), dice.between(0, 0.25))
    grain = dice.generator.random(picture.shape, dtype=np.float32) * 2 - 1
    picture = picture + dice.between(0.005, 0.03)[..., None] * grain
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
