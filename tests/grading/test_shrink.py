"""The smallest input: in the check's domain, always the same one, and the same failure."""

import json

import numpy as np
import pytest

from dlcnn.grading.checks import (
    Domain,
    check,
    expect_array,
    expect_equal,
    expect_scalar,
    expect_unchanged,
)
from dlcnn.grading.local import call_here
from dlcnn.grading.marking import run_check
from dlcnn.grading.shrink import Whole, smallest
from dlcnn.grading.worker.pool import Failure, Reply

ANY = Domain(rows=(1, 9), columns=(1, 9))
RETURNS = {"scale": (), "bounds": ("low", "high")}
PARAMETERS = {"scale": ["X", "factor"], "bounds": ["X"]}


@check(task="scale", points=1, domain=ANY)
def scales(student, rng, *, rows=4, columns=6):
    """scale doubles every value"""
    X = rng.standard_normal((rows, columns))
    expect_array("Y", student.scale(X, 2.0), X * 2)
    expect_unchanged(X=X)


def bounds_in(domain, partial=False):
    """A check of both ends of a matrix."""

    @check(task="bounds", points=1, domain=domain, partial=partial)
    def finds_bounds(student, rng, *, rows=4, columns=6):
        """bounds finds both ends"""
        X = rng.standard_normal((rows, columns))
        low, high = student.bounds(X)
        expect_scalar("low", low, X.min())
        expect_scalar("high", high, X.max())

    return finds_bounds


class Trial:
    """Checks run on one function in this process; remembers the sizes that were tried."""

    def __init__(self, function):
        self._function = function
        self.cases = []

    def call(self, name, arguments, keywords):
        return call_here({name: self._function}, name, (arguments, keywords))

    def run(self, tried, case=None, whole=False):
        rng = np.random.default_rng(3)
        return run_check(
            tried, self.call, RETURNS, Whole(rng.bit_generator) if whole else rng, case
        )

    def smallest(self, tried):
        """The smallest input, as the report would hold it."""

        def smaller(case, whole):
            self.cases.append(dict(case))
            return self.run(tried, case, whole)

        return smallest(tried, self.run(tried), smaller, PARAMETERS)


def shape_of(told):
    return dict(map(tuple, told["inputs"]))["X"]


def wrong_from(rows, columns):
    """A scale that is wrong from some size on."""

    def scale(X, factor):
        large = X.shape[0] >= rows and X.shape[1] >= columns
        return X * factor + 1 if large else X * factor

    return scale


@pytest.mark.parametrize("rows", [1, 2, 4])
@pytest.mark.parametrize("columns", [1, 3, 6])
def test_smallest_goes_down_to_where_the_failure_ends(rows, columns):
    """Every size is as small as the failure allows."""
    assert shape_of(Trial(wrong_from(rows, columns)).smallest(scales)) == [rows, columns]


def test_smallest_goes_over_the_sizes_again():
    """A size that could not go down at first may after another one did."""

    def scale(X, factor):
        return X * factor + (X.shape[0] >= X.shape[1] or X.shape == (4, 6))

    assert shape_of(Trial(scale).smallest(scales)) == [1, 1]


def test_smallest_stays_in_the_domain():
    """No input is tried that the check does not allow, alone or together with the others."""
    domain = Domain(lambda rows, columns: rows < columns, rows=(2, 4), columns=(1, 6))
    trial = Trial(lambda _: (0.0, 0.0))
    told = trial.smallest(bounds_in(domain))
    assert shape_of(told) == [2, 3]
    assert all(domain.holds(case) for case in trial.cases)


def test_smallest_never_grows():
    """What is tried is at most as large as what the student met, and so is what is told."""
    trial = Trial(lambda X, _: X)
    trial.smallest(scales)
    assert trial.cases
    assert all(case["rows"] <= 4 and case["columns"] <= 6 for case in trial.cases)


def test_smallest_is_the_same_twice():
    """No clock and no chance takes part."""
    first, second = Trial(wrong_from(2, 3)), Trial(wrong_from(2, 3))
    assert first.smallest(scales) == second.smallest(scales)
    assert first.cases == second.cases


def test_smallest_tries_no_input_twice():
    """The list of candidates is short: each costs a call of the student's code."""
    trial = Trial(wrong_from(3, 4))
    trial.smallest(scales)
    *tried, whole = [tuple(case.values()) for case in trial.cases]
    assert len(tried) == len(set(tried))
    assert whole == (3, 4)  # the last one once more, with whole numbers


@pytest.mark.parametrize(
    "small_answer",
    [
        lambda X: X[5],  # an exception
        lambda _: None,  # another type
        lambda X: X[:0],  # another shape
        lambda X: X.astype(np.float32),  # another dtype
    ],
)
def test_smallest_keeps_the_kind_of_failure(small_answer):
    """An input that fails in another way is no smaller example of this failure."""

    def scale(X, factor):
        return small_answer(X) if X.shape[0] < 3 else X * factor + 1

    assert shape_of(Trial(scale).smallest(scales)) == [3, 1]


