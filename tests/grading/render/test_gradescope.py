"""Gradescope's results.json, as its documentation names the fields."""

import json
from dataclasses import replace

import pytest

from dlcnn.errors import DlcnnError
from dlcnn.grading.render.gradescope import results, write_failure, write_gradescope
from tests.grading.render.samples import CAUSE

_TEST_FIELDS = {
    "name",
    "number",
    "score",
    "max_score",
    "status",
    "output",
    "output_format",
    "visibility",
    "tags",
}


def test_results_hold_what_gradescope_reads(report):
    """Score, words and settings at the top; one test per check with all its fields."""
    plain = results(report.submissions[1], report)
    assert plain["score"] == 10
    assert plain["visibility"] == "visible"
    assert plain["stdout_visibility"] == "hidden"
    assert plain["output"].startswith("10 of 50 points")
    assert plain["extra_data"]["isolation"]["tier"] == "process"
    assert [test["number"] for test in plain["tests"]] == ["1.1", "1.2", "2.1", "2.2", "3.1", "4.1"]
    for test in plain["tests"]:
        assert set(test) == _TEST_FIELDS
        assert (test["status"] == "passed") == (test["score"] == test["max_score"])


def test_results_hide_hidden_checks_and_their_cause(report):
    """A hidden check is a hidden test with a category; a public one shows its cause."""
    tests = {test["number"]: test for test in results(report.submissions[1], report)["tests"]}
    assert tests["2.2"]["visibility"] == "hidden"
    assert tests["2.2"]["output"] == "wrong values; the inputs of this check are not shown"
    assert tests["2.1"]["visibility"] == "visible"
    assert CAUSE["text"] in tests["2.1"]["output"]


def test_results_name_the_replay_of_public_checks_only(report):
    """The student's own command, with the seed that the report was made with."""
    seeded = replace(report, seed="spring")
    tests = {test["number"]: test for test in results(seeded.submissions[1], seeded)["tests"]}
    assert tests["2.1"]["output"].endswith(
        "to run this check again: "
        "dlcnn check blaise.ipynb --student blaise --only strided_non_square --seed spring"
    )
    assert "dlcnn" not in tests["1.1"]["output"] + tests["2.2"]["output"] + tests["4.1"]["output"]


def test_results_keep_optional_points_out_of_the_score(report):
    """Optional tasks are tests of their own, tagged, and counted in extra_data only."""
    plain = results(report.submissions[0], report)
    optional = [test for test in plain["tests"] if "optional" in test["tags"]]
    assert [test["score"] for test in optional] == [20]
    assert plain["score"] == 50
    assert plain["extra_data"]["optional_score"] == 20
    assert plain["extra_data"]["optional_max_score"] == 20


def test_results_of_an_unreadable_submission_are_zero_and_its_sentence(report):
    """The student reads why, and the file is whole."""
    plain = results(report.submissions[-1], report)
    assert (plain["score"], plain["tests"]) == (0, [])
    assert plain["output"].startswith("This is not a notebook")


def test_write_gradescope_writes_one_file_for_one_submission(report, tmp_path):
    """A name that ends in .json is the file itself."""
    target = tmp_path / "results" / "results.json"
    one = replace(report, submissions=report.submissions[:1])
    assert write_gradescope(one, target) == [target]
    assert json.loads(target.read_text(encoding="utf-8"))["score"] == 50


def test_write_gradescope_writes_a_folder_for_several(report, tmp_path):
    """One file per student, with names that stay inside the folder."""
    paths = write_gradescope(report, tmp_path / "out")
    names = [path.name for path in paths]
    assert names == [
        "ada.json",
        "blaise.json",
        "script_alert_1_script.json",
        "maria.json",
        "zoe.json",
    ]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)


def test_write_gradescope_refuses_one_file_for_several(report, tmp_path):
    """Nobody's result overwrites another's."""
    with pytest.raises(DlcnnError, match="one file holds one submission"):
        write_gradescope(report, tmp_path / "results.json")
    assert not (tmp_path / "results.json").exists()


def test_write_failure_leaves_a_file_when_nothing_was_graded(tmp_path):
    """Gradescope always finds a results.json; a folder is left alone."""
    write_failure("The grader could not run.", tmp_path / "results.json")
    plain = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert (plain["score"], plain["output"]) == (0, "The grader could not run.")
    write_failure("The grader could not run.", tmp_path / "folder")
    assert not (tmp_path / "folder").exists()
