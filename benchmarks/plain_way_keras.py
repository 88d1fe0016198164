"""The plain way to grade Keras models, as the benchmark's peer: one process for one submission.

Run as `python plain_way_keras.py ASSIGNMENT SUBMISSION`: imports TensorFlow, runs the submission
and the solution beside each other, and marks the one by the other with the same checks.
"""

import os
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np

from dlcnn.course.discover import find_course
from dlcnn.grading.course_code import here
from dlcnn.grading.exam import load_exam
from dlcnn.grading.local import call_here
from dlcnn.grading.marking import run_check
from dlcnn.grading.worker.pool import Reply

ROOT = Path(__file__).resolve().parents[1]


def main(assignment: str, submission: str) -> bool:
    """Whether the submission passes every check."""
    exam = load_exam(find_course(ROOT), assignment)
    functions = runpy.run_path(submission)
    solution = here(exam).solution

    def call(name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Reply:
        return call_here(functions, name, (arguments, keywords), exam.spec.profile)

    rng = np.random.default_rng()
    marked = [run_check(c, call, exam.returns, rng, solution=solution) for c in exam.checks]
    return all(each.result.status == "PASS" for each in marked)


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.exit(not main(*sys.argv[1:]))
