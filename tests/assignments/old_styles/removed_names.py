# Every second name of NumPy here is one that it has dropped since.
import numpy as np
from numpy import float_, NaN


def zero_pad(X, pad):
    m, n_H, n_W, n_C = np.array(X.shape, dtype=np.int)
    X_pad = np.zeros((m, n_H + 2 * pad, n_W + 2 * pad, n_C), dtype=np.float)
    X_pad[:, pad:pad + n_H, pad:pad + n_W, :] = np.asfarray(X)
    return X_pad


def conv_single_step(a_slice_prev, W, b):
    Z = np.sum(np.multiply(a_slice_prev, W), dtype=np.float_)
    Z = np.asscalar(Z) + np.float(b)
    return Z


def conv_forward(A_prev, W, b, hparameters):
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    (f, f, n_C_prev, n_C) = W.shape
    stride, pad = np.int(hparameters["stride"]), np.int0(hparameters["pad"])
    n_H = np.int(np.math.floor((n_H_prev - f + 2 * pad) / stride)) + 1
    n_W = np.int(np.math.floor((n_W_prev - f + 2 * pad) / stride)) + 1
    Z = np.full((m, n_H, n_W, n_C), NaN, dtype=float_)
    A_prev_pad = zero_pad(A_prev, pad)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    v, t = h * stride, w * stride
                    window = A_prev_pad[i, v:v + f, t:t + f, :]
                    Z[i, h, w, c] = conv_single_step(window, W[:, :, :, c], b[:, :, :, c])
    assert not np.sometrue(np.isnan(Z))
    return Z, (A_prev, W, b, hparameters)


def pool_forward(A_prev, hparameters, mode="max"):
    (m, n_H_prev, n_W_prev, n_C) = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    n_H = 1 + (n_H_prev - f) // stride
    n_W = 1 + (n_W_prev - f) // stride
    A = np.ones((m, n_H, n_W, n_C), np.float) * np.NINF
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    best, total = -np.Inf, np.PZERO
                    for y in range(h * stride, h * stride + f):
                        for x in range(w * stride, w * stride + f):
                            best = max(best, A_prev[i, y, x, c])
                            total += A_prev[i, y, x, c]
                    A[i, h, w, c] = best if mode == "max" else total / np.product((f, f))
    assert np.alltrue(A > -np.infty)
    return A, (A_prev, hparameters)


def conv_backward(dZ, cache):
    (A_prev, W, b, hparameters) = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    (f, f, n_C_prev, n_C) = W.shape
    (m, n_H, n_W, n_C) = dZ.shape
    A_prev_pad = zero_pad(A_prev, pad)
    dA_prev_pad = np.zeros(A_prev_pad.shape, dtype=np.double)
    dW, db = np.zeros(W.shape, np.float), np.zeros(b.shape, np.float)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    v, t = h * stride, w * stride
                    dz = np.float(dZ[i, h, w, c])
                    dA_prev_pad[i, v:v + f, t:t + f, :] += W[:, :, :, c] * dz
                    dW[:, :, :, c] += A_prev_pad[i, v:v + f, t:t + f, :] * dz
                    db[:, :, :, c] += dz
    return dA_prev_pad[:, pad:-pad, pad:-pad, :], dW, db


def create_mask_from_window(x):
    return np.in1d(x, [np.msort(x.ravel())[-1]]).reshape(x.shape).astype(np.bool8)


def distribute_value(dz, shape):
    return np.ones(shape, dtype=np.float) * dz / np.cumproduct(shape)[-1]


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    stride, f = hparameters["stride"], hparameters["f"]
    m, n_H, n_W, n_C = dA.shape
    dA_prev = np.zeros(A_prev.shape, dtype=np.float)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    v, t = h * stride, w * stride
                    if mode == "max":
                        mask = create_mask_from_window(A_prev[i, v:v + f, t:t + f, c])
                        dA_prev[i, v:v + f, t:t + f, c] += mask * dA[i, h, w, c]
                    else:
                        dA_prev[i, v:v + f, t:t + f, c] += distribute_value(dA[i, h, w, c], (f, f))
    return dA_prev
