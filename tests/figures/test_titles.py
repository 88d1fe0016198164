"""Titles stay within the figure."""

import numpy as np
import pytest

from dlcnn.figures import feature_maps, histograms, image_grid
from dlcnn.figures.titles import wrapped

LONG = "Strongest of efficientnetv2_b0/block6a_expansion_squeeze_excite_activation[..., 1151]"


def test_wrapped_leaves_what_fits():
    """A short text stays as it is, its own lines too; no text stays none."""
    assert wrapped("kernels of conv1", 3, 11) == "kernels of conv1"
    assert wrapped("one\ntwo", 3, 11) == "one\ntwo"
    assert wrapped("", 3, 11) == ""


def test_wrapped_loses_nothing():
    """Lines are as long as there is room, broken within words where they must be."""
    lines = wrapped(LONG, 2, 11).split("\n")
    assert "".join(lines).replace(" ", "") == LONG.replace(" ", "")
    assert len(lines) > 1
    assert max(map(len, lines)) <= 2 * 72 / (0.55 * 11)


def _grid(title):
    return image_grid(np.zeros((2, 4, 4, 1)), title=title)


def _maps(title):
    return feature_maps({"a": np.zeros((3, 4, 2))}, [["", ""]], title=title)


def _counts(title):
    return histograms({"a": (np.arange(3), {"": np.ones(2)})}, [title])


@pytest.mark.parametrize("draw", [_grid, _maps, _counts])
def test_titles_of_long_names_stay_within_the_figure(draw):
    """No letter is cut off at a side or at the top."""
    figure = draw(LONG)
    figure.draw_without_rendering()
    title = figure.axes[0].title if draw is _counts else figure._suptitle
    box, whole = title.get_window_extent(), figure.bbox
    assert box.x0 >= whole.x0
    assert box.x1 <= whole.x1
    assert box.y1 <= whole.y1
    assert "".join(title.get_text().split()) == "".join(LONG.split())
