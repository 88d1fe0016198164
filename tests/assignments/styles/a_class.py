import numpy as np


class Geometry:
    """How windows lie in an image."""

    def __init__(self, f, stride, pad=0):
        self.f = f
        self.stride = stride
        self.pad = pad

    @classmethod
    def of_layer(cls, W, hparameters):
        return cls(W.shape[0], hparameters["stride"], hparameters["pad"])

    @staticmethod
    def widths(pad):
        return (0, 0), (pad, pad), (pad, pad), (0, 0)

    def length(self, n):
        return (n + 2 * self.pad - self.f) // self.stride + 1

    def shape(self, A, n_C):
        return A.shape[0], self.length(A.shape[1]), self.length(A.shape[2]), n_C

    def __call__(self, h, w):
        y, x = h * self.stride, w * self.stride
        return slice(y, y + self.f), slice(x, x + self.f)


class Pooling(Geometry):
    modes = {"max": "max", "average": "mean"}

    def apply(self, window, mode):
        return getattr(window, self.modes[mode])()


def zero_pad(X, pad):
    return np.pad(X, Geometry.widths(pad), mode="constant", constant_values=((0, 0),) * 4)


def conv_single_step(a_slice_prev, W, b):
    return np.sum(np.multiply(a_slice_prev, W)) + b


def conv_forward(A_prev, W, b, hparameters):
    geometry = Geometry.of_layer(W, hparameters)
    Z = np.zeros(geometry.shape(A_prev, W.shape[-1]))
    padded = zero_pad(A_prev, geometry.pad)
    for i, h, w, c in np.ndindex(*Z.shape):
        rows, columns = geometry(h, w)
        # conv_single_step gives an array of one number, of the shape of the bias
        Z[i, h, w, c] = conv_single_step(padded[i, rows, columns], W[..., c], b[..., c]).item()
    return Z, (A_prev, W, b, hparameters)


def pool_forward(A_prev, hparameters, mode="max"):
    geometry = Pooling(**hparameters)
    A = np.zeros(geometry.shape(A_prev, A_prev.shape[-1]))
    for i, h, w, c in np.ndindex(*A.shape):
        rows, columns = geometry(h, w)
        A[i, h, w, c] = geometry.apply(A_prev[i, rows, columns, c], mode)
    return A, (A_prev, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    geometry = Geometry.of_layer(W, hparameters)
    padded = zero_pad(A_prev, geometry.pad)
    gradients = {"A": np.zeros(padded.shape), "W": np.zeros(W.shape), "b": np.zeros(b.shape)}
    for i, h, w, c in np.ndindex(*dZ.shape):
        rows, columns = geometry(h, w)
        gradients["A"][i, rows, columns] += dZ[i, h, w, c] * W[..., c]
        gradients["W"][..., c] += dZ[i, h, w, c] * padded[i, rows, columns]
        gradients["b"][..., c] += dZ[i, h, w, c]
    dA_prev = gradients["A"][:, geometry.pad : -geometry.pad, geometry.pad : -geometry.pad]
    return dA_prev, gradients["W"], gradients["b"]


def create_mask_from_window(x):
    return np.logical_not(np.not_equal(x, np.max(x)))


def distribute_value(dz, shape):
    return np.ones(shape) / np.ones(shape).sum() * dz


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    geometry = Pooling(**hparameters)
    dA_prev = np.zeros(A_prev.shape)
    for i, h, w, c in np.ndindex(*dA.shape):
        rows, columns = geometry(h, w)
        window = A_prev[i, rows, columns, c]
        if mode == "max":
            share = create_mask_from_window(window) * dA[i, h, w, c]
        else:
            share = distribute_value(dA[i, h, w, c], window.shape)
        dA_prev[i, rows, columns, c] += share
    return dA_prev
