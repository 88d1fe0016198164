"""Type hints everywhere, a dataclass for the window, constants in capitals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Final, Literal, Tuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Cache = Tuple[Array, Array, Array, Dict[str, int]]
PADDING_MODE: Final[str] = "constant"
MODES: Final = {"max": np.max, "average": np.mean}


@dataclass(frozen=True)
class Window:
    top: int
    left: int
    size: int

    @property
    def rows(self) -> slice:
        return slice(self.top, self.top + self.size)

    @property
    def columns(self) -> slice:
        return slice(self.left, self.left + self.size)


def output_length(length: int, f: int, stride: int, pad: int = 0) -> int:
    return (length - f + 2 * pad) // stride + 1


def zero_pad(X: Array, pad: int) -> Array:
    widths: Tuple[Tuple[int, int], ...] = ((0, 0), (pad, pad), (pad, pad), (0, 0))
    return np.pad(X, widths, mode=PADDING_MODE)


def conv_single_step(a_slice_prev: Array, W: Array, b: Array) -> float:
    return float(np.sum(a_slice_prev * W)) + b.item()


def conv_forward(
    A_prev: Array, W: Array, b: Array, hparameters: Dict[str, int]
) -> Tuple[Array, Cache]:
    m, n_H_prev, n_W_prev, _ = A_prev.shape
    f, _, _, n_C = W.shape
    stride: int = hparameters["stride"]
    pad: int = hparameters["pad"]
    n_H: int = output_length(n_H_prev, f, stride, pad)
    n_W: int = output_length(n_W_prev, f, stride, pad)
    Z: Array = np.empty((m, n_H, n_W, n_C), dtype=np.float64)
    padded: Array = zero_pad(A_prev, pad)
    for h in range(n_H):
        for w in range(n_W):
            window = Window(h * stride, w * stride, f)
            for i in range(m):
                for c in range(n_C):
                    piece: Array = padded[i, window.rows, window.columns]
                    Z[i, h, w, c] = conv_single_step(piece, W[:, :, :, c], b[:, :, :, c])
    return Z, (A_prev, W, b, hparameters)


def pool_forward(
    A_prev: Array, hparameters: Dict[str, int], mode: Literal["max", "average"] = "max"
) -> Tuple[Array, Tuple[Array, Dict[str, int]]]:
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    n_H, n_W = output_length(n_H_prev, f, stride), output_length(n_W_prev, f, stride)
    reduce = MODES[mode]
    A: Array = np.zeros((m, n_H, n_W, n_C))
    for h in range(n_H):
        for w in range(n_W):
            window = Window(h * stride, w * stride, f)
            A[:, h, w, :] = reduce(A_prev[:, window.rows, window.columns, :], axis=(1, 2))
    return A, (A_prev, hparameters)


def conv_backward(dZ: Array, cache: Any) -> Tuple[Array, Array, Array]:
    A_prev, W, b, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, n_H, n_W, n_C = dZ.shape
    padded = zero_pad(A_prev, pad)
    d_padded: Array = np.zeros_like(padded)
    dW: Array = np.zeros_like(W)
    db: Array = np.zeros_like(b)
    for h in range(n_H):
        for w in range(n_W):
            window = Window(h * stride, w * stride, W.shape[0])
            for i in range(m):
                for c in range(n_C):
                    gradient: float = dZ[i, h, w, c]
                    d_padded[i, window.rows, window.columns] += W[..., c] * gradient
                    dW[..., c] += padded[i, window.rows, window.columns] * gradient
                    db[..., c] += gradient
    bottom, right = padded.shape[1] - pad, padded.shape[2] - pad
    return d_padded[:, pad:bottom, pad:right], dW, db


def create_mask_from_window(x: Array) -> npt.NDArray[np.bool_]:
    return np.equal(x, np.amax(x))


def distribute_value(dz: float, shape: Tuple[int, int]) -> Array:
    n_H, n_W = shape
    return np.full(shape, fill_value=dz / (n_H * n_W), dtype=np.float64)


def pool_backward(dA: Array, cache: Any, mode: Literal["max", "average"] = "max") -> Array:
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    m, n_H, n_W, n_C = dA.shape
    dA_prev: Array = np.zeros_like(A_prev)
    for i, h, w, c in np.ndindex(m, n_H, n_W, n_C):
        window = Window(h * stride, w * stride, f)
        place = (i, window.rows, window.columns, c)
        if mode == "max":
            dA_prev[place] += create_mask_from_window(A_prev[place]) * dA[i, h, w, c]
        elif mode == "average":
            dA_prev[place] += distribute_value(dA[i, h, w, c], (f, f))
    return dA_prev
