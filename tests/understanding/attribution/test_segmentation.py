"""Discs cut out of noisy ground, and what shows no object."""

import keras
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
    images = _images(channels) * scale
    found = segment(images, _around(18, 25, 6))
    assert found.masks.dtype == bool
    assert found.masks.shape == (2, 40, 48)
    assert _overlap(found.masks).min() > 0.9
    assert _overlap(segment(images, _around(4, 5, 6)).masks).max() < 0.3


def test_segment_takes_grey_without_channels_and_integers():
    """(N, H, W) and uint8 are the same images; the same call gives the same masks."""
    images = np.clip(_images(1) * 200, 0, 255).astype(np.uint8)
    maps = _around(18, 25, 6)
    first, second = segment(images[..., 0], maps), segment(images.astype(np.float32), maps)
    assert _overlap(first.masks).min() > 0.9
    np.testing.assert_array_equal(first.masks, second.masks)
    np.testing.assert_array_equal(first.masks, segment(images, maps).masks)


def test_segment_draws_the_share_of_the_object():
    """Each image beside its mask, with the share of the pixels."""
    found = segment(_images(3), _around(18, 25, 6))
    figure = found.figure()
    captions = [axes.get_title(loc="left") for axes in figure.axes]
    assert captions[0] == f"object: {found.masks[0].mean():.0%} of the pixels"
    shown = np.asarray(figure.axes[1].images[0].get_array())
    inside, outside = shown[found.masks[0]], shown[~found.masks[0]]
    assert (inside[:, 0] > inside[:, 2]).all()  # the end of the colours: yellow
    assert (outside[:, 0] < outside[:, 2]).all()  # their beginning: blue
    for name in ("columns", "overlay"):
        with pytest.raises(UnderstandingError, match=rf"^figure: {name} is a .* from "):
            found.figure(**{name: -1})


@pytest.mark.parametrize(
    ("images", "maps", "message"),
    [
        (_images(3), np.ones((2, 40, 48)), "of object on maps.0., of 40 x 48"),
        (_images(3)[:, :4, :3], _around(2, 2, 1)[:, :4, :3], "of object on maps.0., of 4 x 3"),
    ],
)
def test_segment_refuses_maps_that_show_no_object(images, maps, message):
    """A map that is the same everywhere, or too small an image, is refused in a sentence."""
    with pytest.raises(UnderstandingError, match=message):
        segment(images, maps)


@pytest.mark.parametrize(
    ("images", "maps", "hint"),
    [
        (_images(3)[0], _around(1, 1, 1), r"\(40, 48, 3\)\. Add the batch axis: images\[None\]\."),
        (
            _images(3)[0],
            _around(1, 1, 1)[0],
            r"\(40, 48, 3\)\. Add .*: images\[None\], maps\[None\]",
        ),
        (_images(3), _around(1, 1, 1)[0], r"maps.shape=\(40, 48\) .* axis: maps\[None\]\."),
        (
            _images(1)[..., 0],
            _around(1, 1, 1)[:1],
            r"\(2, 40, 48\)\. Pass the maps of these images",
        ),
    ],
)
def test_segment_tells_the_shape_that_was_passed(images, maps, hint):
    """A single image, a single map, and maps of others are told apart."""
    with pytest.raises(UnderstandingError, match=f"a map for each image, .*{hint}"):
        segment(images, maps)


@pytest.mark.parametrize(
    ("images", "maps", "options", "message"),
    [
        (_images(3)[..., :2], _around(1, 1, 1), {}, "1, 3 or 4 channels"),
        (_images(3)[0, 0], _around(1, 1, 1), {}, "1, 3 or 4 channels"),
        (_images(3), _around(1, 1, 1)[:1], {}, "a map for each image"),
        (_images(3), _around(1, 1, 1) * np.nan, {}, "maps are finite"),
        ([["a"]], _around(1, 1, 1), {}, "images are finite"),
        (_images(3), [[0.5], [0.5, 0.5]], {}, "maps are finite numbers. Received an array of obj"),
        (_images(3), keras.KerasTensor((2, 40, 48)), {}, "maps are finite numbers. Received an ar"),
        (_images(3), _around(1, 1, 1), {"background": 0.95}, "smaller quantile"),
        (_images(3), _around(1, 1, 1), {"foreground": 95}, "foreground is a number"),
        (_images(3), _around(1, 1, 1), {"iterations": 0}, "iterations is a whole number"),
    ],
)
def test_segment_refuses_what_cannot_be(images, maps, options, message):
    """Images, maps and options that cannot be are refused in a sentence."""
    with pytest.raises(UnderstandingError, match=message):
        segment(images, maps, **options)
