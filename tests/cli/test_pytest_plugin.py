"""`pytest graders/ID --submission FILE`, run as a teacher would."""

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from tests.cli.conftest import WRONG
from tests.conftest import CORRECT


@pytest.fixture
def run_pytest(small_course, environment):
    """Run pytest on the small course's grader."""
    installed = entry_points(group="pytest11", name="dlcnn")
    plugin = [] if installed else ["-p", "dlcnn.cli.pytest_plugin"]

    def run(*arguments, target="graders/scaling"):
        command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", target]
        return subprocess.run(
            [*command, *map(str, arguments)],
            cwd=small_course.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_plugin_makes_an_item_of_each_check(run_pytest, hand_in):
    """A right submission passes them all, hidden ones too; the isolation is told."""
    done = run_pytest("--submission", hand_in("ada.py"), "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    for item in ("scale::scale_matrix", "scale::scale_negative", "bounds::bounds_of_matrix"):
        assert f"checks.py::{item} PASSED" in done.stdout
    assert "isolation: " in done.stdout
    assert "4 passed" in done.stdout


def test_plugin_fails_with_the_engines_words(run_pytest, hand_in):
    """Facts, and no line of our own code."""
    done = run_pytest("--submission", hand_in("ada.py", WRONG))
    assert done.returncode == 1
    assert "scale multiplies every value  0/2" in done.stdout
    assert "first difference at Y[0, 0]: yours" in done.stdout
    assert "wrong values; the inputs of this check are not shown" in done.stdout
    assert "raise " not in done.stdout
    assert "engine.py" not in done.stdout


def test_plugin_skips_what_is_not_attempted_or_cannot_be_judged(run_pytest, hand_in):
    """TODO and SKIP are skips with the reason, not failures."""
    text = CORRECT.replace("ordered = np.sort", "ordered = = np.sort")
    done = run_pytest("--submission", hand_in("ada.py", text), "-rs")
    assert done.returncode == 0
    assert "1 skipped" in done.stdout
    assert "could not be read, because of" in done.stdout
    done = run_pytest("--submission", hand_in("bo.py", "x = 1\n"), "-rs")
    assert "there is no function scale in this file yet" in done.stdout
    assert "4 skipped" in done.stdout


def test_plugin_reports_the_graders_own_fault_as_an_error(run_pytest, hand_in, small_course):
    """ERROR is pytest's error, not its failure."""
    checks = (small_course.grader / "checks.py").read_text(encoding="utf-8")
    small_course.write(checks=checks.replace("X.min()", "X.minimum()"))
    done = run_pytest("--submission", hand_in("ada.py"))
    assert done.returncode == 1
    assert "1 error" in done.stdout
    assert "failed" not in done.stdout.splitlines()[-1]


def test_plugin_selects_one_check(run_pytest, hand_in):
    """Items have pytest's own names, so its options work on them."""
    path = hand_in("ada.py", WRONG)
    done = run_pytest("--submission", path, target="graders/scaling/checks.py::bounds")
    assert done.returncode == 0
    assert "1 passed" in done.stdout
    done = run_pytest("--submission", path, target="graders/scaling/checks.py")
    assert "2 failed, 2 passed" in done.stdout
    done = run_pytest("--submission", path, "-k", "scale_matrix")
    assert "1 failed" in done.stdout


def test_plugin_refuses_an_unreadable_submission(run_pytest, hand_in):
    """A usage error with the sentence, before anything is collected."""
    done = run_pytest("--submission", hand_in("ada.ipynb", "not json"))
    assert done.returncode == 4
    assert "ada.ipynb: " in done.stderr
    assert "Traceback" not in done.stderr


def test_plugin_does_nothing_without_a_submission(run_pytest):
    """In everybody else's runs no grader is collected, and nothing is said of it."""
    done = run_pytest(target=".")
    assert done.returncode == 5
    assert "no tests ran" in done.stdout
    assert "--submission" not in done.stdout


@pytest.mark.parametrize("target", ["graders/scaling", "graders/scaling/checks.py", "graders"])
def test_plugin_says_how_to_give_a_submission(run_pytest, target):
    """Whoever names a grader is told what is missing, also with -q."""
    done = run_pytest("-q", target=target)
    assert done.returncode == 5
    assert "checks.py: to run these checks, add --submission FILE\n" in done.stdout


def test_plugin_collects_without_grading(run_pytest, hand_in):
    """The items are known from the course: student code runs when the first of them does."""
    done = run_pytest("--submission", hand_in("ada.py"), "--collect-only")
    assert done.returncode == 0
    assert "<CheckItem scale_negative>" in done.stdout
    assert "isolation: " not in done.stdout  # nothing ran that had to be kept apart
