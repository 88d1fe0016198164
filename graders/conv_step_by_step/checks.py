"""The checks of "Convolutional networks, step by step", in the order of its tasks.

Every size is a keyword parameter whose default is the case that students meet. Any other case of
the check's domain is as valid: a window fits in the image, and gradients keep a pad of at least 1,
since the usual `[pad:-pad]` works for no smaller one. The sizes that students meet are small
because student code loops in Python, and uneven so that no two can be confused: height and width,
channels and filters, stride and window all differ.
"""

import numpy as np

from dlcnn.grading import (
    Domain,
    check,
    expect_array,
    expect_equal,
    expect_gradient,
    expect_scalar,
    expect_unchanged,
)
from dlcnn.reference import step_by_step


def _window_fits(*, n_H_prev, n_W_prev, f, pad=0, **_):
    """Whether the filter finds a place in the padded image."""
    return f <= min(n_H_prev, n_W_prev) + 2 * pad


_IMAGE_SIZES = {"m": (1, 3), "n_H_prev": (1, 7), "n_W_prev": (1, 9), "n_C_prev": (1, 4)}
_WINDOW_SIZES = {"f": (1, 4), "stride": (1, 3)}

_FRAMES = Domain(m=(1, 3), n_H=(1, 4), n_W=(1, 5), n_C=(1, 4), pad=(0, 3))
_STEPS = Domain(f=(1, 5), n_C_prev=(1, 4))
_LAYERS = Domain(_window_fits, **_IMAGE_SIZES, **_WINDOW_SIZES, n_C=(1, 8), pad=(0, 3))
_LAYERS_WITH_FRAME = Domain(_window_fits, **_IMAGE_SIZES, **_WINDOW_SIZES, n_C=(1, 8), pad=(1, 3))
_POOLING = Domain(_window_fits, **_IMAGE_SIZES, **_WINDOW_SIZES)
_WINDOWS = Domain(n_H=(1, 5), n_W=(1, 5))


@check(task="zero_pad", points=5, domain=_FRAMES)
def zeros_on_all_four_sides(student, rng, *, m=2, n_H=3, n_W=5, n_C=4, pad=2):
    """zero_pad puts a frame of 2 zeros around each image, and none around channels or examples"""
    X = rng.standard_normal((m, n_H, n_W, n_C))

    X_pad = student.zero_pad(X, pad)

    expect_array("X_pad", X_pad, step_by_step.zero_pad(X, pad))
    expect_unchanged(X=X)


@check(task="zero_pad", points=3, domain=_FRAMES)
def no_frame(student, rng, *, m=2, n_H=4, n_W=2, n_C=3):
    """zero_pad with pad 0 gives the images as they are"""
    X = rng.standard_normal((m, n_H, n_W, n_C))

    X_pad = student.zero_pad(X, 0)

    expect_array("X_pad", X_pad, X)


@check(task="zero_pad", points=3, domain=_FRAMES)
def thin_frame(student, rng, *, m=3, n_H=4, n_W=2, n_C=1, pad=1):
    """zero_pad with pad 1 makes images of one channel 2 rows higher and 2 columns wider"""
    X = rng.standard_normal((m, n_H, n_W, n_C))

    X_pad = student.zero_pad(X, pad)

    expect_array("X_pad", X_pad, step_by_step.zero_pad(X, pad))


@check(task="zero_pad", points=4, domain=_FRAMES)
def another_frame(student, rng, *, m=3, n_H=1, n_W=2, n_C=2, pad=3):
    """zero_pad works for another batch and another pad"""
    X = rng.standard_normal((m, n_H, n_W, n_C))

    X_pad = student.zero_pad(X, pad)

    expect_array("X_pad", X_pad, step_by_step.zero_pad(X, pad))
    expect_unchanged(X=X)


@check(task="conv_single_step", points=6, domain=_STEPS)
def sum_of_products(student, rng, *, f=3, n_C_prev=4):
    """conv_single_step adds up the products of window and filter over all channels"""
    a_slice_prev, W, _ = _step_inputs(rng, f, n_C_prev)
    b = np.zeros((1, 1, 1))

    Z = student.conv_single_step(a_slice_prev, W, b)

    expect_scalar("Z", Z, step_by_step.conv_single_step(a_slice_prev, W, b))
    expect_unchanged(a_slice_prev=a_slice_prev, W=W)


