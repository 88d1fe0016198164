"""Grade one submission: every check in FORMATS' order, apart from us, and the points added up.

This is the trusted side. It never imports student code: it sends inputs to a worker and judges
what comes back. Nothing that a submission does makes it raise.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dlcnn.course.spec import Task
from dlcnn.course.submission import (
    Submission,
    UnreadableSubmission,
    is_attempted,
    read_submission,
)
from dlcnn.grading.calls import Call
from dlcnn.grading.checks import Check
from dlcnn.grading.compare import describe
from dlcnn.grading.course_code import beside
from dlcnn.grading.exam import Exam
from dlcnn.grading.explain import explained
from dlcnn.grading.marking import Marked, as_shown, points, result, run_check, seeded
from dlcnn.grading.model_files import ModelFile, model_files_of
from dlcnn.grading.programs import limits_of, program_of
from dlcnn.grading.report import (
    CheckResult,
    Facts,
    Status,
    SubmissionReport,
    TaskResult,
    unreadable,
)
from dlcnn.grading.runner import Runner
from dlcnn.grading.tolerated import notes_on
from dlcnn.grading.worker.pool import Zygote

__all__ = ["grade_submission"]

_WORST_FIRST: tuple[Status, ...] = ("ERROR", "FAIL", "SKIP", "TODO")


def grade_submission(
    exam: Exam,
    path: Path,
    student: str,
    zygote: Zygote,
    *,
    shown_path: str,
    seed_text: str | None = None,
    visibilities: Collection[str] = ("public", "hidden"),
    only: str | None = None,
    shared_folder: bool = False,
) -> SubmissionReport:
    """Grade the file at `path`.

    Args:
        exam: the assignment.
        path: a notebook or a script.
        student: who handed it in; part of the seed of every check's inputs.
        zygote: where the student's code runs.
        shown_path: the path that the report names.
        seed_text: mixed into the seeds where given.
        visibilities: which checks to run.
        only: the name of the one check to run.
        shared_folder: whether submissions of others lie in the same folder, so that a trained
            model is this student's only where its file is named so.

    Returns:
        The report; its status is "unreadable" where the file is no notebook or script.
    """
    started = time.perf_counter()
    try:
        submission = read_submission(path)
    except UnreadableSubmission as error:
        return unreadable(student, shown_path, str(error), exam.max_scores())
    checks = [check for check in exam.checks if only in (None, check.name)]
    checks = [check for check in checks if ("hidden" if check.hidden else "public") in visibilities]
    models = model_files_of(exam.spec, path, shared_folder=shared_folder)
    with _Sitting(exam, submission, models, student, seed_text, zygote) as sitting:
        tasks = sitting.grade(checks)
    graded = [task for task in tasks if not task.optional]
    optional = [task for task in tasks if task.optional]
    return SubmissionReport(
        student=student,
        path=shown_path,
        status="error" if any(task.status == "ERROR" for task in tasks) else "graded",
        notes=submission.notes + notes_on(sitting.tolerated),
        score=points(task.score for task in graded),
        max_score=points(task.max_score for task in graded),
        optional_score=points(task.score for task in optional),
        optional_max_score=points(task.max_score for task in optional),
        tasks=tasks,
        seconds=time.perf_counter() - started,
    )


@dataclass
class _Standing:
    """A task as it stands: what was decided without running it, and its results so far."""

    task: Task
    verdict: tuple[Status, Facts] | None = None  # TODO, SKIP or FAIL, and why
    judged: list[tuple[Check, Marked]] = field(default_factory=list)
    spoiled_by: tuple[str, ...] = ()

    @property
    def results(self) -> list[CheckResult]:
        return [marked.result for _, marked in self.judged]

    @property
    def status(self) -> Status:
        if self.verdict and not self.judged:
            return self.verdict[0]
        statuses = {each.status for each in self.results}
        return next((status for status in _WORST_FIRST if status in statuses), "PASS")

    @property
    def score(self) -> float:
        return points(each.score for each in self.results)

    def closed(self) -> TaskResult:
        return TaskResult(
            task=self.task.name,
            optional=self.task.optional,
            status=self.status,
            score=self.score,
            max_score=points(each.max_score for each in self.results),
            follow_through=bool(self.spoiled_by),
            spoiled_by=self.spoiled_by,
            checks=tuple(as_shown(each) for each in self.results),
        )


class _Sitting:
    """One submission in front of the grader: its workers and its standings."""

    def __init__(
        self,
        exam: Exam,
        submission: Submission,
        models: Mapping[str, ModelFile],
        student: str,
        seed_text: str | None,
        zygote: Zygote,
    ) -> None:
        self._exam = exam
        self._submission = submission
        self._student = student
        self._seed_text = seed_text
        self._standings = {
            task.name: _Standing(task, _verdict(exam, submission, models, task.name))
            for task in exam.spec.tasks
        }
        self._course = beside(exam, zygote)
        self._course.begin()
        program, limits = program_of(exam, submission, models), limits_of(exam)
        self._theirs = Runner(lambda: zygote.session(program, limits), limits.wall_seconds)
        self._call: Call = self._theirs.call
        self._saw_hidden = False
        self.tolerated: frozenset[str] = frozenset()  # kinds of old code that was let pass

    def __enter__(self) -> "_Sitting":
        return self

    def __exit__(self, *_: object) -> None:
        self._theirs.close()

    def grade(self, checks: Collection[Check]) -> tuple[TaskResult, ...]:
        """Public checks first, each task's hidden ones apart, follow-through, explanations."""
        own = {name: [c for c in checks if c.task == name] for name in self._standings}
        self._run([check for check in checks if not check.hidden])
        for task_checks in own.values():
            self._run([check for check in task_checks if check.hidden])
        for name, task_checks in own.items():
            self._follow_through(self._standings[name], task_checks)
        standings = [self._standings[name] for name, task_checks in own.items() if task_checks]
        for standing in standings:
            self._explain(standing)
        return tuple(standing.closed() for standing in standings)

    def _start(self, hidden: bool, answered: Collection[str] = ()) -> None:
        """Have the student's next calls made in a worker that starts fresh.

        A public check after a hidden one gets a session of its own: even the number of processes
        so far could tell it what the hidden check was sent, and a public check may say anything.
        """
        if self._saw_hidden and not hidden:
            self._theirs.renew()
        self._saw_hidden = hidden
        self._theirs.restart(answered, self._course.answer if answered else None)
        call = self._theirs.call
        self._call = self._course.completing(call) if answered else call
        self._theirs.grant()

    def _run(self, checks: Iterable[Check]) -> None:
        """Run checks, in their order, in a worker that starts fresh."""
        fresh, judging = False, None
        for check in checks:
            standing = self._standings[check.task]
            if standing.verdict:
                marked = Marked(result(check, *standing.verdict))
            else:
                if not fresh:
                    self._start(check.hidden)
                    fresh = True
                if standing is not judging:
                    self._theirs.grant()
                    judging = standing
                marked = self._mark(check)
            standing.judged.append((check, marked))

    def _mark(self, check: Check) -> Marked:
        marked = self._run_on(self._call, check)
        if not check.hidden:  # dozens of kinds could carry a hidden input out
            self.tolerated = self.tolerated.union(*(each.reply.tolerated for each in marked.asked))
        if marked.result.status != "ERROR":
            return marked
        if self._run_on(self._course.code.solution, check).result.status != "PASS":
            return marked
        # The check is sound, so it broke on an answer that it did not foresee.
        facts = {
            "kind": "type",
            "name": f"the answer of {check.task}",
            "received": describe(marked.asked[-1].reply.value if marked.asked else None),
            "expected": "what the task asks for",
        }
        return Marked(result(check, "FAIL", facts), marked.asked)

    def _run_on(self, call: Call, check: Check) -> Marked:
        solution = self._course.code.solution
        return run_check(check, call, self._exam.returns, self._draw(check), solution=solution)

    def _draw(self, check: Check) -> np.random.Generator:
        return seeded(self._exam, check, self._student, self._seed_text)

    def _follow_through(self, standing: _Standing, checks: Collection[Check]) -> None:
        """Mark a failed task again with its failed upstream tasks answered by the solution."""
        upstream = tuple(
            name
            for name in self._exam.spec.upstream(standing.task.name)
            if self._standings[name].status != "PASS"
        )
        if standing.status != "FAIL" or not upstream:
            return
        again = _Standing(standing.task, spoiled_by=upstream)
        for hidden in (False, True):
            batch = [check for check in checks if check.hidden is hidden]
            if batch:
                self._start(hidden, upstream)
            again.judged += [(check, self._mark(check)) for check in batch]
        # Equal points still tell more: what is left is the task's own mistake.
        if again.score >= standing.score and again.results != standing.results:
            self._standings[standing.task.name] = again

    def _explain(self, standing: _Standing) -> None:
        if standing.status == "FAIL":
            self._start(False, standing.spoiled_by)
            standing.judged = explained(
                self._exam,
                standing.task.name,
                standing.judged,
                self._draw,
                self._call,
                self._course.code,
            )


def _verdict(
    exam: Exam, submission: Submission, models: Mapping[str, ModelFile], name: str
) -> tuple[Status, Facts] | None:
    """How a task stands where that is plain before anything is run, and why; else None."""
    if name in models:
        return models[name].verdict
    function = submission.functions.get(name)
    if function is None:
        broken = next((piece for piece in submission.broken if name in piece.names), None)
        if broken is None:
            return "TODO", {"kind": "missing", "function": name}
        facts: dict[str, Any] = {"kind": "broken", "function": name, "label": broken.label}
        return "SKIP", {
            **facts,
            "line": broken.line,
            "message": broken.message,
            "code": broken.code,
        }
    template = exam.template_functions.get(name)
    if not is_attempted(function, template, known=submission.names):
        return "TODO", {"kind": "untouched", "function": name}
    return None
