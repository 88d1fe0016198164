"""The course's eight functions, with its exact names, arguments and caches.

Each says in the course's words what `convolution`, `pooling` and `padding` compute; no arithmetic
of its own beyond a single window. This is the one room of the library that uses course names:
A_prev and Z are batches (m, n_H, n_W, n_C), W and b a layer's filters and biases, `d` before a
name is the gradient of the loss with respect to it.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

from dlcnn.reference._arguments import Array, require_images, require_shape
from dlcnn.reference.convolution import conv2d, conv2d_gradients
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.padding import Pads, pad_images, resolve_padding
from dlcnn.reference.pooling import (
    average_pool2d,
    average_pool2d_gradients,
    max_pool2d,
    max_pool2d_gradients,
)

__all__ = [
    "conv_backward",
    "conv_forward",
    "conv_single_step",
    "create_mask_from_window",
    "distribute_value",
    "pool_backward",
    "pool_forward",
    "zero_pad",
]

Hyperparameters: TypeAlias = Mapping[str, int]
ConvCache: TypeAlias = tuple[Array, Array, Array, Hyperparameters]
PoolCache: TypeAlias = tuple[Array, Hyperparameters]
PoolMode: TypeAlias = Literal["max", "average"]


def zero_pad(X: Array, pad: int) -> Array:
    """Surround each image of a batch with `pad` pixels of zeros.

    Args:
        X: (m, n_H, n_W, n_C).
        pad: pixels on each of the four sides, >= 0.

    Returns:
        X_pad (m, n_H + 2 * pad, n_W + 2 * pad, n_C), a new array with the dtype of `X`.

    Raises:
        ShapeError: `X` is not a batch of images, or `pad` is negative.
    """
    require_images("zero_pad", "X", X)
    pads = resolve_padding("zero_pad", _on_all_sides(pad), X.shape[1:3], (1, 1), (1, 1))
    X_pad = pad_images(X, pads)
    return X.copy() if X_pad is X else X_pad


def conv_single_step(a_slice_prev: Array, W: Array, b: Array) -> Any:
    """Apply one filter to one window: the sum of their product, then plus the bias.

    Args:
        a_slice_prev: (f, f, n_C_prev).
        W: (f, f, n_C_prev).
        b: (1, 1, 1).

    Returns:
        A NumPy scalar with the dtype of the product.

    Raises:
        ShapeError: the window and the filter differ in shape, or `b` is not one number.
    """
    require_shape("conv_single_step", "W", W, a_slice_prev.shape)
    if b.size != 1:
        raise ShapeError(f"conv_single_step: b must hold one number. Received b.shape={b.shape}.")
    return np.sum(a_slice_prev * W) + b.item()


def conv_forward(
    A_prev: Array, W: Array, b: Array, hparameters: Hyperparameters
) -> tuple[Array, ConvCache]:
    """Convolve a batch with a layer's filters.

    Args:
        A_prev: (m, n_H_prev, n_W_prev, n_C_prev).
        W: (f, f, n_C_prev, n_C).
        b: (1, 1, 1, n_C).
        hparameters: {"stride": pixels moved per output, "pad": zeros on each side}.

    Returns:
        Z (m, n_H, n_W, n_C) with n_H = floor((n_H_prev - f + 2 * pad) / stride) + 1 and n_W
        likewise, the dtype of `A_prev`; and cache = (A_prev, W, b, hparameters).

    Raises:
        ShapeError: the shapes do not fit together, or the filter does not fit in the image.
    """
    require_shape("conv_forward", "b", b, (1, 1, 1, W.shape[-1]))
    Z = conv2d(
        A_prev,
        W,
        b.reshape(-1),
        strides=hparameters["stride"],
        padding=_on_all_sides(hparameters["pad"]),
    )
    return Z, (A_prev, W, b, hparameters)


def conv_backward(dZ: Array, cache: ConvCache) -> tuple[Array, Array, Array]:
    """Carry a gradient back through `conv_forward`.

    Args:
        dZ: (m, n_H, n_W, n_C), like Z.
        cache: what `conv_forward` returned beside Z.

    Returns:
        dA_prev (m, n_H_prev, n_W_prev, n_C_prev), dW (f, f, n_C_prev, n_C) and
        db (1, 1, 1, n_C), with the dtype of `A_prev`.

    Raises:
        ShapeError: `dZ` does not have the shape of Z.
    """
    A_prev, W, _, hparameters = cache
    dA_prev, dW, db = conv2d_gradients(
        dZ,
        A_prev,
        W,
        strides=hparameters["stride"],
        padding=_on_all_sides(hparameters["pad"]),
    )
    return dA_prev, dW, db.reshape(1, 1, 1, -1)


def pool_forward(
    A_prev: Array, hparameters: Hyperparameters, mode: PoolMode = "max"
) -> tuple[Array, PoolCache]:
    """Pool a batch, without padding.

    Args:
        A_prev: (m, n_H_prev, n_W_prev, n_C_prev).
        hparameters: {"f": height and width of the window, "stride": pixels moved per output}.
        mode: "max" or "average".

    Returns:
        A (m, n_H, n_W, n_C_prev) with n_H = floor((n_H_prev - f) / stride) + 1 and n_W likewise,
        the dtype of `A_prev`; and cache = (A_prev, hparameters).

    Raises:
        ShapeError: `A_prev` is not a batch of images, or the window does not fit in it.
        ValueError: `mode` is neither of the two.
    """
    _require_mode("pool_forward", mode)
    pool = max_pool2d if mode == "max" else average_pool2d
    A = pool(A_prev, hparameters["f"], strides=hparameters["stride"])
    return A, (A_prev, hparameters)


def create_mask_from_window(x: Array) -> Array:
    """Mark the largest entries of a window.

    Args:
        x: (f, f).

    Returns:
        (f, f) of booleans, True wherever `x` equals its maximum: all of them when it is tied.
    """
    mask: Array = x == np.max(x)
    return mask


def distribute_value(dz: float, shape: tuple[int, int]) -> Array:
    """Share a number equally among the entries of a window.

    Args:
        dz: the number.
        shape: (n_H, n_W) of the window.

    Returns:
        (n_H, n_W), each entry dz / (n_H * n_W).
    """
    n_H, n_W = shape
    return np.full((n_H, n_W), dz / (n_H * n_W))


def pool_backward(dA: Array, cache: PoolCache, mode: PoolMode = "max") -> Array:
    """Carry a gradient back through `pool_forward`.

    Args:
        dA: (m, n_H, n_W, n_C), like A.
        cache: what `pool_forward` returned beside A.
        mode: "max" gives the gradient to every largest pixel of a window, tied ones included;
            "average" gives each pixel dA / (f * f).

    Returns:
        dA_prev (m, n_H_prev, n_W_prev, n_C), with the dtype of `A_prev`.

    Raises:
        ShapeError: `dA` does not have the shape of A.
        ValueError: `mode` is neither of the two.
    """
    _require_mode("pool_backward", mode)
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    if mode == "max":
        return max_pool2d_gradients(dA, A_prev, f, strides=stride, ties="all")
    return average_pool2d_gradients(dA, A_prev, f, strides=stride)


def _on_all_sides(pad: int) -> Pads:
    return (pad, pad), (pad, pad)


def _require_mode(where: str, mode: str) -> None:
    if mode not in ("max", "average"):
        raise ValueError(f"{where}: mode must be 'max' or 'average'. Received mode={mode!r}.")
