# int() and float() around every number, dtypes spelled out
import numpy as np


def zero_pad(X, pad):
    pad = int(pad)
    m, n_H, n_W, n_C = (int(n) for n in X.shape)
    X_pad = np.zeros((m, int(n_H + 2 * pad), int(n_W + 2 * pad), n_C), dtype=X.dtype)
    X_pad[:, pad : pad + n_H, pad : pad + n_W] = np.asarray(X)
    return X_pad


def conv_single_step(a_slice_prev, W, b):
    Z = float(np.sum(np.multiply(a_slice_prev, W), dtype=float))
    return float(Z + float(np.squeeze(b)))


def conv_forward(A_prev, W, b, hparameters):
    A_prev_copy = np.copy(A_prev)
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev_copy.shape
    (f, f, n_C_prev, n_C) = W.shape
    stride = int(hparameters["stride"])
    pad = int(hparameters["pad"])
    n_H = int(int(n_H_prev - f + 2 * pad) / int(stride)) + int(1)
    n_W = int(int(n_W_prev - f + 2 * pad) / int(stride)) + int(1)
    Z = np.zeros((int(m), int(n_H), int(n_W), int(n_C))).astype(np.float64)
    A_prev_pad = zero_pad(A_prev_copy, pad)
    for i in range(int(m)):
        for h in range(int(n_H)):
            for w in range(int(n_W)):
                for c in range(int(n_C)):
                    vert_start, horiz_start = int(h * stride), int(w * stride)
                    a_slice_prev = A_prev_pad[
                        i, vert_start : int(vert_start + f), horiz_start : int(horiz_start + f), :
                    ]
                    Z[i, h, w, c] = float(
                        np.sum(a_slice_prev * W[:, :, :, c]) + float(b[0, 0, 0, c])
                    )
    cache = tuple([A_prev, W, b, dict(hparameters)])
    return Z, cache


def pool_forward(A_prev, hparameters, mode="max"):
    f = int(hparameters["f"])
    stride = int(hparameters["stride"])
    (m, n_H_prev, n_W_prev, n_C) = A_prev.shape
    n_H = np.int64(1 + (n_H_prev - f) // stride)
    n_W = np.int64(1 + (n_W_prev - f) // stride)
    A = np.zeros((m, n_H, n_W, n_C), dtype="float64")
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    window = A_prev[
                        i,
                        int(h * stride) : int(h * stride + f),
                        int(w * stride) : int(w * stride + f),
                        c,
                    ]
                    if str(mode) == "max":
                        A[i, h, w, c] = float(np.nanmax(window))
                    elif str(mode) == "average":
                        A[i, h, w, c] = float(np.sum(window)) / float(f * f)
    return A, (A_prev.copy(), hparameters.copy())


def conv_backward(dZ, cache):
    (A_prev, W, b, hparameters) = tuple(cache)
    stride, pad = int(hparameters["stride"]), int(hparameters["pad"])
    f = int(W.shape[0])
    A_prev_pad = zero_pad(A_prev, pad).astype(float)
    dA_prev_pad = np.zeros(A_prev_pad.shape, dtype=float)
    dW = np.zeros(W.shape, dtype=float)
    db = np.zeros(b.shape, dtype=float)
    for i in range(int(dZ.shape[0])):
        for h in range(int(dZ.shape[1])):
            for w in range(int(dZ.shape[2])):
                for c in range(int(dZ.shape[3])):
                    y, x, g = int(h * stride), int(w * stride), float(dZ[i, h, w, c])
                    dA_prev_pad[i, y : y + f, x : x + f, :] += W[:, :, :, c] * g
                    dW[:, :, :, c] += A_prev_pad[i, y : y + f, x : x + f, :] * g
                    db[0, 0, 0, c] = float(db[0, 0, 0, c]) + g
    n_H_prev, n_W_prev = int(A_prev.shape[1]), int(A_prev.shape[2])
    return dA_prev_pad[:, pad : pad + n_H_prev, pad : pad + n_W_prev, :], dW, db


def create_mask_from_window(x):
    return np.array(x == float(np.max(x)), dtype=bool)


def distribute_value(dz, shape):
    n_H, n_W = int(shape[0]), int(shape[1])
    return np.ones((n_H, n_W), dtype=float) * float(dz) / float(n_H * n_W)


def pool_backward(dA, cache, mode="max"):
    (A_prev, hparameters) = cache
    f, stride = int(hparameters["f"]), int(hparameters["stride"])
    dA_prev = np.zeros(A_prev.shape, dtype=float)
    for i in range(int(dA.shape[0])):
        for h in range(int(dA.shape[1])):
            for w in range(int(dA.shape[2])):
                for c in range(int(dA.shape[3])):
                    y, x, g = int(h * stride), int(w * stride), float(dA[i, h, w, c])
                    if mode == "max":
                        mask = create_mask_from_window(A_prev[i, y : y + f, x : x + f, c])
                        dA_prev[i, y : y + f, x : x + f, c] += mask.astype(int) * g
                    elif mode == "average":
                        dA_prev[i, y : y + f, x : x + f, c] += distribute_value(g, (f, f))
    return dA_prev
