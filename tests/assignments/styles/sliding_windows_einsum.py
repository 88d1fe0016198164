"""No Python loop over pixels: sliding_window_view and einsum."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def _windows(images, f, stride):
    """(m, n_H, n_W, n_C, f, f), a view."""
    return sliding_window_view(images, (f, f), axis=(1, 2))[:, ::stride, ::stride]


def zero_pad(X, pad):
    return np.pad(X, ((0,), (pad,), (pad,), (0,)))


def conv_single_step(a_slice_prev, W, b):
    return np.einsum("uvk,uvk->", a_slice_prev, W) + b[0, 0, 0]


def conv_forward(A_prev, W, b, hparameters):
    windows = _windows(zero_pad(A_prev, hparameters["pad"]), W.shape[0], hparameters["stride"])
    Z = np.einsum("ihwkuv,uvkc->ihwc", windows, W) + b
    return Z, (A_prev, W, b, hparameters)


def pool_forward(A_prev, hparameters, mode="max"):
    windows = _windows(A_prev, hparameters["f"], hparameters["stride"])
    A = windows.max(axis=(-1, -2)) if mode == "max" else windows.mean(axis=(-1, -2))
    return A, (A_prev, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    f, stride, pad = W.shape[0], hparameters["stride"], hparameters["pad"]
    _, n_H, n_W, _ = dZ.shape
    padded = zero_pad(A_prev, pad)
    dW = np.einsum("ihwkuv,ihwc->uvkc", _windows(padded, f, stride), dZ)
    d_padded = np.zeros_like(padded)
    for u in range(f):
        for v in range(f):
            rows = slice(u, u + stride * n_H, stride)
            cols = slice(v, v + stride * n_W, stride)
            target = d_padded[:, rows, cols]
            target += np.einsum("ihwc,kc->ihwk", dZ, W[u, v])[
                :, : target.shape[1], : target.shape[2]
            ]
    return d_padded[:, pad:-pad, pad:-pad], dW, dZ.sum((0, 1, 2), keepdims=True)


def create_mask_from_window(x):
    return ~(x < x.max())


def distribute_value(dz, shape):
    return np.broadcast_to(dz / (shape[0] * shape[1]), shape)


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    _, n_H, n_W, _ = dA.shape
    windows = _windows(A_prev, f, stride)
    if mode == "max":
        shares = (windows == windows.max(axis=(-1, -2), keepdims=True)) * dA[..., None, None]
    else:
        shares = np.ones((f, f)) * dA[..., None, None] / f**2
    dA_prev = np.zeros_like(A_prev)
    for h in range(n_H):
        for w in range(n_W):
            target = dA_prev[:, h * stride : h * stride + f, w * stride : w * stride + f]
            target += shares[:, h, w].transpose(0, 2, 3, 1)
    return dA_prev
