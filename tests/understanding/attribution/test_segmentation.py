"""Discs cut out of noisy ground, and what shows no object."""

import sys

import numpy as np
import pytest

from dlcnn.understanding.attribution.segmentation import segment
from dlcnn.understanding.errors import UnderstandingError

_ROWS, _COLUMNS = np.mgrid[:40, :48]
_DISC = (_ROWS - 18) ** 2 + (_COLUMNS - 25) ** 2 <= 81


def _around(row, column, width):
    blob = np.exp(-((_ROWS - row) ** 2 + (_COLUMNS - column) ** 2) / (2 * width**2))
    return blob + np.random.default_rng(1).normal(0, 0.05, (2, 40, 48))


def _images(channels, noise=0.15):
    images = np.random.default_rng(0).normal(0.3, noise, size=(2, 40, 48, channels))
    images[:, _DISC] += np.array([0.6, 0.5, 0.4, 0])[:channels]
    return images


def _overlap(masks):
    """The intersection over the union with the disc, for each mask."""
    return (masks & _DISC).sum(axis=(1, 2)) / (masks | _DISC).sum(axis=(1, 2))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [1, 255])
def test_segment_finds_a_bright_disc(channels, scale):
    """Seeds in the middle of the disc grow to its edge; wrong seeds do not find it."""
    pytest.importorskip("cv2")
    images = _images(channels) * scale
    found = segment(images, _around(18, 25, 6))
    assert found.masks.dtype == bool
    assert found.masks.shape == (2, 40, 48)
    assert _overlap(found.masks).min() > 0.9
    assert _overlap(segment(images, _around(4, 5, 6)).masks).max() < 0.3


def test_segment_takes_grey_without_channels_and_integers():
    """(N, H, W) and uint8 are the same images; the same call gives the same masks."""
    pytest.importorskip("cv2")
    images = np.clip(_images(1) * 200, 0, 255).astype(np.uint8)
    maps = _around(18, 25, 6)
    first, second = segment(images[..., 0], maps), segment(images.astype(np.float32), maps)
    assert _overlap(first.masks).min() > 0.9
    np.testing.assert_array_equal(first.masks, second.masks)
    np.testing.assert_array_equal(first.masks, segment(images, maps).masks)


def test_segment_draws_the_share_of_the_object():
    """Each image beside its mask, with the share of the pixels."""
    pytest.importorskip("cv2")
    found = segment(_images(3), _around(18, 25, 6))
    figure = found.figure()
    captions = [axes.get_title(loc="left") for axes in figure.axes]
    assert captions[0] == f"object: {found.masks[0].mean():.0%} of the pixels"
    np.testing.assert_array_equal(figure.axes[1].images[1].get_array(), found.masks[0])


@pytest.mark.parametrize(
    ("images", "maps", "message"),
    [
        (_images(3), np.ones((2, 40, 48)), "of object on maps.0., of 40 x 48"),
        (_images(3)[:, :4, :3], _around(2, 2, 1)[:, :4, :3], "of object on maps.0., of 4 x 3"),
    ],
)
def test_segment_refuses_maps_that_show_no_object(images, maps, message):
    """A map that is the same everywhere, or too small an image, is refused in a sentence."""
    pytest.importorskip("cv2")
    with pytest.raises(UnderstandingError, match=message):
        segment(images, maps)


@pytest.mark.parametrize(
    ("images", "maps", "options", "message"),
    [
        (_images(3)[..., :2], _around(1, 1, 1), {}, "1, 3 or 4 channels"),
        (_images(3)[0, 0], _around(1, 1, 1), {}, "1, 3 or 4 channels"),
        (_images(3), _around(1, 1, 1)[:1], {}, "a map for each image"),
        (_images(3), _around(1, 1, 1) * np.nan, {}, "maps are finite"),
        ([["a"]], _around(1, 1, 1), {}, "images are finite"),
        (_images(3), _around(1, 1, 1), {"background": 0.95}, "smaller quantile"),
        (_images(3), _around(1, 1, 1), {"foreground": 95}, "foreground is a number"),
        (_images(3), _around(1, 1, 1), {"iterations": 0}, "iterations is a whole number"),
    ],
)
def test_segment_refuses_what_cannot_be(images, maps, options, message):
    """Images, maps and options that cannot be are refused, with OpenCV or without."""
    with pytest.raises(UnderstandingError, match=message):
        segment(images, maps, **options)


def test_segment_says_how_to_get_opencv(monkeypatch):
    """Where OpenCV is not installed, one sentence says how to install it."""
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(UnderstandingError, match="pip install opencv-python-headless"):
        segment(_images(3), _around(18, 25, 6))
