"""The error of this room; it knows nothing of the networks."""

from dlcnn.errors import DlcnnError

__all__ = ["ModelError", "first_line"]


class ModelError(DlcnnError):
    """A network that cannot be found, built or filled with weights as it was asked for."""


def first_line(error: Exception) -> str:
    """What a library's error says, in a line without its full stop."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
