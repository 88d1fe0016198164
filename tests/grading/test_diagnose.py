"""A cause is named where a known mistake gives the student's own answers, and nowhere else."""

import pytest

from dlcnn.grading.engine import grade_submission
from tests.conftest import CORRECT

ADDS = """
[[mistake]]
id = "adds"
task = "scale"
find = "X * factor"
replace = "X + factor"
text = "your numbers are exactly those of X plus the factor: multiply"
"""
LOSES_SIGN = """
[[mistake]]
id = "loses_sign"
task = "scale"
find = "X * factor"
replace = "X * abs(factor)"
text = "your numbers are exactly those of a factor without its sign: leave it as it is"
"""
SUBTRACTS = """
[[mistake]]
id = "subtracts"
task = "shift"
find = "+ offset"
replace = "- offset"
text = "your numbers are exactly those of an offset that is taken off: add it"
"""
RIGHT = "return factor * X"


@pytest.fixture
def causes(small_course, zygote, tmp_path):
    """The ids named for a script, by check, where the course has these known mistakes."""

    def run(text, mistakes=ADDS + LOSES_SIGN + SUBTRACTS, **options):
        small_course.write(mistakes=mistakes)
        path = tmp_path / "ada.py"
        path.write_text(text, encoding="utf-8")
        exam = small_course.exam()
        report = grade_submission(exam, path, "ada", zygote, shown_path="ada.py", **options)
        checks = [check for task in report.tasks for check in task.checks]
        assert all(check.cause is None for check in checks if check.status != "FAIL")
        return {c.check: c.cause and c.cause["id"] for c in checks if c.status == "FAIL"}

    return run


def mistake(task, find, replace, name="known"):
    """One known mistake, as the file has it."""
    lines = (
        f"id = '{name}'\ntask = '{task}'\nfind = '{find}'\nreplace = '{replace}'\ntext = 'why'\n"
    )
    return f"[[mistake]]\n{lines}"


def test_find_cause_names_a_mistake_by_its_numbers(causes):
    """The same wrong numbers, however they are computed, are that mistake on every check."""
    own = CORRECT.replace(RIGHT, "Y = X.copy()\n    Y += np.full(X.shape, factor)\n    return Y")
    assert causes(own) == {"scale_matrix": "adds", "scale_negative": "adds"}


def test_find_cause_tells_id_and_sentence(small_course, zygote, tmp_path):
    """The report holds what the author wrote."""
    small_course.write(mistakes=ADDS)
    path = tmp_path / "ada.py"
    path.write_text(CORRECT.replace(RIGHT, "return X + factor"), encoding="utf-8")
    report = grade_submission(small_course.exam(), path, "ada", zygote, shown_path="ada.py")
    assert report.tasks[0].checks[0].cause == {
        "id": "adds",
        "text": "your numbers are exactly those of X plus the factor: multiply",
    }


def test_find_cause_is_silent_about_right_answers(causes):
    """Where nothing failed there is nothing to explain."""
    assert causes(CORRECT) == {}


@pytest.mark.parametrize(
    "body", ["X - factor", "X + 2 * factor", "X + factor + 1e-6", "X * 0", "(X + factor).round(3)"]
)
def test_find_cause_names_nothing_for_other_numbers(causes, body):
    """Close is not the same."""
    assert set(causes(CORRECT.replace(RIGHT, f"return {body}")).values()) == {None}


def test_find_cause_takes_rounding_for_the_same(causes):
    """Sums in another order differ in their last digits."""
    assert set(causes(CORRECT.replace(RIGHT, "return X + factor + 1e-13")).values()) == {"adds"}


def test_find_cause_names_nothing_where_two_mistakes_match(causes):
    """Two proved causes are as good as none."""
    twin = ADDS.replace('"adds"', '"adds_again"').replace("X + factor", "factor + X")
    own = CORRECT.replace(RIGHT, "return X + factor")
    assert set(causes(own, ADDS + twin).values()) == {None}
    assert set(causes(own, ADDS).values()) == {"adds"}