@check(task="conv_single_step", points=5, domain=_STEPS)
def bias_added_once(student, rng, *, f=2, n_C_prev=3):
    """conv_single_step adds the bias to the sum, once"""
    a_slice_prev, W, b = _step_inputs(rng, f, n_C_prev)

    Z = student.conv_single_step(a_slice_prev, W, b)

    expect_scalar("Z", Z, step_by_step.conv_single_step(a_slice_prev, W, b))
    expect_unchanged(b=b)


@check(task="conv_single_step", points=4, domain=_STEPS)
def another_filter(student, rng, *, f=5, n_C_prev=2):
    """conv_single_step works for a filter of another size"""
    a_slice_prev, W, b = _step_inputs(rng, f, n_C_prev)

    Z = student.conv_single_step(a_slice_prev, W, b)

    expect_scalar("Z", Z, step_by_step.conv_single_step(a_slice_prev, W, b))


@check(task="conv_forward", points=12, domain=_LAYERS)
def strided_non_square(
    student, rng, *, m=2, n_H_prev=5, n_W_prev=7, n_C_prev=4, f=3, n_C=8, stride=2, pad=1
):
    """conv_forward applies stride 2 and pad 1 to a non-square image"""
    A_prev, W, b = _layer_inputs(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, n_C)
    hparameters = {"stride": stride, "pad": pad}

    Z, _ = student.conv_forward(A_prev, W, b, hparameters)

    expect_array("Z", Z, step_by_step.conv_forward(A_prev, W, b, hparameters)[0])
    expect_unchanged(A_prev=A_prev, W=W, b=b)


@check(task="conv_forward", points=7, domain=_LAYERS)
def overlapping_windows(
    student, rng, *, m=2, n_H_prev=4, n_W_prev=3, n_C_prev=4, f=2, n_C=3, stride=1, pad=0
):
    """conv_forward moves 1 pixel at a time over an image without padding"""
    A_prev, W, b = _layer_inputs(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, n_C)
    hparameters = {"stride": stride, "pad": pad}

    Z, _ = student.conv_forward(A_prev, W, b, hparameters)

    expect_array("Z", Z, step_by_step.conv_forward(A_prev, W, b, hparameters)[0])


@check(task="conv_forward", points=7, domain=_LAYERS)
def size_rounded_down(
    student, rng, *, m=2, n_H_prev=4, n_W_prev=3, n_C_prev=2, f=2, n_C=1, stride=3, pad=3
):
    """conv_forward rounds the size of Z down where stride 3 does not come out even"""
    A_prev, W, b = _layer_inputs(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, n_C)
    hparameters = {"stride": stride, "pad": pad}

    Z, _ = student.conv_forward(A_prev, W, b, hparameters)

    expect_array("Z", Z, step_by_step.conv_forward(A_prev, W, b, hparameters)[0])


@check(task="conv_forward", points=5, domain=_LAYERS)
def bias_per_filter(
    student, rng, *, m=2, n_H_prev=2, n_W_prev=3, n_C_prev=2, f=1, n_C=4, stride=1, pad=0
):
    """conv_forward gives the bias of each filter where the image is all zeros"""
    _, W, b = _layer_inputs(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, n_C)
    A_prev = np.zeros((m, n_H_prev, n_W_prev, n_C_prev))
    hparameters = {"stride": stride, "pad": pad}

    Z, _ = student.conv_forward(A_prev, W, b, hparameters)

    expect_array("Z", Z, step_by_step.conv_forward(A_prev, W, b, hparameters)[0])


@check(task="conv_forward", points=6, domain=_LAYERS)
def cache_for_conv_backward(
    student, rng, *, m=2, n_H_prev=2, n_W_prev=3, n_C_prev=3, f=2, n_C=2, stride=1, pad=1
):
    """conv_forward returns the cache (A_prev, W, b, hparameters), as it received them"""
    A_prev, W, b = _layer_inputs(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, n_C)
    hparameters = {"stride": stride, "pad": pad}

    _, cache = student.conv_forward(A_prev, W, b, hparameters)

    expect_equal("cache", cache, (A_prev, W, b, hparameters))


