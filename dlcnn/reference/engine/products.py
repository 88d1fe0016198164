"""Products of matrices in the pieces that BLAS is quickest with."""

from functools import cache

import numpy as np

from dlcnn.reference._arguments import Array
from dlcnn.reference.engine.sharing import blas_libraries

__all__ = ["multiply"]

# OpenBLAS takes products of up to a million multiplications as they lie, without copying both
# matrices into panels first, where it has been written for AVX-512: 8 % faster in float32 and a
# quarter in float64. Pieces begin at a multiple of the lines that it computes at once.
_SMALL_PRODUCT = 1_000_000
_LINES, _FEWEST_LINES = 8, 24
_AVX512 = {"SkylakeX", "Cooperlake", "SapphireRapids"}


def multiply(left: Array, right: Array, out: Array) -> None:
    """Write the product of two matrices, one of which is long, to `out`."""
    tall = len(left) >= right.shape[1]
    long, short = (len(left), right.shape[1]) if tall else (right.shape[1], len(left))
    lines = _SMALL_PRODUCT // (len(right) * short) // _LINES * _LINES
    if long <= lines or lines < _FEWEST_LINES or not _takes_small_products():
        np.matmul(left, right, out=out)
    elif tall:
        for start in range(0, long, lines):
            piece = slice(start, start + lines)
            np.matmul(left[piece], right, out=out[piece])
    else:
        for start in range(0, long, lines):
            piece = slice(start, start + lines)
            np.matmul(left, right[:, piece], out=out[:, piece])


@cache
def _takes_small_products() -> bool:
    architectures = [getattr(each, "architecture", None) for each in blas_libraries()]
    return bool(architectures) and architectures[0] in _AVX512
