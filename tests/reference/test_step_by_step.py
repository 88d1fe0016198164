"""The course's eight functions: names, arguments, caches, and the numbers of a plain loop."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn import reference
from dlcnn.reference import (
    ShapeError,
    conv_backward,
    conv_forward,
    conv_single_step,
    create_mask_from_window,
    distribute_value,
    pool_backward,
    pool_forward,
    step_by_step,
    zero_pad,
)

from .oracles import assert_agree, keras_conv, keras_pool, nudged

SIGNATURES = {
    "zero_pad": "X, pad",
    "conv_single_step": "a_slice_prev, W, b",
    "conv_forward": "A_prev, W, b, hparameters",
    "pool_forward": "A_prev, hparameters, mode='max'",
    "conv_backward": "dZ, cache",
    "create_mask_from_window": "x",
    "distribute_value": "dz, shape",
    "pool_backward": "dA, cache, mode='max'",
}
SEEDS = st.integers(0, 2**32 - 1)


def course_case():
    """The course's own public case of `conv_forward`."""
    random = np.random.RandomState(1)  # the legacy generator is the one the course seeds
    A_prev, W = random.randn(2, 5, 7, 4), random.randn(3, 3, 4, 8)
    return A_prev, W, random.randn(1, 1, 1, 8), {"pad": 1, "stride": 2}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_the_course_s(name):
    """argument names, their order and defaults, as notebooks call them"""
    function = getattr(step_by_step, name)
    signature = inspect.signature(function)
    plain = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    assert str(inspect.Signature(plain)) == f"({SIGNATURES[name]})"
    assert getattr(reference, name) is function


def test_step_by_step_exports_the_eight():
    """`from dlcnn.reference.step_by_step import *` gives the course's names only"""
    assert sorted(step_by_step.__all__) == sorted(SIGNATURES)


@pytest.mark.parametrize("pad", [0, 1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zero_pad_pads_height_and_width_only(pad, dtype):
    """as `np.pad` on the two middle axes, always a new array"""
    X = np.random.default_rng(0).standard_normal((4, 3, 5, 2)).astype(dtype)
    X_pad = zero_pad(X, pad)
    np.testing.assert_array_equal(X_pad, np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0))))
    assert X_pad.dtype == dtype
    assert not np.shares_memory(X_pad, X)


def test_conv_single_step_by_hand():
    """1*2 + 2*3 + 3*4 + 4*5 - 1: the bias is added once, after the sum"""
    a_slice_prev = np.array([[1.0, 2.0], [3.0, 4.0]])[:, :, None]
    Z = conv_single_step(a_slice_prev, a_slice_prev + 1, np.full((1, 1, 1), -1.0))
    assert Z == 39.0
    assert isinstance(Z, float)
    assert np.ndim(Z) == 0


def test_conv_single_step_keeps_float32():
    """a float32 window and filter give a float32 scalar, whatever the bias is"""
    ones = np.ones((2, 2, 3), np.float32)
    assert conv_single_step(ones, ones, np.zeros((1, 1, 1))).dtype == np.float32


def test_conv_forward_gives_the_course_s_own_number():
    """mean of Z on the public case, and its shape"""
    Z, _ = conv_forward(*course_case())
    assert Z.shape == (2, 3, 4, 8)
    assert Z.mean() == pytest.approx(0.5511276474566768, rel=1e-12)


def test_conv_forward_number_notices_a_wrong_weight():
    """one weight off by 0.01 moves that mean"""
    A_prev, W, b, hparameters = course_case()
    Z, _ = conv_forward(A_prev, nudged(W), b, hparameters)
    assert Z.mean() != pytest.approx(0.5511276474566768, rel=1e-12)


