import numpy as np


def zero_pad(X, pad):
    # np.concatenate instead of np.pad
    m, n_H, n_W, n_C = X.shape
    side = np.zeros((m, n_H, pad, n_C))
    wide = np.concatenate((side, X, side), axis=2)
    top = np.zeros((m, pad, n_W + 2 * pad, n_C))
    return np.concatenate((top, wide, top), axis=1)


def conv_single_step(a_slice_prev, W, b):
    return np.vdot(a_slice_prev, W) + b.sum()


def conv_forward(A_prev, W, b, hparameters):
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    (m, n_H_prev, n_W_prev, n_C_prev) = np.shape(A_prev)
    (f, f, n_C_prev, n_C) = np.shape(W)
    n_H = int(np.floor((n_H_prev - f + 2 * pad) / stride)) + 1
    n_W = int(np.floor((n_W_prev - f + 2 * pad) / stride)) + 1
    Z = np.zeros((m, n_H, n_W, n_C))
    padded = zero_pad(A_prev, pad)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                window = padded[i, h * stride : h * stride + f, w * stride : w * stride + f, :]
                # (f, f, n_C_prev, 1) * (f, f, n_C_prev, n_C)
                Z[i, h, w] = np.sum(window[..., np.newaxis] * W, axis=(0, 1, 2)) + b.ravel()
    cache = A_prev, W, b, hparameters
    return Z, cache


def pool_forward(A_prev, hparameters, mode="max"):
    f = hparameters["f"]
    stride = hparameters["stride"]
    (m, n_H_prev, n_W_prev, n_C) = A_prev.shape
    n_H = int(np.floor((n_H_prev - f) / stride)) + 1
    n_W = int(np.floor((n_W_prev - f) / stride)) + 1
    A = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                window = A_prev[i, h * stride : h * stride + f, w * stride : w * stride + f]
                flat = window.reshape(f * f, n_C)
                A[i, h, w] = flat.max(0) if mode == "max" else flat.mean(0)
    cache = A_prev, hparameters
    return A, cache


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    stride, pad, f = hparameters["stride"], hparameters["pad"], len(W)
    padded = zero_pad(A_prev, pad)
    d_padded = 0 * padded
    dW = 0 * W
    m, n_H, n_W, n_C = dZ.shape
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                top, left = h * stride, w * stride
                g = dZ[i, h, w]
                d_padded[i, top : top + f, left : left + f] += W @ g
                dW += padded[i, top : top + f, left : left + f, :, None] * g
    dA_prev = d_padded[:, pad:-pad, pad:-pad]
    db = np.sum(dZ, axis=(0, 1, 2), keepdims=True)
    return dA_prev, dW, db


def create_mask_from_window(x):
    mask = np.zeros(x.shape, dtype=bool)
    mask[np.unravel_index(np.argmax(x), x.shape)] = True
    return mask


def distribute_value(dz, shape):
    return np.repeat(dz / (shape[0] * shape[1]), shape[0] * shape[1]).reshape(shape)


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    m, n_H, n_W, n_C = dA.shape
    dA_prev = 0 * A_prev
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                top, left = h * stride, w * stride
                target = dA_prev[i, top : top + f, left : left + f]
                if mode == "average":
                    target += dA[i, h, w] / f / f
                    continue
                window = A_prev[i, top : top + f, left : left + f]
                for c in range(n_C):
                    target[..., c] += create_mask_from_window(window[..., c]) * dA[i, h, w, c]
    return dA_prev
