"""The commands that run a check again: right options, safe quoting, the same inputs."""

import shlex
from dataclasses import replace

import pytest

from dlcnn.grading.render.replay import first_replay, replay
from tests.grading.render.samples import a_check, a_submission, a_task


def _failed(visibility="public", **more):
    return a_task("f", a_check("c", "t", "FAIL", visibility=visibility), **more)


def _replay(report, submission, task):
    return replay(report, submission, task, task.checks[0])


def test_replay_of_a_public_check_is_the_students_command(report):
    """The file's own name, whatever folder it was graded in, and the student: both seed inputs."""
    submission = a_submission("ada", path="ada/work.ipynb")
    assert _replay(report, submission, _failed()) == (
        "dlcnn check work.ipynb --student ada --only c"
    )


def test_replay_of_a_hidden_check_is_the_teachers_command(report):
    """In the folder that was graded, for the student, whatever the file is called."""
    for path in ("ada.ipynb", "ada/work.ipynb"):
        assert _replay(report, a_submission("ada", path=path), _failed("hidden")) == (
            f"dlcnn grade conv_step_by_step {path} --student ada"
        )


def test_replay_names_the_seed(report):
    """Without the seed's text the inputs would be others."""
    seeded = replace(report, seed="spring term")
    for visibility in ("public", "hidden"):
        command = _replay(seeded, a_submission("ada"), _failed(visibility))
        assert command.endswith(" --seed 'spring term'")


def test_replay_runs_every_check_where_others_decided(report):
    """A task that was followed through is judged the same only with its helpers' checks."""
    task = _failed(follow_through=True, spoiled_by=["g"])
    assert _replay(report, a_submission("ada"), task) == "dlcnn check ada.ipynb --student ada"


@pytest.mark.parametrize("status", ["PASS", "TODO", "SKIP", "ERROR"])
def test_replay_is_for_failures_only(report, status):
    """Nothing else needs to be seen again."""
    assert _replay(report, a_submission("ada"), a_task("f", a_check("c", "t", status))) is None


@pytest.mark.parametrize("name", ["a b", "$(rm -rf ~)", "it's; ls", "-rf", "--help", "`x`\n&y"])
def test_replay_quotes_names_for_a_shell(report, name):
    """A name cannot become another command or an option; a line end is a blank."""
    command = _replay(report, a_submission(name), _failed())
    words = shlex.split(command)
    shown = " ".join(name.split())
    assert words[:2] == ["dlcnn", "check"]
    assert words[2] == ("./" if name.startswith("-") else "") + f"{shown}.ipynb"
    student = [f"--student={name}"] if name.startswith("-") else ["--student", shown]
    assert words[3:] == [*student, "--only", "c"]


def test_first_replay_takes_the_first_public_failure():
    """Hidden checks and passes are left out; the file and further options are the caller's."""
    submission = a_submission(
        "ada",
        a_task("e", a_check("passed", "t")),
        _failed("hidden"),
        a_task("g", a_check("wanted", "t", "FAIL"), a_check("later", "t", "FAIL")),
    )
    assert first_replay(submission, "my work/ada.py", seed=None, assignment="conv") == (
        "dlcnn check 'my work/ada.py' --student ada --only wanted --assignment conv"
    )
    assert first_replay(a_submission("bo", a_task("e", a_check("c", "t"))), "bo.py") is None