def test_caches_hold_the_arguments_themselves():
    """conv: (A_prev, W, b, hparameters); pool: (A_prev, hparameters); nothing copied or added"""
    arguments = course_case()
    _, conv_cache = conv_forward(*arguments)
    assert type(conv_cache) is tuple
    assert [id(kept) for kept in conv_cache] == [id(given) for given in arguments]

    A_prev, hparameters = arguments[0], {"f": 3, "stride": 2}
    for mode in ("max", "average"):
        _, pool_cache = pool_forward(A_prev, hparameters, mode)
        assert type(pool_cache) is tuple
        assert [id(kept) for kept in pool_cache] == [id(A_prev), id(hparameters)]


@given(SEEDS, st.integers(1, 3), st.integers(1, 3), st.integers(0, 2))
def test_conv_forward_is_conv_single_step_at_each_place(seed, f, stride, pad):
    """Z[i, h, w, c] is the window at (h * stride, w * stride) of the padded image with filter c"""
    rng = np.random.default_rng(seed)
    A_prev, W = rng.standard_normal((2, 4, 5, 3)), rng.standard_normal((f, f, 3, 2))
    b, X = rng.standard_normal((1, 1, 1, 2)), zero_pad(A_prev, pad)
    Z, _ = conv_forward(A_prev, W, b, {"stride": stride, "pad": pad})
    assert Z.shape == (2, (4 - f + 2 * pad) // stride + 1, (5 - f + 2 * pad) // stride + 1, 2)
    for i, h, w, c in np.ndindex(Z.shape):
        window = X[i, h * stride : h * stride + f, w * stride : w * stride + f]
        assert Z[i, h, w, c] == pytest.approx(conv_single_step(window, W[..., c], b[..., c]))


def plain_pool_backward(dA, A_prev, f, stride, mode):
    """The course's loop, window by window, from its two helpers."""
    dA_prev = np.zeros_like(A_prev)
    for i, h, w, c in np.ndindex(dA.shape):
        place = (i, slice(h * stride, h * stride + f), slice(w * stride, w * stride + f), c)
        if mode == "max":
            dA_prev[place] += create_mask_from_window(A_prev[place]) * dA[i, h, w, c]
        else:
            dA_prev[place] += distribute_value(dA[i, h, w, c], (f, f))
    return dA_prev


@pytest.mark.parametrize("mode", ["max", "average"])
@given(seed=SEEDS, f=st.integers(1, 3), stride=st.integers(1, 3))
def test_pool_backward_is_the_helpers_at_each_window(mode, seed, f, stride):
    """tied maxima all receive the gradient, and an average is divided by f * f"""
    rng = np.random.default_rng(seed)
    A_prev = rng.integers(0, 4, (2, 4, 5, 3)).astype(np.float64)  # many ties
    A, cache = pool_forward(A_prev, {"f": f, "stride": stride}, mode)
    dA = rng.standard_normal(A.shape)
    expected = plain_pool_backward(dA, A_prev, f, stride, mode)
    np.testing.assert_allclose(pool_backward(dA, cache, mode), expected, atol=1e-12)


def test_pool_backward_comparison_notices_the_other_mode():
    """the loop above tells the two modes apart"""
    A_prev = np.random.default_rng(0).standard_normal((2, 4, 5, 3))
    A, cache = pool_forward(A_prev, {"f": 2, "stride": 1})
    expected = plain_pool_backward(A, A_prev, 2, 1, "max")
    np.testing.assert_allclose(pool_backward(A, cache), expected, atol=1e-12)
    assert not np.allclose(pool_backward(A, cache, "average"), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("pad", [0, 1, 2, 3])
def test_conv_forward_and_backward_agree_with_keras(pad, stride, dtype):
    """Z, dA_prev, dW and db at every stride and pad, pad 0 too; db is (1, 1, 1, n_C)"""
    rng = np.random.default_rng(5)
    A_prev, W, b = (
        rng.standard_normal(shape).astype(dtype)
        for shape in [(3, 7, 6, 2), (3, 3, 2, 5), (1, 1, 1, 5)]
    )
    Z, cache = conv_forward(A_prev, W, b, {"stride": stride, "pad": pad})
    dZ = rng.standard_normal(Z.shape).astype(dtype)
    expected = keras_conv(A_prev, W, b, dZ, strides=stride, padding=((pad, pad), (pad, pad)))
    received = (Z, *conv_backward(dZ, cache))
    for ours, theirs in zip(received, expected, strict=True):
        assert_agree(ours, theirs)
        with pytest.raises(AssertionError):
            assert_agree(nudged(ours), theirs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("mode", ["max", "average"])
def test_pool_forward_and_backward_agree_with_keras(mode, stride, dtype):
    """A and dA_prev where no two pixels of a window are tied"""
    rng = np.random.default_rng(6)
    A_prev = rng.standard_normal((2, 7, 6, 3)).astype(dtype)
    A, cache = pool_forward(A_prev, {"f": 3, "stride": stride}, mode)
    dA = rng.standard_normal(A.shape).astype(dtype)
    expected = keras_pool(mode, A_prev, dA, 3, strides=stride, padding="valid")
    for ours, theirs in zip((A, pool_backward(dA, cache, mode)), expected, strict=True):
        assert_agree(ours, theirs)
        with pytest.raises(AssertionError):
            assert_agree(nudged(ours), theirs)


def test_create_mask_from_window_marks_every_maximum():
    """booleans, True at each of the tied largest entries"""
    mask = create_mask_from_window(np.array([[1.0, 7.0, 2.0], [7.0, -3.0, 0.0]]))
    assert mask.dtype == np.bool_
    np.testing.assert_array_equal(mask, [[False, True, False], [True, False, False]])


def test_distribute_value_shares_equally():
    """dz / (n_H * n_W) everywhere; a float32 stays one"""
    np.testing.assert_array_equal(distribute_value(3, (2, 3)), np.full((2, 3), 0.5))
    assert distribute_value(np.float32(1), (2, 2)).dtype == np.float32


A_PREV, W, B, BOTH = course_case()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: zero_pad(A_PREV[0], 1), r"^zero_pad: X must have the 4 axes.*\(5, 7, 4\)\.$"),
        (lambda: zero_pad(A_PREV, -1), r"^zero_pad: padding must be.*\(-1, -1\)\)\.$"),
        (
            lambda: conv_single_step(A_PREV[0, :3, :3], W[:2, :, :, 0], B[..., 0]),
            r"^conv_single_step: W must have shape \(3, 3, 4\).*=\(2, 3, 4\)\.$",
        ),
        (
            lambda: conv_single_step(A_PREV[0, :3, :3], W[..., 0], B),
            r"^conv_single_step: b must hold one number\. Received b\.shape=\(1, 1, 1, 8\)\.$",
        ),
        (
            lambda: conv_forward(A_PREV, W, B[..., :4], BOTH),
            r"^conv_forward: b must have shape \(1, 1, 1, 8\).*=\(1, 1, 1, 4\)\.$",
        ),
        (lambda: conv_forward(A_PREV[..., :3], W, B, BOTH), "expects 4 input channels"),
        (lambda: conv_forward(A_PREV, W, B, {"stride": 0, "pad": 1}), "strides must be"),
        (lambda: conv_backward(A_PREV, (A_PREV, W, B, BOTH)), "grad_outputs must have shape"),
        (lambda: pool_forward(A_PREV, {"f": 6, "stride": 1}), "window must fit"),
        (lambda: pool_backward(A_PREV, (A_PREV, {"f": 2, "stride": 2})), r"must have shape \(2, 2"),
    ],
)
def test_step_by_step_refuses_what_does_not_fit(call, message):
    """a ShapeError with the rule and what was received"""
    with pytest.raises(ShapeError, match=message):
        call()


def test_pool_refuses_an_unknown_mode():
    """only "max" and "average", forward and backward"""
    hparameters = {"f": 2, "stride": 2}
    with pytest.raises(ValueError, match=r"^pool_forward: mode must be .* Received mode='mean'\.$"):
        pool_forward(A_PREV, hparameters, "mean")
    with pytest.raises(ValueError, match=r"^pool_backward: mode must be .* Received mode='mean'"):
        pool_backward(A_PREV, (A_PREV, hparameters), "mean")
