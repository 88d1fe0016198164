"""The notes on old code that was let pass, or was not: a sentence each, all of them ours."""

import pytest

from dlcnn.grading.engine import grade_submission
from dlcnn.grading.tolerated import notes_on
from dlcnn.grading.worker import compat, keras_names
from tests.conftest import CORRECT


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


def test_notes_on_keras_are_one_for_each_sort():
    """Arguments, names, functions of TensorFlow and what course modules gave, each with advice"""
    notes = notes_on(
        {
            "argument border_mode",
            "argument nb_filter",
            "keras.layers.merge",
            "keras.backend.*",
            "tensorflow.python.keras",
            "tf.nn.relu",
            "given np",
            "given math",
            keras_names.CAPITALS,
            keras_names.NO_POOL_SIZE,
        }
    )
    assert [note.rpartition("not lost. ")[2] for note in notes] == [
        "math: write import math; np: write import numpy as np.",
        "keras.backend.*: write tf.keras.backend.*; keras.layers.merge: write keras.layers.",
        "tensorflow.python.keras: write tensorflow.keras.",
        "border_mode: write padding; nb_filter: write filters.",
        "tf.nn.relu: write keras.layers.ReLU()(X).",
        "AveragePooling2D(): write AveragePooling2D(pool_size=(2, 2)); "
        'padding in capitals: write padding="same" or padding="valid".',
    ]


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        ("Z = X.copy(); Z.itemset((0, 0), 1.0); return Z", "write a[i] = value"),
        ("return list(map(float, [X[:1, 0] * factor]))[0] * X", "write b.item()"),
        ("return X * X.ptp()", "write np.ptp(a)"),
        ("return X * np.array([[1.0], [1.0, 2.0]])", "give them one length"),
        ("return X * undefined", None),
    ],
)
def test_what_cannot_be_tolerated_is_explained(small_course, zygote, tmp_path, body, advice):
    """Code for an older NumPy that fails says in one sentence what to write today."""
    path = tmp_path / "ada.py"
    path.write_text(CORRECT.replace("return factor * X", body), encoding="utf-8")
    report = grade_submission(small_course.exam(), path, "ada", zygote, shown_path="ada.py")
    facts = report.tasks[0].checks[0].facts
    assert facts["kind"] == "exception"
    if advice is None:
        assert "notes" not in facts
    else:
        (note,) = facts["notes"]
        assert advice in note
