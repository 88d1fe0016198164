"""The plain way to grade, as the benchmark's peer: one process, the student's code inside it.

Run as `python plain_way.py CHECKS SUBMISSION`: a `unittest` case per check, which compares the
submission's functions with the same reference on the same kind of inputs.
"""

import runpy
import sys
import unittest
from types import SimpleNamespace

import numpy as np

from dlcnn.grading.checks import Check, CheckRun


def main(checks_path: str, submission_path: str) -> bool:
    """Whether the submission passes every check."""
    checks = [v for v in runpy.run_path(checks_path).values() if isinstance(v, Check)]
    student = SimpleNamespace(**runpy.run_path(submission_path))
    suite = unittest.TestSuite(unittest.FunctionTestCase(_test(c, student)) for c in checks)
    return unittest.TextTestRunner(verbosity=0).run(suite).wasSuccessful()


def _test(check, student):
    def run():
        with CheckRun().active():
            check.function(student, np.random.default_rng())

    return run


if __name__ == "__main__":
    sys.exit(not main(*sys.argv[1:]))
