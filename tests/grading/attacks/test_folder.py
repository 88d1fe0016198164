"""A class of three hundred, one in twenty of it hostile: everybody honest has their marks."""

import json
import time
from collections import Counter

from dlcnn.classroom.batch import Batch
from dlcnn.classroom.collect import collect
from dlcnn.grading.worker.pool import Zygote
from tests.conftest import CORRECT
from tests.grading.attacks.catalogue import ATTACKS
from tests.grading.attacks.processes import adopt_orphans, descendants

_STUDENTS = 300
_HOSTILE_EVERY = 20
_BOUND_SECONDS = 60.0
_HOSTILE = (
    "np.allclose says yes from the import on",
    "a subclass of ndarray equals everything",
    "walk the frames to the solution",
    "os._exit while the definitions are run",
    "sys.exit in a call",
    "a segmentation fault",
    "the parent is killed",
    "memory bomb",
    "a flood of prints",
    "an answer of eighty megabytes",
    "a forged reply that claims a pass",
    "a header of four gigabytes",
    "a loop that is deaf to every signal",
    "sleep while the definitions are run",
    "a daemon outlives the submission",
)


def _fill(folder, targets):
    """Hand in; who is hostile."""
    attacks = {attack.name: attack for attack in ATTACKS}
    hostile = set()
    for number in range(_STUDENTS):
        student, source = f"student{number:03}", CORRECT
        if number % _HOSTILE_EVERY == 7:
            hostile.add(student)
            name = _HOSTILE[len(hostile) - 1]
            source = attacks[name].submissions(targets)[0]
        (folder / f"{student}.py").write_text(source, encoding="utf-8")
    return hostile


def test_folder_with_hostile_submissions_gives_every_honest_one_its_marks(world, held):
    """Nothing undeserved, nothing lost, nothing left, in bounded time, two at a time."""
    folder = world.outside / "handed in"
    folder.mkdir()
    adopt_orphans(True)
    before = Counter(descendants().values())
    with Zygote("numpy") as first, Zygote("numpy") as second:
        hostile = _fill(folder, world.targets(world.victim.pid, held.secret))
        submissions = collect([folder], "scaling").submissions
        started = time.monotonic()
        reports = Batch(world.exam, [first, second]).grade(submissions)
        seconds = time.monotonic() - started
    assert Counter(descendants().values()) == before
    adopt_orphans(False)

    assert [report.student for report in reports] == sorted(f"student{n:03}" for n in range(300))
    assert len(hostile) == len(_HOSTILE) == _STUDENTS // _HOSTILE_EVERY
    assert seconds < _BOUND_SECONDS
    honest = [report for report in reports if report.student not in hostile]
    assert {(report.score, report.optional_score) for report in honest} == {(10, 4)}
    same = {json.dumps([task["checks"] for task in report.to_json()["tasks"]]) for report in honest}
    assert len(same) == 1
    marks = {(r.status, r.score, r.optional_score) for r in reports if r.student in hostile}
    assert marks == {("graded", 0, 0)}
    assert world.damage() == []
