# Arrays of one number in nested functions, lambdas, comprehensions, chains and tuples of targets.
import numpy as np

bias_of = lambda b: float(b)
single = lambda a_slice_prev, W, b: np.sum(a_slice_prev * W) + bias_of(b)
to_float = float


def zero_pad(X, pad):
    return np.pad(X, [(0, 0), (int(pad), int(pad)), (int(pad), int(pad)), (0, 0)], "constant")


def conv_single_step(a_slice_prev, W, b):
    return single(a_slice_prev, W, b)


def conv_forward(A_prev, W, b, hparameters):
    def length(n):
        return int(np.array([(n - f + 2 * pad) // stride + 1]))

    m, f, n_C = len(A_prev), W.shape[0], W.shape[3]
    stride, pad = hparameters["stride"], hparameters["pad"]
    n_H, n_W = [length(n) for n in A_prev.shape[1:3]]
    biases = [float(b[..., c]) for c in range(n_C)]
    padded = zero_pad(A_prev, pad)
    Z = np.zeros((m, n_H, n_W, n_C), dtype=float)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                window = padded[i, h * stride : h * stride + f, w * stride : w * stride + f]
                for c in range(n_C):
                    Z[i, h, w, c] = np.sum(window * W[..., c], keepdims=True)
                    Z[i, h, w, c] += np.array([[biases[c]]])
    assert isinstance(biases[0], float) and to_float is float
    return Z, [A_prev, W, b, hparameters]


def pool_forward(A_prev, hparameters, mode="max"):
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    n_H, n_W = (n_H_prev - f) // stride + 1, (n_W_prev - f) // stride + 1
    highest = np.zeros((m, n_H, n_W, n_C))
    average = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    rows, columns = slice(h * stride, h * stride + f), slice(w * stride, w * stride + f)
                    x = A_prev[i, rows, columns, c]
                    place = i, h, w, c
                    highest[place], average[place] = x.max(keepdims=True), x.mean(keepdims=True)
    return {"max": highest, "average": average}[mode], (A_prev, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    f, _, n_C_prev, n_C = W.shape
    stride, pad = hparameters["stride"], hparameters["pad"]
    padded = zero_pad(A_prev, pad)
    dA, dW, db = np.zeros_like(padded), np.zeros_like(W), np.zeros_like(b)
    for i in range(dZ.shape[0]):
        for h in range(dZ.shape[1]):
            for w in range(dZ.shape[2]):
                for c in range(n_C):
                    dz = dZ[i, h, w, c].reshape(1)
                    db[0, 0, 0, c] += dz
                    for y in range(f):
                        for x in range(f):
                            for k in range(n_C_prev):
                                row, column = h * stride + y, w * stride + x
                                dA[i, row, column, k] += W[y, x, k, c] * dz
                                dW[y, x, k, c] = dW[y, x, k, c] + padded[i, row, column, k] * dz
    return dA[:, pad:-pad, pad:-pad], dW, db


def create_mask_from_window(x):
    return np.array([[value == float(x.max(keepdims=True)) for value in row] for row in x])


def distribute_value(dz, shape):
    a = np.zeros(shape)
    for y in range(shape[0]):
        for x in range(shape[1]):
            a[y][x] = np.array([dz]) / (shape[0] * shape[1])
    return a


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros_like(A_prev)
    share = {
        "max": lambda window, da: create_mask_from_window(window) * float(da),
        "average": lambda window, da: distribute_value(float(da), window.shape),
    }[mode]
    for i in range(dA.shape[0]):
        for h in range(dA.shape[1]):
            for w in range(dA.shape[2]):
                for c in range(dA.shape[3]):
                    place = (i, slice(h * stride, h * stride + f), slice(w * stride, w * stride + f), c)
                    dA_prev[place] += share(A_prev[place], dA[i : i + 1, h, w, c])
    return dA_prev
