"""The known mistakes of the Keras assignments: many, told well, and found in any style.

That each is named by its own sentence where the solution is written as we write it is a promise
that `dlcnn course check` holds.
"""

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from dlcnn.course.mistakes import Mistake
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.report import SubmissionReport
from dlcnn.grading.worker.pool import Zygote
from tests.assignments.graded import exam_of, not_passed

EXAMS = {name: exam_of(name) for name in ("conv_application", "residual_networks")}
MISTAKES = [mistake for exam in EXAMS.values() for mistake in exam.mistakes]
OPENINGS = (
    "your layers are exactly those of ",
    "your numbers are exactly those of ",
    "this is the error of ",
)

Grade = Callable[[str, str], SubmissionReport]

# A mistake in a style that is not ours: (assignment, file, [(right, wrong), ...], what is told).
IN_OTHER_STYLES = [
    (
        "conv_application",
        "imported_layers.py",
        [('"same", activation="relu")(X_input)', '"same")(X_input)')],
        {"convolutional_model": "signs_without_first_relu"},
    ),
    (
        "conv_application",
        "imported_layers.py",
        [("MaxPooling2D((8, 8), padding", "AveragePooling2D((8, 8), padding"),
         ("MaxPooling2D((4, 4), padding", "AveragePooling2D((4, 4), padding"),
         ("MaxPooling2D, Flatten", "MaxPooling2D, AveragePooling2D, Flatten")],
        {"convolutional_model": "signs_pools_averages"},
    ),
    (
        "conv_application",
        "keras_three.py",
        [("    x = ops.reshape(x, (-1, x.shape[1] * x.shape[2] * x.shape[3]))\n", "")],
        {"convolutional_model": "signs_without_flatten"},
    ),
    (
        "conv_application",
        "own_helpers.py",
        [("((8, 4, 8), (16, 2, 4))", "((4, 8, 8), (2, 16, 4))")],
        {"convolutional_model": "signs_exchanges_filters_and_size"},
    ),
    (
        "conv_application",
        "added_one_by_one.py",
        [("    model.add(layers.Activation(tf.nn.relu))\n", "")],
        {"happyModel": "happy_without_relu"},
    ),
    (
        "conv_application",
        "tensorflow_functions.py",
        [("BatchNormalization(axis=3)", "BatchNormalization(axis=1)")],
        {"happyModel": "happy_normalizes_rows"},
    ),
]  # fmt: skip

# Wrong, but in no way that is known, or in two ways at once.
NOT_KNOWN = [
    ("imported_layers.py", [("Conv2D(16, (2, 2)", "Conv2D(16, (5, 5)")], "convolutional_model"),
    ("imported_layers.py", [('Dense(6, activation="softmax")', 'Dense(6, activation="tanh")')],
     "convolutional_model"),
    ("imported_layers.py", [('"relu")(X_input)', '"elu")(X_input)')], "convolutional_model"),
    ("imported_layers.py", [('"same", activation="relu")(X_input)', '"same")(X_input)'),
                            ('Dense(6, activation="softmax")', "Dense(6)")], "convolutional_model"),
    ("imported_layers.py", [("ZeroPadding2D((3, 3))", "ZeroPadding2D((3, 2))")], "happyModel"),
    ("imported_layers.py", [("BatchNormalization(axis=3,", "BatchNormalization(momentum=0.5,")],
     "happyModel"),
    ("imported_layers.py", [("Conv2D(32, (7, 7)", "Conv2d(32, (7, 7)")], "happyModel"),
]  # fmt: skip


@pytest.fixture(scope="module")
def grade(keras_zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Grade:
    """Grade a text as the student Ada's script, once."""
    path = tmp_path_factory.mktemp("mistakes") / "ada.py"

    @cache
    def run(assignment: str, text: str) -> SubmissionReport:
        path.write_text(text, encoding="utf-8")
        return grade_submission(EXAMS[assignment], path, "ada", keras_zygote, shown_path="ada.py")

    return run


def edited(assignment: str, name: str, edits: list[tuple[str, str]]) -> str:
    """A written-out submission with some places changed."""
    text = (Path(__file__).parent / assignment / "styles" / name).read_text(encoding="utf-8")
    for right, wrong in edits:
        assert right in text
        text = text.replace(right, wrong)
    return text


def test_mistakes_are_many_and_of_every_task() -> None:
    """Twenty at least of each task, each with a whole sentence of its own."""
    for exam in EXAMS.values():
        per_task = Counter(mistake.task for mistake in exam.mistakes)
        assert set(per_task) == set(exam.spec.task_names)
        assert min(per_task.values()) >= 20
        told = Counter((mistake.task, mistake.text) for mistake in exam.mistakes)
        assert max(told.values()) == 1


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_mistake_text_says_what_it_is_known_by(mistake: Mistake) -> None:
    """One sentence that states the evidence first, then what to do, and blames nobody."""
    assert mistake.text.startswith(OPENINGS)
    assert not mistake.text.endswith(".")
    assert not {"you", "wrong", "mistake", "should", "forgot"} & set(mistake.text.split())


@pytest.mark.slow
@pytest.mark.parametrize(("assignment", "name", "edits", "told"), IN_OTHER_STYLES)
def test_mistake_is_named_in_another_style(
    assignment: str, name: str, edits: list[tuple[str, str]], told: dict[str, str], grade: Grade
) -> None:
    """It is known by what the network is, not by how it is written."""
    assert not_passed(grade(assignment, edited(assignment, name, edits))) == told


@pytest.mark.slow
@pytest.mark.parametrize(("name", "edits", "task"), NOT_KNOWN)
def test_unknown_mistake_is_given_no_cause(
    name: str, edits: list[tuple[str, str]], task: str, grade: Grade
) -> None:
    """What no known mistake gives, or two give together, is told by its facts alone."""
    report = grade("conv_application", edited("conv_application", name, edits))

    assert not_passed(report) == {task: "FAIL"}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", EXAMS["conv_application"].mistakes, ids=lambda each: each.id)
def test_mistake_costs_its_own_task_and_is_named(mistake: Mistake, grade: Grade) -> None:
    """Handed in like any submission, it is told by its sentence; the other task loses nothing."""
    report = grade("conv_application", mistake.source)

    assert not_passed(report) == {mistake.task: mistake.id}
