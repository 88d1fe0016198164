# written by somebody who learned programming in C
import numpy as np

MINUS_INFINITY = -1e300
MAX_MODE, AVERAGE_MODE = "max", "average"


def zero_pad(X, pad):
    m = X.shape[0]
    H = X.shape[1]
    L = X.shape[2]
    C = X.shape[3]
    R = np.zeros((m, H + pad + pad, L + pad + pad, C))
    i = 0
    while i < m:
        h = 0
        while h < H:
            w = 0
            while w < L:
                c = 0
                while c < C:
                    R[i][h + pad][w + pad][c] = X[i][h][w][c]
                    c += 1
                w += 1
            h += 1
        i += 1
    return R


def conv_single_step(a_slice_prev, W, b):
    total = 0.0
    f1, f2, k = a_slice_prev.shape
    u = 0
    while u < f1:
        v = 0
        while v < f2:
            c = 0
            while c < k:
                total = total + a_slice_prev[u, v, c] * W[u, v, c]
                c = c + 1
            v = v + 1
        u = u + 1
    total = total + b[0, 0, 0]
    return total


def conv_forward(A_prev, W, b, hparameters):
    stride = int(hparameters["stride"])
    pad = int(hparameters["pad"])
    f = W.shape[0]
    padded = zero_pad(A_prev, pad)
    n_H = 0
    while n_H * stride + f <= padded.shape[1]:
        n_H += 1
    n_W = 0
    while n_W * stride + f <= padded.shape[2]:
        n_W += 1
    Z = np.zeros((A_prev.shape[0], n_H, n_W, W.shape[3]))
    i = 0
    while i < Z.shape[0]:
        h = 0
        while h < n_H:
            w = 0
            while w < n_W:
                c = 0
                while c < Z.shape[3]:
                    y = h * stride
                    x = w * stride
                    Z[i, h, w, c] = conv_single_step(
                        padded[i, y : y + f, x : x + f, :], W[:, :, :, c], b[:, :, :, c]
                    )
                    c += 1
                w += 1
            h += 1
        i += 1
    return (Z, (A_prev, W, b, hparameters))


def pool_forward(A_prev, hparameters, mode=MAX_MODE):
    f = hparameters["f"]
    stride = hparameters["stride"]
    (m, H, L, C) = A_prev.shape
    n_H = (H - f - (H - f) % stride) // stride + 1
    n_W = (L - f - (L - f) % stride) // stride + 1
    A = np.zeros((m, n_H, n_W, C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(C):
                    best = MINUS_INFINITY
                    total = 0
                    for y in range(h * stride, h * stride + f):
                        for x in range(w * stride, w * stride + f):
                            value = A_prev[i, y, x, c]
                            total += value
                            if value > best:
                                best = value
                    if mode == MAX_MODE:
                        A[i, h, w, c] = best
                    elif mode == AVERAGE_MODE:
                        A[i, h, w, c] = total / (f * f)
    return (A, (A_prev, hparameters))


def conv_backward(dZ, cache):
    A_prev = cache[0]
    W = cache[1]
    b = cache[2]
    hparameters = cache[3]
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    f = W.shape[0]
    (m, H, L, K) = A_prev.shape
    dA_prev = np.zeros((m, H, L, K))
    dW = np.zeros((f, f, K, W.shape[3]))
    db = np.zeros((1, 1, 1, W.shape[3]))
    for i in range(m):
        for h in range(dZ.shape[1]):
            for w in range(dZ.shape[2]):
                for c in range(dZ.shape[3]):
                    g = dZ[i, h, w, c]
                    db[0, 0, 0, c] += g
                    for u in range(f):
                        y = h * stride + u - pad
                        if y < 0 or y >= H:
                            continue
                        for v in range(f):
                            x = w * stride + v - pad
                            if x < 0 or x >= L:
                                continue
                            for k in range(K):
                                dA_prev[i, y, x, k] += g * W[u, v, k, c]
                                dW[u, v, k, c] += g * A_prev[i, y, x, k]
    return (dA_prev, dW, db)


def create_mask_from_window(x):
    (n_H, n_W) = x.shape
    mask = np.zeros((n_H, n_W), dtype=bool)
    best = MINUS_INFINITY
    row = 0
    col = 0
    for h in range(n_H):
        for w in range(n_W):
            if x[h, w] > best:
                best = x[h, w]
                row = h
                col = w
    mask[row, col] = True
    return mask


def distribute_value(dz, shape):
    a = np.zeros(shape)
    for h in range(shape[0]):
        for w in range(shape[1]):
            a[h, w] = dz / shape[0] / shape[1]
    return a


def pool_backward(dA, cache, mode=MAX_MODE):
    A_prev = cache[0]
    f = cache[1]["f"]
    stride = cache[1]["stride"]
    dA_prev = np.zeros(A_prev.shape)
    for i in range(dA.shape[0]):
        for h in range(dA.shape[1]):
            for w in range(dA.shape[2]):
                for c in range(dA.shape[3]):
                    y = h * stride
                    x = w * stride
                    if mode == MAX_MODE:
                        part = (
                            create_mask_from_window(A_prev[i, y : y + f, x : x + f, c])
                            * dA[i, h, w, c]
                        )
                    elif mode == AVERAGE_MODE:
                        part = distribute_value(dA[i, h, w, c], (f, f))
                    dA_prev[i, y : y + f, x : x + f, c] = dA_prev[i, y : y + f, x : x + f, c] + part
    return dA_prev


if __name__ == "__main__":
    raise SystemExit("this file has no main program")
