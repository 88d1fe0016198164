"""Grade many submissions side by side; one that goes wrong never stops the others."""

import os
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

from dlcnn.classroom.collect import Found
from dlcnn.classroom.journal import Journal, Key, file_digest
from dlcnn.course.submission.trained import model_file_of
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.exam import Exam
from dlcnn.grading.report import SubmissionReport, unreadable
from dlcnn.grading.worker.pool import Zygote

__all__ = ["Batch"]


@dataclass(frozen=True)
class Batch:
    """One run over many submissions.

    Args:
        exam: the assignment.
        zygotes: as many submissions are graded at a time, each in a worker of its own zygote.
        seed_text: mixed into the seeds of the checks where given.
        journal: finished submissions are taken from it and added to it.
        finished: called with each result, from any thread.
    """

    exam: Exam
    zygotes: Sequence[Zygote]
    seed_text: str | None = None
    journal: Journal | None = None
    finished: Callable[[SubmissionReport], object] | None = None
    _free: SimpleQueue[Zygote] = field(default_factory=SimpleQueue, init=False, repr=False)

    def __post_init__(self) -> None:
        for zygote in self.zygotes:
            self._free.put(zygote)

    def grade(self, submissions: Sequence[Found]) -> list[SubmissionReport]:
        """Grade every submission, in the order given.

        One on which the grader itself fails is reported with status "error", and the run goes on.
        """
        with ThreadPoolExecutor(len(self.zygotes)) as threads:
            futures = [threads.submit(self._grade_or_resume, found) for found in submissions]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
                return [future.result() for future in futures]
            finally:
                for future in futures:  # after Ctrl-C: end what has not begun
                    future.cancel()

    def _grade_or_resume(self, found: Found) -> SubmissionReport:
        key = self._key(found) if self.journal else None
        report = self.journal.find(key) if self.journal and key else None
        if report is None:
            report = self._grade(found)
            if self.journal and key and report.status != "error":
                self.journal.add(key, report)
        report = replace(report, path=found.shown_path)
        if self.finished:
            self.finished(report)
        return report

    def _key(self, found: Found) -> Key | None:
        models = [
            model_file_of(found.path, name, shared_folder=found.shared_folder)
            for name in self.exam.spec.model_files.values()
        ]
        digest = file_digest(found.path, *models)
        if digest is None:
            return None
        tier = self.zygotes[0].isolation.tier
        return Key(digest, self.exam.digest, found.student, self.seed_text, tier)

    def _grade(self, found: Found) -> SubmissionReport:
        student, shown_path = found.student, found.shown_path
        if found.problem:
            return unreadable(student, shown_path, found.problem, self.exam.max_scores())
        zygote = self._free.get()
        try:
            return grade_submission(
                self.exam,
                found.path,
                student,
                zygote,
                shown_path=shown_path,
                seed_text=self.seed_text,
                shared_folder=found.shared_folder,
            )
        except (Exception, SystemExit) as error:  # a course's file may call sys.exit
            if os.environ.get("DLCNN_DEBUG"):
                traceback.print_exc()
            return _failed(found, error, self.exam)
        finally:
            self._free.put(zygote)


def _failed(found: Found, error: BaseException, exam: Exam) -> SubmissionReport:
    max_score, optional_max_score = exam.max_scores()
    sentence = (
        f"The grader failed on this submission, through no fault of the student "
        f"({type(error).__name__}). It has no result yet; run with DLCNN_DEBUG=1 to see why."
    )
    return SubmissionReport(
        found.student,
        found.shown_path,
        "error",
        (sentence,),
        0,
        max_score,
        0,
        optional_max_score,
        (),
    )
