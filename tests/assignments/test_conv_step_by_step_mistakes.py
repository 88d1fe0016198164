"""The known mistakes of "Convolutional networks, step by step", handed in like any submission.

Each costs points of its own task only, is named by its own sentence and shows on a tiny input; what
is right, or wrong in another way, is never given a cause.
"""

import ast
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from dlcnn.course.discover import find_course
from dlcnn.course.mistakes import Mistake
from dlcnn.course.submission import functions_of
from dlcnn.grading.course_code import here
from dlcnn.grading.diagnose import explaining, mark_mistake
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.exam import load_exam
from dlcnn.grading.marking import seeded
from dlcnn.grading.report import CheckResult, SubmissionReport, TaskResult

ROOT = Path(__file__).parents[2]
EXAM = load_exam(find_course(ROOT), "conv_step_by_step")
MISTAKES = {mistake.id: mistake for mistake in EXAM.mistakes}
STYLES = sorted(
    path
    for path in (Path(__file__).parent / "styles").iterdir()
    if path.suffix in (".py", ".ipynb")
)
EXAMPLES = ROOT / "examples" / "submissions"

Grade = Callable[[str], SubmissionReport]

# Wrong, but in no way that is known: (task, what stands in the solution, what is written instead).
WRONG_OTHERWISE = [
    ("zero_pad", "constant_values=0", "constant_values=-1"),
    ("zero_pad", 'mode="constant", constant_values=0', 'mode="wrap"'),
    ("zero_pad", "(pad, pad), (pad, pad)", "(pad, pad + 1), (pad, pad)"),
    ("zero_pad", "constant_values=0)", "constant_values=0).astype(np.float32)"),
    ("zero_pad", "np.pad(X, pad_widths", "np.pad(X, padding"),
    ("conv_single_step", "+ b[0, 0, 0]", "+ 2 * b[0, 0, 0]"),
    ("conv_single_step", "np.sum(products)", "np.prod(products)"),
    ("conv_single_step", "b[0, 0, 0]", "b[0, 0, 0, 0]"),
    ("conv_single_step", "a_slice_prev * W", "a_slice_prev * W ** 2"),
    ("conv_forward", "vert_start = h * stride", "vert_start = h * stride + 1"),
    ("conv_forward", "vert_start = h * stride", "vert_start = h * (stride - 1)"),
    ("conv_forward", "horiz_end = horiz_start + f", "horiz_end = horiz_start + f + 1"),
    ("conv_forward", 'stride = hparameters["stride"]', 'stride = hparameters["strides"]'),
    ("conv_forward", 'stride = hparameters["stride"]', "stride = strides"),
    ("conv_forward", "return Z, cache", "return np.maximum(Z, 0), cache"),
    ("conv_forward", "return Z, cache", "return Z"),
    ("conv_forward", "W.shape\n", "W.shape + 1\n"),
    ("conv_forward", "cache = (A_prev, W, b, hparameters)", "cache = (A_prev, W, hparameters)"),
    ("conv_forward", "weights = W[:, :, :, c]", "weights = -W[:, :, :, c]"),
    ("pool_forward", "np.max(window)", "np.median(window)"),
    ("pool_forward", "np.mean(window)", "np.mean(window) + 1e-5"),
    ("pool_forward", "cache = (A_prev, hparameters)", "cache = (A_prev, hparameters, mode)"),
    ("conv_backward", "+= a_slice * gradient", "+= a_slice * gradient ** 2"),
    ("conv_backward", "from_filter = W[:, :, :, c]", "from_filter = 2 * W[:, :, :, c]"),
    ("conv_backward", "return dA_prev, dW, db", "return dA_prev, dW"),
    ("create_mask_from_window", "x == np.max(x)", "x > np.mean(x)"),
    ("distribute_value", "dz / (n_H * n_W)", "dz / (n_H * n_W + 1)"),
    ("pool_backward", "* gradient", "* abs(gradient)"),
]

