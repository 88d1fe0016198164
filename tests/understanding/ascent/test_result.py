"""Tests of what a climb gives, and of its pictures."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from dlcnn.errors import DlcnnError
from dlcnn.understanding import Ascent, UnderstandingError


def _ascent(count: int = 2, channels: int = 3, value_range=(-1.0, 1.0)) -> Ascent:
    """Images that go from the lowest to the highest pixel in 4 steps."""
    shape = (count, 5, 8, channels)
    frames = np.stack([np.full(shape, shade, np.uint8) for shade in (0, 64, 128, 191, 255)])
    scores = np.arange(5.0) * np.arange(1, count + 1)[:, None]
    return Ascent(
        images=np.ones(shape, np.float32),
        scores=scores.astype(np.float32),
        objectives=scores.astype(np.float32) - 1,
        frames=frames,
        frame_steps=(0, 1, 2, 3, 4),
        moving=np.ones(count, bool),
        method="class models",
        titles=tuple(f"class {place}" for place in range(count)),
        targets=np.arange(count, dtype=np.int32),
        of_classes=True,
        value_range=value_range,
    )


def test_figure_shows_each_image_in_its_range_with_class_and_score():
    """the range fills black to white; the caption is the class and the score it reached"""
    figure = _ascent().figure(class_names=["cat", "dog"], columns=2)

    drawn = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in drawn] == ["cat\nscore 4", "dog\nscore 8"]
    assert all((axes.images[0].get_array() == 1).all() for axes in drawn)
    assert figure.get_suptitle() == "class models"
    with pytest.raises(UnderstandingError, match="a name for each class"):
        _ascent().figure(class_names=["cat"])
    with pytest.raises(UnderstandingError, match="columns is a whole number from 1"):
        _ascent().figure(columns=0)


def test_figure_of_filters_keeps_their_titles():
    """names of classes are not put on filters"""
    filters = dataclasses.replace(_ascent(), of_classes=False, titles=("conv[0]", "conv[7]"))

    figure = filters.figure(class_names=["cat", "dog"])

    assert figure.axes[1].get_title() == "conv[7]\n8"


def test_curve_figure_draws_the_scores_of_each_or_the_mean_of_many():
    """up to ten curves have their own line, more are a mean with a band"""
    few = _ascent().curve_figure(class_names=iter(["cat", "dog"])).axes[0]
    many = _ascent(count=12).curve_figure().axes[0]

    assert [line.get_ydata().tolist() for line in few.lines] == [[0, 1, 2, 3, 4], [0, 2, 4, 6, 8]]
    assert [text.get_text() for text in few.get_legend().get_texts()] == ["cat", "dog"]
    assert len(many.lines) == 1
    assert many.lines[0].get_ydata().tolist() == [0, 6.5, 13, 19.5, 26]
    assert many.collections


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_save_gif_shows_the_way(tmp_path, channels):
    """the GIF goes from black to white in as many frames as were kept, of any channels"""
    _ascent(1, channels).save_gif(tmp_path / "way.gif")

    with Image.open(tmp_path / "way.gif") as picture:
        assert picture.n_frames == 5
        shades = []
        for frame in range(5):
            picture.seek(frame)
            shades.append(int(np.asarray(picture.convert("L")).mean()))
    np.testing.assert_allclose(shades, [0, 64, 128, 191, 255], atol=2)


@pytest.mark.parametrize(
    ("path", "options", "words"),
    [
        (None, {}, "path=None"),
        (3, {}, "path=3"),
        ("/proc/way.gif", {}, "the file can be written. Received '/proc/way.gif'"),
        ("way.gif", {"columns": 0}, "columns is a whole number from 1"),
        ("way.gif", {"milliseconds": "slow"}, "milliseconds='slow'"),
    ],
)
def test_save_gif_refuses_in_a_sentence(path, options, words):
    """no path, one that nobody can write, and options that no GIF has"""
    with pytest.raises(DlcnnError, match=f"^save_gif: .*{words}"):
        _ascent().save_gif(path, **options)