def test_find_cause_asks_for_every_failing_check(causes):
    """A mistake that explains one failing check of two explains nothing."""
    own = "return X + factor if factor > 0 else X - factor"
    assert set(causes(CORRECT.replace(RIGHT, own)).values()) == {None}


def test_find_cause_passes_what_the_student_passes(causes):
    """A mistake that would have failed more than the student did is not theirs."""
    own = CORRECT.replace(RIGHT, "return X + factor if factor > 0 else X * factor")
    assert causes(own) == {"scale_matrix": None}
    own = CORRECT.replace(RIGHT, "return X * abs(factor)")
    assert causes(own) == {"scale_negative": "loses_sign"}


def test_find_cause_judges_by_the_checks_that_were_run(causes):
    """`dlcnn check` runs the public checks only, and names what they prove."""
    own = CORRECT.replace(RIGHT, "return X + factor if factor > 0 else X * factor")
    assert causes(own, visibilities={"public"}) == {"scale_matrix": "adds"}


def test_find_cause_looks_at_mistakes_of_the_task_only(causes):
    """The same edit in another task is another mistake."""
    own = CORRECT.replace("+ offset", "- offset")
    assert causes(own) == {"shift_matrix": "subtracts"}
    assert causes(own, ADDS) == {"shift_matrix": None}


def test_find_cause_explains_the_pass_that_was_scored(causes):
    """With a wrong helper answered for, a task's own mistake is still told."""
    own = CORRECT.replace(RIGHT, "return X + factor").replace("+ offset", "- offset")
    assert causes(own) == {
        "scale_matrix": "adds",
        "scale_negative": "adds",
        "shift_matrix": "subtracts",
    }


MISSPELLED = mistake("scale", "X * factor", "X * fakto")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("return fakto * X", "known"),
        ("if X.size:\n        return X + fakto", "known"),
        ("return faktor * X", None),  # another name: only the type is the same
        ("return X['fakto']", None),
        ("raise NameError('no')", None),
        ("raise KeyError(\"name 'fakto' is not defined\")", None),
    ],
)
def test_find_cause_names_an_exception_by_type_and_message(causes, body, named):
    """A NameError proves nothing by itself; that the same name is missing does."""
    found = causes(CORRECT.replace(RIGHT, body), MISSPELLED)
    assert set(found.values()) == {named}


def test_find_cause_takes_the_type_alone_beside_the_same_numbers(causes):
    """Where another check proves it by numbers, an exception may be worded otherwise."""
    known = mistake("scale", "X * factor", "X * factor ** 2 if factor > 0 else X[9]")
    own = "return X * factor ** 2 if factor > 0 else X[7, 7]"
    assert set(causes(CORRECT.replace(RIGHT, own), known).values()) == {"known"}
    own = "return X * factor ** 2 if factor > 0 else X * {}[factor]"
    assert set(causes(CORRECT.replace(RIGHT, own), known).values()) == {None}
    own = "return X * factor ** 3 if factor > 0 else X[9]"
    assert set(causes(CORRECT.replace(RIGHT, own), known).values()) == {None}


def test_find_cause_knows_no_address(causes):
    """Messages are the same where only an object's address differs."""
    known = mistake("scale", "X * factor", "X * {}[str(object())]")
    own = "table = {}\n    return table[str(object())]"
    assert set(causes(CORRECT.replace(RIGHT, own), known).values()) == {"known"}


def test_find_cause_tells_an_exception_from_an_answer(causes):
    """No answer is not a wrong answer."""
    assert set(causes(CORRECT.replace(RIGHT, "return X + factor"), MISSPELLED).values()) == {None}
    assert set(causes(CORRECT.replace(RIGHT, "return X + fakto"), ADDS).values()) == {None}


