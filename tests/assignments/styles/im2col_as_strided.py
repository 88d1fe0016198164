"""Matrix products on columns of windows, cut out with as_strided."""

import numpy as np
from numpy.lib import stride_tricks


def im2col(images, f, stride):
    m, H, W_, C = images.shape
    n_H, n_W = (H - f) // stride + 1, (W_ - f) // stride + 1
    images = np.ascontiguousarray(images)
    s = images.strides
    view = stride_tricks.as_strided(
        images,
        shape=(m, n_H, n_W, f, f, C),
        strides=(s[0], s[1] * stride, s[2] * stride, s[1], s[2], s[3]),
        writeable=False,
    )
    return view, (m, n_H, n_W)


def col2im(columns, shape, f, stride):
    images = np.zeros(shape)
    n_H, n_W = columns.shape[1:3]
    for h in range(n_H):
        for w in range(n_W):
            images[:, h * stride : h * stride + f, w * stride : w * stride + f] += columns[:, h, w]
    return images


def zero_pad(X, pad):
    if pad == 0:
        return X
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="constant")


def conv_single_step(a_slice_prev, W, b):
    return a_slice_prev.reshape(-1) @ W.reshape(-1) + b.reshape(-1)[0]


def conv_forward(A_prev, W, b, hparameters):
    f, _, n_C_prev, n_C = W.shape
    view, sizes = im2col(zero_pad(A_prev, hparameters["pad"]), f, hparameters["stride"])
    columns = view.reshape(-1, f * f * n_C_prev)
    Z = (columns @ W.reshape(-1, n_C) + b.reshape(1, -1)).reshape(*sizes, n_C)
    return Z, (A_prev, W, b, hparameters)


def pool_forward(A_prev, hparameters, mode="max"):
    view, _ = im2col(A_prev, hparameters["f"], hparameters["stride"])
    A = getattr(np, {"max": "max", "average": "mean"}[mode])(view, axis=(3, 4))
    return A, (A_prev, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    f, _, n_C_prev, n_C = W.shape
    stride, pad = hparameters["stride"], hparameters["pad"]
    padded = zero_pad(A_prev, pad)
    view, sizes = im2col(padded, f, stride)
    columns = view.reshape(-1, f * f * n_C_prev)
    flat = dZ.reshape(-1, n_C)
    dW = (columns.T @ flat).reshape(W.shape)
    d_columns = (flat @ W.reshape(-1, n_C).T).reshape(*sizes, f, f, n_C_prev)
    d_padded = col2im(d_columns, padded.shape, f, stride)
    height, width = A_prev.shape[1:3]
    return d_padded[:, pad : pad + height, pad : pad + width], dW, flat.sum(0).reshape(b.shape)


def create_mask_from_window(x):
    return np.isclose(x, x.max(), rtol=0, atol=0)


def distribute_value(dz, shape):
    return np.outer(np.ones(shape[0]), np.ones(shape[1])) * dz / np.size(np.zeros(shape))


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    view, _ = im2col(A_prev, f, stride)
    gradient = dA[:, :, :, None, None, :]
    if mode == "max":
        columns = (view == view.max(axis=(3, 4), keepdims=True)) * gradient
    else:
        columns = np.broadcast_to(gradient / (f * f), view.shape)
    return col2im(columns, A_prev.shape, f, stride)
