"""Sheets of images."""

import numpy as np
import pytest

from dlcnn.figures import image_grid


def _drawn(figure):
    return [np.asarray(axes.get_images()[0].get_array()) for axes in figure.axes if axes.images]


def test_image_grid_draws_every_image_in_order():
    """Each image stands in the sheet as it is, in reading order, none twice."""
    images = np.random.default_rng(0).random((5, 4, 6, 3))

    drawn = _drawn(image_grid(images, columns=2))

    assert len(drawn) == 5
    for image, picture in zip(images, drawn, strict=True):
        np.testing.assert_array_equal(picture, image)


def test_image_grid_scales_bytes_and_drops_the_grey_channel():
    """uint8 is drawn on the scale of [0, 1], and grey images without a channel axis."""
    images = np.full((2, 4, 6, 1), 51, np.uint8)

    drawn = _drawn(image_grid(images))

    assert drawn[0].shape == (4, 6)
    np.testing.assert_allclose(drawn[0], 0.2)


def test_image_grid_writes_captions_under_their_images():
    """The n-th caption belongs to the n-th image."""
    figure = image_grid(np.zeros((3, 4, 4, 1)), ["a", "b\nc", "d"], title="sheet")

    assert [axes.get_title() for axes in figure.axes[:3]] == ["a", "b\nc", "d"]
    assert figure.get_suptitle() == "sheet"


@pytest.mark.parametrize("title", ["", "class models", "one line\nand another"])
@pytest.mark.parametrize("caption", [None, "cat", "cat\nscore 12"])
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_image_grid_leaves_no_more_room_than_its_texts_need(rows, caption, title):
    """Title, images, captions and the next row follow each other within a quarter of an inch,
    and none lies over another, in however many rows.
    """
    captions = None if caption is None else [caption] * 3 * rows
    figure = image_grid(np.zeros((3 * rows, 6, 9, 3)), captions, columns=3, title=title)
    figure.draw_without_rendering()

    pieces = [] if not title else [figure._suptitle.get_window_extent()]
    for axes in figure.axes[::3]:
        pieces.append(axes.images[0].get_window_extent())
        if caption is not None:
            pieces.append(axes.title.get_window_extent())
    ends = [figure.bbox.y1, *(piece.y0 for piece in pieces)]
    starts = [*(piece.y1 for piece in pieces), 0]
    gaps = (np.array(ends) - starts) / figure.dpi
    assert gaps.min() >= 0
    assert gaps.max() < 0.25
    for axes in figure.axes:
        box = axes.images[0].get_window_extent()
        assert box.width / box.height == pytest.approx(1.5, rel=0.01)


@pytest.mark.parametrize("shape", [(4, 6, 3), (2, 4, 6, 2)])
def test_image_grid_refuses_other_shapes(shape):
    """What is no batch of grey or RGB images is refused by its shape."""
    with pytest.raises(ValueError, match="images are"):
        image_grid(np.zeros(shape))


def test_image_grid_refuses_captions_of_another_number():
    """A caption too few would shift the others."""
    with pytest.raises(ValueError, match="2 captions for 3 images"):
        image_grid(np.zeros((3, 4, 4, 1)), ["a", "b"])