@pytest.mark.parametrize(
    ("wrong", "own", "named"),
    [
        ("return largest, smallest", "return np.max(X), np.min(X)", "known"),
        ("return largest, smallest", "return [np.max(X), np.min(X)]", "known"),
        ("return largest, smallest", "return float(np.max(X)), float(np.min(X))", "known"),
        ("return largest, smallest", "return np.array([X.max()]), np.array([[X.min()]])", "known"),
        ("return largest, smallest", "return np.max(X), np.min(X), 0.0", None),
        ("return largest, smallest", "return np.max(X), None", None),
        ("return largest, smallest", "return np.max(X), X", None),
        ("return smallest", "return np.min(X)", "known"),
        ("return smallest", "return np.max(X)", None),
        ("return smallest, None", "return np.min(X), None", "known"),
        ("return smallest, None", "return np.min(X), True", None),
        ("return smallest, True", "return np.min(X), 1.0", None),
        ('return smallest, "high"', 'return np.min(X), "high"', "known"),
        ('return smallest, "high"', 'return np.min(X), "higher"', None),
        ("return {0: smallest}", "return {0: np.min(X)}", "known"),
        ("return {0: smallest}", "return {1: np.min(X)}", None),
        ("return smallest, {1}", "return np.min(X), {2}", "known"),  # both "an object of type set"
        ("return smallest, {1}", "return np.min(X), object()", None),
        ("return np.nan, largest", "return np.inf - np.inf, np.max(X)", "known"),
        ("return np.nan, largest", "return np.inf, np.max(X)", None),
        ("return X.argmin(), largest", "return int(np.argmin(X)), np.max(X)", "known"),
    ],
)
def test_find_cause_compares_whole_answers(causes, wrong, own, named):
    """Numbers, texts, containers and what could not be sent are held against each other."""
    text = CORRECT.replace("return ordered[0], ordered[-1]", own)
    found = causes(text, mistake("bounds", "return smallest, largest", wrong))
    assert found == {"bounds_of_matrix": named}


@pytest.mark.parametrize(
    ("wrong", "own", "named"),
    [
        ("X > factor", "factor < X", "known"),
        ("X > factor", "(factor < X) * 1", None),  # whole numbers, not booleans
        ("X > factor", "X >= -9", None),
        ("(X + factor)[:1]", "X[:1] + factor", "known"),
        ("(X + factor)[:1]", "X[0] + factor", None),
        ("X + factor", "(X + factor).tolist()", None),
        ("(X * 0).astype(int)", "np.zeros(X.shape, dtype=int)", "known"),
        ("(X * 0).astype(int)", "np.zeros(X.shape)", None),
    ],
)
def test_find_cause_compares_shapes_and_dtypes(causes, wrong, own, named):
    """An array of another shape or dtype is another answer."""
    text = CORRECT.replace(RIGHT, f"return {own}")
    assert set(causes(text, mistake("scale", "X * factor", wrong)).values()) == {named}


def test_find_cause_tells_a_changed_input_from_an_untouched_one(causes):
    """What a call wrote into its inputs is part of the outcome."""
    known = mistake("scale", "return X * factor", "X *= factor; return X")
    own = CORRECT.replace(RIGHT, "X[:] = X * factor\n    return X")
    assert causes(own, known) == {"scale_matrix": "known"}
    own = CORRECT.replace(RIGHT, "Y = X * factor\n    X[:] = 0\n    return Y")
    assert causes(own, known) == {"scale_matrix": None}


def test_find_cause_names_a_mistake_that_a_check_did_not_foresee(causes, small_course):
    """An answer on which the check itself breaks is the same failure on both sides."""
    checks = (small_course.grader / "checks.py").read_text(encoding="utf-8")
    old = 'expect_scalar("smallest", smallest, X.min())'
    assert checks.count(old) == 1
    small_course.write(checks=checks.replace(old, 'expect_scalar("x", smallest.item(), X.min())'))
    known = mistake("bounds", "return smallest, largest", 'return "low", largest')
    own = CORRECT.replace("return ordered[0], ordered[-1]", 'return "low", ordered[-1]')
    assert causes(own, known) == {"bounds_of_matrix": "known"}


def test_find_cause_is_the_same_twice(causes):
    """Same submission, same course: same cause."""
    own = CORRECT.replace(RIGHT, "return X + factor")
    assert causes(own) == causes(own)
