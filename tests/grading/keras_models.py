"""Run checks on live functions that make Keras models, as a worker would answer for them."""

import numpy as np

from dlcnn.grading.local import call_here
from dlcnn.grading.marking import run_check
from dlcnn.grading.render.words import sentences

__all__ = ["mark", "told"]


def mark(declared, student, solution):
    """The result of a check of one task, on a function of a student's and the solution's."""

    def calling(function):
        def call(name, arguments, keywords):
            return call_here({declared.task: function}, name, (arguments, keywords), "keras")

        return call

    returns, rng = {declared.task: ()}, np.random.default_rng(0)
    return run_check(declared, calling(student), returns, rng, solution=calling(solution)).result


def told(declared, student, solution):
    """What a student reads about a failure."""
    result = mark(declared, student, solution)
    assert result.status == "FAIL", result.facts
    return "\n".join(sentences(result.facts))
