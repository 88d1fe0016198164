import sys
import warnings
import numpy as np
from numpy import *

DEBUG = True
VERBOSE = 2 if DEBUG else 0


def log(*args):
    if DEBUG:
        print("[debug]", *args)
        print("on stderr too", file=sys.stderr)


def zero_pad(X, pad):
    log("zero_pad", X.shape, pad)
    X_pad = np.pad(
        X, pad_width=((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="constant", constant_values=0
    )
    print("X_pad.shape =", X_pad.shape)
    return X_pad


def conv_single_step(a_slice_prev, W, b):
    assert a_slice_prev.shape == W.shape, "shapes differ"
    s = a_slice_prev * W
    Z = np.sum(s)
    if VERBOSE > 2:
        print(s)
    Z += b[0, 0, 0]
    warnings.warn("a warning is not a mistake")
    return Z


def conv_forward(A_prev, W, b, hparameters):
    try:
        stride, pad = hparameters["stride"], hparameters["pad"]
    except KeyError as error:
        print("missing", error)
        raise
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    (f, f, n_C_prev, n_C) = W.shape
    n_H = int(floor((n_H_prev - f + 2 * pad) / stride + 1))
    n_W = int(floor((n_W_prev - f + 2 * pad) / stride + 1))
    print(f"output: {n_H} x {n_W}, {n_C} channels")
    Z = np.zeros(shape=(m, n_H, n_W, n_C), dtype=np.float64)
    A_prev_pad = zero_pad(A_prev, pad)
    for i in range(0, m):
        a_prev_pad = A_prev_pad[i, :, :, :]
        for h in range(0, n_H):
            for w in range(0, n_W):
                for c in range(0, n_C):
                    vert_start = h * stride
                    vert_end = h * stride + f
                    horiz_start = w * stride
                    horiz_end = w * stride + f
                    a_slice_prev = a_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :]
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        Z[i, h, w, c] = conv_single_step(a_slice_prev, W[:, :, :, c], b[:, :, :, c])
    print("Z:", Z)
    cache = (A_prev, W, b, hparameters)
    return Z, cache


def pool_forward(A_prev, hparameters, mode="max"):
    print("mode", mode)
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    n_H = int(1 + (n_H_prev - f) / stride)
    n_W = int(1 + (n_W_prev - f) / stride)
    A = np.zeros((m, n_H, n_W, n_C_prev))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C_prev):
                    a_prev_slice = A_prev[
                        i, h * stride : h * stride + f, w * stride : w * stride + f, c
                    ]
                    print(a_prev_slice)
                    if mode == "max":
                        A[i, h, w, c] = a_prev_slice.max()
                    if mode == "average":
                        A[i, h, w, c] = average(a_prev_slice)
    cache = (A_prev, hparameters)
    return A, cache


def conv_backward(dZ, cache):
    (A_prev, W, b, hparameters) = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    (f, f, n_C_prev, n_C) = W.shape
    (m, n_H, n_W, n_C) = dZ.shape
    dA_prev = np.zeros(A_prev.shape)
    dW = np.zeros(W.shape)
    db = np.zeros((1, 1, 1, n_C))
    A_prev_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dA_prev_pad = np.pad(dA_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    for i in range(m):
        print("example", i + 1, "of", m, end="\r", flush=True)
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    v, t = h * stride, w * stride
                    dA_prev_pad[i, v : v + f, t : t + f, :] += W[:, :, :, c] * dZ[i, h, w, c]
                    dW[:, :, :, c] += A_prev_pad[i, v : v + f, t : t + f, :] * dZ[i, h, w, c]
                    db[:, :, :, c] += dZ[i, h, w, c]
        dA_prev[i] = dA_prev_pad[i, pad:-pad, pad:-pad]
    print()
    return dA_prev, dW, db


def create_mask_from_window(x):
    m = np.max(x)
    mask = x == m
    print(mask)
    return mask


def distribute_value(dz, shape):
    n_H, n_W = shape
    average_value = dz / (n_H * n_W)
    a = average_value * np.ones((n_H, n_W))
    print(a, a.sum(), "should be", dz)
    return a


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    stride, f = hparameters["stride"], hparameters["f"]
    m, n_H, n_W, n_C = dA.shape
    dA_prev = np.zeros(A_prev.shape)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    v, t = h * stride, w * stride
                    if mode == "max":
                        window = A_prev[i, v : v + f, t : t + f, c]
                        dA_prev[i, v : v + f, t : t + f, c] += (
                            create_mask_from_window(window) * dA[i, h, w, c]
                        )
                    elif mode == "average":
                        dA_prev[i, v : v + f, t : t + f, c] += distribute_value(
                            dA[i, h, w, c], (f, f)
                        )
    return dA_prev
