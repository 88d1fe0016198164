"""The trained models of a submission as the grader takes them: as bytes, or why there are none.

This is the trusted side: what is in a file is looked at where it is loaded, in the worker.
"""

from dataclasses import dataclass
from pathlib import Path

from dlcnn.course.spec import Spec
from dlcnn.course.submission.trained import (
    MAX_MODEL_BYTES,
    UnusableModelFile,
    model_file_of,
    read_model_file,
)
from dlcnn.grading.report import Facts, Status

__all__ = ["ModelFile", "model_files_of"]


@dataclass(frozen=True)
class ModelFile:
    """The file of one task.

    Attributes:
        name: what the assignment calls it.
        data: its bytes.
        verdict: where there are none, how the task stands, and why.
    """

    name: str
    data: bytes = b""
    verdict: tuple[Status, Facts] | None = None


def model_files_of(
    spec: Spec, submission: Path, *, shared_folder: bool = False
) -> dict[str, ModelFile]:
    """The model files of a submission by their tasks.

    Args:
        spec: the assignment's specification.
        submission: the notebook or script.
        shared_folder: whether submissions of others lie in the same folder.
    """
    most = MAX_MODEL_BYTES // max(1, len(spec.model_files))
    found = {}
    for task, name in spec.model_files.items():
        path = model_file_of(submission, name, shared_folder=shared_folder)
        missing: Facts = {"kind": "no_file", "file": path.name}
        try:
            data = read_model_file(path, most)
        except UnusableModelFile as unusable:
            told: Facts = {"kind": "file", "message": str(unusable)}
            found[task] = ModelFile(name, verdict=("FAIL", told))
        else:
            found[task] = ModelFile(name, data or b"", None if data else ("TODO", missing))
    return found
