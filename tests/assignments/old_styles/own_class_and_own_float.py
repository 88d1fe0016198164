# A class with item access, and a function called float that is the student's own.
import numpy as np


def float(x):
    """My float: also takes the array apart."""
    return np.asarray(x, dtype=np.float).reshape(-1)[0]


class Image:
    def __init__(self, shape):
        self.values = np.zeros(shape)
        self.stored = 0

    def __getitem__(self, place):
        return self.values[place]

    def __setitem__(self, place, value):
        self.stored += 1
        self.values[place] = value


def zero_pad(X, pad):
    m, n_H, n_W, n_C = X.shape
    frame = Image((m, n_H + 2 * pad, n_W + 2 * pad, n_C))
    frame[:, pad:pad + n_H, pad:pad + n_W, :] = X
    return frame.values


def conv_single_step(a_slice_prev, W, b):
    return float(np.sum(a_slice_prev * W) + b)


def conv_forward(A_prev, W, b, hparameters):
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    (f, f, n_C_prev, n_C) = W.shape
    stride, pad = hparameters["stride"], hparameters["pad"]
    n_H = (n_H_prev - f + 2 * pad) // stride + 1
    n_W = (n_W_prev - f + 2 * pad) // stride + 1
    A_prev_pad = zero_pad(A_prev, pad)
    Z = Image((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    window = A_prev_pad[i, h * stride:h * stride + f, w * stride:w * stride + f]
                    Z[i, h, w, c] = np.sum(window * W[..., c]) + b[:, :, :, c]
    assert Z.stored == Z.values.size
    return Z.values, (A_prev, W, b, hparameters)


def pool_forward(A_prev, hparameters, mode="max"):
    (m, n_H_prev, n_W_prev, n_C) = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    A = Image((m, (n_H_prev - f) // stride + 1, (n_W_prev - f) // stride + 1, n_C))
    pool = np.max if mode == "max" else np.mean
    for i, h, w, c in np.ndindex(A.values.shape):
        window = A_prev[i, h * stride:h * stride + f, w * stride:w * stride + f, c]
        A[i, h, w, c] = pool(window, keepdims=True)
    return A.values, (A_prev, hparameters)


def conv_backward(dZ, cache):
    (A_prev, W, b, hparameters) = cache
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    A_prev_pad = zero_pad(A_prev, pad)
    dA, dW, db = Image(A_prev_pad.shape), Image(W.shape), Image(b.shape)
    for i, h, w, c in np.ndindex(dZ.shape):
        v, t = h * stride, w * stride
        dA[i, v:v + f, t:t + f] += W[..., c] * dZ[i, h, w, c]
        dW[..., c] += A_prev_pad[i, v:v + f, t:t + f] * dZ[i, h, w, c]
        db[0, 0, 0, c] += dZ[i:i + 1, h, w, c]
    return dA.values[:, pad:-pad, pad:-pad], dW.values, db.values


def create_mask_from_window(x):
    return x == float(x.max(keepdims=True))


def distribute_value(dz, shape):
    n_H, n_W = shape
    return np.full(shape, float(dz) / (n_H * n_W))


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = Image(A_prev.shape)
    for i, h, w, c in np.ndindex(dA.shape):
        v, t = h * stride, w * stride
        if mode == "max":
            part = create_mask_from_window(A_prev[i, v:v + f, t:t + f, c]) * dA[i, h, w, c]
        else:
            part = distribute_value(dA[i:i + 1, h, w, c], (f, f))
        dA_prev[i, v:v + f, t:t + f, c] += part
    return dA_prev.values
