"""Other import styles, partials, other spellings of the same thing."""

import functools
import operator as op
from functools import partial
import numpy
import numpy as xp
from numpy import amax, newaxis, pad as framed, sum as total, zeros

_AXES = 4
_SPATIAL = (1, 2)
_EMPTY = ((0, 0),)


def zero_pad(X, pad):
    width = tuple((pad, pad) if axis in _SPATIAL else (0, 0) for axis in range(_AXES))
    return framed(X, width)


def conv_single_step(a_slice_prev, W, b):
    return xp.add(total(xp.multiply(a_slice_prev, W), axis=None), numpy.asarray(b).item(0))


def _length(n, f, stride, pad=0):
    quotient, _ = divmod(n + 2 * pad - f, stride)
    return quotient + 1


def conv_forward(A_prev, W, b, hparameters):
    stride = hparameters.get("stride")
    pad = hparameters.get("pad")
    m, *spatial, _ = A_prev.shape
    f, *_, n_C = W.shape
    n_H, n_W = map(partial(_length, f=f, stride=stride, pad=pad), spatial)
    Z = zeros((m, n_H, n_W, n_C))
    padded = zero_pad(A_prev, pad)
    for index in numpy.ndindex(Z.shape):
        i, h, w, c = index
        window = padded[i][h * stride :][:f][:, w * stride :][:, :f]
        Z[index] = conv_single_step(window, W[:, :, :, c], b[:, :, :, c])
    return Z, (A_prev, W, b, hparameters)


def pool_forward(A_prev, hparameters, mode="max"):
    f, stride = op.itemgetter("f", "stride")(hparameters)
    m, *spatial, n_C = A_prev.shape
    n_H, n_W = map(partial(_length, f=f, stride=stride), spatial)
    A = zeros((m, n_H, n_W, n_C))
    for index in numpy.ndindex(A.shape):
        i, h, w, c = index
        window = A_prev[i, h * stride : (h * stride) + f, w * stride : (w * stride) + f, c]
        match mode:
            case "max":
                A[index] = functools.reduce(max, window.ravel())
            case "average":
                A[index] = total(window) / window.size
    return A, (A_prev, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    stride, pad = op.itemgetter("stride", "pad")(hparameters)
    f = W.shape[0]
    padded = zero_pad(A_prev, pad)
    d_padded, dW, db = zeros(padded.shape), zeros(W.shape), zeros(b.shape)
    for index in numpy.ndindex(dZ.shape):
        i, h, w, c = index
        where = (i, slice(h * stride, h * stride + f), slice(w * stride, w * stride + f))
        numpy.add(d_padded[where], W[..., c] * dZ[index], out=d_padded[where])
        numpy.add(dW[..., c], padded[where] * dZ[index], out=dW[..., c])
        db[0, 0, 0, c] += dZ[index]
    keep = [slice(None)] * _AXES
    for axis in _SPATIAL:
        keep[axis] = slice(pad, pad + A_prev.shape[axis])
    return d_padded[tuple(keep)], dW, db


def create_mask_from_window(x):
    return op.eq(x, amax(x))


def _share(dz, shape):
    a = xp.empty(shape)
    a.fill(dz / functools.reduce(op.mul, shape, 1))
    return a


distribute_value = _share


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = op.itemgetter("f", "stride")(hparameters)
    dA_prev = numpy.zeros_like(A_prev)
    for index, gradient in numpy.ndenumerate(dA):
        i, h, w, c = index
        where = (i, slice(h * stride, h * stride + f), slice(w * stride, w * stride + f), c)
        part = (
            gradient * create_mask_from_window(A_prev[where])
            if mode == "max"
            else distribute_value(gradient, (f, f))
        )
        dA_prev[where] = op.iadd(dA_prev[where], part)
    return dA_prev
