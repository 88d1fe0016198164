"""Pooling along one and two axes on random cases, and over the whole image.

`test_pooling` has the two-dimensional ones by hand and on fixed cases.
"""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcnn import reference
from dlcnn.reference import (
    ShapeError,
    average_pool2d,
    global_average_pool2d,
    global_max_pool2d,
    global_max_pool2d_gradients,
    max_pool2d,
    max_pool2d_gradients,
)

from .cases import pools
from .oracles import assert_agree, central_differences, keras_pool, nudged, with_gradients

pytestmark = pytest.mark.usefixtures("both_ways")

KINDS = ["max", "average"]
BOTH = pytest.mark.parametrize("kind", KINDS)


def named(kind, axes, prefix=""):
    """(the pool of this kind and number of axes, its gradients)"""
    name = f"{prefix}{kind}_pool{axes}d"
    return getattr(reference, name), getattr(reference, f"{name}_gradients")


def draw(kind, case):
    """(inputs, grad_outputs) of a case, no two pixels alike."""
    rng = np.random.default_rng(case.seed)
    inputs = rng.permutation(int(np.prod(case.inputs))).reshape(case.inputs) / 10 - 3
    inputs = inputs.astype(case.dtype)
    outputs = named(kind, case.axes)[0](inputs, case.kernel, **case.options)
    return inputs, rng.standard_normal(outputs.shape).astype(case.dtype)


def compare_with_keras(kind, case):
    """Hold outputs and gradient to Keras; neither passes with one number off by 0.01."""
    pool, gradients = named(kind, case.axes)
    inputs, grad_outputs = draw(kind, case)
    expected = keras_pool(kind, inputs, grad_outputs, case.kernel, **case.options)
    received = (
        pool(inputs, case.kernel, **case.options),
        gradients(grad_outputs, inputs, case.kernel, **case.options),
    )
    for ours, theirs in zip(received, expected, strict=True):
        assert_agree(ours, theirs)
        with pytest.raises(AssertionError):
            assert_agree(nudged(ours), theirs)


@BOTH
@settings(max_examples=60)
@given(case=pools())
def test_pool_agrees_with_keras(kind, case):
    """outputs and gradient, with each way to pad, with the dtype kept"""
    compare_with_keras(kind, case)


@pytest.mark.slow
@BOTH
@settings(max_examples=1000)
@given(case=pools())
def test_pool_agrees_with_keras_on_a_thousand_cases(kind, case):
    """the same, on more of them"""
    compare_with_keras(kind, case)


@BOTH
@given(case=pools())
def test_pool_takes_channels_first(kind, case):
    """the same numbers with the axes moved, gradients too"""
    pool, gradients = named(kind, case.axes)
    inputs, grad_outputs = draw(kind, case)

    def moved(images):
        return np.ascontiguousarray(np.moveaxis(images, -1, 1))

    first = {**case.options, "data_format": "channels_first"}
    received = pool(moved(inputs), case.kernel, **first)
    assert_agree(received, moved(pool(inputs, case.kernel, **case.options)))
    received = gradients(moved(grad_outputs), moved(inputs), case.kernel, **first)
    assert_agree(received, moved(gradients(grad_outputs, inputs, case.kernel, **case.options)))


@pytest.mark.parametrize(("padding", "expected"), [("same", (1, 2, 4, 1)), ("valid", (1, 1, 4, 1))])
def test_pool_of_a_size_that_the_window_does_not_divide(padding, expected):
    """14 rows in steps of 8: "same" has a second window of 6 rows, averaged over those"""
    image = np.arange(14.0 * 32).reshape(1, 14, 32, 1)
    assert max_pool2d(image, 8, padding=padding).shape == expected
    averages = average_pool2d(image, 8, padding=padding)
    assert averages.shape == expected
    # Of the two rows that "same" adds one is above, so the last window has rows 7 to 13.
    if padding == "same":
        assert averages[0, 1, 0, 0] == image[0, 7:, :8, 0].mean()


@pytest.mark.parametrize("lowest", [-np.inf, np.iinfo(np.int64).min, 0, False])
def test_max_pool2d_gradients_never_go_to_a_same_border(lowest):
    """a pixel as small as what fills the border still receives what is its own"""
    dtype = np.uint8 if lowest == 0 and lowest is not False else type(lowest)
    inputs = np.full((2, 3, 5, 2), lowest, dtype=dtype)
    outputs = max_pool2d(inputs, 3, strides=2, padding="same")
    assert np.all(outputs == lowest)
    gradient = max_pool2d_gradients(
        np.ones(outputs.shape), inputs, 3, strides=2, padding="same", ties="first"
    )
    assert gradient.sum() == outputs.size


