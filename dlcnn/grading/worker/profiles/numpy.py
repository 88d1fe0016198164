"""Untrusted side: the profile of assignments that are written in NumPy.

A fork costs by the memory that it copies, so only what nearly every submission needs is loaded
before it: `numpy.random` alone would double the price of each worker.
"""

import contextlib
import importlib
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["OPERATIONS", "canary", "load", "prepare", "refresh", "stand_in"]

_SEED = 0
_STAR_IMPORT = re.compile(r"\bfrom\s+numpy\s+import\s*\*")


def load() -> None:
    """Nothing: the frames between grader and worker need NumPy in any case."""


def canary() -> None:
    """What isolated code must be able to do: load what is not loaded yet."""
    importlib.import_module("numpy.random")


def call(function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
    """Call a student's function."""
    return function(*args, **kwargs)


OPERATIONS = {"call": call}


def stand_in(_name: str, ask: Callable[..., object]) -> Callable[..., object]:
    """A task that the grader answers is what asks it: its arguments and values can be sent."""
    return ask


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