def test_smallest_keeps_the_kind_of_exception():
    """A ValueError is not shown by an input that gives an IndexError."""

    def scale(X, _):
        return X[7] if X.shape[0] < 2 else X + np.ones(7)

    marked = Trial(scale).run(scales)
    assert marked.result.facts["type"] == "ValueError"
    assert shape_of(Trial(scale).smallest(scales)) == [2, 2]


@pytest.mark.parametrize("partial", [False, True])
def test_smallest_keeps_the_answer_that_is_wrong(partial):
    """A wrong `high` is not shown by an input where only `low` is wrong."""

    def bounds(X):
        return (X.min(), X.max() + 1) if X.shape[0] >= 2 else (X.min() - 1, X.max())

    assert shape_of(Trial(bounds).smallest(bounds_in(ANY, partial))) == [2, 1]


def test_smallest_tells_a_changed_input():
    """Writing into an input is a failure that depends on it."""

    def scale(X, factor):
        if X.shape[1] > 1:
            X *= factor
            return X
        return X * factor

    assert shape_of(Trial(scale).smallest(scales)) == [1, 2]


def test_smallest_shows_whole_numbers():
    """Input, answer and expectation can be followed by hand."""
    told = Trial(lambda X, factor: X * factor + 1).smallest(scales)
    assert told["inputs"] == [["X", [1, 1]], ["factor", 2.0]]
    ((value,),) = told["picture"]["input"]
    assert value == int(value) != 0
    assert told["picture"] == {
        "input": [[value]],
        "yours": [[2 * value + 1]],
        "expected": [[2 * value]],
    }


def test_smallest_shows_the_usual_numbers_where_whole_ones_are_right():
    """A failure that whole numbers hide is shown with those that the student met."""
    told = Trial(lambda X, factor: np.rint(X) * factor).smallest(scales)
    ((value,),) = told["picture"]["input"]
    assert value != int(value)


def test_whole_numbers_are_whole_and_their_normal_ones_not_zero():
    """A product with 0 would hide what is wrong with the other factor."""
    rng = Whole(np.random.default_rng(0).bit_generator)
    normal, uniform = rng.standard_normal((40, 50)), rng.uniform(-9, -1, (40, 50))
    assert normal.dtype == uniform.dtype == np.float64
    assert (normal == np.rint(normal)).all()
    assert (normal != 0).all()
    assert (uniform == np.rint(uniform)).all()
    assert ((uniform >= -9) & (uniform <= -1)).all()


def test_smallest_says_nothing_without_a_domain():
    """A check that declares no domain has no smaller inputs."""
    trial = Trial(lambda _: (0.0, 0.0))
    assert trial.smallest(bounds_in(None)) == {}
    assert trial.cases == []


@pytest.mark.parametrize("answer", [None, "text", np.float32(1.0)])
def test_smallest_says_nothing_where_every_input_shows_it(answer):
    """A wrong type needs no example."""
    trial = Trial(lambda *_: answer)
    assert trial.smallest(scales) == {}
    assert trial.cases == []


def test_smallest_stops_at_an_input_that_takes_long():
    """Waiting for one small input to time out is enough; what was found by then is told."""

    class Slow(Trial):
        def call(self, name, arguments, keywords):
            if arguments[0].shape[1] == 1:
                return Reply(failure=Failure("time", detail={"seconds": 1.0}))
            return super().call(name, arguments, keywords)

    trial = Slow(lambda X, _: X)
    assert shape_of(trial.smallest(scales)) == [1, 6]
    assert sum(case["columns"] == 1 for case in trial.cases) == 1


def test_smallest_tells_every_kind_of_input():
    """Arrays by their shape, numbers and words as they are, caches and settings taken apart."""

    @check(task="scale", points=1, domain=Domain(rows=(1, 3)))
    def takes_everything(student, rng, *, rows=3):
        """scale takes everything"""
        X = rng.standard_normal((rows, 2))
        cache = (X, {"stride": 2, "names": "ab"})
        expect_equal("Y", student.scale(cache, (4, 5), mode="max", limit=np.inf), rows)

    told = Trial(lambda *_, **__: np.float64(0.5)).smallest(takes_everything)
    assert told == {}  # `equal` is a failure that every input shows

    told = Trial(lambda *_, **__: 1 / 0).smallest(takes_everything)
    assert told["inputs"] == [
        ["X[0]", [1, 2]],
        ["stride", 2],
        ["names", "ab"],
        ["factor", [4, 5]],
        ["mode", "max"],
        ["limit", "inf"],
    ]


def test_smallest_is_plain_json():
    """NaN and infinity are words, arrays are lists."""
    told = Trial(lambda X, _: X * np.nan).smallest(scales)
    assert told["picture"]["yours"] == [["nan"]]
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_smallest_shows_no_picture_of_many_numbers():
    """An input that stays large is told by its shape."""
    domain = Domain(rows=(9, 9), columns=(8, 8))

    @check(task="scale", points=1, domain=domain)
    def large(student, rng, *, rows=9, columns=8):
        """scale takes large matrices"""
        X = rng.standard_normal((rows, columns))
        expect_array("Y", student.scale(X, 2.0), X * 2)

    told = Trial(lambda X, _: X).smallest(large)
    assert told == {"inputs": [["X", [9, 8]], ["factor", 2.0]]}
