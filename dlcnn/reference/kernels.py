"""Kernels with a name, as image processing knows them: edges, blur, sharpening.

Each is a new (rows, cols) array of float64, written for cross-correlation: positive numbers say
what to add, negative ones what to take away, where they stand. "vertical" kernels find vertical
edges, brighter on the left, and "horizontal" ones horizontal edges, brighter above.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from dlcnn.reference._arguments import Array
from dlcnn.reference.errors import ShapeError

__all__ = [
    "Direction",
    "filter_bank",
    "gaussian",
    "horizontal_edge",
    "identity",
    "laplacian",
    "prewitt",
    "scharr",
    "sharpen",
    "sobel",
    "vertical_edge",
]

Direction: TypeAlias = Literal["vertical", "horizontal"]


def identity(size: int = 3) -> Array:
    """1 in the middle: with padding "same" the image stays what it is.

    Raises:
        ShapeError: `size` is not odd, so that there is no middle.
    """
    _require_odd("identity", size)
    kernel = np.zeros((size, size))
    kernel[size // 2, size // 2] = 1
    return kernel


def vertical_edge() -> Array:
    """The left column less the right one: [[1, 0, -1], [1, 0, -1], [1, 0, -1]]."""
    return _edge((1, 1, 1), "vertical_edge", "vertical")


def horizontal_edge() -> Array:
    """The upper row less the lower one: [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]."""
    return _edge((1, 1, 1), "horizontal_edge", "horizontal")


def prewitt(direction: Direction = "vertical") -> Array:
    """The difference of two pixels, averaged along the edge; what the two above are called.

    Source: Prewitt 1970, "Object enhancement and extraction".
    """
    return _edge((1, 1, 1), "prewitt", direction)


def sobel(direction: Direction = "vertical") -> Array:
    """As `prewitt`, with the middle counted twice: less noise from the corners.

    Source: Sobel & Feldman 1968.
    """
    return _edge((1, 2, 1), "sobel", direction)


def scharr(direction: Direction = "vertical") -> Array:
    """As `sobel`, with weights 3, 10, 3: nearly the same answer for an edge at any angle.

    Source: Scharr 2000, "Optimale Operatoren in der Digitalen Bildverarbeitung".
    """
    return _edge((3, 10, 3), "scharr", direction)


def laplacian(*, diagonals: bool = False) -> Array:
    """The neighbours less the pixel itself: 0 on even ground and on slopes, large at spots.

    Args:
        diagonals: count the four diagonal neighbours too.
    """
    corner = float(diagonals)
    return np.array([[corner, 1, corner], [1, -4 - 4 * corner, 1], [corner, 1, corner]])


def sharpen() -> Array:
    """The pixel and its difference from its four neighbours: `identity` less `laplacian`."""
    return identity() - laplacian()


def gaussian(size: int = 3, sigma: float | None = None) -> Array:
    """A bell of weights that add up to 1: blurs.

    Args:
        size: pixels on each side, odd.
        sigma: standard deviation in pixels, above 0; None: size / 6, so that the kernel holds
            three standard deviations to each side.

    Returns:
        (size, size), the product of the bell over the rows and the one over the columns.

    Raises:
        ShapeError: `size` is not odd.
        ValueError: `sigma` is not above 0.
    """
    _require_odd("gaussian", size)
    width = size / 6 if sigma is None else sigma
    if not width > 0:
        raise ValueError(f"gaussian: sigma must be above 0. Received sigma={sigma!r}.")
    bell = np.exp(-(((np.arange(size) - size // 2) / width) ** 2) / 2)
    weights = np.outer(bell, bell)
    normalised: Array = weights / weights.sum()
    return normalised


def filter_bank(kernels: Sequence[Array], in_channels: int = 1) -> Array:
    """Give kernels of one size as the kernel of `conv2d`, a filter each.

    Args:
        kernels: (rows, cols) each, all of one shape.
        in_channels: channels of the images; each filter looks at their average, which for three
            channels is the image in grey.

    Returns:
        (rows, cols, in_channels, number of kernels), float64.

    Raises:
        ShapeError: no kernels, kernels of several shapes, or `in_channels` below 1.
    """
    shapes = {np.shape(kernel) for kernel in kernels}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2 or in_channels < 1:
        raise ShapeError(
            "filter_bank: kernels must be at least one (rows, cols) array, all of one shape, and "
            f"in_channels at least 1. Received shapes={sorted(shapes)}, in_channels={in_channels}."
        )
    bank = np.stack(kernels, axis=-1)[:, :, None] / in_channels
    return np.repeat(bank.astype(np.float64), in_channels, axis=2)


def _edge(along: tuple[int, int, int], where: str, direction: Direction) -> Array:
    """Difference across the edge, weighted `along` it."""
    if direction not in ("vertical", "horizontal"):
        raise ValueError(
            f"{where}: direction must be 'vertical' or 'horizontal'. "
            f"Received direction={direction!r}."
        )
    kernel: Array = np.outer(along, (1.0, 0.0, -1.0))
    return kernel if direction == "vertical" else kernel.T


def _require_odd(where: str, size: int) -> None:
    if size < 1 or size % 2 == 0:
        raise ShapeError(f"{where}: size must be odd, to have a middle. Received size={size}.")
