"""Submissions that were right when they were written keep their marks, and only those.

`old_styles/` holds whole submissions of the years of NumPy 1.x; wrong ones are made of them by one
edit each. Correct code of today must not notice that the old is tolerated.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dlcnn.course.discover import find_course
from dlcnn.course.submission import read_submission
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.exam import Exam, load_exam
from dlcnn.grading.report import SubmissionReport
from dlcnn.grading.worker import wire
from dlcnn.grading.worker.pool import Limits, Program, Zygote

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SUFFIXES = (".py", ".ipynb")
OLD = sorted(path for path in (HERE / "old_styles").iterdir() if path.suffix in SUFFIXES)
TODAY = sorted(path for path in (HERE / "styles").iterdir() if path.suffix in SUFFIXES)
IS_STRICT = np.lib.NumpyVersion(np.__version__) >= "2.4.0"
strict_numpy = pytest.mark.skipif(not IS_STRICT, reason="this NumPy still does what 2.4 refuses")

# The first words of the notes on each submission.
NOTES = {
    "added_to_an_element_2020.ipynb": ["float()", "Storing", "Names"],
    "guided_2018.ipynb": ["float()", "Names"],
    "nested_and_lambdas.py": ["float()", "int()", "Storing"],
    "own_class_and_own_float.py": ["Storing", "Names"],
    "removed_names.py": ["float()", "Names"],
    "star_import.py": ["float()", "Names"],
    "stores_of_one_number.py": ["Storing"],
}

Grade = Callable[..., SubmissionReport]


@pytest.fixture(scope="module")
def exam() -> Exam:
    return load_exam(find_course(ROOT), "conv_step_by_step")


@pytest.fixture(scope="module")
def strict_exam(exam: Exam) -> Exam:
    """The same assignment, which tolerates nothing."""
    spec = exam.spec.model_copy(update={"compat": False})
    return replace(exam, assignment=replace(exam.assignment, spec=spec))


@pytest.fixture(scope="module")
def warm() -> Iterator[Zygote]:
    with Zygote() as zygote:
        yield zygote


@pytest.fixture
def grade(warm: Zygote) -> Grade:
    def one(exam: Exam, path: Path) -> SubmissionReport:
        report = grade_submission(exam, path, path.stem, warm, shown_path=path.name)
        return replace(report, seconds=0.0)

    return one


def failed(report: SubmissionReport) -> set[str]:
    """The tasks that are not right."""
    return {task.task for task in report.tasks if task.status != "PASS"}


@strict_numpy
@pytest.mark.parametrize("path", OLD, ids=lambda path: path.name)
def test_old_submission_scores_everything_with_notes(path: Path, exam: Exam, grade: Grade) -> None:
    """Full marks, and one note for each kind of thing that was tolerated; twice the same"""
    report = grade(exam, path)

    assert [check.facts for task in report.tasks for check in task.checks if check.facts] == []
    assert (report.score, report.optional_score) == (100, 40)
    assert [note.split()[0] for note in report.notes] == NOTES[path.name]
    assert grade(exam, path) == report


@strict_numpy
@pytest.mark.parametrize("path", OLD, ids=lambda path: path.name)
def test_old_submission_loses_marks_where_nothing_is_tolerated(
    path: Path, strict_exam: Exam, grade: Grade
) -> None:
    """With compat off the same submissions fail, without a word on what could be tolerated"""
    report = grade(strict_exam, path)

    assert report.score < 100
    assert report.notes == ()


@strict_numpy
@pytest.mark.parametrize(
    ("name", "right", "wrong", "spoiled"),
    [
        ("guided_2018.ipynb", "vert_start = h * stride\\n", "vert_start = h\\n", "conv_forward"),
        ("guided_2018.ipynb", "Z = Z + float(b)", "Z = Z - float(b)", "conv_single_step"),
        (
            "stores_of_one_number.py",
            "Z = np.sum(s) + b",
            "Z = np.sum(s + b)",
            "conv_single_step",
        ),
        (
            "stores_of_one_number.py",
            "Z[i, h, w, c] = conv_single_step(a_slice_prev, W[..., c], b[..., c])",
            "Z[i, h, w, c] = conv_single_step(a_slice_prev, W[..., c], b)",
            "conv_forward",
        ),
        (
            "stores_of_one_number.py",
            "np.mean(a, axis=(1, 2), keepdims=True)",
            "np.mean(a, axis=1, keepdims=True)",
            "pool_forward",
        ),
        ("stores_of_one_number.py", "db[0, 0, 0, c] += dz", "db[0, 0, 0, c] = dz", "conv_backward"),
        (
            "nested_and_lambdas.py",
            "bias_of = lambda b: float(b)",
            "bias_of = lambda b: float(b) ** 2",
            "conv_single_step",
        ),
        ("removed_names.py", "np.product((f, f))", "np.product((f,))", "pool_forward"),
    ],
)
def test_wrong_old_submission_still_fails(
    name: str, right: str, wrong: str, spoiled: str, exam: Exam, grade: Grade, tmp_path: Path
) -> None:
    """What is tolerated makes nothing right that was wrong"""
    text = (HERE / "old_styles" / name).read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / name
    path.write_text(text.replace(right, wrong), encoding="utf-8")

    report = grade(exam, path)

    assert spoiled in failed(report)
    assert report.score + report.optional_score < 140


@pytest.mark.parametrize("path", TODAY, ids=lambda path: path.name)
def test_correct_submission_does_not_notice(
    path: Path, exam: Exam, strict_exam: Exam, grade: Grade
) -> None:
    """The report on today's code is the same with and without, and has no such note"""
    report = grade(exam, path)

    assert report == grade(strict_exam, path)
    assert not any("accepted here" in note for note in report.notes)