@check(task="conv_forward", points=8, hidden=True, domain=_LAYERS)
def another_layer(
    student, rng, *, m=3, n_H_prev=5, n_W_prev=2, n_C_prev=2, f=4, n_C=3, stride=2, pad=2
):
    """conv_forward works for another batch, filter size, stride and pad"""
    A_prev, W, b = _layer_inputs(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, n_C)
    hparameters = {"stride": stride, "pad": pad}

    Z, _ = student.conv_forward(A_prev, W, b, hparameters)

    expect_array("Z", Z, step_by_step.conv_forward(A_prev, W, b, hparameters)[0])


@check(task="pool_forward", points=6, domain=_POOLING)
def maximum_of_negative_values(
    student, rng, *, m=2, n_H_prev=5, n_W_prev=7, n_C_prev=3, f=3, stride=2
):
    """pool_forward takes the largest value of each window, also where all are negative"""
    A_prev = rng.uniform(-9, -1, (m, n_H_prev, n_W_prev, n_C_prev))
    hparameters = {"f": f, "stride": stride}

    A, _ = student.pool_forward(A_prev, hparameters, mode="max")

    expect_array("A", A, step_by_step.pool_forward(A_prev, hparameters, mode="max")[0])
    expect_unchanged(A_prev=A_prev)


@check(task="pool_forward", points=5, domain=_POOLING)
def mean_of_each_window(student, rng, *, m=2, n_H_prev=4, n_W_prev=5, n_C_prev=2, f=3, stride=1):
    """pool_forward takes the mean of each window in mode "average" """
    A_prev = rng.standard_normal((m, n_H_prev, n_W_prev, n_C_prev))
    hparameters = {"f": f, "stride": stride}

    A, _ = student.pool_forward(A_prev, hparameters, mode="average")

    expect_array("A", A, step_by_step.pool_forward(A_prev, hparameters, mode="average")[0])
    expect_unchanged(A_prev=A_prev)


@check(task="pool_forward", points=4, domain=_POOLING)
def whole_windows_only(student, rng, *, m=2, n_H_prev=7, n_W_prev=6, n_C_prev=3, f=2, stride=3):
    """pool_forward leaves out rows and columns at the end that fill no whole window"""
    A_prev = rng.standard_normal((m, n_H_prev, n_W_prev, n_C_prev))
    hparameters = {"f": f, "stride": stride}

    A, _ = student.pool_forward(A_prev, hparameters, mode="max")

    expect_array("A", A, step_by_step.pool_forward(A_prev, hparameters, mode="max")[0])


@check(task="pool_forward", points=3, domain=_POOLING)
def maximum_by_default(student, rng, *, m=2, n_H_prev=2, n_W_prev=4, n_C_prev=3, f=2, stride=2):
    """pool_forward takes the maximum when no mode is given"""
    A_prev = rng.standard_normal((m, n_H_prev, n_W_prev, n_C_prev))
    hparameters = {"f": f, "stride": stride}

    A, _ = student.pool_forward(A_prev, hparameters)

    expect_array("A", A, step_by_step.pool_forward(A_prev, hparameters)[0])


@check(task="pool_forward", points=3, domain=_POOLING)
def cache_for_pool_backward(
    student, rng, *, m=2, n_H_prev=3, n_W_prev=2, n_C_prev=3, f=2, stride=1
):
    """pool_forward returns the cache (A_prev, hparameters), as it received them"""
    A_prev = rng.standard_normal((m, n_H_prev, n_W_prev, n_C_prev))
    hparameters = {"f": f, "stride": stride}

    _, cache = student.pool_forward(A_prev, hparameters, mode="average")

    expect_equal("cache", cache, (A_prev, hparameters))


@check(task="pool_forward", points=4, hidden=True, domain=_POOLING)
def another_window(student, rng, *, m=3, n_H_prev=6, n_W_prev=9, n_C_prev=2, f=4, stride=3):
    """pool_forward works for another batch, window and stride"""
    A_prev = rng.standard_normal((m, n_H_prev, n_W_prev, n_C_prev))
    hparameters = {"f": f, "stride": stride}

    A, _ = student.pool_forward(A_prev, hparameters, mode="average")

    expect_array("A", A, step_by_step.pool_forward(A_prev, hparameters, mode="average")[0])