def test_pool_hands_on_what_is_not_finite_where_it_belongs():
    """NaN spoils its own windows; an infinite gradient goes to the largest pixel only"""
    inputs = np.arange(24.0).reshape(1, 4, 6, 1)
    inputs[0, 0, 0, 0] = np.nan
    for pool in (max_pool2d, average_pool2d):
        spoiled = np.isnan(pool(inputs, 2))[0, :, :, 0]
        np.testing.assert_array_equal(spoiled, [[True, False, False], [False, False, False]])
    infinite = np.full((1, 2, 3, 1), np.inf)
    gradient = max_pool2d_gradients(infinite, inputs, 2)
    assert np.count_nonzero(np.isinf(gradient)) == 5
    assert not np.isnan(gradient).any()


def test_max_pool2d_gradients_refuse_another_rule_for_ties():
    """only "first" and "all" """
    image = np.zeros((1, 2, 2, 1))
    with pytest.raises(ValueError, match=r"ties must be 'first' or 'all'\. Received ties='last'"):
        max_pool2d_gradients(image[:, :1, :1], image, 2, ties="last")


GLOBAL = {
    ("max", 1): keras.layers.GlobalMaxPooling1D,
    ("max", 2): keras.layers.GlobalMaxPooling2D,
    ("average", 1): keras.layers.GlobalAveragePooling1D,
    ("average", 2): keras.layers.GlobalAveragePooling2D,
}


@pytest.mark.parametrize(("kind", "axes"), GLOBAL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tied", [False, True])
def test_global_pool_agrees_with_keras(kind, axes, dtype, tied):
    """outputs and gradient, shared by tied pixels; neither passes with one number off"""
    rng = np.random.default_rng(5)
    shape = (3, *(4, 5)[:axes], 2)
    inputs = (rng.integers(0, 2 if tied else 999, shape) / 100).astype(dtype)
    grad_outputs = rng.standard_normal((3, 2)).astype(dtype)
    layer = GLOBAL[kind, axes](dtype=np.dtype(dtype).name)
    expected = with_gradients(layer, grad_outputs, inputs)
    pool, gradients = named(kind, axes, "global_")
    for ours, theirs in zip((pool(inputs), gradients(grad_outputs, inputs)), expected, strict=True):
        assert_agree(ours, theirs)
        with pytest.raises(AssertionError):
            assert_agree(nudged(ours), theirs)
    first = np.moveaxis(inputs, -1, 1)
    assert_agree(pool(first, data_format="channels_first"), expected[0])
    received = gradients(grad_outputs, first, data_format="channels_first")
    assert_agree(received, np.moveaxis(expected[1], -1, 1))


@BOTH
def test_global_gradients_agree_with_central_differences(kind):
    """dL/dinputs of L = sum(outputs * grad_outputs); not when one number is off by 0.01"""
    rng = np.random.default_rng(6)
    inputs, grad_outputs = rng.permutation(60).reshape(2, 5, 3, 2) / 10, rng.standard_normal((2, 2))
    pool, gradients = named(kind, 2, "global_")
    expected = central_differences(lambda x: float(np.sum(pool(x) * grad_outputs)), inputs)
    received = gradients(grad_outputs, inputs)
    assert np.allclose(received, expected, atol=1e-7)
    assert not np.allclose(nudged(received), expected, atol=1e-7)


def test_global_max_pool2d_gradients_by_hand():
    """three ways to treat two tied pixels"""
    inputs = np.array([[7.0, 1.0], [2.0, 7.0]]).reshape(1, 2, 2, 1)
    for ties, expected in {
        "shared": [[5, 0], [0, 5]],
        "all": [[10, 0], [0, 10]],
        "first": [[10, 0], [0, 0]],
    }.items():
        gradient = global_max_pool2d_gradients(np.array([[10.0]]), inputs, ties=ties)
        np.testing.assert_array_equal(gradient[0, :, :, 0], expected)
    with pytest.raises(ValueError, match=r"ties must be 'shared', 'first' or 'all'"):
        global_max_pool2d_gradients(np.array([[10.0]]), inputs, ties="last")


@given(st.sampled_from([(0, 4, 5, 3), (2, 4, 5, 0)]))
def test_global_pool_of_nothing(shape):
    """no images or no channels give none; no pixels are refused"""
    empty = np.zeros(shape)
    assert global_max_pool2d(empty).shape == global_average_pool2d(empty).shape
    for pool in (global_max_pool2d, global_average_pool2d):
        with pytest.raises(ShapeError, match=rf"^{pool.__name__}: .* at least one pixel"):
            pool(np.zeros((2, 0, 5, 3)))
    with pytest.raises(ShapeError, match=r"grad_outputs must have shape \(2, 3\)"):
        global_max_pool2d_gradients(np.zeros((2, 1)), np.zeros((2, 4, 5, 3)))
