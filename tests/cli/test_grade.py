"""`dlcnn grade`: a folder in, every report out, and nothing lost on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from dlcnn.cli import main
from tests.cli.conftest import WRONG
from tests.conftest import CORRECT

_PROCESS = ("--require-isolation", "process")
_SUBMISSION = {
    "student",
    "path",
    "status",
    "notes",
    "score",
    "max_score",
    "optional_score",
    "optional_max_score",
    "tasks",
}
_TASK = {
    "task",
    "optional",
    "status",
    "score",
    "max_score",
    "follow_through",
    "spoiled_by",
    "checks",
}
_CHECK = {"check", "title", "visibility", "status", "score", "max_score", "facts", "cause"}


@pytest.fixture
def folder(hand_in, tmp_path):
    """Three submissions: right, wrong, not a notebook; and a file that is none."""
    hand_in("zoe.py", WRONG)
    hand_in("ada/scaling.py", CORRECT)
    hand_in("bo.ipynb", "not json")
    hand_in("grades.csv", "")
    return tmp_path / "submissions"


def _read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_grade_reports_a_folder_as_formats_says(dlcnn, folder, tmp_path):
    """The JSON has every field of the format; marks do not matter to the exit code."""
    done = dlcnn("grade", "scaling", folder, "--json", "out/report.json", *_PROCESS)
    assert done.returncode == 0, done.stderr
    report = _read(tmp_path / "out" / "report.json")
    assert set(report) == {
        "version",
        "assignment",
        "assignment_version",
        "isolation",
        "seed",
        "submissions",
    }
    assert (report["version"], report["assignment"], report["assignment_version"]) == (
        1,
        "scaling",
        "1.0",
    )
    assert set(report["isolation"]) == {"tier", "reason"}
    assert [(s["student"], s["path"], s["status"]) for s in report["submissions"]] == [
        ("ada", "ada/scaling.py", "graded"),
        ("bo", "bo.ipynb", "unreadable"),
        ("zoe", "zoe.py", "graded"),
    ]
    assert [s["score"] for s in report["submissions"]] == [10, 0, 5]
    for submission in report["submissions"]:
        assert set(submission) == _SUBMISSION
        assert submission["max_score"] == 10
        for task in submission["tasks"]:
            assert set(task) == _TASK
            for check in task["checks"]:
                assert set(check) == _CHECK
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.json"]


def test_grade_prints_a_table_the_isolation_and_durations(dlcnn, folder):
    """What a teacher reads first; what was ignored is said on standard error."""
    done = dlcnn("grade", "scaling", folder, *_PROCESS)
    assert "ada" in done.stdout
    assert "unreadable: " in done.stdout
    assert "isolation: " in done.stdout
    assert "graded 3 in " in done.stdout
    assert "grades.csv: ignored" in done.stderr


def test_grade_prints_one_submission_in_full(dlcnn, hand_in):
    """A single file is shown check by check, hidden ones with their category."""
    done = dlcnn("grade", "scaling", hand_in("zoe.py", WRONG), *_PROCESS)
    assert done.returncode == 0
    assert "first difference at Y[0, 0]" in done.stdout
    assert "scale takes a negative factor (hidden)" in done.stdout
    assert "wrong values; the inputs of this check are not shown" in done.stdout


def test_grade_gives_the_same_bytes_again(dlcnn, folder, tmp_path):
    """Same submissions, course and seed: same report, however many at a time; another seed, not."""
    for name, more in (("a", ["--jobs", "1"]), ("b", ["--jobs", "3"]), ("c", ["--seed", "other"])):
        assert dlcnn("grade", "scaling", folder, "--json", name, *more, *_PROCESS).returncode == 0
    texts = [(tmp_path / name).read_bytes() for name in "abc"]
    assert texts[0] == texts[1]
    inputs = [_read(tmp_path / name)["submissions"] for name in "ac"]
    assert inputs[0] != inputs[1]


def test_grade_writes_pages_and_gradescope_files(dlcnn, folder, tmp_path):
    """A page and a results.json for each, the unreadable one too."""
    done = dlcnn(
        "grade", "scaling", folder, "--html", "pages", "--gradescope", "results", *_PROCESS
    )
    assert done.returncode == 0, done.stderr
    pages = sorted(path.name for path in (tmp_path / "pages").iterdir())
    assert pages == ["ada.html", "bo.html", "index.html", "zoe.html"]
    assert "Scaling" in (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    scores = {path.name: _read(path)["score"] for path in (tmp_path / "results").iterdir()}
    assert scores == {"ada.json": 10, "bo.json": 0, "zoe.json": 5}


def test_grade_writes_one_results_json_for_one_submission(dlcnn, hand_in, folder, tmp_path):
    """FILE for one; for several it is wrong usage, before anything is graded."""
    path = hand_in("zoe.py", CORRECT)
    results = ("--gradescope", "results.json", *_PROCESS)
    assert dlcnn("grade", "scaling", path, *results).returncode == 0
    assert _read(tmp_path / "results.json")["score"] == 10
    done = dlcnn("grade", "scaling", folder, *results)
    assert done.returncode == 2
    assert "one file holds one submission" in done.stderr


def test_grade_writes_results_json_even_when_nothing_can_be_graded(dlcnn, tmp_path):
    """Gradescope shows the student a sentence instead of nothing."""
    done = dlcnn("grade", "scaling", tmp_path / "gone.py", "--gradescope", "r.json", *_PROCESS)
    assert done.returncode == 2
    results = _read(tmp_path / "r.json")
    assert results["score"] == 0
    assert "could not run" in results["output"]


def test_grade_of_unreadable_files_only_is_2(dlcnn, hand_in, tmp_path):
    """Nothing readable; the reports are written all the same."""
    path = hand_in("bo.ipynb", "not json")
    done = dlcnn("grade", "scaling", path, "--json", "r.json", *_PROCESS)
    assert done.returncode == 2
    assert _read(tmp_path / "r.json")["submissions"][0]["status"] == "unreadable"


def test_grade_refuses_a_student_twice(dlcnn, hand_in, tmp_path):
    """Wrong usage that names both paths."""
    one, other = hand_in("ada.py"), hand_in("ada.ipynb", "{}")
    done = dlcnn("grade", "scaling", tmp_path / "submissions", *_PROCESS)
    assert done.returncode == 2
    assert str(one) in done.stderr
    assert str(other) in done.stderr


def test_grade_refuses_less_isolation_than_required(dlcnn, hand_in):
    """Exit 2 with a sentence on what is missing; the least tier is always there."""
    path = hand_in("ada.py")
    done = dlcnn("grade", "scaling", path, "--require-isolation", "full")
    if done.returncode == 0:
        assert "isolation: full" in done.stdout
    else:
        assert done.returncode == 2
        assert "isolation" in done.stderr
        assert "--require-isolation" in done.stderr
    assert dlcnn("grade", "scaling", path, *_PROCESS).returncode == 0


def test_grade_goes_on_after_the_graders_own_fault(dlcnn, folder, small_course, tmp_path):
    """A check that breaks: every submission is still reported, and the run exits 3."""
    checks = (small_course.grader / "checks.py").read_text(encoding="utf-8")
    small_course.write(checks=checks.replace("X.min()", "X.minimum()"))
    done = dlcnn("grade", "scaling", folder, "--json", "r.json", *_PROCESS)
    assert done.returncode == 3
    statuses = [entry["status"] for entry in _read(tmp_path / "r.json")["submissions"]]
    assert statuses == ["error", "unreadable", "error"]


def test_grade_loads_no_keras_in_the_trusted_process(small_course, hand_in, environment):
    """Grading happens without TensorFlow, which must never be forked or trusted here."""
    arguments = ["grade", "scaling", str(hand_in("ada.py")), "--course", str(small_course.root)]
    code = (
        f"import sys\nfrom dlcnn.cli.main import main\ncode = main({[*arguments, *_PROCESS]!r})\n"
        "assert 'numpy' in sys.modules\n"
        "assert not {'keras', 'tensorflow', 'torch', 'jax'} & set(sys.modules)\nsys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr


_SLOW = CORRECT.replace("return factor * X", "__import__('time').sleep(0.2)\n    return factor * X")


def _lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_grade_resumes_after_a_kill(dlcnn, hand_in, small_course, environment, tmp_path, how):
    """Killed in the middle, the same command loses at most the submission in progress."""
    for number in range(8):
        hand_in(f"s{number}.py", _SLOW)
    folder = tmp_path / "submissions"
    whole = ("grade", "scaling", folder, "--jobs", "1", *_PROCESS)
    command = [sys.executable, "-m", "dlcnn", *map(str, whole), "--json", "report.json"]
    command += ["--course", str(small_course.root)]
    running = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    partial = tmp_path / "report.json.partial.jsonl"
    deadline = time.monotonic() + 60
    while _lines(partial) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(running.pid, how)
    running.communicate(timeout=60)
    assert running.returncode == (-9 if how == signal.SIGKILL else 130)
    finished = _lines(partial)
    assert 3 <= finished < 8
    assert not (tmp_path / "report.json").exists()

    done = dlcnn(*whole, "--json", "report.json")
    assert done.returncode == 0
    assert f"graded 8, {finished} of them by an earlier run" in done.stdout
    assert not partial.exists()
    assert dlcnn(*whole, "--json", "fresh.json").returncode == 0
    assert (tmp_path / "report.json").read_bytes() == (tmp_path / "fresh.json").read_bytes()


def test_grade_resumes_nothing_of_another_course(dlcnn, hand_in, small_course, zygote, tmp_path):
    """Changed checks or a changed file are graded afresh."""
    path = hand_in("ada.py")
    arguments = ("grade", "scaling", path, "--json", "report.json", *_PROCESS)
    from dlcnn.classroom.journal import Journal, Key, file_digest
    from dlcnn.grading.report import SubmissionReport

    stale = SubmissionReport("ada", "ada.py", "graded", (), 1, 10, 0, 4, ())
    exam = small_course.exam()
    key = Key(file_digest(path), exam.digest, "ada", None, zygote.isolation.tier)
    for stored, score in ((key, 1), (replace(key, course="other"), 10)):
        with Journal(tmp_path / "report.json") as journal:
            journal.add(stored, stale)
        assert dlcnn(*arguments).returncode == 0
        assert _read(tmp_path / "report.json")["submissions"][0]["score"] == score


@pytest.mark.parametrize(
    ("option", "path"),
    [
        ("--json", "a-file/x.json"),
        ("--json", "a-folder"),
        ("--json", "/proc/x.json"),
        ("--html", "a-file"),
        ("--html", "a-file/pages"),
        ("--html", "o.json"),
        ("--gradescope", "a-file/x"),
        ("--gradescope", "a-file/x.json"),
        ("--gradescope", "a-folder.json"),
    ],
)
def test_grade_refuses_what_it_could_not_write_before_it_grades(
    dlcnn, folder, tmp_path, option, path
):
    """Wrong usage that names option and path; the files that were there stay as they were."""
    for name in ("a-file", "o.json"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
    for name in ("a-folder", "a-folder.json"):
        (tmp_path / name).mkdir()
    target = folder / "zoe.py" if path.endswith(".json") else folder
    done = dlcnn("grade", "scaling", target, option, path, *_PROCESS)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"{option}: it names a ")
    assert f"Received {path}" in done.stderr
    assert "graded" not in done.stdout
    assert (tmp_path / "a-file").read_text(encoding="utf-8") == "mine"


def test_grade_refuses_one_name_for_a_folder_and_a_file(dlcnn, folder):
    """Pages and report cannot have the same name, also where neither is there yet."""
    done = dlcnn("grade", "scaling", folder, "--json", "out", "--html", "out", *_PROCESS)
    assert done.returncode == 2
    assert "--json: it names a file. Received out, a folder" in done.stderr


def test_grade_writes_results_json_even_when_something_exits(small_course, tmp_path):
    """Whatever calls sys.exit leaves the student no empty page, and is no success."""

    def paths():
        raise SystemExit(0)
        yield

    given = ["grade", "scaling", "x", "--course", small_course.root, "--gradescope", "r.json"]
    options = main._parser().parse_args(map(str, given))
    options.paths, options.gradescope = paths(), tmp_path / "r.json"
    assert main._run(options.run, options) == 3
    assert "could not run" in _read(tmp_path / "r.json")["output"]


def test_grade_replays_a_submission_of_a_sub_folder(dlcnn, hand_in, tmp_path):
    """The command on a hidden check's page gives the very results of the folder's run."""
    hand_in("ada/scaling.py", WRONG)
    folder = tmp_path / "submissions"
    out = ("--json", tmp_path / "r.json")
    dlcnn("grade", "scaling", folder, *out, "--html", "pages", *_PROCESS)
    page = (tmp_path / "pages" / "ada.html").read_text(encoding="utf-8")
    again = "dlcnn grade scaling ada/scaling.py --student ada"
    assert again in page
    before = _read(tmp_path / "r.json")["submissions"][0]
    _, *words = again.replace("ada/scaling.py", str(folder / "ada/scaling.py")).split()
    assert dlcnn(*words, *out, *_PROCESS).returncode == 0
    after = _read(tmp_path / "r.json")["submissions"][0]
    assert after == {**before, "path": "scaling.py"}


def test_grade_takes_a_student_for_one_submission_only(dlcnn, folder):
    """Several cannot all be one student's."""
    done = dlcnn("grade", "scaling", folder, "--student", "ada", *_PROCESS)
    assert done.returncode == 2
    assert "--student: " in done.stderr