@check(task="conv_backward", points=5, domain=_LAYERS_WITH_FRAME)
def gradient_of_the_input(
    student, rng, *, m=2, n_H_prev=4, n_W_prev=5, n_C_prev=2, f=3, n_C=3, stride=2, pad=1
):
    """conv_backward gives dA_prev with stride 2 and pad 1: overlaps added, the frame cut off"""
    dZ, cache = _conv_gradient(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, n_C, stride, pad)

    dA_prev, _, _ = student.conv_backward(dZ, cache)

    expect_array("dA_prev", dA_prev, step_by_step.conv_backward(dZ, cache)[0])
    expect_unchanged(dZ=dZ, A_prev=cache[0])


@check(task="conv_backward", points=5, domain=_LAYERS_WITH_FRAME)
def gradient_of_the_filters(
    student, rng, *, m=2, n_H_prev=3, n_W_prev=4, n_C_prev=3, f=2, n_C=2, stride=1, pad=1
):
    """conv_backward gives dW: every window of every example adds to it"""
    dZ, cache = _conv_gradient(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, n_C, stride, pad)

    _, dW, _ = student.conv_backward(dZ, cache)

    expect_array("dW", dW, step_by_step.conv_backward(dZ, cache)[1])
    expect_unchanged(dZ=dZ, W=cache[1])


@check(task="conv_backward", points=3, domain=_LAYERS_WITH_FRAME)
def gradient_of_the_biases(
    student, rng, *, m=2, n_H_prev=4, n_W_prev=2, n_C_prev=2, f=2, n_C=3, stride=2, pad=1
):
    """conv_backward gives db, of the shape of b: the sum of dZ for each filter"""
    dZ, cache = _conv_gradient(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, n_C, stride, pad)

    _, _, db = student.conv_backward(dZ, cache)

    expect_array("db", db, step_by_step.conv_backward(dZ, cache)[2])
    expect_unchanged(dZ=dZ, b=cache[2])


@check(task="conv_backward", points=3, partial=True, domain=_LAYERS_WITH_FRAME)
def gradients_with_a_wide_frame(
    student, rng, *, m=3, n_H_prev=2, n_W_prev=4, n_C_prev=1, f=2, n_C=2, stride=3, pad=3
):
    """conv_backward gives all three gradients with stride 3 and pad 3"""
    dZ, cache = _conv_gradient(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, n_C, stride, pad)
    A_prev, W, b, hparameters = cache

    def loss(A_prev=A_prev, W=W, b=b):
        return np.sum(dZ * step_by_step.conv_forward(A_prev, W, b, hparameters)[0])

    dA_prev, dW, db = student.conv_backward(dZ, cache)

    expect_gradient("dA_prev", dA_prev, lambda changed: loss(A_prev=changed), A_prev)
    expect_gradient("dW", dW, lambda changed: loss(W=changed), W)
    expect_gradient("db", db, lambda changed: loss(b=changed), b)


@check(task="create_mask_from_window", points=2, domain=_WINDOWS)
def mask_of_a_window(student, rng, *, n_H=2, n_W=4):
    """create_mask_from_window gives booleans, True at the largest value of a 2 by 4 window"""
    x = rng.standard_normal((n_H, n_W))

    mask = student.create_mask_from_window(x)

    expect_array("mask", mask, step_by_step.create_mask_from_window(x))
    expect_unchanged(x=x)


@check(task="create_mask_from_window", points=2, domain=_WINDOWS)
def mask_of_negative_values(student, rng, *, n_H=3, n_W=3):
    """create_mask_from_window finds the largest of values that are all negative"""
    x = rng.uniform(-9, -1, (n_H, n_W))

    mask = student.create_mask_from_window(x)

    expect_array("mask", mask, step_by_step.create_mask_from_window(x))


@check(task="create_mask_from_window", points=2, domain=_WINDOWS)
def mask_of_a_maximum_at_the_end(student, rng, *, n_H=4, n_W=3):
    """create_mask_from_window finds the maximum in the last row and column"""
    x = rng.uniform(-9, 9, (n_H, n_W))
    x[-1, -1] = 10

    mask = student.create_mask_from_window(x)

    expect_array("mask", mask, step_by_step.create_mask_from_window(x))


@check(task="distribute_value", points=2, domain=_WINDOWS)
def equal_shares(student, rng, *, n_H=2, n_W=3):
    """distribute_value gives each pixel of a 2 by 3 window one sixth of the number"""
    dz = float(rng.uniform(1, 9))

    a = student.distribute_value(dz, (n_H, n_W))

    expect_array("a", a, step_by_step.distribute_value(dz, (n_H, n_W)))


