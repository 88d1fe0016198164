"""Drawing arrays and tables with matplotlib: computes nothing and knows no other room.

Every function gives a `matplotlib.figure.Figure` that belongs to the caller; no window is opened
and nothing global is changed.
"""

from dlcnn.figures.curves import compare_runs, curves
from dlcnn.figures.files import check_format, save
from dlcnn.figures.heatmaps import heatmaps
from dlcnn.figures.images import image_grid
from dlcnn.figures.lines import lines
from dlcnn.figures.matrix import confusion

__all__ = [
    "check_format",
    "compare_runs",
    "confusion",
    "curves",
    "heatmaps",
    "image_grid",
    "lines",
    "save",
]
