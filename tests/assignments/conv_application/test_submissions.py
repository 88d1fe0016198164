"""What different students hand in for "Convolutional networks in Keras", and what it is worth.

`styles/` holds whole submissions: right ones that have little in common but that, and wrong ones
in the ways that students go wrong.
"""

from pathlib import Path

import pytest

from dlcnn.grading.exam import Exam
from dlcnn.grading.worker.pool import Zygote
from tests.assignments.graded import (
    Grade,
    exam_of,
    grading,
    hold_worth,
    not_passed,
    styles_of,
    worth,
)

STYLES = styles_of("conv_application")

EXPECTED = {
    # Right, in many styles.
    "added_one_by_one.py": worth(100),
    "colab.ipynb": worth(100),
    "course_2021.ipynb": worth(100),
    "imported_layers.py": worth(100),
    "keras_three.py": worth(100),
    "lambda_layers.py": worth(100),
    "own_helpers.py": worth(100),
    "tensorflow_functions.py": worth(
        100, "Functions of TensorFlow that take", "What Keras 3 refuses was"
    ),
    # Right layers, of which a task asks for another form.
    "functional_happy.py": worth(
        93.9455, happyModel="happy_functional", convolutional_model="signs_sequential"
    ),
    "own_classes.py": worth(93.9455, happyModel="FAIL", convolutional_model="FAIL"),
    # One mistake in a task.
    "bracket_missing.ipynb": worth(
        31.0909, happyModel="SKIP", convolutional_model="signs_pools_without_moving_on"
    ),
    "frozen.py": worth(
        79.6667, happyModel="happy_freezes_normalization", convolutional_model="signs_frozen"
    ),
    "one_size_only.py": worth(
        57.9455,
        happyModel="happy_normalizes_after_relu",
        convolutional_model="signs_shape_hard_coded",
    ),
    "padding_forgotten.ipynb": worth(
        47.5818, happyModel="happy_pads_one_pixel", convolutional_model="signs_nothing_padded"
    ),
    "relu_not_used.py": worth(74.5455, convolutional_model="signs_without_second_relu"),
    "softmax_on_one_unit.py": worth(83.4, happyModel="happy_ends_in_softmax"),
    # Wrong in more ways than one, or in no known way.
    "several_mistakes.py": worth(34.7273, happyModel="FAIL", convolutional_model="FAIL"),
    "unfinished.ipynb": worth(15.6, happyModel="FAIL", convolutional_model="FAIL"),
    # No model comes of it.
    "answers_of_another_kind.py": worth(0, happyModel="FAIL", convolutional_model="FAIL"),
    "misspelled.py": worth(
        0, happyModel="FAIL", convolutional_model="signs_relu_configured_with_the_tensor"
    ),
    "tensorflow_1.ipynb": worth(
        0, "Written for TensorFlow 1", happyModel="TODO", convolutional_model="FAIL"
    ),
    "trains_inside.py": worth(
        40, "X_train is set in", "Y_train is set in", convolutional_model="FAIL"
    ),
}


@pytest.fixture(scope="module")
def exam() -> Exam:
    return exam_of("conv_application")


@pytest.fixture(scope="module")
def grade(exam: Exam, keras_zygote: Zygote) -> Grade:
    return grading(exam, keras_zygote)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_submission_gets_what_it_is_worth(path: Path, grade: Grade) -> None:
    """Its score, what is wrong with each task, and the notes on old code"""
    hold_worth(grade(path), EXPECTED[path.name])


def test_submissions_are_many() -> None:
    """Each has its worth, and they are scripts and notebooks"""
    assert {path.name for path in STYLES} == set(EXPECTED)
    assert len(STYLES) >= 20
    assert {path.suffix for path in STYLES} == {".py", ".ipynb"}


def test_solution_scores_everything(exam: Exam, grade: Grade) -> None:
    """The course's own solution passes the course's own checks"""
    report = grade(exam.assignment.solution_path)

    assert not_passed(report) == {}
    assert report.score == report.max_score == 100


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_untouched_template_is_not_attempted(suffix: str, exam: Exam, grade: Grade) -> None:
    """What students are given scores nothing and counts as not attempted, task by task"""
    report = grade(exam.assignment.template_path(suffix))

    assert not_passed(report) == {"happyModel": "TODO", "convolutional_model": "TODO"}
    assert report.score == 0
