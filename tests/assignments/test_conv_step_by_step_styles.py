"""Correct submissions in every style that students write score everything, and the examples do not.

`styles/` holds whole submissions that are right and have little in common but that; the bundled
example submissions must keep showing what `make demo` is there to show.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlcnn.course.discover import find_course
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.exam import Exam, load_exam
from dlcnn.grading.report import SubmissionReport
from dlcnn.grading.worker.pool import Zygote

ROOT = Path(__file__).parents[2]
STYLES = sorted(
    path
    for path in (Path(__file__).parent / "styles").iterdir()
    if path.suffix in (".py", ".ipynb")
)
EXAMPLES = ROOT / "examples" / "submissions"

Grade = Callable[[Path], SubmissionReport]


@pytest.fixture(scope="module")
def exam() -> Exam:
    return load_exam(find_course(ROOT), "conv_step_by_step")


@pytest.fixture(scope="module")
def grade(exam: Exam) -> Iterator[Grade]:
    with Zygote() as zygote:
        yield lambda path: grade_submission(exam, path, path.stem, zygote, shown_path=path.name)


def statuses(report: SubmissionReport) -> dict[str, str]:
    return {task.task: task.status for task in report.tasks}


def not_passed(report: SubmissionReport) -> list[tuple[str, dict]]:
    return [
        (check.title, check.facts)
        for task in report.tasks
        for check in task.checks
        if check.status != "PASS"
    ]


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_grade_submission_gives_a_correct_style_everything(path: Path, grade: Grade) -> None:
    """A right answer scores full, optional tasks too, however it is written."""
    report = grade(path)

    assert not_passed(report) == []
    assert (report.score, report.optional_score) == (100, 40)


def test_styles_are_many() -> None:
    """At least fifteen styles, in notebooks and in scripts."""
    assert len(STYLES) >= 15
    assert {path.suffix for path in STYLES} == {".py", ".ipynb"}


def test_solution_scores_everything(exam: Exam, grade: Grade) -> None:
    """The course's own solution passes the course's own checks."""
    report = grade(exam.assignment.solution_path)

    assert not_passed(report) == []
    assert exam.max_scores() == (100, 40)


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_untouched_template_is_not_attempted(suffix: str, exam: Exam, grade: Grade) -> None:
    """What students are given scores nothing and counts as not attempted, task by task."""
    report = grade(exam.assignment.template_path(suffix))

    assert set(statuses(report).values()) == {"TODO"}
    assert (report.score, report.optional_score) == (0, 0)


def test_the_two_layers_have_a_hidden_check_each(exam: Exam) -> None:
    """Every task has three public checks; the two worth most are held to an unseen case too."""
    for task in exam.spec.tasks:
        checks = exam.checks_of(task.name)
        hidden = sum(check.hidden for check in checks)
        assert len(checks) - hidden >= 3
        assert hidden == (1 if task.name in ("conv_forward", "pool_forward") else 0)


def test_example_correct_scores_everything(grade: Grade) -> None:
    """correct.ipynb, with its plots, magics and missing modules, has nothing wrong."""
    report = grade(EXAMPLES / "correct.ipynb")

    assert not_passed(report) == []
    assert (report.score, report.optional_score) == (100, 40)


def test_example_forgotten_stride_fails_where_the_stride_is_not_one(grade: Grade) -> None:
    """forgotten_stride.ipynb loses the checks of conv_forward with a stride, and no others."""
    report = grade(EXAMPLES / "forgotten_stride.ipynb")
    failed = {check.check for task in report.tasks for check in task.checks if check.score == 0}

    assert failed == {"strided_non_square", "size_rounded_down", "another_layer"}


def test_example_unfinished_is_not_attempted_from_conv_forward_on(grade: Grade) -> None:
    """unfinished.ipynb has two tasks done; the rest is not attempted, never failed."""
    marked = statuses(grade(EXAMPLES / "unfinished.ipynb"))

    assert [name for name, status in marked.items() if status == "PASS"] == [
        "zero_pad",
        "conv_single_step",
    ]
    assert list(marked.values())[2:] == ["TODO"] * 6


def test_example_wrong_helper_costs_the_helper_only(grade: Grade) -> None:
    """wrong_helper.ipynb loses points of zero_pad; what it spoiled is marked with a right one."""
    report = grade(EXAMPLES / "wrong_helper.ipynb")
    spoiled = {task.task: task.spoiled_by for task in report.tasks if task.follow_through}

    assert [name for name, status in statuses(report).items() if status != "PASS"] == ["zero_pad"]
    assert spoiled == {"conv_forward": ("zero_pad",), "conv_backward": ("zero_pad",)}


def test_example_not_json_is_unreadable(grade: Grade) -> None:
    """not_json.ipynb gets one sentence and no mark."""
    report = grade(EXAMPLES / "not_json.ipynb")

    assert report.status == "unreadable"
    assert len(report.notes) == 1