@pytest.mark.parametrize("path", TODAY, ids=lambda path: path.name)
def test_correct_submission_gives_the_same_bytes(path: Path, exam: Exam, warm: Zygote) -> None:
    """Every answer to random inputs is the same to the last bit, prints and changes too"""
    submission = read_submission(path)
    cells = tuple((cell.label, cell.first_line, cell.source) for cell in submission.cells)
    missing = submission.imports - {"numpy", "math", "sys", "warnings", "itertools", "functools"}
    missing -= {"typing", "collections", "operator", "copy", "dataclasses"}

    def answers(compat: bool) -> list[tuple[bytes, str, object]]:
        program = Program(cells, missing, names=exam.spec.task_names, compat=compat)
        rng = np.random.default_rng(7)
        said = []
        with warm.session(program, Limits(wall_seconds=20.0)) as session:
            worker = session.worker()
            for function, arguments in _calls(rng):
                reply = worker.call(function, arguments)
                said.append((wire.encode(reply.value), reply.printed, reply.failure))
                assert reply.tolerated == frozenset()
        return said

    tolerant = answers(compat=True)
    assert tolerant == answers(compat=False)
    assert any(value != wire.encode(None) for value, _, _ in tolerant)


def _calls(rng: np.random.Generator) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Calls of every task with inputs of many sizes."""
    for _ in range(6):
        m, channels, filters = rng.integers(1, 4, 3).tolist()
        f, stride, pad = rng.integers(1, 4, 3).tolist()
        height, width = rng.integers(f, f + 5, 2).tolist()
        X, W = rng.random((m, height, width, channels)), rng.random((f, f, channels, filters))
        b, layer = rng.random((1, 1, 1, filters)), {"stride": stride, "pad": pad}
        rows, columns = ((n - f + 2 * pad) // stride + 1 for n in (height, width))
        yield "zero_pad", (X, pad)
        yield "conv_single_step", (W[..., 0], rng.random(W.shape[:3]), b[..., 0])
        yield "conv_forward", (X, W, b, layer)
        yield "conv_backward", (rng.random((m, rows, columns, filters)), (X, W, b, layer))
        for mode in ("max", "average"):
            window = {"f": f, "stride": stride}
            rows, columns = ((n - f) // stride + 1 for n in (height, width))
            yield "pool_forward", (X, window, mode)
            yield "pool_backward", (rng.random((m, rows, columns, channels)), (X, window), mode)
        yield "create_mask_from_window", (X[0, :, :, 0],)
        yield "distribute_value", (float(rng.random()), (height, width))


def test_hidden_checks_leave_no_notes(exam: Exam, warm: Zygote) -> None:
    """A note shows what code did with its input, so hidden inputs make none; marks are the same"""
    path = HERE / "old_styles" / "removed_names.py"
    options = {"shown_path": path.name, "visibilities": {"hidden"}}

    report = grade_submission(exam, path, "student", warm, **options)

    assert report.score == report.max_score > 0
    assert report.notes == ()


def test_old_styles_are_many() -> None:
    """At least six whole submissions, notebooks and scripts, each with its notes named above"""
    assert {path.name for path in OLD} == set(NOTES)
    assert len(OLD) >= 6
    assert {path.suffix for path in OLD} == set(SUFFIXES)
