"""The error of this room: a data set that cannot be found, read or used."""

from dlcnn.errors import DlcnnError

__all__ = ["DataError"]


class DataError(DlcnnError):
    """A data set, a file of one, or what was asked of it breaks a rule."""
