"""Reading what students hand in: a notebook or a script becomes definitions that can be run.

Takes the imports, the definitions and the constants that these use, in their order and with their
line numbers. Knows neither the assignment nor its marks, and never runs what it reads.
"""

from dlcnn.course.submission.attempt import functions_of, is_attempted
from dlcnn.course.submission.model import (
    Broken,
    Cell,
    Function,
    Submission,
    UnreadableSubmission,
)
from dlcnn.course.submission.reading import read_submission

__all__ = [
    "Broken",
    "Cell",
    "Function",
    "Submission",
    "UnreadableSubmission",
    "functions_of",
    "is_attempted",
    "read_submission",
]