# Two known mistakes of one function, made together.
TWO_AT_ONCE = [
    (
        ("conv_forward", "horiz_start = w * stride", "horiz_start = w"),
        ("conv_forward", "biases = b[:, :, :, c]", "biases = np.zeros((1, 1, 1))"),
    ),
    (
        ("pool_forward", "= np.mean(window)", "= np.sum(window)"),
        ("pool_forward", "a_prev = A_prev[i]", "a_prev = A_prev[0]"),
    ),
    (
        ("conv_backward", "db[:, :, :, c] += gradient", "pass"),
        ("conv_backward", "return dA_prev, dW, db", "return dA_prev, dW / m, db / m"),
    ),
    (
        (
            "zero_pad",
            "((0, 0), (pad, pad), (pad, pad), (0, 0))",
            "((0, 0), (1, 1), (1, 1), (0, 0))",
        ),
        ("zero_pad", "constant_values=0", "constant_values=1"),
    ),
]


@pytest.fixture(scope="module")
def grade(zygote, tmp_path_factory) -> Grade:
    """Grade a text as the student Ada's script, once."""
    path = tmp_path_factory.mktemp("mistakes") / "ada.py"

    @cache
    def run(text: str) -> SubmissionReport:
        path.write_text(text, encoding="utf-8")
        return grade_submission(EXAM, path, "ada", zygote, shown_path="ada.py")

    return run


def task_of(report: SubmissionReport, name: str) -> TaskResult:
    return next(task for task in report.tasks if task.task == name)


def failed(task: TaskResult) -> list[CheckResult]:
    return [check for check in task.checks if check.status == "FAIL"]


def solution_with(*changes: tuple[str, str, str]) -> str:
    """The solution with some places changed: (function, what stands there once, what instead)."""
    text = EXAM.assignment.solution_path.read_text(encoding="utf-8")
    for name, old, new in changes:
        function = ast.get_source_segment(text, functions_of(text)[name])
        assert function is not None
        assert function.count(old) == 1
        text = text.replace(function, function.replace(old, new))
    return text


def test_mistakes_are_many_and_of_every_task() -> None:
    """Forty at least, several of each task, each with a whole sentence of its own."""
    assert len(MISTAKES) >= 48
    per_task = Counter(mistake.task for mistake in MISTAKES.values())
    assert set(per_task) == set(EXAM.spec.task_names)
    assert min(per_task.values()) >= 10
    told = Counter((mistake.task, mistake.text) for mistake in MISTAKES.values())
    assert max(told.values()) == 1


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_mistake_text_says_what_the_numbers_are_those_of(mistake: Mistake) -> None:
    """One sentence that states the evidence first, then what to do, and blames nobody."""
    openings = ("your numbers are exactly those of ", "this is the error of ")
    assert mistake.text.startswith(openings)
    assert not mistake.text.endswith(".")
    assert not {"you", "wrong", "mistake", "should", "forgot"} & set(mistake.text.split())


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_mistake_costs_its_own_task_and_is_named(mistake: Mistake, grade: Grade) -> None:
    """Every failing check of the task tells it, and every other task keeps all its points."""
    report = grade(mistake.source)
    task = task_of(report, mistake.task)
    others = [other for other in report.tasks if other is not task]

    assert task.status == "FAIL"
    assert task.score < task.max_score
    assert {check.cause["id"] if check.cause else None for check in failed(task)} == {mistake.id}
    assert failed(task)[0].cause == {"id": mistake.id, "text": mistake.text}
    assert [(other.task, other.score) for other in others] == [
        (other.task, other.max_score) for other in others
    ]


