"""Calls of functions that live in this very process, answered as a worker would answer.

For code that is trusted here: the course's own, or a student's in their own notebook.
"""

import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from dlcnn.grading.worker.pool import Failure, Frame, Reply
from dlcnn.grading.worker.records import MAX_MESSAGE, cleaned
from dlcnn.grading.worker.wire import WireError, arrays, decode, encode

__all__ = ["call_here"]

_PROFILES = "dlcnn.grading.worker.profiles"
_OURS = str(Path(__file__).parents[1])


def call_here(functions: Mapping[str, Any], name: str, sent: Any, profile: str = "numpy") -> Reply:
    """Call a live function on copies of its inputs and take its answer as a worker would.

    Args:
        functions: where the function is found by its name.
        name: what it is called, or an operation on what it makes: "outputs of ResNet50".
        sent: (arguments, keywords).
        profile: what its operations are, a module of `worker.profiles`.
    """
    operation, _, task = name.rpartition(" of ")
    if task not in functions:
        return Reply(failure=Failure("undefined", "NameError", f"name {task!r} is not defined"))
    operations = import_module(f"{_PROFILES}.{profile}").OPERATIONS
    pristine = encode(sent)
    arguments, keywords = received = decode(pristine)
    try:
        value = operations[operation or "call"](functions[task], arguments, keywords)
        value = decode(encode(value))
    except WireError as error:
        return Reply(failure=Failure("protocol", type(error).__name__, str(error)))
    except Exception as error:
        kind, message = type(error).__name__, cleaned(str(error), MAX_MESSAGE)
        return Reply(failure=Failure("exception", kind, message, _frames(error)))
    pairs = zip(arrays(received), arrays(decode(pristine)), strict=True)
    changed = {
        slot: mine
        for slot, (mine, sent) in enumerate(pairs)
        if mine.shape != sent.shape or mine.tobytes() != sent.tobytes()
    }
    return Reply(value=value, changed=changed)


def _frames(error: BaseException) -> tuple[Frame, ...]:
    """Where it went wrong, in the student's own lines."""
    lines = traceback.extract_tb(error.__traceback__)
    return tuple(
        Frame(_label(line.filename), line.lineno or 0, line.name, line.line or "")
        for line in lines
        if not line.filename.startswith(_OURS) and "site-packages" not in line.filename
    )


def _label(filename: str) -> str:
    """What a person calls the file; a notebook's cells have made-up files of their own."""
    path = Path(filename)
    return path.name if path.is_file() else "this notebook"
