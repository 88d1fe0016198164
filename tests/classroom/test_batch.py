"""Many submissions side by side: all of them, in order, whatever happens to one."""

from dataclasses import replace

import pytest

from dlcnn.classroom.batch import Batch
from dlcnn.classroom.collect import Found
from dlcnn.classroom.journal import Journal
from dlcnn.grading.worker.pool import Zygote
from tests.conftest import CORRECT

WRONG = CORRECT.replace("return ordered[0], ordered[-1]", "return 0.0, ordered[-1]")


@pytest.fixture
def found(tmp_path):
    """Put a text into a file; the submission."""

    def put(student, text=CORRECT):
        path = tmp_path / f"{student}.py"
        path.write_text(text, encoding="utf-8")
        return Found(student, path, path.name)

    return put


def test_batch_keeps_the_order_with_several_at_a_time(small_course, found, zygote):
    """Results come in the order of the submissions, each told as it finishes."""
    submissions = [found(f"s{number}", WRONG if number % 2 else CORRECT) for number in range(6)]
    told = []
    with Zygote("numpy") as second:
        batch = Batch(small_course.exam(), [zygote, second], finished=told.append)
        reports = batch.grade(submissions)
    assert [report.student for report in reports] == [f"s{number}" for number in range(6)]
    assert [report.optional_score for report in reports] == [4, 0, 4, 0, 4, 0]
    assert sorted(report.student for report in told) == [f"s{number}" for number in range(6)]


def test_batch_grades_as_one_alone(small_course, found, zygote):
    """A second submission in the same zygote gets what it would get alone."""
    exam = small_course.exam()
    submissions = [found("ada", WRONG), found("bo")]
    together = Batch(exam, [zygote]).grade(submissions)
    alone = [Batch(exam, [zygote]).grade([one])[0] for one in submissions]
    assert together == alone


def test_batch_takes_finished_submissions_from_the_journal(small_course, found, zygote, tmp_path):
    """What the journal holds is not graded again; a path that moved is told as it is now."""
    exam, one = small_course.exam(), found("ada")
    with Journal(tmp_path / "report.json") as journal:
        first = Batch(exam, [zygote], journal=journal).grade([one])
    with Journal(tmp_path / "report.json") as journal:
        moved = replace(one, shown_path="ada/scaling.py")
        again = Batch(exam, [zygote], journal=journal).grade([moved])
        assert journal.resumed == 1
        one.path.write_text(WRONG, encoding="utf-8")
        changed = Batch(exam, [zygote], journal=journal).grade([one])
        assert journal.resumed == 1
    assert again == [replace(first[0], path="ada/scaling.py")]
    assert (first[0].optional_score, changed[0].optional_score) == (4, 0)


class _Exits(dict):
    """A part of an exam that ends the process, as a course's file can."""

    def get(self, *_):
        raise SystemExit(0)


@pytest.mark.parametrize(
    ("part", "kind"), [(None, "AttributeError"), (_Exits(), "SystemExit")], ids=["error", "exit"]
)
def test_batch_reports_the_graders_own_failure_and_goes_on(
    small_course, found, zygote, tmp_path, part, kind
):
    """An error of ours is one submission's status, is never stored, and never stops the run."""
    sound = small_course.exam()
    broken = replace(sound, template_functions=part)
    submissions = [found("ada"), Found("bo", tmp_path, "bo", problem="No file in it.")]
    with Journal(tmp_path / "report.json") as journal:
        reports = Batch(broken, [zygote], journal=journal).grade(submissions)
    assert [report.status for report in reports] == ["error", "unreadable"]
    assert f"through no fault of the student ({kind})" in reports[0].notes[0]
    assert (reports[0].score, reports[0].max_score) == (0, 10)
    with Journal(tmp_path / "report.json") as journal:
        assert Batch(sound, [zygote], journal=journal).grade(submissions)[0].status == "graded"
        assert journal.resumed == 0
