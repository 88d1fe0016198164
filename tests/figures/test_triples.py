"""Before, what was added, and after."""

import numpy as np
import pytest

from dlcnn.figures import triples

IMAGES = np.full((2, 3, 5, 3), 0.5)
CHANGES = np.zeros_like(IMAGES)
CHANGES[0, 0, 0] = 0.02
CHANGES[0, 1, 1] = -0.01


def test_triples_stretches_changes_around_grey():
    """The largest change is white or black, none is grey, and an image without any is all grey."""
    figure = triples(
        IMAGES, CHANGES, IMAGES + CHANGES, ["a", "b"], ["c", "d"], ["e", "f"], title="t"
    )

    drawn = [np.asarray(axes.get_images()[0].get_array()) for axes in figure.axes]
    assert drawn[1][0, 0, 0] == pytest.approx(1)
    assert drawn[1][1, 1, 0] == pytest.approx(0.25)
    assert drawn[1][2, 2, 0] == pytest.approx(0.5)
    assert (drawn[4] == 0.5).all()
    np.testing.assert_allclose(drawn[2], (IMAGES + CHANGES)[0])
    assert [axes.get_title(loc="left") for axes in figure.axes] == list("acebdf")
    assert figure.get_suptitle() == "t"


def test_triples_stretches_image_and_result_alike():
    """Of any range, the two are shown on one scale, so that what is equal looks equal."""
    images = np.linspace(-2, 2, 15).reshape(1, 3, 5, 1)
    figure = triples(images, images, 2 * images, ["a"], ["b"], ["c"])

    before, _, after = (np.asarray(axes.get_images()[0].get_array()) for axes in figure.axes)
    assert after.min() == 0
    assert before.min() == pytest.approx(0.25)
    assert before.ndim == 2


def test_triples_refuses_what_does_not_belong_together():
    """A caption too few is refused."""
    with pytest.raises(ValueError, match="2, 2, 1 captions"):
        triples(IMAGES, CHANGES, IMAGES, ["a", "b"], ["c", "d"], ["e"])
