"""Shapes as signed distances over a grid of pixels, for many images at once.

Arrays of pixels are (images, height, width) float32, colours (images, height, width, 3) in [0, 1],
and what varies from image to image is (images, 1, 1). A signed distance is negative inside a shape.
Per pixel there are only additions, products, quotients and square roots, which every processor
rounds alike, so that one seed gives the same bytes everywhere. Knows nothing of what is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Dice",
    "Pixels",
    "Point",
    "balanced",
    "blend",
    "blur",
    "capsule",
    "constant",
    "coverage",
    "direction",
    "dome",
    "ellipse",
    "joined",
    "pixel_grid",
    "pixel_width",
    "polar",
    "posed",
    "streams",
]

Pixels = NDArray[np.float32]
Point = tuple[Pixels, Pixels]
_AT_ONCE = 30  # images per batch: a batch's arrays fit the processor's cache


@dataclass(frozen=True)
class Dice:
    """Random numbers for a batch of images, each of shape (count, 1, 1)."""

    generator: np.random.Generator
    count: int

    def between(self, low: float, high: float) -> Pixels:
        """Draw uniformly from [low, high), one number per image."""
        drawn = low + (high - low) * self.generator.random((self.count, 1, 1))
        return drawn.astype(np.float32)

    def chance(self, probability: float) -> NDArray[np.bool_]:
        """Draw True with this probability, one answer per image."""
        return self.generator.random((self.count, 1, 1)) < probability

    def colour(self, low: float, high: float) -> Pixels:
        """Draw a colour per image, (count, 1, 1, 3), every channel from [low, high)."""
        return np.stack([self.between(low, high) for _ in range(3)], axis=-1)

    def mixed(self, palette: Sequence[Sequence[float]]) -> Pixels:
        """Draw a colour per image, (count, 1, 1, 3), from the line through these colours."""
        stops = np.asarray(palette, np.float32)
        place = self.between(0, len(stops) - 1)[..., 0]
        lower = np.minimum(place.astype(np.int64), len(stops) - 2)
        share = (place - lower)[..., None]
        colour: Pixels = stops[lower] * (1 - share) + stops[lower + 1] * share
        return colour.reshape(self.count, 1, 1, 3)


def streams(seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Return the generators of the train and of the test images; they never meet."""
    train, test = np.random.SeedSequence(seed).spawn(2)
    return np.random.Generator(np.random.PCG64(train)), np.random.Generator(np.random.PCG64(test))


def balanced(
    generator: np.random.Generator, count: int, num_classes: int
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """Return shuffled labels, every class equally often, and the same in batches to draw."""
    labels = generator.permutation(np.arange(count, dtype=np.int64) % num_classes)
    return labels, [labels[start : start + _AT_ONCE] for start in range(0, count, _AT_ONCE)]


def constant(value: float) -> Pixels:
    """Return one number for all images."""
    return np.full((1, 1, 1), value, np.float32)


def pixel_grid(size: int) -> Point:
    """Return x (to the right) and y (upwards) of the pixel centres in (-1, 1), to be broadcast."""
    centres: Pixels = ((np.arange(size) + 0.5) * (2 / size) - 1).astype(np.float32)
    return centres.reshape(1, 1, size), -centres.reshape(1, size, 1)


def pixel_width(size: int, scale: Pixels) -> Pixels:
    """Return the width of a pixel as a shape sees it that was stretched by `scale`."""
    width: Pixels = np.float32(2 / size) / scale
    return width


def direction(angle: Pixels) -> Point:
    """Return cosine and sine; rounded from more digits, so that they are the same everywhere."""
    exactly = angle.astype(np.float64)
    return np.cos(exactly).astype(np.float32), np.sin(exactly).astype(np.float32)


def posed(grid: Point, centre: Point, angle: Pixels, width: Pixels, height: Pixels) -> Point:
    """Return the grid as a shape sees it that was stretched, turned left by `angle` and moved.

    A negative `width` mirrors the shape.
    """
    x, y = grid[0] - centre[0], grid[1] - centre[1]
    cosine, sine = direction(angle)
    across, upwards = cosine * x + sine * y, cosine * y - sine * x
    return (across / width).astype(np.float32), (upwards / height).astype(np.float32)


def polar(origin: Point, angle: Pixels, length: Pixels) -> Point:
    """Return the point at a distance from `origin`; angle 0 points up, positive to the left."""
    cosine, sine = direction(angle)
    return origin[0] - sine * length, origin[1] + cosine * length


def capsule(
    grid: Point, start: Point, end: Point, start_radius: Pixels, end_radius: Pixels
) -> Pixels:
    """Signed distance to a thick line whose radius runs from `start_radius` to `end_radius`."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    x, y = grid[0] - start[0], grid[1] - start[1]
    squared_length = along_x * along_x + along_y * along_y + np.float32(1e-9)
    share = np.clip((x * along_x + y * along_y) / squared_length, 0, 1)
    x, y = x - share * along_x, y - share * along_y
    distance: Pixels = np.sqrt(x * x + y * y)
    return distance - (start_radius + share * (end_radius - start_radius))


def ellipse(grid: Point, centre: Point, width: Pixels, height: Pixels) -> Pixels:
    """Signed distance (near the edge) to an ellipse with these half axes."""
    x, y = (grid[0] - centre[0]) / width, (grid[1] - centre[1]) / height
    distance: Pixels = np.sqrt(x * x + y * y) - 1
    return distance * np.minimum(width, height)


def joined(first: Pixels, second: Pixels, softness: float) -> Pixels:
    """Signed distance to both shapes together, with a fillet of this size between them."""
    share: Pixels = np.clip(0.5 + (second - first) / (2 * softness), 0, 1)
    return second + share * (first - second) - softness * share * (1 - share)


def dome(distance: Pixels, radius: Pixels) -> Pixels:
    """Height of a rounded body above the picture plane: half a circle of `radius` at its edge."""
    depth: Pixels = np.clip(-distance, 0, radius)
    height: Pixels = np.sqrt(depth * (2 * radius - depth)) - 4 * np.maximum(distance, 0)
    return height


def coverage(distance: Pixels, pixel: Pixels) -> Pixels:
    """Share of each pixel that lies inside the shape; `pixel` is its width in the shape's units."""
    share: Pixels = np.clip(0.5 - distance / pixel, 0, 1)
    return share


def blend(below: Pixels, colour: Pixels, share: Pixels) -> Pixels:
    """Lay a colour over a picture where `share` is above zero."""
    mixed: Pixels = below + share[..., None] * (colour - below)
    return mixed


def blur(picture: Pixels, strength: Pixels) -> Pixels:
    """Mix every pixel with its neighbours; 0 leaves it alone, 1/3 averages three by three.

    Args:
        picture: (images, height, width, channels).
        strength: (images, 1, 1).
    """
    strength = strength[..., None]
    for axis in (1, 2):
        sides = [(1, 1) if axis == padded else (0, 0) for padded in range(4)]
        wide = np.pad(picture, sides, mode="edge")
        length = picture.shape[axis]
        before, after = (np.take(wide, range(at, at + length), axis) for at in (0, 2))
        picture = picture + strength * (before + after - 2 * picture)
    return picture
