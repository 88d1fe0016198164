"""Untrusted side: the profile of assignments that are written in NumPy.

A fork costs by the memory that it copies, so only what nearly every submission needs is loaded
before it: `numpy.random` alone would double the price of each worker.
"""

import contextlib
import re
import sys

import numpy as np

__all__ = ["LATER", "prepare", "refresh"]

LATER = "numpy.random"  # what is not loaded yet, and must be found when student code wants it
_SEED = 0
_STAR_IMPORT = re.compile(r"\bfrom\s+numpy\s+import\s*\*")


def prepare(source: str) -> None:
    """Once per submission, before its workers are forked: load what its code may want."""
    if _STAR_IMPORT.search(source):  # it loads what NumPy otherwise loads when it is used
        with contextlib.suppress(Exception):
            exec("from numpy import *", {})
    if "random" in source:
        np.random.seed(_SEED)


def refresh() -> None:
    """In each new worker: the same submission draws the same numbers every time."""
    if "random" in sys.modules:  # Python reseeds it from the system at every fork
        sys.modules["random"].seed(_SEED)
