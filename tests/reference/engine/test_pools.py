"""Pooling axis by axis gives what `plain` defines: ties in reading order, borders, any values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcnn import reference
from dlcnn.reference import engine, plain
from dlcnn.reference._windows import place_windows

pytestmark = pytest.mark.usefixtures("engine_way")


@st.composite
def pools(draw):
    """(inputs with many equal pixels, grid, border_counts, grad_outputs)."""
    axes = draw(st.integers(1, 3))
    sizes = st.tuples(*[st.integers(1, 4)] * axes)
    window, strides = draw(sizes), draw(sizes)
    image = tuple(size + draw(st.integers(0, 6)) for size in window)
    pads = tuple(
        draw(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))) for size in window
    )
    if draw(st.booleans()):
        pads = ((0, 0),) * axes
    grid = place_windows("test", image, window, strides, pads)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(["f4", "f8"]))
    batch = draw(st.integers(0, 5))
    inputs = rng.integers(-2, 3, (batch, *image, 3)).astype(dtype)
    grad_outputs = rng.standard_normal((batch, *grid.output, 3)).astype(dtype)
    return inputs, grid, draw(st.booleans()), grad_outputs


def results(module, inputs, grid, border_counts, grad_outputs):
    """All four operations, the maximum's gradient for both ways with ties."""
    how = {"border_counts": border_counts}
    return [
        module.max_pool(inputs, grid, **how),
        module.max_pool_gradient(grad_outputs, inputs, grid, "first", **how),
        module.max_pool_gradient(grad_outputs, inputs, grid, "all", **how),
        module.average_pool(inputs, grid, **how),
        module.average_pool_gradient(grad_outputs, inputs.shape, grid, **how),
    ]


@settings(max_examples=400)
@given(pools(), st.sampled_from([None, 0.0001]))
def test_pools_agree_with_plain(case, memory_mb):
    """One to three axes, windows that overlap or leave gaps, ties, borders, no image."""
    with reference.settings(memory_mb=memory_mb):
        received = results(engine, *case)
    for one, other in zip(received, results(plain, *case), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_ties_are_not_resolved_the_same():
    """Where pixels are equal, "first" and "all" differ: the comparison above saw both."""
    inputs = np.zeros((1, 4, 6, 2))
    grid = place_windows("test", (4, 6), (2, 3), (2, 3), "valid")
    first, every = results(engine, inputs, grid, False, np.ones((1, 2, 2, 2)))[1:3]
    assert first.sum() == 8
    assert every.sum() == 48
    assert first[0, 0, 0, 0] == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_as_in_plain(value):
    """In an image or in a gradient, with a border that does not count and one that does."""
    rng = np.random.default_rng(0)
    for spoil_gradient in (False, True):
        for border_counts in (False, True):
            inputs = rng.integers(-2, 3, (2, 7, 6, 3)).astype("f4")
            grid = place_windows("test", (7, 6), (3, 2), (2, 2), "same")
            grad_outputs = rng.standard_normal((2, *grid.output, 3)).astype("f4")
            (grad_outputs if spoil_gradient else inputs)[1, 2, 1] = value
            case = inputs, grid, border_counts, grad_outputs
            with np.errstate(invalid="ignore"):
                pairs = zip(results(engine, *case), results(plain, *case), strict=True)
                for received, expected in pairs:
                    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-6)


def test_threads_do_not_change_pools():
    """Bit for bit."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((9, 40, 50, 3)).astype("f4")
    grid = place_windows("test", (40, 50), (3, 3), (2, 2), "same")
    grad_outputs = rng.standard_normal((9, *grid.output, 3)).astype("f4")
    found = []
    for threads in (1, 3):
        with reference.settings(threads=threads, memory_mb=0.1):
            found.append(results(engine, inputs, grid, False, grad_outputs))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
