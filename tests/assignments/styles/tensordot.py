import numpy as np
from itertools import product


def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), "constant", constant_values=0)


def conv_single_step(a_slice_prev, W, b):
    return np.tensordot(a_slice_prev, W, axes=3) + np.squeeze(b)


def conv_forward(A_prev, W, b, hparameters):
    (m, H, L, _) = A_prev.shape
    (f, _, _, n_C) = W.shape
    st = hparameters["stride"]
    p = hparameters["pad"]
    out_h, out_w = (H - f + 2 * p) // st + 1, (L - f + 2 * p) // st + 1
    Z = np.zeros((m, out_h, out_w, n_C))
    Ap = zero_pad(A_prev, p)
    for h, w in product(range(out_h), range(out_w)):
        piece = Ap[:, st * h : st * h + f, st * w : st * w + f, :]
        Z[:, h, w, :] = np.tensordot(piece, W, axes=([1, 2, 3], [0, 1, 2])) + b[0, 0, 0]
    return Z, (A_prev, W, b, hparameters)


def pool_forward(A_prev, hparameters, mode="max"):
    (m, H, L, n_C) = A_prev.shape
    f = hparameters["f"]
    st = hparameters["stride"]
    out_h, out_w = (H - f) // st + 1, (L - f) // st + 1
    A = np.zeros((m, out_h, out_w, n_C))
    operation = {"max": np.max, "average": np.mean}[mode]
    for i, h, w, c in product(range(m), range(out_h), range(out_w), range(n_C)):
        A[i, h, w, c] = operation(A_prev[i, st * h : st * h + f, st * w : st * w + f, c])
    return A, (A_prev, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    f = W.shape[0]
    st = hparameters["stride"]
    p = hparameters["pad"]
    m, out_h, out_w, n_C = dZ.shape
    Ap = zero_pad(A_prev, p)
    dAp, dW = np.zeros(Ap.shape), np.zeros(W.shape)
    for h, w in product(range(out_h), range(out_w)):
        where = np.s_[:, st * h : st * h + f, st * w : st * w + f, :]
        dAp[where] += np.tensordot(dZ[:, h, w, :], W, axes=(1, 3))
        dW += np.tensordot(Ap[where], dZ[:, h, w, :], axes=(0, 0))
    db = np.array([dZ[..., c].sum() for c in range(n_C)]).reshape(1, 1, 1, -1)
    return dAp[:, p:-p, p:-p, :], dW, db


def create_mask_from_window(x):
    return (x - np.max(x)) == 0


def distribute_value(dz, shape):
    average = dz / np.prod(shape)
    a = np.zeros(shape)
    a += average
    return a


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f = hparameters["f"]
    st = hparameters["stride"]
    dA_prev = np.zeros(A_prev.shape)
    for i, h, w, c in product(*map(range, dA.shape)):
        where = np.s_[i, st * h : st * h + f, st * w : st * w + f, c]
        dA_prev[where] += (
            create_mask_from_window(A_prev[where]) * dA[i, h, w, c]
            if mode == "max"
            else distribute_value(dA[i, h, w, c], (f, f))
        )
    return dA_prev
