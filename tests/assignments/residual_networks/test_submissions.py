"""What different students hand in for "Residual networks", and what it is worth.

`styles/` holds whole submissions: right ones of every age of the course, and wrong ones in the ways
that students go wrong. ResNet50 takes seconds, and a minute where its known mistakes are tried, so
most of them are slow tests.
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

STYLES = styles_of("residual_networks")
QUICK = {"course_2021_training.ipynb", "stage_and_block_2018.ipynb"}

EXPECTED = {
    # Right, with the parameters of each age.
    "course_2021_training.ipynb": worth(100),
    "helpers_and_operators.py": worth(100),
    "initializers_only.ipynb": worth(100, "What Keras 3 refuses was"),
    "own_layers.py": worth(100),
    "stage_and_block_2018.ipynb": worth(100, "Names that Keras has dropped"),
    # A mistake in a block costs its own task only.
    "relu_before_the_sum.py": worth(
        68.8322,
        identity_block="identity_relu_before_the_sum",
        convolutional_block="convolutional_shortcut_not_normalized",
    ),
    "modes_and_names.py": worth(
        65, identity_block="identity_freezes_normalization", convolutional_block="FAIL"
    ),
    "one_block_too_many.py": worth(
        36.3416,
        identity_block="identity_exchanges_first_and_third",
        convolutional_block="convolutional_stride_in_the_middle",
        ResNet50="resnet_stages_counted_without_first",
    ),
    # A mistake in the network.
    "default_stride.py": worth(84.6629, ResNet50="resnet_stage_two_strides"),
    "stopped_halfway.ipynb": worth(
        64.1573, identity_block="identity_window_always_three", ResNet50="FAIL"
    ),
    "sum_forgotten.ipynb": worth(
        21.6783,
        identity_block="identity_concatenates",
        convolutional_block="convolutional_without_sum",
        ResNet50="TODO",
    ),
}

CASES = [
    pytest.param(path, id=path.name, marks=() if path.name in QUICK else (pytest.mark.slow,))
    for path in STYLES
]


@pytest.fixture(scope="module")
def exam() -> Exam:
    return exam_of("residual_networks")


@pytest.fixture(scope="module")
def grade(exam: Exam, keras_zygote: Zygote) -> Grade:
    return grading(exam, keras_zygote)


@pytest.mark.parametrize("path", CASES)
def test_submission_gets_what_it_is_worth(path: Path, grade: Grade) -> None:
    """Its score, what is wrong with each task, and the notes on old code"""
    hold_worth(grade(path), EXPECTED[path.name])


def test_submissions_are_many() -> None:
    """Each has its worth, and they are scripts and notebooks"""
    assert {path.name for path in STYLES} == set(EXPECTED)
    assert len(STYLES) >= 10
    assert {path.suffix for path in STYLES} == {".py", ".ipynb"}


@pytest.mark.slow
def test_solution_scores_everything(exam: Exam, grade: Grade) -> None:
    """The course's own solution passes the course's own checks"""
    report = grade(exam.assignment.solution_path)

    assert not_passed(report) == {}
    assert report.score == report.max_score == 100


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_untouched_template_is_not_attempted(suffix: str, exam: Exam, grade: Grade) -> None:
    """What students are given scores nothing and counts as not attempted, task by task"""
    report = grade(exam.assignment.template_path(suffix))

    assert not_passed(report) == dict.fromkeys(exam.spec.task_names, "TODO")
    assert report.score == 0
