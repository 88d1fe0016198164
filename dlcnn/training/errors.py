"""What training tells a person who can mend it."""

from dlcnn.errors import DlcnnError

__all__ = ["DivergedError", "TrainingError"]


class TrainingError(DlcnnError):
    """A model, a data set, an option or a run folder that training cannot work with."""


class DivergedError(TrainingError):
    """A loss or a weight that is no finite number any more."""
