"""The report's JSON form: what FORMATS names, and back again without loss."""

import json

from dlcnn.grading.report import (
    CheckResult,
    Isolation,
    Report,
    SubmissionReport,
    TaskResult,
    unreadable,
    write_json,
)


def _report() -> Report:
    check = CheckResult("pads", "zero_pad pads", "public", "FAIL", 0, 5, {"kind": "missing"})
    task = TaskResult("zero_pad", False, "FAIL", 0, 5, True, ("other",), (check,))
    graded = SubmissionReport("ada", "ada.py", "graded", ("a note",), 0, 5, 0, 0, (task,), 1.25)
    lost = unreadable("bob", "bob.ipynb", "This is not a notebook.", (5, 0))
    return Report("conv", "1.0", Isolation("process", "not asked for"), (graded, lost), "spring")


def test_report_survives_its_json_form():
    """from_json undoes to_json, durations apart: those are printed and never stored."""
    report = _report()
    text = json.dumps(report.to_json())
    assert Report.from_json(json.loads(text)) == report
    assert "seconds" not in text
    assert "1.25" not in text


def test_report_names_its_fields_as_documented():
    """Other programs read these names: none is missing, none is added."""
    plain = _report().to_json()
    assert list(plain) == [
        "version",
        "assignment",
        "assignment_version",
        "isolation",
        "seed",
        "submissions",
    ]
    assert plain["isolation"] == {"tier": "process", "reason": "not asked for"}
    submission = plain["submissions"][0]
    assert set(submission) == {
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
    assert set(submission["tasks"][0]) == {
        "task",
        "optional",
        "status",
        "score",
        "max_score",
        "follow_through",
        "spoiled_by",
        "checks",
    }
    assert set(submission["tasks"][0]["checks"][0]) == {
        "check",
        "title",
        "visibility",
        "status",
        "score",
        "max_score",
        "facts",
        "cause",
    }


def test_write_json_writes_the_same_bytes_and_leaves_nothing_beside(tmp_path):
    """Two writes of one report are equal byte for byte, and no temporary file stays."""
    first, second = tmp_path / "deep" / "a.json", tmp_path / "b.json"
    write_json(_report(), first)
    write_json(_report(), second)
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in first.parent.iterdir()] == ["a.json"]
    assert Report.from_json(json.loads(first.read_text(encoding="utf-8"))) == _report()