@pytest.mark.parametrize("task", EXAM.spec.task_names)
def test_public_checks_alone_name_every_mistake(task: str) -> None:
    """Students, who run the public checks only, are told the same causes."""
    mistakes = [mistake for mistake in EXAM.mistakes if mistake.task == task]
    checks = [check for check in EXAM.checks_of(task) if not check.hidden]

    @cache
    def mark(mistake, check):
        return mark_mistake(EXAM, mistake, check, seeded(EXAM, check, "ada", None), here(EXAM))

    for mistake in mistakes:
        judged = [(check, mark(mistake, check)) for check in checks]
        assert explaining(mistakes, judged, mark) == [mistake]


def test_mistakes_show_on_tiny_inputs(grade: Grade) -> None:
    """Half of them show on an image of at most 3 by 3 pixels and 1 channel."""
    sizes = {name: smallest_image(grade(each.source), each) for name, each in MISTAKES.items()}
    found = {name: shape for name, shape in sizes.items() if shape}
    for name, (height, width, channels) in sorted(found.items(), key=lambda item: item[1]):
        print(f"{name:45} {height} x {width} x {channels}")

    # The rest take no images, or fail in the same way whatever the input.
    assert len(found) >= 100
    height, width, channels = (median(sides) for sides in zip(*found.values(), strict=True))
    assert height <= 3
    assert width <= 3
    assert channels <= 1


def smallest_image(report: SubmissionReport, mistake: Mistake) -> tuple[int, ...] | None:
    """Height, width and channels of the first image in the smallest input that is told."""
    first = failed(task_of(report, mistake.task))[0]
    inputs = first.facts.get("smallest", {}).get("inputs", [])
    shapes = [value for _, value in inputs if isinstance(value, list)]
    return next((tuple(shape[-3:]) for shape in shapes if len(shape) in (3, 4)), None)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_correct_style_is_given_no_cause(path: Path, zygote) -> None:
    """What is right needs no explanation, however it is written."""
    report = grade_submission(EXAM, path, path.stem, zygote, shown_path=path.name)
    checks = [check for task in report.tasks for check in task.checks]
    assert len(checks) == len(EXAM.checks)
    assert {check.cause and check.cause["id"] for check in checks} == {None}
    assert {check.status for check in checks} == {"PASS"}


def test_correct_styles_are_many() -> None:
    """At least fifteen correct submissions have nothing in common but that."""
    assert len(STYLES) >= 15


@pytest.mark.parametrize(("task", "old", "new"), WRONG_OTHERWISE)
def test_unknown_mistake_is_given_no_cause(task: str, old: str, new: str, grade: Grade) -> None:
    """A wrong answer that no known mistake gives is told by its facts alone."""
    report = grade(solution_with((task, old, new)))
    assert task_of(report, task).status == "FAIL"
    causes = {check.cause and check.cause["id"] for each in report.tasks for check in each.checks}
    assert causes == {None}


@pytest.mark.parametrize(("first", "second"), TWO_AT_ONCE)
def test_two_mistakes_at_once_are_given_no_cause(
    first: tuple[str, str, str], second: tuple[str, str, str], grade: Grade
) -> None:
    """The numbers of both together are those of neither."""
    task = first[0]
    for known in (first, second):
        assert task_of(grade(solution_with(known)), task).checks[-1].cause
    report = grade(solution_with(first, second))
    assert task_of(report, task).status == "FAIL"
    assert {check.cause and check.cause["id"] for check in task_of(report, task).checks} == {None}


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("forgotten_stride.ipynb", {"conv_forward": {"conv_ignores_stride"}}),
        ("wrong_helper.ipynb", {"zero_pad": {"zero_pad_fills_with_ones_behind"}}),
    ],
)
def test_mistake_is_named_in_a_notebook_of_another_style(
    name: str, named: dict[str, set[str]], zygote
) -> None:
    """The numbers tell it, whatever the code looks like."""
    report = grade_submission(EXAM, EXAMPLES / name, "ada", zygote, shown_path=name)
    found = {
        task.task: {check.cause and check.cause["id"] for check in failed(task)}
        for task in report.tasks
        if task.status == "FAIL"
    }
    assert found == named
