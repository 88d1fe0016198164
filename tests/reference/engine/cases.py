"""Random correlations along one or two axes, as the engine's functions take them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from dlcnn.reference._windows import WindowGrid, place_windows

__all__ = ["Correlation", "correlations", "draw"]


@dataclass(frozen=True)
class Correlation:
    """The arrays of one correlation and where its windows lie."""

    inputs: Any
    kernel: Any
    bias: Any
    grad_outputs: Any
    grid: WindowGrid


def draw(inputs, kernel, *, strides=1, padding="valid", dilation_rate=1, dtype="f8", seed=0):
    """A correlation of normally distributed values with the shapes `inputs` and `kernel`."""
    rng = np.random.default_rng(seed)
    grid = place_windows("test", inputs[1:-1], kernel[:-2], strides, padding, dilation_rate)
    shapes = inputs, kernel, kernel[-1:], (inputs[0], *grid.output, kernel[-1])
    return Correlation(*(rng.standard_normal(shape).astype(dtype) for shape in shapes), grid)


@st.composite
def correlations(draw_from, axes=(1, 2), window=None, strides=3, rates=3, channels=5):
    """Whole cases; `window` fixes the window, the others say how large a number may be."""
    axes = draw_from(st.sampled_from(axes))
    numbers = [st.tuples(*[st.integers(1, most)] * axes) for most in (4, strides, rates)]
    shape = window or draw_from(numbers[0])
    steps, dilation = draw_from(numbers[1]), draw_from(numbers[2])
    extents = [(taps - 1) * rate + 1 for taps, rate in zip(shape, dilation, strict=True)]
    sizes = [extent + draw_from(st.integers(0, 9)) for extent in extents]
    pads = draw_from(st.tuples(*[st.tuples(st.integers(0, 5), st.integers(0, 5))] * axes))
    in_channels, filters = draw_from(st.tuples(*[st.integers(1, channels)] * 2))
    return draw(
        (draw_from(st.integers(0, 7)), *sizes, in_channels),
        (*shape, in_channels, filters),
        strides=steps,
        padding=pads,
        dilation_rate=dilation,
        dtype=draw_from(st.sampled_from(["f4", "f8"])),
        seed=draw_from(st.integers(0, 2**32 - 1)),
    )
