"""What looking into a network tells a person who can mend it."""

from dlcnn.errors import DlcnnError

__all__ = ["UnderstandingError", "UnderstandingWarning"]


class UnderstandingError(DlcnnError):
    """A model, images, a target or an option that nothing can be explained with."""


class UnderstandingWarning(UserWarning):
    """Something that can be computed, but probably is not what was meant."""
