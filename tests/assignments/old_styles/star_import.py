# Nothing but names from a star import, as in an interactive session of old.
from numpy import *


def zero_pad(X, pad):
    m, n_H, n_W, n_C = X.shape
    X_pad = zeros((m, n_H + 2*pad, n_W + 2*pad, n_C), dtype=float)
    X_pad[:, pad:pad+n_H, pad:pad+n_W] = asfarray(X)
    return X_pad


def conv_single_step(a_slice_prev, W, b):
    return float(sum(a_slice_prev * W) + b)


def conv_forward(A_prev, W, b, hparameters):
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    f, f, n_C_prev, n_C = W.shape
    stride, pad = hparameters["stride"], hparameters["pad"]
    n_H = int(floor((n_H_prev - f + 2*pad) / stride)) + 1
    n_W = int(floor((n_W_prev - f + 2*pad) / stride)) + 1
    A_prev_pad = zero_pad(A_prev, pad)
    Z = empty((m, n_H, n_W, n_C), float_)
    for i, h, w, c in ndindex(m, n_H, n_W, n_C):
        window = A_prev_pad[i, h*stride:h*stride+f, w*stride:w*stride+f]
        Z[i, h, w, c] = conv_single_step(window, W[..., c], b[..., c])
    return Z, (A_prev, W, b, hparameters)


def pool_forward(A_prev, hparameters, mode="max"):
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    n_H, n_W = (n_H_prev - f)//stride + 1, (n_W_prev - f)//stride + 1
    A = full((m, n_H, n_W, n_C), -Inf)
    for i, h, w, c in ndindex(m, n_H, n_W, n_C):
        window = A_prev[i, h*stride:h*stride+f, w*stride:w*stride+f, c]
        A[i, h, w, c] = window.max() if mode == "max" else sum(window) / product(window.shape)
    return A, (A_prev, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    A_prev_pad = zero_pad(A_prev, pad)
    dA_prev_pad, dW, db = zeros_like(A_prev_pad), zeros(W.shape), zeros(b.shape)
    for i, h, w, c in ndindex(*dZ.shape):
        rows, columns = slice(h*stride, h*stride+f), slice(w*stride, w*stride+f)
        dA_prev_pad[i, rows, columns] += W[..., c] * dZ[i, h, w, c]
        dW[..., c] += A_prev_pad[i, rows, columns] * dZ[i, h, w, c]
        db[0, 0, 0, c] += dZ[i, h, w, c]
    return dA_prev_pad[:, pad:-pad, pad:-pad], dW, db


def create_mask_from_window(x):
    return x == x.max()


def distribute_value(dz, shape):
    return ones(shape) * dz / product(shape)


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = zeros(A_prev.shape)
    for i, h, w, c in ndindex(*dA.shape):
        place = i, slice(h*stride, h*stride+f), slice(w*stride, w*stride+f), c
        if mode == "max":
            dA_prev[place] += create_mask_from_window(A_prev[place]) * dA[i, h, w, c]
        else:
            dA_prev[place] += distribute_value(dA[i, h, w, c], (f, f))
    return dA_prev
