"""`dlcnn check`: one's own file, the public checks only."""

import shlex
import subprocess
import sys

import pytest

from tests.cli.conftest import WRONG
from tests.conftest import CORRECT


def test_check_passes_a_right_file(dlcnn, hand_in):
    """Exit 0, every public check told, no hidden one, and the isolation."""
    done = dlcnn("check", hand_in("ada.py"))
    assert done.returncode == 0
    assert "✓ scale multiplies every value" in done.stdout
    assert "scale takes a negative factor" not in done.stdout
    assert "isolation: " in done.stdout


def test_check_fails_a_wrong_file_with_the_facts(dlcnn, hand_in):
    """Exit 1 and sentences to act on, without a traceback."""
    done = dlcnn("check", hand_in("ada.py", WRONG))
    assert done.returncode == 1
    assert "✗ FAIL scale multiplies every value" in done.stdout
    assert "first difference at Y[0, 0]: yours" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_check_goes_quiet_when_nobody_reads_on(hand_in, small_course, environment):
    """`dlcnn check FILE | head -1` shows a line and no complaint, and keeps its exit code."""
    path = hand_in("ada.py", "def scale(X, factor):\n    return X\n")
    command = [sys.executable, "-m", "dlcnn", "check", path, "--course", small_course.root]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, env=environment, text=True, **pipes)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 1


def test_check_leaves_what_is_not_attempted_at_0(dlcnn, hand_in):
    """Nothing failed, so nothing is wrong yet."""
    done = dlcnn("check", hand_in("ada.py", "def scale(X, factor):\n    return None\n"))
    assert done.returncode == 0
    assert "○ not attempted" in done.stdout


def test_check_runs_one_check_only(dlcnn, hand_in):
    """`--only` replays a single public check; an unknown or hidden one is wrong usage."""
    path = hand_in("ada.py", WRONG)
    done = dlcnn("check", path, "--only", "bounds_of_matrix")
    assert done.returncode == 0
    assert "scale multiplies" not in done.stdout
    for name in ("bounds_of_matrx", "scale_negative"):
        done = dlcnn("check", path, "--only", name)
        assert done.returncode == 2
        assert "--only: it names a public check" in done.stderr
    assert "scale_matrix" in done.stderr


def test_check_draws_the_students_inputs(dlcnn, hand_in):
    """The same student sees the same numbers, whatever the file is called; another sees others."""
    one = dlcnn("check", hand_in("ada.py", WRONG)).stdout
    same = dlcnn("check", hand_in("copy.py", WRONG), "--student", "ada").stdout
    other = dlcnn("check", hand_in("ada.py", WRONG), "--student", "bo").stdout
    numbers = [
        [line for line in text.splitlines() if "first difference" in line]
        for text in (one, same, other)
    ]
    assert numbers[0] == numbers[1] != numbers[2]


def test_check_draws_the_inputs_of_a_seed(dlcnn, hand_in):
    """`--seed` changes the inputs, and the command to run again names it and gives the same."""
    path = hand_in("ada.py", WRONG)
    plain, seeded = (dlcnn("check", path, *more).stdout for more in ((), ("--seed", "a b")))
    again = next(line for line in seeded.splitlines() if line.strip().startswith("dlcnn check"))
    replayed = dlcnn(*shlex.split(again)[1:], course=False).stdout
    numbers = [
        next(line for line in text.splitlines() if "first difference" in line)
        for text in (plain, seeded, replayed)
    ]
    assert numbers[0] != numbers[1] == numbers[2]
    assert "dlcnn check" not in replayed


def test_check_asks_for_the_assignment_where_the_file_does_not_tell(dlcnn, hand_in):
    """No marker, no task: `--assignment` is needed, and enough."""
    path = hand_in("ada.py", "x = 1\n")
    done = dlcnn("check", path)
    assert done.returncode == 2
    assert "--assignment" in done.stderr
    assert "scaling" in done.stderr
    assert dlcnn("check", path, "--assignment", "scaling").returncode == 0


@pytest.mark.parametrize("more", [[], ["--assignment", "scaling"]])
def test_check_of_an_unreadable_file_is_one_sentence(dlcnn, hand_in, more):
    """Exit 2: nothing readable."""
    done = dlcnn("check", hand_in("ada.ipynb", "not json"), *more)
    assert done.returncode == 2
    assert "notebook" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_check_of_a_missing_file_is_wrong_usage(dlcnn, tmp_path):
    """The file's name is in the message."""
    done = dlcnn("check", tmp_path / "nowhere.py")
    assert done.returncode == 2
    assert "nowhere.py" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_reports_the_graders_own_fault_with_3(dlcnn, hand_in, small_course):
    """A check that breaks is never the student's failure."""
    broken = (small_course.grader / "checks.py").read_text(encoding="utf-8")
    small_course.write(checks=broken.replace("X.min()", "X.minimum()"))
    done = dlcnn("check", hand_in("ada.py", CORRECT))
    assert done.returncode == 3
    assert "‼ ERROR" in done.stdout
    assert "through no fault of the submission" in done.stdout
