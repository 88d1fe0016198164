"""What looking into a network tells a person who can mend it."""

import sys
import warnings
from pathlib import Path

from dlcnn.errors import DlcnnError

__all__ = ["UnderstandingError", "UnderstandingWarning", "warn"]

_OURS = str(Path(__file__).parent)


class UnderstandingError(DlcnnError):
    """A model, images, a target or an option that nothing can be explained with."""


class UnderstandingWarning(UserWarning):
    """Something that can be computed, but probably is not what was meant."""


def warn(message: str) -> None:
    """Warn of something suspicious, as from the caller's own line."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UnderstandingWarning, stacklevel=level)
