"""What a worker is told about a submission: its code, what it may import, what a call may take."""

import sys
from collections.abc import Mapping

from dlcnn.course.submission import Submission
from dlcnn.grading.exam import Exam
from dlcnn.grading.model_files import ModelFile
from dlcnn.grading.worker.pool import Limits, Program

__all__ = ["limits_of", "program_of"]

# What student code may import of each profile's packages; the rest is answered by a stand-in.
_PACKAGES = {
    "numpy": frozenset({"numpy"}),
    "keras": frozenset({"numpy", "keras", "tensorflow"}),
}


def program_of(exam: Exam, submission: Submission, model_files: Mapping[str, ModelFile]) -> Program:
    """The submission as it is to be run in an assignment."""
    allowed = sys.stdlib_module_names | _PACKAGES[exam.spec.profile]
    allowed |= {name.partition(".")[0] for name in exam.spec.allow_imports}
    return Program(
        cells=tuple((cell.label, cell.first_line, cell.source) for cell in submission.cells),
        stand_ins=(submission.imports | {"dlcnn"}) - allowed,
        names=exam.spec.task_names,
        compat=exam.spec.compat,
        model_files=tuple(
            (task, file.name, file.data) for task, file in model_files.items() if not file.verdict
        ),
    )


def limits_of(exam: Exam) -> Limits:
    """What one call may take in an assignment."""
    given = exam.spec.limits
    return Limits(wall_seconds=given.wall_seconds, memory_mb=given.memory_mb)
