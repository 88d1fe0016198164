"""The model files that are handed in beside a submission: where they lie, and their bytes.

A stranger made them: no link is followed, no pipe waited for, nothing in them looked at.
"""

import errno
import os
import stat
from pathlib import Path

__all__ = ["MAX_MODEL_BYTES", "UnusableModelFile", "model_file_of", "read_model_file"]

MAX_MODEL_BYTES = 60_000_000  # of all files of a submission; what is sent at once has a limit


class UnusableModelFile(Exception):  # noqa: N818  says what the file is, not what went wrong
    """The file cannot be taken: the message is one sentence for student and teacher."""


def model_file_of(submission: Path, file: str, *, shared_folder: bool = False) -> Path:
    """Where the model file of a submission lies, whether there is one or not.

    Args:
        submission: the notebook or script.
        file: what the assignment calls the model's file.
        shared_folder: whether submissions of others lie in the same folder: then only the file
            with the submission's name before its own is this student's.
    """
    own = submission.with_name(f"{submission.stem}_{file}")
    return own if shared_folder or os.path.lexists(own) else submission.with_name(file)


def read_model_file(path: Path, max_bytes: int = MAX_MODEL_BYTES) -> bytes | None:
    """The bytes of a model file, or None where there is none.

    Raises:
        UnusableModelFile: it is no file, or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnusableModelFile(f"{path.name} {_why_not_opened(error)}") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnusableModelFile(f"{path.name} is not a file: hand in the model's file itself.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise UnusableModelFile(
            f"{path.name} is larger than {max_bytes // 10**6} MB: hand in a smaller model."
        )
    if not data:
        raise UnusableModelFile(f"{path.name} is empty: save the model and hand it in again.")
    return data


def _why_not_opened(error: OSError) -> str:
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return "is a link to another file: hand in the file itself."
    if error.errno == errno.ENXIO:
        return "is not a file: hand in the model's file itself."
    return f"cannot be opened: {(error.strerror or 'unknown reason').lower()}."
