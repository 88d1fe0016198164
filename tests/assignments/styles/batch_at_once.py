# no loop over the examples: numpy does them all at once
import numpy as np


def zero_pad(X, pad):
    m, n_H, n_W, n_C = X.shape
    X_pad = np.zeros((m, n_H + 2 * pad, n_W + 2 * pad, n_C))
    X_pad[:, pad : n_H + pad, pad : n_W + pad, :] = X
    return X_pad


def conv_single_step(a_slice_prev, W, b):
    return (a_slice_prev * W).sum() + b[0][0][0]


def conv_forward(A_prev, W, b, hparameters):
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    f, _, _, n_C = W.shape
    stride, pad = hparameters["stride"], hparameters["pad"]
    n_H = 1 + (n_H_prev + 2 * pad - f) // stride
    n_W = 1 + (n_W_prev + 2 * pad - f) // stride
    Z = np.zeros((m, n_H, n_W, n_C))
    Xp = zero_pad(A_prev, pad)
    for h in range(n_H):
        for w in range(n_W):
            window = Xp[:, h * stride : h * stride + f, w * stride : w * stride + f, :]
            for c in range(n_C):
                Z[:, h, w, c] = np.sum(window * W[:, :, :, c], axis=(1, 2, 3)) + b[0, 0, 0, c]
    cache = (A_prev, W, b, hparameters)
    return Z, cache


def pool_forward(A_prev, hparameters, mode="max"):
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    n_H = 1 + (n_H_prev - f) // stride
    n_W = 1 + (n_W_prev - f) // stride
    A = np.zeros((m, n_H, n_W, n_C))
    for h in range(n_H):
        for w in range(n_W):
            window = A_prev[:, h * stride : h * stride + f, w * stride : w * stride + f, :]
            if mode == "max":
                A[:, h, w, :] = window.max(axis=1).max(axis=1)
            if mode == "average":
                A[:, h, w, :] = window.sum(axis=(1, 2)) / f**2
    return A, (A_prev, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    f = W.shape[0]
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, n_H, n_W, n_C = dZ.shape
    _, n_H_prev, n_W_prev, _ = A_prev.shape
    Xp = zero_pad(A_prev, pad)
    dXp = np.zeros(Xp.shape)
    dW = np.zeros(W.shape)
    for h in range(n_H):
        for w in range(n_W):
            rows = slice(h * stride, h * stride + f)
            cols = slice(w * stride, w * stride + f)
            for c in range(n_C):
                g = dZ[:, h, w, c].reshape(m, 1, 1, 1)
                dXp[:, rows, cols, :] += g * W[:, :, :, c]
                dW[:, :, :, c] += (g * Xp[:, rows, cols, :]).sum(axis=0)
    db = dZ.sum(axis=(0, 1, 2)).reshape(1, 1, 1, n_C)
    return dXp[:, pad : pad + n_H_prev, pad : pad + n_W_prev, :], dW, db


def create_mask_from_window(x):
    return np.where(x == x.max(), True, False)


def distribute_value(dz, shape):
    return dz / (shape[0] * shape[1]) * np.ones(shape)


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    m, n_H, n_W, n_C = dA.shape
    dA_prev = np.zeros(A_prev.shape)
    for h in range(n_H):
        for w in range(n_W):
            rows, cols = slice(h * stride, h * stride + f), slice(w * stride, w * stride + f)
            g = dA[:, h : h + 1, w : w + 1, :]
            if mode == "max":
                window = A_prev[:, rows, cols, :]
                dA_prev[:, rows, cols, :] += g * (window == window.max(axis=(1, 2), keepdims=True))
            else:
                dA_prev[:, rows, cols, :] += g / (f * f)
    return dA_prev
