"""What predictions of a trained model earn: every form of them, right and wrong."""

import numpy as np
import pytest

from dlcnn.course.curve import Curve
from dlcnn.grading.checks import CheckFailed, CheckRun
from dlcnn.grading.trained_checks import expect_accuracy_on_curve

CURVE = Curve(((0.5, 0.0), (1.0, 1.0)))
BINARY = np.array([0, 1, 1, 0])
CLASSES = np.array([2, 0, 1, 2])


def _run(predictions, labels, *, partial=True, curve=CURVE):
    run = CheckRun(partial, curve)
    with run.active():
        expect_accuracy_on_curve("model", predictions, labels)
    return run


def _share(run):
    return (run.expectations - run.missed) / run.expectations


def _one_hot(classes, count):
    return np.eye(count, dtype=np.float32)[classes]


@pytest.mark.parametrize(
    ("predictions", "labels"),
    [
        (_one_hot(CLASSES, 3), CLASSES),
        (_one_hot(CLASSES, 3) * 9 - 20, CLASSES),
        (_one_hot(CLASSES, 5), CLASSES),
        (_one_hot(CLASSES, 3), _one_hot(CLASSES, 3)),
        (CLASSES, CLASSES),
        (_one_hot(BINARY, 2), BINARY),
        (np.array([0.1, 0.9, 0.6, 0.5], np.float32), BINARY),
        (np.array([[0.1], [0.9], [0.6], [0.5]], np.float32), BINARY[:, None]),
        (np.array([[-3.0], [0.2], [4.0], [-0.1]], np.float32), BINARY),
        (BINARY.astype(bool), BINARY.astype(float)),
    ],
    ids=[
        "probabilities",
        "logits",
        "more classes",
        "labels one-hot",
        "classes",
        "two of two",
        "sigmoid",
        "sigmoid in columns",
        "one logit",
        "truth values",
    ],
)
def test_right_predictions_pass_in_every_form(predictions, labels):
    """Probabilities, logits, classes; as many numbers as classes, or one for two."""
    run = _run(predictions, labels)
    assert (run.failures, _share(run)) == ([], 1)


@pytest.mark.parametrize(
    ("predictions", "labels", "right"),
    [
        (_one_hot([2, 0, 1, 1], 3), CLASSES, 3),
        (np.array([[0.9], [0.9], [0.1], [0.5]], np.float32), BINARY, 2),
        (np.array([0.1, 0.2, 0.6, 0.7], np.float32) - 0.5, BINARY, 2),
        (np.full((4, 3), np.nan), CLASSES, 0),
        (np.array([[np.nan, 1], [0, 1], [0, 1], [1, 0]]), BINARY, 3),
        (np.array([np.inf, 1.0, 1.0, 0.0]), BINARY, 3),
    ],
)
def test_wrong_predictions_earn_their_share(predictions, labels, right):
    """Counted image by image; what is not finite names no class."""
    run = _run(predictions, labels)
    [facts] = run.failures
    assert (facts["kind"], facts["right"], facts["images"]) == ("curve", right, 4)
    assert _share(run) == pytest.approx(max(0, right / 4 - 0.5) * 2)
    assert facts["next"] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("predictions", "labels", "kind"),
    [
        (None, CLASSES, "type"),
        ("good", CLASSES, "type"),
        (np.array(["a", "b", "c", "d"]), CLASSES, "type"),
        (np.zeros((4, 3), complex), CLASSES, "type"),
        (np.zeros((3, 3)), CLASSES, "shape"),
        (np.zeros((4, 2)), CLASSES, "shape"),
        (np.zeros((4, 1)), CLASSES, "shape"),
        (np.zeros(4), CLASSES, "shape"),
        (np.zeros((4, 2, 2)), BINARY, "shape"),
        (np.zeros((4, 0)), BINARY, "shape"),
        (np.zeros(()), BINARY, "shape"),
    ],
)
def test_predictions_of_another_form_earn_nothing(predictions, labels, kind):
    """The student's answer, never the check's own error."""
    run = _run(predictions, labels)
    assert run.failures[0]["kind"] == kind
    assert _share(run) == 0


def test_without_partial_points_it_is_all_or_nothing():
    """A check that is not partial ends where the curve gives less than everything."""
    with pytest.raises(CheckFailed):
        _run(_one_hot([2, 0, 1, 1], 3), CLASSES, partial=False)
    assert _run(_one_hot(CLASSES, 3), CLASSES, partial=False).failures == []


@pytest.mark.parametrize("labels", [[], [0.5, 1], [-1, 1], [np.nan, 1]])
def test_labels_that_are_no_classes_are_the_authors_mistake(labels):
    """Told to who writes the check."""
    with pytest.raises(ValueError, match="labels are whole numbers from 0"):
        _run(np.zeros((2, 2)), labels)


def test_curve_is_needed():
    """Of a function's task there is none."""
    with pytest.raises(TypeError, match="kind trained_model"):
        _run(BINARY, BINARY, curve=None)
