"""Images to learn from: what a data set is, the course's files, and drawn sets for who has none.

Importing this package needs NumPy only; no framework is loaded here, and h5py when a file is read.
"""

import importlib
from typing import TYPE_CHECKING, Any

from dlcnn.data.dataset import Dataset, Split
from dlcnn.data.errors import DataError
from dlcnn.data.library import load, names

if TYPE_CHECKING:
    from dlcnn.data import h5

__all__ = ["DataError", "Dataset", "Split", "h5", "load", "names"]


def __getattr__(name: str) -> Any:
    if name == "h5":
        return importlib.import_module("dlcnn.data.h5")
    raise AttributeError(f"module 'dlcnn.data' has no attribute {name!r}")
