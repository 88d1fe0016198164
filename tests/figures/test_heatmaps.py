"""Maps beside and over their images: captions, colours that mean something, odd ranges."""

import numpy as np
import pytest

from dlcnn.figures import heatmaps, overlaid, stretched


def _images(count=3, channels=3):
    return np.random.default_rng(0).random((count, 6, 9, channels))


def _shown(figure):
    """The pictures of the axes that have one, in order."""
    return [axes.images[0].get_array() for axes in figure.axes if axes.images]


def test_heatmaps_puts_each_map_beside_its_image():
    """Image, then map, each pair under its caption; the title stands above all."""
    maps = np.random.default_rng(1).random((3, 6, 9))
    captions = ["cat, 2.5", "dog, 1", "owl, -3"]
    figure = heatmaps(_images(), maps, captions, title="method", columns=2)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[::2][:3] == captions
    assert figure.get_suptitle() == "method"
    shown = _shown(figure)
    assert len(shown) == 6
    for index, (image, values) in enumerate(zip(_images(), maps, strict=True)):
        np.testing.assert_allclose(shown[2 * index], image)
        np.testing.assert_allclose(shown[2 * index + 1], overlaid(image, values, signed=False))
    assert len(figure.axes) == 8  # two rows of two pairs, the last of them empty


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_heatmaps_shows_any_number_of_channels(channels):
    """Grey is grey; of more than three channels the first three are shown, of two the first."""
    images = _images(2, channels)
    figure = heatmaps(images, np.ones((2, 6, 9)), ["a", "b"])
    shown = _shown(figure)[0]
    np.testing.assert_allclose(shown, images[0, ..., 0] if channels < 3 else images[0, ..., :3])


def test_heatmaps_takes_one_sign_for_all():
    """One map below zero makes all of them maps around zero, so that colours can be compared."""
    maps = np.stack([np.full((6, 9), 1.0), np.full((6, 9), -1.0)])
    right = _shown(heatmaps(_images(2), maps, ["a", "b"], overlay=1))[1::2]
    red, blue = (each[0, 0] for each in right)
    assert red[0] > red[2]
    assert blue[2] > blue[0]


@pytest.mark.parametrize(
    ("shape", "captions"), [((2, 6, 9), 3), ((3, 9, 6), 3), ((3, 6, 9), 2), ((3, 6, 9, 1), 3)]
)
def test_heatmaps_refuses_what_does_not_belong_together(shape, captions):
    """A map and a caption for each image, of its size."""
    with pytest.raises(ValueError, match="a map and a caption for each image"):
        heatmaps(_images(), np.zeros(shape), ["x"] * captions)


def test_overlaid_goes_from_the_image_to_the_map():
    """No overlay is the image in grey, a whole one the map alone; zero stays in the middle."""
    image, values = _images(1)[0], np.linspace(-1, 1, 54).reshape(6, 9)
    grey = overlaid(image, values, signed=True, overlay=0)
    np.testing.assert_allclose(grey, np.repeat(image.mean(axis=-1, keepdims=True), 3, axis=-1))
    full = overlaid(image, values, signed=True, overlay=1)
    other = overlaid(1 - image, values, signed=True, overlay=1)
    np.testing.assert_allclose(full, other)
    assert np.ptp(overlaid(image, np.zeros((6, 9)), signed=True, overlay=1), axis=(0, 1)).max() == 0


def test_overlaid_is_not_ruled_by_one_large_value():
    """The scale is cut at the 99th percentile: one pixel does not leave all others pale."""
    values = np.ones((20, 20))
    image = np.zeros((20, 20, 1))
    outlier = values.copy()
    outlier[0, 0] = 1000
    usual, cut = (overlaid(image, each, signed=False)[5, 5] for each in (values, outlier))
    np.testing.assert_allclose(usual, cut)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ([[0.25, 0.5]], [[0.25, 0.5]]),  # in [0, 1]: as it is
        ([[0, 255]], [[0, 1]]),
        ([[10, 51]], [[10 / 255, 0.2]]),  # pixels of 0 to 255 keep their brightness
        ([[-2, 2]], [[0, 1]]),  # anything else fills the range
        ([[0, 2]], [[0, 1]]),
        ([[-3, -3]], [[0, 0]]),
    ],
)
def test_stretched_makes_images_of_any_range_visible(image, expected):
    """Images that look like images stay so; what was centred or scaled is stretched."""
    np.testing.assert_allclose(stretched(np.array(image)[..., None])[..., 0], expected)
