"""Products of matrices in the pieces that BLAS is quickest with, all in one call."""

import numpy as np

from dlcnn.reference._arguments import Array
from dlcnn.reference.engine.blas import takes_small_products

__all__ = ["multiply", "multiply_wide"]

# OpenBLAS takes products of up to a million multiplications as they lie, without copying both
# matrices into panels first, where it has been written for AVX-512: 8 % faster in float32 and a
# quarter in float64. Pieces begin at a multiple of the lines that it computes at once.
_SMALL_PRODUCT = 1_000_000
_LINES, _FEWEST_LINES = 8, 24


def multiply(left: Array, right: Array, out: Array) -> None:
    """Write the product of tall matrices (..., lines, depth) and one (depth, width) to `out`."""
    *_, lines, depth = left.shape
    piece = _piece(lines, depth * right.shape[1])
    whole = lines // piece * piece
    np.matmul(_cut(left, whole, piece), right, out=_cut(out, whole, piece))
    if whole < lines:
        np.matmul(left[..., whole:, :], right, out=out[..., whole:, :])


def multiply_wide(left: Array, right: Array, out: Array) -> None:
    """Write the product of a matrix (height, depth) and a wide one (depth, lines) to `out`."""
    depth, lines = right.shape
    piece = _piece(lines, depth * len(left))
    whole = lines // piece * piece
    pieces, made = (_cut(each.T, whole, piece).transpose(0, 2, 1) for each in (right, out))
    np.matmul(left, pieces, out=made)
    if whole < lines:
        np.matmul(left, right[:, whole:], out=out[:, whole:])


def _piece(lines: int, per_line: int) -> int:
    """The lines of a piece when each takes `per_line` multiplications."""
    most = _SMALL_PRODUCT // per_line // _LINES * _LINES
    if lines <= most or most < _FEWEST_LINES or not takes_small_products():
        return lines
    pieces = -(-lines // most)
    return -(-lines // (pieces * _LINES)) * _LINES


def _cut(matrix: Array, whole: int, piece: int) -> Array:
    """A view of the first `whole` lines as pieces: (..., pieces, piece, depth)."""
    *others, _, depth = matrix.shape
    return matrix[..., :whole, :].reshape(*others, -1, piece, depth)
