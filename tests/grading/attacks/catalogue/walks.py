"""Looking for the reference in one's own process: frames, the garbage collector, modules.

A plain grader has its solution and the expected values there; a worker does not.
"""

from tests.grading.attacks.attack import Attack

__all__ = ["ATTACKS"]

ATTACKS = (
    Attack(
        "walk the frames to the solution",
        """
import sys

def scale(X, factor):
    frame = sys._getframe()
    while frame:
        for place in (frame.f_locals, frame.f_globals):
            for name in ("solution", "expected", "wanted", "reference"):
                if callable(place.get(name)):
                    return place[name](X, factor)
                if name in place:
                    return place[name]
        frame = frame.f_back
    return X
""",
        "verdict",
        told=("values",),
    ),
    Attack(
        "search the garbage collector for a function that knows the answer",
        """
import gc
import types

def scale(X, factor):
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing is not scale:
            arguments = thing.__code__.co_varnames[: thing.__code__.co_argcount]
            if arguments == ("X", "factor") and "submission" not in thing.__code__.co_filename:
                return thing(X, factor)
    return X
""",
        "verdict",
        told=("values", "type"),
    ),
    Attack(
        "search every module for the solution",
        """
import sys

def scale(X, factor):
    for module in list(sys.modules.values()):
        for name in ("solution", "scale_matrix", "conv_forward"):
            found = vars(module).get(name)
            if found is not None:
                return found(X, factor)
    return X
""",
        "verdict",
        told=("values",),
    ),
    Attack(
        "search the collector for expected values, points and tolerances",
        """
import gc
import numpy as np

def scale(X, factor):
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            for name, value in list(thing.items()):
                if name in ("expected", "answer") and isinstance(value, np.ndarray):
                    return value
                if name == "solution":
                    return value(X, factor)
    return X
""",
        "verdict",
        told=("values",),
    ),
    Attack(
        "raise, and look at the frames above in the traceback",
        """
import sys

def scale(X, factor):
    try:
        raise ValueError
    except ValueError:
        frame = sys.exc_info()[2].tb_frame
    while frame:
        found = frame.f_globals.get("solution") or frame.f_globals.get("grade_submission")
        if found:
            return found(X, factor)
        frame = frame.f_back
    return X
""",
        "verdict",
        told=("values",),
    ),
    Attack(
        "import the library's reference",
        """
import importlib
import sys
import numpy as np

def weapon():
    sys.path.insert(0, TARGETS["library"])
    sys.meta_path[:] = [each for each in sys.meta_path if isinstance(each, type)]
    sys.modules.pop("dlcnn", None)
    found = importlib.import_module("dlcnn.reference").conv2d
    return found(np.ones((1, 2, 2, 1)), np.ones((1, 1, 1, 1))).shape == (1, 2, 2, 1)
""",
        tier="partial",
    ),
    Attack(
        "import the library as every course module is imported",
        """
from dlcnn.reference import conv2d
import dlcnn.grading.checks as checks
import public_tests

def scale(X, factor):
    checks.expect_array = lambda *_arguments, **_options: None
    return conv2d(X)
""",
        "none",
        told=("exception",),
    ),
)
