"""Random convolutions and pools that fit, for the tests that hold them to Keras and to theory."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from .oracles import window_extents

DTYPES = [np.float32, np.float64]
SEEDS = st.integers(0, 2**32 - 1)


@dataclass(frozen=True)
class Case:
    """One convolution or pool: the shapes of its arrays and how it is done."""

    inputs: tuple[int, ...]
    kernel: tuple[int, ...]
    options: dict[str, Any]
    dtype: Any
    seed: int

    @property
    def axes(self):
        """Spatial axes: 1, 2 or 3."""
        return len(self.inputs) - 2

    def draw(self, *shapes):
        """An array for each shape, always the same ones."""
        rng = np.random.default_rng(self.seed)
        return [rng.standard_normal(shape).astype(self.dtype) for shape in shapes]


@st.composite
def paddings(draw, extents, sizes, strides):
    """Every way to say padding; a mirror no wider than it may be."""
    named = ["valid", "same", "full"]
    kind = draw(st.sampled_from([*named, "explicit", "mirror"]))
    if kind in named:
        return kind
    if kind == "explicit":
        return tuple(draw(st.tuples(PIXELS, PIXELS)) for _ in sizes)
    mode = draw(st.sampled_from(["reflect", "symmetric"]))
    reach = [min(3, size - (mode == "reflect")) for size in sizes]
    explicit = tuple(draw(st.tuples(st.integers(0, far), st.integers(0, far))) for far in reach)
    named = ["full", "valid", "same"] if max(strides) == 1 else ["full", "valid"]
    fits = all(extent - 1 <= size - 1 for extent, size in zip(extents, sizes, strict=True))
    return {"mode": mode, "pad": draw(st.sampled_from([explicit, *(named if fits else [])]))}


PIXELS = st.integers(0, 3)


@st.composite
def convolutions(draw, axes=(1, 2, 3), grouped=True):
    """Cases whose kernel is (*window, in_channels / groups, filters)."""
    axes = draw(st.sampled_from(axes))
    window = draw(_sizes(axes, 1, 4 if axes < 3 else 3))
    strides = draw(_sizes(axes, 1, 3))
    rates = draw(_sizes(axes, 1, 3 if axes < 3 else 2))
    extents = window_extents(window, rates)
    sizes = tuple(extent + draw(st.integers(0, 4)) for extent in extents)
    groups = draw(st.integers(1, 3)) if grouped else 1
    per_group, filters = draw(st.integers(1, 3)), draw(st.integers(1, 3)) * groups
    options = {
        "strides": _shortest(strides),
        "dilation_rate": _shortest(rates),
        "padding": draw(paddings(extents, sizes, strides)),
    }
    if grouped:
        options["groups"] = groups
    return Case(
        (draw(st.integers(1, 3)), *sizes, per_group * groups),
        (*window, per_group, filters),
        options,
        draw(st.sampled_from(DTYPES)),
        draw(SEEDS),
    )


@st.composite
def transposed(draw):
    """Cases of what Keras' transposed convolutions know; the kernel is (*window, filters, in)."""
    axes = draw(st.integers(1, 3))
    window, strides = draw(_sizes(axes, 1, 4 if axes < 3 else 3)), draw(_sizes(axes, 1, 3))
    rates = draw(_sizes(axes, 1, 3)) if max(strides) == 1 else (1,) * axes
    padding = draw(st.sampled_from(["valid", "same"]))
    in_channels, filters = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    extents = window_extents(window, rates)
    if axes == 3:  # see `oracles._covered`: such pixels cannot be cropped here
        strides = tuple(map(min, strides, extents))
    extra = None
    if axes < 3 and draw(st.booleans()):
        # Keras counts the odd pixel of an extent in "same", and there must be 1 to stride of them.
        odd = [extent % 2 if padding == "same" else 1 for extent in extents]
        least = [1 - pixel for pixel in odd]
        most = [stride - pixel for stride, pixel in zip(strides, odd, strict=True)]
        extra = tuple(draw(st.integers(low, high)) for low, high in zip(least, most, strict=True))
    options = {
        "strides": strides,
        "dilation_rate": _shortest(rates),
        "padding": padding,
        "output_padding": extra,
    }
    sizes = draw(_sizes(axes, 1, 5))
    shape = (draw(st.integers(1, 3)), *sizes, in_channels)
    kernel = (*window, filters, in_channels)
    return Case(shape, kernel, options, draw(st.sampled_from(DTYPES)), draw(SEEDS))


@st.composite
def pools(draw, axes=(1, 2)):
    """Cases whose `kernel` is the pool size."""
    axes = draw(st.sampled_from(axes))
    window, strides = draw(_sizes(axes, 1, 4)), draw(_sizes(axes, 1, 3))
    sizes = tuple(size + draw(st.integers(0, 5)) for size in window)
    options = {"strides": strides, "padding": draw(paddings(window, sizes, strides))}
    shape = (draw(st.integers(1, 3)), *sizes, draw(st.integers(1, 3)))
    return Case(shape, window, options, draw(st.sampled_from(DTYPES)), draw(SEEDS))


def _sizes(axes, least, most):
    return st.tuples(*[st.integers(least, most)] * axes)


def _shortest(numbers):
    """One integer where all axes agree: both ways to say it are tested."""
    return numbers[0] if len(set(numbers)) == 1 else numbers
