"""Drawn digits: numbers as people write them, on paper, boards and screens."""

import numpy as np
from numpy.typing import NDArray

from dlcnn.data.dataset import Split
from dlcnn.data.render._canvas import (
    Dice,
    Pixels,
    Point,
    balanced,
    blend,
    capsule,
    coverage,
    pixel_grid,
    pixel_width,
    posed,
    streams,
)
from dlcnn.data.render._photograph import backdrop, developed

__all__ = ["CLASS_NAMES", "DESCRIPTION", "SEED", "SIZES", "VERSION", "render"]

VERSION = 1
DESCRIPTION = "Drawn digits as people write them, 32 x 32 in grey or in colour."
CLASS_NAMES = tuple("0123456789")
SEED = 1998
SIZES = (2000, 400)  # train, test
_SIZE = 32
_STEPS = 24  # straight pieces in which each digit is drawn

# Each way to write a digit: the points that the pen passes, x to the right and y upwards, each
# stroke a smooth curve through its points; a point given twice makes a corner.
_Stroke = tuple[tuple[float, float], ...]
_WAYS: tuple[tuple[tuple[_Stroke, ...], ...], ...] = (
    ((((0.1, 0.7), (-0.35, 0.5), (-0.45, 0), (-0.3, -0.55), (0.1, -0.7), (0.42, -0.4), (0.45, 0.1),
       (0.35, 0.5), (0.1, 0.7)),),),
    ((((0, 0.7), (0, 0), (0, -0.7)),),
     (((-0.3, 0.4), (0.05, 0.7), (0.05, 0.7), (0.05, 0), (0.05, -0.7)),)),
    ((((-0.4, 0.4), (-0.15, 0.68), (0.25, 0.65), (0.38, 0.35), (0.1, -0.1), (-0.42, -0.68),
       (-0.42, -0.68), (0, -0.68), (0.45, -0.68)),),),
    ((((-0.35, 0.55), (0, 0.7), (0.35, 0.5), (0.25, 0.15), (-0.08, 0.05), (-0.08, 0.05),
       (0.3, -0.05), (0.42, -0.38), (0.1, -0.7), (-0.4, -0.55)),),),
    ((((0.05, 0.7), (-0.2, 0.25), (-0.45, -0.2), (-0.45, -0.2), (0, -0.2), (0.45, -0.2)),
      ((0.22, 0.25), (0.2, -0.2), (0.18, -0.7))),
     (((-0.38, 0.65), (-0.4, 0.3), (-0.38, 0.05), (-0.38, 0.05), (0, 0.03), (0.35, 0.05)),
      ((0.35, 0.7), (0.35, 0), (0.32, -0.7)))),
    ((((0.38, 0.66), (0, 0.66), (-0.3, 0.66), (-0.3, 0.66), (-0.35, 0.35), (-0.38, 0.1),
       (-0.38, 0.1), (0.05, 0.2), (0.4, -0.1), (0.3, -0.55), (-0.05, -0.7), (-0.42, -0.5)),),),
    ((((0.3, 0.65), (-0.1, 0.45), (-0.38, 0), (-0.38, -0.45), (-0.05, -0.7), (0.33, -0.55),
       (0.36, -0.2), (0.05, 0), (-0.34, -0.2)),),),
    ((((-0.42, 0.65), (0, 0.66), (0.42, 0.66), (0.42, 0.66), (0.15, 0.05), (-0.08, -0.7)),),
     (((-0.42, 0.65), (0, 0.66), (0.42, 0.66), (0.42, 0.66), (0.15, 0.05), (-0.08, -0.7)),
      ((-0.2, 0), (0.1, 0), (0.35, 0)))),
    ((((0.3, 0.5), (0, 0.7), (-0.3, 0.5), (-0.22, 0.2), (0.2, -0.1), (0.36, -0.45), (0.02, -0.7),
       (-0.36, -0.48), (-0.2, -0.1), (0.2, 0.15), (0.3, 0.5)),),),
    ((((0.34, 0.35), (0.05, 0.7), (-0.32, 0.5), (-0.3, 0.15), (0.02, 0.02), (0.3, 0.2), (0.34, 0.5),
       (0.34, 0.1), (0.2, -0.7)),),),
)  # fmt: skip


def render(seed: int = SEED, *, colour: bool = False) -> tuple[Split, Split]:
    """Draw the data set: 2000 images to train with and 400 to test, all digits equally often.

    Args:
        seed: the same seed gives the same bytes; another one gives other images.
        colour: three channels instead of one; the digits are the same.

    Returns:
        (train, test), images (n, 32, 32, 1 or 3) uint8 and labels (n,) int64.
    """
    train, test = streams(seed)
    return _draw(train, SIZES[0], colour), _draw(test, SIZES[1], colour)


