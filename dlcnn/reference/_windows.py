"""Where windows lie on padded images, and the pixels under them.

The one place that knows strides and dilation; knows nothing of what is done with the pixels.
Images are (batch, *spatial, channels) with any number of spatial axes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlcnn.reference._arguments import Array, IntOrSizes, Sizes, as_sizes
from dlcnn.reference.arithmetic import output_size
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.padding import (
    BorderMode,
    Padding,
    Pads,
    mirror_images,
    resolve_padding,
    split_mode,
)

__all__ = [
    "WindowGrid",
    "gather_windows",
    "lay_mirror",
    "padded_shape",
    "place_windows",
    "window_positions",
]


@dataclass(frozen=True)
class WindowGrid:
    """The windows of one operation, with a number for each spatial axis.

    `window` counts the taps, `strides` the steps from one window to the next, `dilation_rate` the
    steps from one tap to the next, `output` the windows; `pads` and `mode` are the border.
    """

    window: Sizes
    strides: Sizes
    dilation_rate: Sizes
    pads: Pads
    mode: BorderMode
    output: Sizes

    @cached_property
    def taps(self) -> list[tuple[Any, ...]]:
        """For each tap of the window, the index of the pixels it lies on in (..., *spatial, C)."""
        along_each_axis = [
            [slice(first, first + places * step, step) for first in range(0, taps * rate, rate)]
            for taps, rate, places, step in zip(
                self.window, self.dilation_rate, self.output, self.strides, strict=True
            )
        ]
        return [(..., *pixels, slice(None)) for pixels in product(*along_each_axis)]


def place_windows(
    where: str,
    image: Sizes,
    window: Sizes,
    strides: IntOrSizes,
    padding: Padding,
    dilation_rate: IntOrSizes = 1,
) -> WindowGrid:
    """Lay windows over images that have `image` pixels along each axis.

    Raises:
        ShapeError: `strides`, `dilation_rate` or `padding` is malformed, or the window fits
            nowhere.
    """
    axes = len(image)
    steps = as_sizes(where, "strides", strides, axes)
    dilation = as_sizes(where, "dilation_rate", dilation_rate, axes)
    mode, amount = split_mode(where, padding)
    pads = resolve_padding(where, amount, image, window, steps, dilation)
    try:
        return _lay_grid(image, window, steps, dilation, pads, mode)
    except ShapeError:
        pixels = {2: "image (height, width)"}.get(axes, "image")
        raise ShapeError(
            f"{where}: the window must fit in the padded image. Received window={window}, "
            f"dilation_rate={dilation}, {pixels}={image}, padding={padding!r}."
        ) from None


@lru_cache(maxsize=256)  # a network, and a grader, lays the same few grids again and again
def _lay_grid(
    image: Sizes, window: Sizes, strides: Sizes, dilation: Sizes, pads: Pads, mode: BorderMode
) -> WindowGrid:
    output = [
        output_size(size, taps, stride=stride, pad=pad, dilation_rate=rate)
        for size, taps, stride, pad, rate in zip(
            image, window, strides, pads, dilation, strict=True
        )
    ]
    return WindowGrid(window, strides, dilation, pads, mode, tuple(output))


def padded_shape(shape: Sizes, grid: WindowGrid) -> Sizes:
    """Give the shape of a batch of images with the border of `grid` around them."""
    sizes = [
        before + size + after for size, (before, after) in zip(shape[1:-1], grid.pads, strict=True)
    ]
    return shape[0], *sizes, shape[-1]


def gather_windows(padded: Array, grid: WindowGrid, groups: int = 1) -> Array:
    """View padded images as (groups, batch, *output, *window, channels of a group), read-only."""
    batch, *spatial, channel = padded.strides
    per_group = padded.shape[-1] // groups
    places = [stride * step for stride, step in zip(spatial, grid.strides, strict=True)]
    taps = [stride * rate for stride, rate in zip(spatial, grid.dilation_rate, strict=True)]
    shape = (groups, padded.shape[0], *grid.output, *grid.window, per_group)
    strides = (per_group * channel, batch, *places, *taps, channel)
    if padded.flags.c_contiguous:  # a tenth of the time on the small arrays of a course
        windows: Array = np.ndarray(shape, padded.dtype, padded, 0, strides)
        windows.flags.writeable = False
        return windows
    return as_strided(padded, shape, strides, writeable=False)


def window_positions(padded: Array, grid: WindowGrid) -> Iterator[Array]:
    """Give, for each tap of the window, the pixel of all windows that it lies on.

    `padded` is (..., *spatial, channels); each pixel comes as a writable view of shape
    (..., *output, channels), in reading order. No view holds a pixel twice, so `+=` is safe.
    """
    return map(padded.__getitem__, grid.taps)


def lay_mirror(where: str, images: Array, grid: WindowGrid) -> tuple[Array, WindowGrid]:
    """Pad images with their mirror if `grid` asks for one: what border is left holds zeros.

    Returns:
        The images, and the same windows over them: `grid` itself where there is no mirror.
    """
    if grid.mode == "zeros":
        return images, grid
    images = mirror_images(where, images, grid.pads, grid.mode)
    sizes = images.shape[1:-1]
    return images, place_windows(
        where, sizes, grid.window, grid.strides, "valid", grid.dilation_rate
    )
