"""Going through many images."""

import numpy as np
import pytest
from keras import layers

from dlcnn.understanding import UnderstandingError
from dlcnn.understanding.lens import lens_of
from dlcnn.understanding.network.population import through
from tests.understanding.network.networks import classifier, photographs


@pytest.fixture(scope="module")
def lens():
    return lens_of(classifier(layers.Conv2D(4, 3, name="conv")), "population")


def test_through_gives_every_image_once(lens):
    """Stretches have one size, the last filled up; their own images are all, in their order."""
    images = photographs(7)

    found = list(through(lens, images, 3, "distributions"))

    assert [(each.start, each.count, len(each.images)) for each in found] == [
        *((0, 3, 3), (3, 3, 3), (6, 1, 3))
    ]
    np.testing.assert_array_equal(
        np.concatenate([each.images[: each.count] for each in found]), images
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e39])
@pytest.mark.parametrize("place", [0, 5, 6])
def test_through_names_a_broken_image_by_its_place_in_the_population(lens, place, value):
    """The first image with pixels that are no numbers of float32 is named as the caller counts."""
    images = photographs(7).astype(np.float64)
    images[place, 2, 3, 1] = value

    with pytest.raises(UnderstandingError) as caught:
        list(through(lens, images, 3, "distributions"))

    assert str(caught.value).startswith(
        f"distributions: pixels are finite numbers. Received NaN or infinity in images[{place}]. "
    )


def test_stretch_names_a_broken_value_by_its_place_in_the_population(lens):
    """What was computed of images is told by the place of the first that it is broken for."""
    _, stretch, _ = through(lens, photographs(7), 3, "distributions")
    sound, broken = np.zeros((3, 4)), np.zeros((3, 5))
    broken[2, 1] = np.nan

    stretch.expect_finite(lens, "distributions", sound, sound)
    with pytest.raises(
        UnderstandingError, match=r"^distributions, images\[3:6\]: .*first images\[5\]"
    ):
        stretch.expect_finite(lens, "distributions", sound, broken)
