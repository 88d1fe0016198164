"""Orders of pixels, worked by hand."""

import numpy as np
import pytest

from dlcnn.understanding.judging.ranks import places_of, rank_correlation


def test_places_of_counts_from_the_largest():
    """The largest value has place 0, the smallest the last."""
    maps = np.array([[[3.0, 1.0, 2.0], [-5.0, 9.0, 0.0]]])
    assert places_of(maps, 0).tolist() == [[1, 3, 2, 5, 0, 4]]


def test_places_of_orders_equal_values_by_chance():
    """A map without order gives each pixel any place, by the seed, the same for all images."""
    same = places_of(np.zeros((2, 8, 8)), 3)
    assert sorted(same[0]) == list(range(64))
    assert same[0].tolist() == same[1].tolist() != list(range(64))
    assert same[0].tolist() == places_of(np.ones((1, 8, 8)), 3)[0].tolist()
    assert same[0].tolist() != places_of(np.ones((1, 8, 8)), 4)[0].tolist()


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 2, 3, 4], [10, 20, 40, 800], 1.0),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        ([1, 2, 2, 3], [10, 30, 20, 20], 0.5),
        ([5, 5, 5, 5], [5, 5, 5, 5], 1.0),
        ([5, 5, 5, 5], [1, 2, 3, 4], 0.0),
    ],
)
def test_rank_correlation_is_that_of_ranks(first, second, expected):
    """Spearman's correlation; equal values share a rank, and no order agrees with none."""
    found = rank_correlation(np.reshape(first, (2, 2)), np.reshape(second, (2, 2)))
    assert found == pytest.approx(expected)
