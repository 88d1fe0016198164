"""Stretches that cover all rows once, and batches that give what one call gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.understanding.batches import in_batches, stretches, track


@given(st.integers(1, 300), st.integers(1, 100))
def test_stretches_cover_all_rows_and_are_even(count, at_most):
    """As few as can be, none over the bound, none longer than the others by more than it must."""
    size, starts = stretches(count, at_most)
    assert size <= at_most
    assert len(starts) == -(-count // at_most) or size * len(starts) >= count
    assert starts[0] == 0
    assert starts[-1] < count <= starts[-1] + size
    assert len(starts) * size - count < size


@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, 5, 7, 8, 100])
def test_in_batches_gives_what_one_call_gives(batch_size):
    """Rows keep their order and none is lost or double, whatever the batches are."""
    rows = np.arange(7 * 2).reshape(7, 2)
    sizes = []

    def program(some, others, factor):
        sizes.append((len(some), len(others)))
        return some * factor, others

    doubled, others = in_batches(program, [rows, rows[:, 0]], batch_size, shared=(10,))
    np.testing.assert_array_equal(doubled, rows * 10)
    np.testing.assert_array_equal(others, rows[:, 0])
    assert len(set(sizes)) == 1  # one size only: another would be compiled anew
    assert sizes[0][0] <= batch_size


def test_in_batches_takes_a_single_array():
    """A program that gives one array gives a list of one."""
    (found,) = in_batches(lambda rows: -rows, [np.arange(5)], 2)
    np.testing.assert_array_equal(found, -np.arange(5))


@pytest.mark.parametrize("label", ["", "working"])
def test_track_goes_through_all_steps(label, capsys):
    """With or without a bar every step is taken; where no terminal is, nothing is written."""
    assert list(track(range(20), label)) == list(range(20))
    assert list(track([3, 1], label)) == [3, 1]
    assert capsys.readouterr().out == ""
