"""The curve of a trained model: by hand at its points, by rule everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.course.curve import Curve

CURVE = Curve(((0.5, 0.0), (0.75, 0.6), (0.9, 1.0)))


@pytest.mark.parametrize(
    ("accuracy", "share"),
    [(0, 0), (0.4999, 0), (0.5, 0), (0.625, 0.3), (0.75, 0.6), (0.825, 0.8), (0.9, 1), (1, 1)],
)
def test_share_is_linear_between_the_points(accuracy, share):
    """Nothing before the first point, everything from the last."""
    assert CURVE.share(accuracy) == pytest.approx(share)


def test_share_jumps_where_the_first_point_earns_something():
    """A threshold is a curve of one point."""
    assert (Curve(((0.8, 1.0),)).share(0.79), Curve(((0.8, 1.0),)).share(0.8)) == (0, 1)
    assert Curve(((0.5, 0.3), (1.0, 1.0))).share(0.5) == 0.3
    assert Curve(((1.0, 1.0),)).share(1.0) == 1


def test_next_step_is_the_next_point_that_earns_more():
    """A level stretch is no step, and after full points there is none."""
    assert CURVE.next_step(0.3) == (0.75, 0.6)
    assert CURVE.next_step(0.75) == (0.9, 1.0)
    assert CURVE.next_step(0.9) is None
    level = Curve(((0.5, 0.4), (0.7, 0.4), (0.9, 1.0)))
    assert level.next_step(0.6) == (0.9, 1.0)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12, unique=True), st.data())
def test_share_never_falls(accuracies, data):
    """Whatever the curve, more accuracy earns no less, within 0 and 1."""
    accuracies.sort()
    shares = sorted(data.draw(st.floats(0, 1)) for _ in accuracies)
    curve = Curve(tuple(zip(accuracies, [*shares[:-1], 1.0], strict=True)))
    lower, higher = sorted((data.draw(st.floats(0, 1)), data.draw(st.floats(0, 1))))
    assert 0 <= curve.share(lower) <= curve.share(higher) + 1e-12 <= 1 + 2e-12
