"""Images to learn from: what a data set is, the course's files, and drawn sets for who has none.

Importing this package needs NumPy only; no framework is loaded here, and h5py when a file is read.
"""

from dlcnn.data.dataset import Dataset, Split
from dlcnn.data.errors import DataError
from dlcnn.data.library import load, names

__all__ = ["DataError", "Dataset", "Split", "load", "names"]