def _draw(generator: np.random.Generator, count: int, colour: bool) -> Split:
    labels, batches = balanced(generator, count, len(CLASS_NAMES))
    images = np.concatenate([_photograph(Dice(generator, len(batch)), batch) for batch in batches])
    return Split(images if colour else _grey(images), labels)


def _grey(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brightness of colours as the eye weighs them, (n, height, width, 1)."""
    red, green, blue = (images[..., channel].astype(np.uint32) for channel in range(3))
    return ((299 * red + 587 * green + 114 * blue + 500) // 1000).astype(np.uint8)[..., None]


def _photograph(dice: Dice, labels: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Photograph these digits."""
    width, height = dice.between(0.75, 1.15), dice.between(0.9, 1.2)
    centre = dice.between(-0.2, 0.2), dice.between(-0.15, 0.15)
    grid = posed(pixel_grid(_SIZE), centre, dice.between(-0.2, 0.2), width, height)
    slanted = grid[0] - dice.between(-0.1, 0.3) * grid[1], grid[1]
    thickness = dice.between(0.05, 0.15)
    share = coverage(_ink(dice, slanted, labels, thickness), pixel_width(_SIZE, height))
    paper = backdrop(dice, _SIZE, clutter=0.2)
    return developed(dice, blend(paper, _readable(dice, paper), share))


def _ink(dice: Dice, grid: Point, labels: NDArray[np.int64], thickness: Pixels) -> Pixels:
    """Signed distance to the pen's line."""
    pieces = np.stack([_pieces(dice.generator, label) for label in labels])
    distance = np.full((dice.count, _SIZE, _SIZE), 9, np.float32)
    for piece in range(_STEPS):
        start_x, start_y, end_x, end_y = pieces[:, piece].T[:, :, None, None]
        line = capsule(grid, (start_x, start_y), (end_x, end_y), thickness, thickness)
        distance = np.minimum(distance, line)
    return distance


def _pieces(generator: np.random.Generator, label: int) -> NDArray[np.float32]:
    """Straight pieces (start x, start y, end x, end y) of a digit written by an unsteady hand."""
    ways = _WAYS[label]
    strokes = ways[int(generator.integers(len(ways)))]
    wobble = generator.random((2, 3, 2)) * 0.24 - 0.12
    pieces: list[NDArray[np.float64]] = []
    for index, stroke in enumerate(strokes):
        points = np.array(stroke)
        points = points + wobble[0, 0] * points[:, ::-1] + wobble[0, 1] * points * points[:, ::-1]
        points = points + (generator.random(points.shape) - 0.5) * 0.09 * _corner_steady(points)
        steps = _STEPS // len(strokes) + (index < _STEPS % len(strokes))
        line = _smooth(points, steps)
        pieces.append(np.concatenate([line[:-1], line[1:]], axis=1))
    return np.concatenate(pieces).astype(np.float32)


def _corner_steady(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 where a point is given twice, so that a corner stays one, else 1."""
    twin = np.zeros(len(points), bool)
    same = (points[1:] == points[:-1]).all(axis=1)
    twin[1:] |= same
    twin[:-1] |= same
    return np.where(twin, 0.0, 1.0).reshape(-1, 1)


def _smooth(points: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Walk a Catmull-Rom spline through the points in equal steps of its parameter."""
    wide = np.concatenate([points[:1], points, points[-1:]])
    place = np.linspace(0, len(points) - 1, steps + 1)
    piece = np.minimum(place.astype(np.int64), len(points) - 2)
    t = (place - piece)[:, None]
    before, start, end, after = (wide[piece + offset] for offset in range(4))
    line: NDArray[np.float64] = 0.5 * (
        2 * start
        + t * (end - before)
        + t * t * (2 * before - 5 * start + 4 * end - after)
        + t * t * t * (3 * start - before - 3 * end + after)
    )
    return line


def _readable(dice: Dice, paper: Pixels) -> Pixels:
    """A colour that stands out from the paper, darker or lighter as there is room."""
    middle = paper[:, _SIZE // 2, _SIZE // 2, 1, None, None]
    away = np.where(middle > 0.5, -1, 1).astype(np.float32)
    return (middle + away * dice.between(0.3, 0.6))[..., None] + dice.colour(-0.15, 0.15)
