"""Numbers, words and flags: taken in every form they have, or refused in a sentence."""

import numpy as np
import pytest

from dlcnn.understanding.arguments import choice, flag, number, range_of, whole
from dlcnn.understanding.errors import UnderstandingError


@pytest.mark.parametrize(
    ("value", "options", "rule"),
    [
        (0, {"above": 0}, "a number above 0"),
        (2, {"least": 0, "most": 1}, "a number from 0 up to 1"),
        (True, {}, "a number"),
        ("x", {}, "a number"),
        (None, {}, "a number"),
        (float("inf"), {}, "a number"),
        (float("nan"), {"least": 0}, "a number from 0"),
    ],
)
def test_number_says_its_rule(value, options, rule):
    """What is outside, of another type or not finite is refused with the bounds."""
    with pytest.raises(UnderstandingError) as caught:
        number("look", "size", value, **options)
    assert str(caught.value) == f"look: size is {rule}. Received size={value!r}. Name another."


@pytest.mark.parametrize("value", [1, 1.0, np.float32(1), np.int8(1)])
def test_number_takes_every_type_of_number(value):
    """Bounds belong to what they bound."""
    assert number("look", "size", value, least=1, most=1) == 1


@pytest.mark.parametrize(
    ("value", "options", "rule"),
    [
        (1.5, {}, "a whole number"),
        (1.0, {}, "a whole number"),
        (True, {}, "a whole number"),
        ("1", {}, "a whole number"),
        (0, {"least": 1, "most": 9}, "a whole number from 1 up to 9"),
        (2**70, {"least": 1}, "a whole number from 1"),
    ],
)
def test_whole_says_its_rule(value, options, rule):
    """A float is none, even without a fraction, and nothing is as large as that."""
    with pytest.raises(UnderstandingError) as caught:
        whole("look", "size", value, **options)
    assert str(caught.value) == f"look: size is {rule}. Received size={value!r}. Name another."


@pytest.mark.parametrize("value", [2**53 + 1, np.int8(1), np.uint64(2**62 + 1)])
def test_whole_keeps_every_digit(value):
    """A number is not rounded as a float would be."""
    assert whole("look", "seed", value) == int(value)


def test_choice_lists_what_there_is():
    """A word that is not among them is refused with all."""
    assert choice("look", "kind", "b", ["a", "b"]) == "b"
    with pytest.raises(UnderstandingError, match=r"kind is one of 'a', 'b'\. Received kind='c'"):
        choice("look", "kind", "c", ["a", "b"])
    with pytest.raises(UnderstandingError, match=r"one of 'a', 'b'"):
        choice("look", "kind", np.array(["a", "b"]), ["a", "b"])


@pytest.mark.parametrize("value", [True, np.bool_(False)])
def test_flag_takes_truth_values(value):
    """Python's and NumPy's."""
    assert flag("look", "kind", value) is bool(value)


@pytest.mark.parametrize("value", ["yes", "no", 1, None])
def test_flag_refuses_what_python_takes_for_one(value):
    """A word would be true whatever it says."""
    with pytest.raises(UnderstandingError, match=r"look: kind is True or False\. Received kind="):
        flag("look", "kind", value)


def test_range_of_gives_plain_numbers():
    """Any two numbers in order."""
    assert range_of("look", np.array([-1, 1], np.float32)) == (-1.0, 1.0)


@pytest.mark.parametrize("value", [None, 1, (1, 0), (0, 1, 2), (0, np.inf), "ab"])
def test_range_of_refuses_what_is_no_range(value):
    """One number, three, none, and the larger one first."""
    with pytest.raises(UnderstandingError, match=r"^look: value_range is "):
        range_of("look", value)


def test_number_shows_an_array_on_one_line():
    """A sentence stays one, whatever was passed."""
    with pytest.raises(UnderstandingError, match=r"^look: n is a number\. [^\n]{,90}$"):
        number("look", "n", np.zeros((40, 3)))
