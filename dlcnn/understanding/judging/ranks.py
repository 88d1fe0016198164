"""The order of pixels in a map: places from the most to the least, and how far two orders agree."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["places_of", "rank_correlation"]


def places_of(maps: npt.NDArray[Any], seed: int) -> npt.NDArray[np.int32]:
    """(N, P) the place of each pixel in its map, 0 for the largest value.

    Equal values are ordered by chance, the same for all maps: pixels of a row would otherwise go
    before those of the next.

    Args:
        maps: (N, H, W).
        seed: of the chance.
    """
    flat = maps.reshape(len(maps), -1)
    chance = np.random.default_rng(seed).permutation(flat.shape[1])
    order = chance[np.argsort(-flat[:, chance], axis=1, kind="stable")]
    places = np.empty(flat.shape, np.int32)
    np.put_along_axis(places, order, np.arange(flat.shape[1], dtype=np.int32)[None], axis=1)
    return places


def rank_correlation(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> float:
    """Spearman's correlation of two maps, equal values sharing their mean rank.

    A map without order has nothing in common with any but an equal one: 1 for equal maps, else 0.
    """
    if np.array_equal(first, second):
        return 1.0
    ours, theirs = _ranks(first.ravel()), _ranks(second.ravel())
    spread = float(np.sqrt((ours @ ours) * (theirs @ theirs)))
    return float(ours @ theirs) / spread if spread else 0.0


def _ranks(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Ranks around their mean."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    return np.asarray(middle[which.ravel()] - (len(values) + 1) / 2)
