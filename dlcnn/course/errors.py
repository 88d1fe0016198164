"""What is wrong with a course, told to its author or to whoever named a wrong folder."""

from dlcnn.errors import DlcnnError

__all__ = ["CourseError"]


class CourseError(DlcnnError):
    """A course, an assignment or one of its files breaks a rule."""
