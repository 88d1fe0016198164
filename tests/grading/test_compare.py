"""Comparing answers: each comparison is shown passing and failing, with the facts it gives."""

import json

import numpy as np
import pytest

from dlcnn.grading.compare import compare_array, compare_plain, compare_scalar, describe
from dlcnn.grading.worker.wire import Opaque

TOLERANCES = {"rtol": 1e-6, "atol": 1e-8}


def _array(value, expected, **tolerances):
    return compare_array("Z", value, expected, **{**TOLERANCES, **tolerances})


def test_compare_array_accepts_values_within_the_tolerance():
    """An error just inside rtol and atol is no difference; just outside it is one."""
    expected = np.array([[1.0, -2000.0], [0.0, 3.0]])
    inside = expected * (1 + 0.9e-6) + 0.9e-8
    assert _array(inside, expected) is None
    assert _array(expected + 1e-5, expected)["kind"] == "values"


def test_compare_array_states_the_first_difference_and_the_largest_errors():
    """The facts name the first differing index in row order and measure the errors."""
    expected = np.arange(1.0, 7.0).reshape(2, 3)
    value = expected.copy()
    value[0, 2] += 0.5
    value[1, 1] -= 2.0
    assert _array(value, expected) == {
        "kind": "values",
        "name": "Z",
        "shape": [2, 3],
        "dtype": "float64",
        "differing": 2,
        "size": 6,
        "index": [0, 2],
        "yours": 3.5,
        "expected": 3.0,
        "not_finite": 0,
        "max_absolute": 2.0,
        "max_relative": 0.4,
        "rtol": 1e-6,
        "atol": 1e-8,
    }


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.zeros((3, 2)), "shape"),
        (np.zeros((2, 3, 1)), "shape"),
        (np.zeros(()), "shape"),
        (np.zeros((2, 3), np.float32), "dtype"),
        (np.zeros((2, 3), bool), "dtype"),
        (np.ones((2, 3)), "values"),
        ([[0.0] * 3] * 2, "type"),
        (None, "type"),
        (0.0, "type"),
        (Opaque("generator"), "type"),
    ],
)
def test_compare_array_names_the_first_thing_that_is_wrong(value, kind):
    """Type, shape, dtype, values: what differs first is told, and it can be written as JSON."""
    facts = _array(value, np.zeros((2, 3)))
    assert facts["kind"] == kind
    json.dumps(facts, allow_nan=False)


def test_compare_array_never_takes_nan_for_a_number():
    """NaN and infinity differ from every number, and the facts stay valid JSON."""
    value = np.array([np.nan, np.inf, 2.0])
    facts = _array(value, np.array([1.0, 1.0, 2.0]))
    assert (facts["yours"], facts["not_finite"], facts["differing"]) == ("nan", 2, 2)
    assert facts["max_absolute"] == 0.0
    json.dumps(facts, allow_nan=False)
    assert _array(np.array([np.nan]), np.array([np.nan])) is None


def test_compare_array_takes_infinity_for_itself_only():
    """Infinity is no tolerance: only the same infinity agrees with it."""
    expected = np.array([np.inf, -np.inf, 1.0])
    assert _array(expected.copy(), expected) is None
    assert _array(np.array([np.inf, 5.0, 1.0]), expected)["index"] == [1]
    assert _array(np.array([-np.inf, -np.inf, 1.0]), expected)["index"] == [0]


def test_compare_array_holds_integers_and_booleans_to_equality():
    """Tolerances are for floating point only."""
    assert _array(np.array([10_000_001]), np.array([10_000_000]), rtol=1.0)["differing"] == 1
    assert _array(np.array([True, False]), np.array([True, True]))["index"] == [1]
    assert _array(np.array([True, False]), np.array([True, False])) is None


@pytest.mark.parametrize("value", [2.5, np.float64(2.5), np.array([[[2.5]]]), np.array(2.5)])
def test_compare_scalar_takes_any_form_of_one_number(value):
    """A Python number, a NumPy scalar and an array of one number are that number."""
    assert compare_scalar("Z", value, 2.5, **TOLERANCES) is None
    facts = compare_scalar("Z", value, 2.6, **TOLERANCES)
    assert (facts["kind"], facts["shape"], facts["yours"]) == ("values", [], 2.5)


@pytest.mark.parametrize("value", ["2.5", None, np.array([2.5, 2.5]), [2.5], True, 2.5j])
def test_compare_scalar_refuses_what_is_no_number(value):
    """Text, None, several numbers, lists, truth values and complex numbers are told by type."""
    assert compare_scalar("Z", value, 2.5, **TOLERANCES)["kind"] == "type"


def test_compare_plain_follows_sequences_and_dicts_to_the_difference():
    """A list equals a tuple; the first part that differs is named by its path."""
    inputs = np.arange(6.0).reshape(2, 3)
    expected = (inputs, {"stride": 2, "pad": 1})
    assert compare_plain("cache", [inputs.copy(), {"pad": 1, "stride": 2}], expected) is None
    wrong = compare_plain("cache", (inputs, {"pad": 1, "stride": 3}), expected)
    assert wrong == {
        "kind": "equal",
        "name": "cache[1]['stride']",
        "yours": "3",
        "expected": "2",
    }
    assert compare_plain("cache", (inputs + 1, expected[1]), expected)["name"] == "cache[0]"
    assert compare_plain("cache", (inputs,), expected)["kind"] == "type"
    assert compare_plain("cache", (inputs, {"pad": 1}), expected)["kind"] == "equal"


@pytest.mark.parametrize(
    ("value", "expected", "equal"),
    [
        (2, 2, True),
        (np.int64(2), 2, True),
        (2.0, 2, True),
        (3, 2, False),
        (True, 1, False),
        (True, True, True),
        ("same", "same", True),
        ("SAME", "same", False),
        (None, None, True),
        (0, None, False),
        (Opaque("function"), "same", False),
        (np.array([2]), 2, False),
    ],
)
def test_compare_plain_of_single_values(value, expected, equal):
    """Numbers agree across their types, truth values and everything else only with their like."""
    assert (compare_plain("value", value, expected) is None) is equal


def test_describe_says_what_a_student_would_call_it():
    """Descriptions use the words of Python courses, not of its internals."""
    assert describe(None) == "None"
    assert describe("x") == "a string"
    assert describe([1]) == "a list of 1 item"
    assert describe((1, 2)) == "a tuple of 2 items"
    assert describe(np.zeros((2, 3))) == "a NumPy array of shape (2, 3) and dtype float64"
    assert describe(Opaque("generator")) == "an object of type generator"
    assert describe(np.bool_(True)) == "the truth value True"
    assert describe(float("nan")) == "the number nan"
