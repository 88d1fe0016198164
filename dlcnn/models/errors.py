"""The error of this room; it knows nothing of the networks."""

from dlcnn.errors import DlcnnError

__all__ = ["ModelError"]


class ModelError(DlcnnError):
    """A network that cannot be found, built or filled with weights as it was asked for."""
