"""Short plain text out of numbers and untrusted text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.grading.render.plain import file_names, number, one_line, points, printable, unlike


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5.688712345, "5.68871"),
        (-1.158412345, "-1.15841"),
        (1e-6, "1e-6"),
        (2.5e-10, "2.5e-10"),
        (1e20, "1e20"),
        (100.0, "100"),
        (7, "7"),
        (True, "True"),
        ("nan", "nan"),
        ("(1+2j)", "(1+2j)"),
    ],
)
def test_number_has_six_significant_digits(value, text):
    """Numbers are written as a person would, with six digits that mean something."""
    assert number(value) == text


def test_unlike_adds_digits_until_the_difference_shows():
    """Two numbers that differ never look the same."""
    assert unlike(5.688712345, -1.158412345) == ("5.68871", "-1.15841")
    assert unlike(0.12345671, 0.12345672) == ("0.12345671", "0.12345672")
    assert unlike(0.1, 0.1 + 1e-16)[0] != unlike(0.1, 0.1 + 1e-16)[1]


def test_points_are_whole_where_they_can_be():
    """No point has a trailing .0, and a fraction keeps two digits."""
    assert [points(10.0), points(7.5), points(0), points(10 / 3)] == ["10", "7.5", "0", "3.33"]


@given(st.text())
def test_printable_leaves_nothing_that_steers_a_terminal(text):
    """No escape, control or direction character survives, and the text can be written as UTF-8."""
    shown = printable(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert len(shown) == len(text)
    shown.encode()


def test_printable_keeps_ordinary_text():
    """Letters of every script, tabs and line ends stay as they are."""
    assert printable("Zoë 日本\n\tx = 1") == "Zoë 日本\n\tx = 1"


def test_one_line_joins_and_cuts():
    """A text of many lines becomes one, at most as long as asked."""
    assert one_line("a\n  b\r\n\tc") == "a b c"
    assert one_line("x" * 400) == "x" * 299 + "…"


@given(st.lists(st.text(), unique=True, max_size=12))
def test_file_names_are_safe_and_never_twice(names):
    """Whatever students are called: one file name each, inside the folder, on every system."""
    chosen = file_names(names, taken=["index"])
    assert list(chosen) == names
    assert len({name.casefold() for name in chosen.values()}) == len(names)
    for name in chosen.values():
        assert re.fullmatch(r"[\w@+][\w.@+-]*", name)
        assert name.casefold() not in {"index", "con", "nul"}
        assert len(name.encode()) < 100


def test_file_names_keep_harmless_names():
    """A plain name is its own file name; one that is taken gets a number."""
    assert file_names(["ada", "Ada", "j.r.r@x", "../../etc/passwd", "index"], ["index"]) == {
        "ada": "ada",
        "Ada": "Ada-2",
        "j.r.r@x": "j.r.r@x",
        "../../etc/passwd": "etc_passwd",
        "index": "index-2",
    }
