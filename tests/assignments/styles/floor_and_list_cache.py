"""math.floor for the sizes, np.squeeze for the bias, a list as cache, slices written in place."""

import math

import numpy as np


def zero_pad(X, pad):
    return np.pad(X, [(0, 0), (pad, pad), (pad, pad), (0, 0)])


def conv_single_step(a_slice_prev, W, b):
    return np.sum(a_slice_prev * W) + np.squeeze(b)


def conv_forward(A_prev, W, b, hparameters):
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    f, f, n_C_prev, n_C = W.shape
    s = hparameters["stride"]
    p = hparameters["pad"]
    n_H = math.floor((n_H_prev + 2 * p - f) / s + 1)
    n_W = math.floor((n_W_prev + 2 * p - f) / s + 1)
    Z = np.zeros([m, n_H, n_W, n_C])
    A_prev_pad = zero_pad(A_prev, p)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    Z[i, h, w, c] = conv_single_step(
                        A_prev_pad[i, h * s : h * s + f, w * s : w * s + f], W[..., c], b[..., c]
                    )
    return [Z, [A_prev, W, b, hparameters]]


def pool_forward(A_prev, hparameters, mode="max"):
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f, s = hparameters["f"], hparameters["stride"]
    A = np.zeros([m, math.floor((n_H_prev - f) / s) + 1, math.floor((n_W_prev - f) / s) + 1, n_C])
    _, n_H, n_W, _ = A.shape
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    piece = A_prev[i, h * s : h * s + f, w * s : w * s + f, c]
                    A[i, h, w, c] = piece.max() if mode == "max" else piece.mean()
    return A, [A_prev, hparameters]


def conv_backward(dZ, cache):
    [A_prev, W, b, hparameters] = cache
    s, p, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    dA_pad = np.zeros_like(zero_pad(A_prev, p))
    dW, db = np.zeros_like(W), np.zeros_like(b)
    A_pad = zero_pad(A_prev, p)
    for (i, h, w, c), g in np.ndenumerate(dZ):
        rows, cols = slice(h * s, h * s + f), slice(w * s, w * s + f)
        dA_pad[i, rows, cols] += W[..., c] * g
        dW[..., c] += A_pad[i, rows, cols] * g
        db[..., c] += g
    return [dA_pad[:, p:-p, p:-p, :], dW, db]


def create_mask_from_window(x):
    return x >= x.max()


def distribute_value(dz, shape):
    return np.full(shape, dz / np.prod(shape))


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, s = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros_like(A_prev)
    for (i, h, w, c), g in np.ndenumerate(dA):
        rows, cols = slice(h * s, h * s + f), slice(w * s, w * s + f)
        if mode == "max":
            dA_prev[i, rows, cols, c] += g * create_mask_from_window(A_prev[i, rows, cols, c])
        else:
            dA_prev[i, rows, cols, c] += distribute_value(g, (f, f))
    return dA_prev
