"""The notes on old code that was let pass: one sentence per kind, all of them ours."""

from dlcnn.grading.tolerated import notes_on
from dlcnn.grading.worker import compat


def test_notes_on_nothing_are_none():
    """Where nothing was tolerated, nothing is said"""
    assert notes_on(frozenset()) == ()


def test_notes_on_each_kind_say_that_no_marks_are_lost():
    """Every kind that a worker may name has a sentence with its advice"""
    for kind in compat.KINDS:
        (note,) = notes_on({kind})
        assert "accepted here, marks are not lost" in note
        assert "rite " in note
        assert note.endswith(".")


def test_notes_on_many_kinds_are_in_order_and_name_what_to_write():
    """The same kinds give the same notes; dropped names share one"""
    notes = notes_on({"np.float", "store", "float", "np.Inf", "np.math"})
    assert [note.split()[0] for note in notes] == ["float()", "Storing", "Names"]
    assert "write float(b.item())" in notes[0]
    assert notes[2].endswith(
        "np.Inf: write np.inf; np.float: write float; np.math: write math (after import math)."
    )
