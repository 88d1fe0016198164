"""What a killed run leaves behind, and what the next one takes from it."""

import os
from dataclasses import replace

import pytest

from dlcnn.classroom.journal import Journal, Key, file_digest
from dlcnn.grading.report import SubmissionReport

KEY = Key("digest", "course", "ada", None, "process")
REPORT = SubmissionReport("ada", "ada.py", "graded", (), 5, 10, 0, 0, ())


@pytest.fixture
def path(tmp_path):
    """Where the report will be."""
    return tmp_path / "report.json"


def _partial(path):
    return path.with_name("report.json.partial.jsonl")


def test_journal_finds_what_an_earlier_run_added(path):
    """A result survives the end of the process."""
    with Journal(path) as journal:
        assert journal.find(KEY) is None
        journal.add(KEY, REPORT)
        assert _partial(path).read_bytes().count(b"\n") == 1
    assert Journal(path).find(KEY) == REPORT


@pytest.mark.parametrize("field", ["submission", "course", "student", "seed_text", "tier"])
def test_journal_finds_nothing_under_another_key(path, field):
    """Another file, course, student, seed or isolation is another result."""
    with Journal(path) as journal:
        journal.add(KEY, REPORT)
    assert Journal(path).find(replace(KEY, **{field: "other"})) is None


def test_journal_ignores_a_torn_line_and_goes_on_after_it(path):
    """A kill in the middle of a line loses that line only."""
    with Journal(path) as journal:
        journal.add(KEY, REPORT)
        journal.add(replace(KEY, student="bo"), replace(REPORT, student="bo"))
    whole = _partial(path).read_bytes()
    _partial(path).write_bytes(whole[:-20])
    cy = replace(KEY, student="cy")
    with Journal(path) as journal:
        assert journal.find(KEY) == REPORT
        assert journal.find(replace(KEY, student="bo")) is None
        journal.add(cy, replace(REPORT, student="cy"))
    again = Journal(path)
    assert again.find(cy).student == "cy"
    assert again.find(KEY) == REPORT


@pytest.mark.parametrize("text", ["not json\n", "{}\n", "[1]\n", '{"key": {}, "submission": 1}\n'])
def test_journal_ignores_lines_that_are_not_its_own(path, text):
    """A foreign file under that name is no obstacle."""
    _partial(path).write_text(text, encoding="utf-8")
    with Journal(path) as journal:
        journal.add(KEY, REPORT)
    assert Journal(path).find(KEY) == REPORT


def test_journal_removes_its_file(path):
    """Once the report is written nothing is left."""
    with Journal(path) as journal:
        journal.add(KEY, REPORT)
    journal.remove()
    assert list(path.parent.iterdir()) == []
    journal.remove()
    assert Journal(path).find(KEY) is None


def test_file_digest_is_of_the_bytes(tmp_path):
    """The same bytes have the same digest, others another."""
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    one.write_bytes(b"x = 1\n")
    same.write_bytes(b"x = 1\n")
    other.write_bytes(b"x = 2\n")
    assert file_digest(one) == file_digest(same) != file_digest(other)


def test_file_digest_is_of_what_lies_beside_too(tmp_path):
    """A model that is added, changed or taken away is another submission; a link is none."""
    code, model, other = (tmp_path / name for name in ("code", "model", "other"))
    code.write_bytes(b"x = 1\n")
    digests = [file_digest(code), file_digest(code, model)]
    for data in (b"1", b"2"):
        model.write_bytes(data)
        digests.append(file_digest(code, model))
        digests.append(file_digest(code, other, model))
    assert len(set(digests)) == len(digests)
    assert file_digest(code, model) == digests[4]
    other.symlink_to(model)
    assert file_digest(code, other) is None
    assert file_digest(tmp_path / "missing", model) is None


def test_file_digest_of_anything_but_a_file_is_none(tmp_path):
    """Links, folders and pipes are never waited for and never resumed."""
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "missing"):
        assert file_digest(tmp_path / name) is None
    assert file_digest(tmp_path) is None
