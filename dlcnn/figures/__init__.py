"""Drawing arrays and tables with matplotlib: computes nothing and knows no other room.

Every function gives a `matplotlib.figure.Figure` that belongs to the caller; no window is opened
and nothing global is changed.
"""

from dlcnn.figures.animation import save_gif
from dlcnn.figures.curves import compare_runs, curves
from dlcnn.figures.feature_maps import feature_maps
from dlcnn.figures.files import check_format, save
from dlcnn.figures.heatmaps import heatmaps, overlaid, stretched
from dlcnn.figures.histograms import histograms
from dlcnn.figures.images import image_grid
from dlcnn.figures.likeness import likeness
from dlcnn.figures.lines import Panel, lines, panels
from dlcnn.figures.matrix import confusion, shares
from dlcnn.figures.triples import triples

__all__ = [
    "Panel",
    "check_format",
    "compare_runs",
    "confusion",
    "curves",
    "feature_maps",
    "heatmaps",
    "histograms",
    "image_grid",
    "likeness",
    "lines",
    "overlaid",
    "panels",
    "save",
    "save_gif",
    "shares",
    "stretched",
    "triples",
]
