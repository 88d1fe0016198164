"""A generator of windows and other helpers, which call each other."""

import numpy as np


def zero_pad(X, pad):
    return frame(X, pad, value=0.0)


def frame(X, width, value):
    # defined below its first use, as in many notebooks
    axes = [(0, 0)] + [(width, width)] * 2 + [(0, 0)]
    return np.pad(X, axes, constant_values=value)


def steps(length, f, stride, pad=0):
    """Start of each whole window along one axis."""
    return range(0, length + 2 * pad - f + 1, stride)


def windows(A, f, stride, pad=0):
    """Yield (i, h, w, rows, columns) for each window of each example."""
    m, n_H, n_W, _ = A.shape
    for i in range(m):
        for h, top in enumerate(steps(n_H, f, stride, pad)):
            for w, left in enumerate(steps(n_W, f, stride, pad)):
                yield i, h, w, slice(top, top + f), slice(left, left + f)


def conv_single_step(a_slice_prev, W, b):
    s = a_slice_prev * W
    Z = s.sum()
    return Z + bias_of(b)


def bias_of(b):
    return b.flatten()[0]


def conv_forward(A_prev, W, b, hparameters):
    stride, pad = get(hparameters, "stride", "pad")
    f, n_C = W.shape[0], W.shape[3]
    n_H = len(steps(A_prev.shape[1], f, stride, pad))
    n_W = len(steps(A_prev.shape[2], f, stride, pad))
    Z = np.zeros((len(A_prev), n_H, n_W, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    for i, h, w, rows, columns in windows(A_prev, f, stride, pad):
        for c in range(n_C):
            Z[i, h, w, c] = conv_single_step(A_prev_pad[i, rows, columns], W[..., c], b[..., c])
    return Z, (A_prev, W, b, hparameters)


def get(dictionary, *keys):
    return [dictionary[key] for key in keys]


def pool_forward(A_prev, hparameters, mode="max"):
    f, stride = get(hparameters, "f", "stride")
    n_H, n_W = (len(steps(length, f, stride)) for length in A_prev.shape[1:3])
    A = np.zeros((len(A_prev), n_H, n_W, A_prev.shape[3]))
    for i, h, w, rows, columns in windows(A_prev, f, stride):
        A[i, h, w] = pooled(A_prev[i, rows, columns], mode)
    return A, (A_prev, hparameters)


def pooled(window, mode):
    def largest(channel):
        return np.max(channel)

    def mean(channel):
        return np.average(channel)

    choose = largest if mode == "max" else mean
    return [choose(window[..., c]) for c in range(window.shape[-1])]


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    stride, pad = get(hparameters, "stride", "pad")
    A_prev_pad = zero_pad(A_prev, pad)
    dA_prev_pad, dW, db = (np.zeros(x.shape) for x in (A_prev_pad, W, b))
    for i, h, w, rows, columns in windows(A_prev, W.shape[0], stride, pad):
        for c, g in enumerate(dZ[i, h, w]):
            dA_prev_pad[i, rows, columns] += g * W[..., c]
            dW[..., c] += g * A_prev_pad[i, rows, columns]
            db[..., c] += g
    return unframe(dA_prev_pad, pad), dW, db


def unframe(X, width):
    return X[:, width:-width, width:-width] if width > 0 else X


def create_mask_from_window(x):
    return x == largest_of(x)


def largest_of(x):
    return max(max(row) for row in x)


def distribute_value(dz, shape):
    n_H, n_W = shape
    return np.array([[dz / (n_H * n_W)] * n_W] * n_H)


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = get(hparameters, "f", "stride")
    dA_prev = np.zeros(A_prev.shape)
    for i, h, w, rows, columns in windows(A_prev, f, stride):
        for c in range(A_prev.shape[3]):
            share = share_of(A_prev[i, rows, columns, c], dA[i, h, w, c], mode)
            dA_prev[i, rows, columns, c] += share
    return dA_prev


def share_of(window, gradient, mode):
    if mode == "max":
        return create_mask_from_window(window) * gradient
    return distribute_value(gradient, window.shape)