@check(task="distribute_value", points=2, domain=_WINDOWS)
def shares_of_a_negative_number(student, rng, *, n_H=5, n_W=2):
    """distribute_value shares a negative number among 5 rows of 2 pixels"""
    dz = float(rng.uniform(-9, -1))

    a = student.distribute_value(dz, (n_H, n_W))

    expect_array("a", a, step_by_step.distribute_value(dz, (n_H, n_W)))


@check(task="distribute_value", points=2, domain=_WINDOWS)
def shares_in_one_row(student, rng, *, n_H=1, n_W=4):
    """distribute_value shares a number among 4 pixels in a row"""
    dz = float(rng.standard_normal())

    a = student.distribute_value(dz, (n_H, n_W))

    expect_array("a", a, step_by_step.distribute_value(dz, (n_H, n_W)))


@check(task="pool_backward", points=4, domain=_POOLING)
def gradient_to_the_maximum(
    student, rng, *, m=2, n_H_prev=5, n_W_prev=7, n_C_prev=2, f=3, stride=2
):
    """pool_backward gives each gradient to the maximum of its window, and adds up overlaps"""
    dA, cache = _pool_gradient(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, stride, "max")

    dA_prev = student.pool_backward(dA, cache, mode="max")

    expect_array("dA_prev", dA_prev, step_by_step.pool_backward(dA, cache, mode="max"))
    expect_unchanged(dA=dA, A_prev=cache[0])


@check(task="pool_backward", points=4, domain=_POOLING)
def gradient_in_equal_shares(
    student, rng, *, m=2, n_H_prev=4, n_W_prev=6, n_C_prev=2, f=3, stride=1
):
    """pool_backward shares each gradient among its window in mode "average" """
    dA, cache = _pool_gradient(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, stride, "average")

    dA_prev = student.pool_backward(dA, cache, mode="average")

    expect_array("dA_prev", dA_prev, step_by_step.pool_backward(dA, cache, mode="average"))
    expect_unchanged(dA=dA)


@check(task="pool_backward", points=2, domain=_POOLING)
def nothing_outside_of_windows(
    student, rng, *, m=2, n_H_prev=3, n_W_prev=7, n_C_prev=3, f=2, stride=3
):
    """pool_backward gives nothing to pixels that are in no window"""
    dA, cache = _pool_gradient(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, stride, "average")

    dA_prev = student.pool_backward(dA, cache, mode="average")

    expect_array("dA_prev", dA_prev, step_by_step.pool_backward(dA, cache, mode="average"))


@check(task="pool_backward", points=2, domain=_POOLING)
def gradient_to_the_maximum_by_default(
    student, rng, *, m=2, n_H_prev=4, n_W_prev=3, n_C_prev=2, f=3, stride=1
):
    """pool_backward works for the maximum when no mode is given"""
    dA, cache = _pool_gradient(rng, (m, n_H_prev, n_W_prev, n_C_prev), f, stride, "max")

    dA_prev = student.pool_backward(dA, cache)

    expect_array("dA_prev", dA_prev, step_by_step.pool_backward(dA, cache))


def _step_inputs(rng, f, n_C_prev):
    """A window, a filter and a bias that is far from 0."""
    shape = (f, f, n_C_prev)
    return rng.standard_normal(shape), rng.standard_normal(shape), rng.uniform(2, 3, (1, 1, 1))


def _layer_inputs(rng, image_shape, f, n_C):
    """A_prev, W and b of a convolutional layer."""
    A_prev = rng.standard_normal(image_shape)
    W = rng.standard_normal((f, f, image_shape[-1], n_C))
    b = rng.standard_normal((1, 1, 1, n_C))
    return A_prev, W, b


def _conv_gradient(rng, image_shape, f, n_C, stride, pad):
    """A gradient with respect to Z, and the cache that belongs to it."""
    A_prev, W, b = _layer_inputs(rng, image_shape, f, n_C)
    Z, cache = step_by_step.conv_forward(A_prev, W, b, {"stride": stride, "pad": pad})
    return rng.standard_normal(Z.shape), cache


def _pool_gradient(rng, image_shape, f, stride, mode):
    """A gradient with respect to A, and the cache that belongs to it."""
    A_prev = rng.standard_normal(image_shape)
    A, cache = step_by_step.pool_forward(A_prev, {"f": f, "stride": stride}, mode=mode)
    return rng.standard_normal(A.shape), cache
