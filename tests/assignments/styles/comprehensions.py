import numpy as np


def zero_pad(X, pad):
    return np.array([[np.pad(x[:, :, c], pad) for c in range(x.shape[2])] for x in X]).transpose(
        0, 2, 3, 1
    )


def conv_single_step(a_slice_prev, W, b):
    return sum(x * w for x, w in zip(a_slice_prev.flat, W.flat)) + b.flat[0]


def conv_forward(A_prev, W, b, hparameters):
    s, p, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    padded = zero_pad(A_prev, p)
    rows = range(0, padded.shape[1] - f + 1, s)
    columns = range(0, padded.shape[2] - f + 1, s)
    Z = np.array(
        [
            [
                [
                    [
                        conv_single_step(a[y : y + f, x : x + f], W[..., c], b[..., c])
                        for c in range(W.shape[-1])
                    ]
                    for x in columns
                ]
                for y in rows
            ]
            for a in padded
        ]
    )
    return Z, (A_prev, W, b, hparameters)


def pool_forward(A_prev, hparameters, mode="max"):
    f, s = hparameters["f"], hparameters["stride"]
    pool = np.max if mode == "max" else np.mean
    rows = range(0, A_prev.shape[1] - f + 1, s)
    columns = range(0, A_prev.shape[2] - f + 1, s)
    A = np.stack(
        [
            np.stack([pool(A_prev[:, y : y + f, x : x + f], axis=(1, 2)) for x in columns], 1)
            for y in rows
        ],
        1,
    )
    return A, (A_prev, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    s, p, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    padded = zero_pad(A_prev, p)
    places = [
        (h, w, np.s_[h * s : h * s + f], np.s_[w * s : w * s + f])
        for h in range(dZ.shape[1])
        for w in range(dZ.shape[2])
    ]
    dW = sum(
        np.sum(padded[:, r, c][..., None] * dZ[:, h, w][:, None, None, None], axis=0)
        for h, w, r, c in places
    )
    dA = np.zeros(padded.shape)
    for h, w, r, c in places:
        dA[:, r, c] += (W * dZ[:, h, w][:, None, None, None]).sum(axis=-1)
    return dA[:, p:-p, p:-p], dW, dZ.sum(axis=2).sum(axis=1).sum(axis=0)[None, None, None]


create_mask_from_window = lambda x: x == x.max()
distribute_value = lambda dz, shape: np.ones(shape) * dz / (shape[0] * shape[1])


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, s = hparameters["f"], hparameters["stride"]
    parts = {
        "max": lambda window, g: create_mask_from_window(window) * g,
        "average": lambda window, g: distribute_value(g, (f, f)),
    }
    dA_prev = np.zeros(A_prev.shape)
    for i, h, w, c in np.ndindex(*dA.shape):
        place = (i, slice(h * s, h * s + f), slice(w * s, w * s + f), c)
        dA_prev[place] += parts[mode](A_prev[place], dA[i, h, w, c])
    return dA_prev
