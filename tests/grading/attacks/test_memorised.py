"""Answers that are known beforehand: constants copied from one's own or another's report."""

import numpy as np
import pytest

from dlcnn.grading.engine import grade_submission
from dlcnn.grading.marking import seeded
from tests.conftest import SmallCourse

_INPUTS = {"scale_matrix": (2, 3), "scale_negative": (3, 2)}
_FACTORS = {"scale_matrix": 3.0, "scale_negative": -2.0}


def _memorised(exam, student: str, seed_text: str | None = None) -> str:
    """A submission that gives the right answers to the checks of one student, by heart."""
    checks = {check.name: check for check in exam.checks}
    answers = {}
    for name, shape in _INPUTS.items():
        X = seeded(exam, checks[name], student, seed_text).standard_normal(shape)
        answers[_FACTORS[name]] = (X * _FACTORS[name]).tolist()
    return (
        f"import numpy as np\nANSWERS = {answers!r}\n"
        "def scale(X, factor):\n    return np.array(ANSWERS[factor])\n"
    )


@pytest.fixture
def score(zygote, tmp_path):
    """The points of a text, handed in by a student."""

    def of(exam, source: str, student: str, seed_text: str | None = None) -> float:
        path = tmp_path / f"{student}.py"
        path.write_text(source, encoding="utf-8")
        shown = path.name
        options = {"shown_path": shown, "seed_text": seed_text}
        return grade_submission(exam, path, student, zygote, **options).score

    return of


def test_constants_are_right_for_one_student_only(small_course, score):
    """The control earns everything; handed in by another student it earns nothing."""
    exam = small_course.exam()
    source = _memorised(exam, "ada")
    assert score(exam, source, "ada") == 5
    assert score(exam, source, "bo") == 0


def test_constants_are_right_for_one_seed_only(small_course, score):
    """A teacher who suspects copying grades again with another seed."""
    exam = small_course.exam()
    source = _memorised(exam, "ada", "autumn")
    assert score(exam, source, "ada", "autumn") == 5
    assert score(exam, source, "ada", "spring") == 0


def test_constants_of_a_hidden_check_need_the_courses_secret(small_course, score, tmp_path):
    """Whoever has the course without its secret can know the public inputs and no others."""
    exam = small_course.exam()
    copy = SmallCourse(tmp_path / "copy").exam()
    assert copy.secret != exam.secret
    source = _memorised(copy, "ada")
    assert score(copy, source, "ada") == 5
    assert score(exam, source, "ada") == 2


def test_random_numbers_of_the_students_own_are_no_inputs(small_course, score):
    """Seeding a generator as the grader might does not give its inputs."""
    source = (
        "import numpy as np\nimport random\n"
        "def scale(X, factor):\n"
        "    for seed in range(100):\n"
        "        guess = np.random.default_rng(seed).standard_normal(X.shape)\n"
        "        if np.array_equal(guess, X):\n            return X * factor\n"
        "    return X\n"
    )
    assert score(small_course.exam(), source, "ada") == 0
    assert np.random.default_rng(1).random() == np.random.default_rng(1).random()
