"""The vocabulary of checks, run on live functions: what passes, what fails, what it costs."""

import numpy as np
import pytest

from dlcnn.grading import (
    check,
    expect_array,
    expect_equal,
    expect_gradient,
    expect_scalar,
    expect_unchanged,
)
from dlcnn.grading.local import call_here
from dlcnn.grading.marking import as_shown, run_check


def _mark(declared, **functions):
    """Run a check on functions of this test."""

    def call(name, arguments, keywords):
        return call_here(functions, name, (arguments, keywords))

    returns = {name: getattr(function, "returns", ()) for name, function in functions.items()}
    return run_check(declared, call, returns, np.random.default_rng(0)).result


@check(task="twice", points=4)
def doubles(student, rng):
    """twice doubles every value
    of a matrix"""
    values = rng.standard_normal((2, 3))
    expect_array("Y", student.twice(values), 2 * values)
    expect_unchanged(values=values)


@check(task="twice", points=4, hidden=True)
def doubles_unseen(student, rng):
    """twice doubles unseen values"""
    expect_array("Y", student.twice(rng.standard_normal((3, 2))), np.zeros((3, 2)))


@check(task="twice", points=3, partial=True)
def doubles_in_parts(student, _rng):
    """twice doubles one number, a list and an array"""
    expect_scalar("y", student.twice(2.0), 4.0)
    expect_equal("y", student.twice([1]), [1, 1])
    expect_array("Y", student.twice(np.ones(2)), np.full(2, 2.0))


def test_check_title_is_the_docstring_in_one_line():
    """Students read the docstring as the title, whatever its line breaks."""
    assert doubles.title == "twice doubles every value of a matrix"


def test_run_check_passes_what_is_right():
    """A right answer earns the points and leaves no facts."""
    marked = _mark(doubles, twice=lambda values: values * 2)
    assert (marked.status, marked.score, marked.facts) == ("PASS", 4, {})


def test_run_check_fails_what_is_wrong_at_no_points():
    """A wrong answer states the difference under the name that the check gave it."""
    marked = _mark(doubles, twice=lambda values: values * 3)
    assert (marked.status, marked.score, marked.max_score) == ("FAIL", 0, 4)
    assert (marked.facts["kind"], marked.facts["name"]) == ("values", "Y")


def test_expect_unchanged_names_the_input_that_was_written_to():
    """A right answer that spoils its input is refused, with the place and both values."""

    def twice(values):
        values *= 2
        return values

    facts = _mark(doubles, twice=twice).facts
    assert (facts["kind"], facts["name"], facts["index"]) == ("changed", "values", [0, 0])
    assert facts["after"] == pytest.approx(2 * facts["before"])


def test_partial_check_earns_the_share_of_its_expectations_that_hold():
    """One broken expectation of three costs a third, and the rest is still looked at."""
    marked = _mark(doubles_in_parts, twice=lambda values: values * 2)
    assert (marked.status, marked.score) == ("PASS", 3)
    marked = _mark(doubles_in_parts, twice=lambda v: v * 2 if isinstance(v, list) else v + 2.0)
    assert (marked.status, marked.score) == ("FAIL", 2)
    assert (marked.facts["passed"], marked.facts["of"]) == (2, 3)
    assert [failure["kind"] for failure in marked.facts["failures"]] == ["values"]


def test_partial_check_counts_an_exception_as_one_broken_expectation():
    """An exception ends a partial check; what held before still counts."""
    marked = _mark(doubles_in_parts, twice=lambda values: values**2)
    assert marked.facts["failures"][0]["type"] == "TypeError"
    assert (marked.facts["passed"], marked.facts["of"], marked.score) == (1, 2, 1.5)


def test_run_check_tells_the_exception_and_the_line_of_the_student():
    """An exception is the student's answer: its type, message and the line that raised it."""

    def twice(values):
        return values + undefined_name  # noqa: F821  the mistake under test

    facts = _mark(doubles, twice=twice).facts
    assert (facts["kind"], facts["type"]) == ("exception", "NameError")
    assert "undefined_name" in facts["where"]["code"]


def test_run_check_that_expects_nothing_is_an_error_of_the_course():
    """A check that cannot fail is a defect of the course, never a pass."""

    @check(task="twice", points=1)
    def idle(student, _rng):
        """twice is called"""
        student.twice(1.0)

    marked = _mark(idle, twice=lambda value: value)
    assert (marked.status, marked.score) == ("ERROR", 0)


def test_run_check_that_breaks_says_where_in_the_course():
    """A bug in a check is told to its author with the line, and earns nothing."""

    @check(task="twice", points=1)
    def broken(student, rng):
        """twice is compared with nothing"""
        expect_array("Y", student.twice(1.0), rng.no_such_method())

    marked = _mark(broken, twice=lambda value: value)
    assert marked.status == "ERROR"
    assert "checks.py, line" in marked.facts["message"]
    assert "no_such_method" in marked.facts["message"]


def test_several_values_are_refused_before_the_check_takes_them_apart():
    """A task that returns two values is told so when it returns one, or another number."""

    @check(task="pair", points=1)
    def both(student, _rng):
        """pair returns the values and their cache"""
        values, cache = student.pair(np.zeros((2, 2)))
        expect_equal("cache", cache, values)

    for answer in (np.zeros((2, 2)), None, (1, 2, 3)):

        def pair(_values, answer=answer):
            return answer

        pair.returns = ("values", "cache")
        facts = _mark(both, pair=pair).facts
        assert (facts["kind"], facts["names"]) == ("returns", ["values", "cache"])
    pair = lambda values: (values, values)  # noqa: E731  the right answer, short
    pair.returns = ("values", "cache")
    assert _mark(both, pair=pair).status == "PASS"


def test_as_shown_leaves_a_category_of_a_hidden_check_only():
    """Neither numbers nor names of a student's making leave a hidden check."""

    class Secret123(Exception):  # noqa: N818  any name that a student may choose
        pass

    def leaks(values):
        raise Secret123(values)

    def value_error(values):
        return values.reshape(7)

    shown = [
        as_shown(_mark(doubles_unseen, twice=function)).facts
        for function in (leaks, value_error, lambda values: values, lambda _values: None)
    ]
    assert shown == [
        {"category": "exception"},
        {"category": "exception ValueError"},
        {"category": "wrong values"},
        {"category": "wrong type"},
    ]
    assert as_shown(_mark(doubles, twice=lambda v: v)).facts["kind"] == "values"


@pytest.mark.parametrize(("factor", "status"), [(2.0, "PASS"), (2.001, "FAIL"), (-2.0, "FAIL")])
def test_expect_gradient_holds_a_gradient_to_central_differences(factor, status):
    """The gradient of sum(x²) is 2x; another is refused under its name, with both numbers."""

    @check(task="twice", points=1)
    def gradient_of_a_square(student, rng):
        """twice gives the gradient of the square"""
        values = rng.standard_normal((2, 3))
        expect_gradient("dX", student.twice(values), lambda x: float(np.sum(x**2)), values)

    marked = _mark(gradient_of_a_square, twice=lambda values: factor * values)
    assert marked.status == status
    if status == "FAIL":
        assert (marked.facts["name"], marked.facts["by"]) == ("dX", "central differences")
        assert marked.facts["yours"] == pytest.approx(marked.facts["expected"] * factor / 2)


def test_expect_outside_a_check_says_so():
    """The vocabulary is of use inside a check only."""
    with pytest.raises(RuntimeError, match="inside a check"):
        expect_scalar("y", 1.0, 1.0)
