"""The strongest images and patches of a unit."""

import numpy as np
import pytest
from keras import layers

from dlcnn.models.receptive import receptive_field
from dlcnn.understanding import UnderstandingError, activations, layer, strongest
from tests.understanding.network.networks import classifier, convolution, photographs, small

SHAPE = (14, 17, 3)


@pytest.fixture(scope="module")
def matched():
    """A unit that answers to one pattern of 4 x 3 pixels most, at every second pixel."""
    pattern = np.random.default_rng(1).choice([0.0, 1.0], (4, 3, 3))
    kernel = np.stack([-pattern, pattern - (1 - pattern)], axis=-1)
    conv = convolution(kernel, strides=2, padding="same", activation="relu")
    return pattern, classifier(conv, shape=SHAPE)


@pytest.fixture(scope="module")
def model():
    return small()


@pytest.mark.parametrize("batch_size", [2, 64])
def test_strongest_finds_the_planted_patch(matched, batch_size):
    """The patch that was planted is cut out, from the image and the place it was planted at."""
    pattern, model = matched
    images = 0.3 * photographs(7, SHAPE)
    field = receptive_field(model, "conv")
    top, left = (
        5 * step - before for step, before in zip(field.stride, field.padding, strict=True)
    )
    images[4, top : top + 4, left : left + 3] = pattern

    found = strongest(model, images, layer["conv"][..., 1], 3, batch_size)

    assert found.images[0] == 4
    assert found.units[0].tolist() == [5, 5, 1]
    assert found.corners[0].tolist() == [top, left]
    np.testing.assert_allclose(found.patches[0], pattern)
    assert np.abs(found.patches[1] - pattern).max() > 0.3  # another image has another patch
    assert (np.diff(found.values) <= 0).all()


def test_strongest_is_zero_beyond_the_border(matched):
    """A patch that reaches over the border is zero there, and the image within."""
    pattern, model = matched
    images = np.zeros((2, *SHAPE), np.float32)
    images[1, :3, :2] = pattern[1:, 1:]

    found = strongest(model, images, layer["conv"][0, 0, 1], 1)

    top, left = found.corners[0]
    assert (top, left) == (-1, -1)
    np.testing.assert_array_equal(found.patches[0][0], 0)
    np.testing.assert_array_equal(found.patches[0][:, 0], 0)
    np.testing.assert_allclose(found.patches[0][1:, 1:], pattern[1:, 1:])


@pytest.mark.parametrize("name", ["conv1", "conv2", "dense"])
def test_strongest_patch_is_all_that_the_unit_sees(model, name):
    """The values are the maxima; nothing outside the patch changes the unit, something in it does.

    The last has the whole image as its patch.
    """
    images = photographs(6)
    found = strongest(model, images, name, 2)

    whole = activations(model, images, name)[name]
    assert found.values[0] == pytest.approx(whole.max())
    (top, left), unit = found.corners[0], tuple(found.units[0])
    height, width = found.patches.shape[1:3]
    other = photographs(6, seed=9)[found.images[0]]
    inside = (slice(max(top, 0), top + height), slice(max(left, 0), left + width))
    kept = other.copy()
    kept[inside] = images[found.images[0]][inside]
    values = activations(model, np.stack([kept, other]), layer[name][unit])
    same, changed = values[str(layer[name][unit])]
    assert same == pytest.approx(found.values[0], abs=1e-5)
    assert changed != pytest.approx(found.values[0], abs=1e-5)


def test_strongest_gives_no_more_than_there_are_and_keeps_the_order_of_equals(model):
    """Of equal images the first comes first, whatever the batches; no image comes twice."""
    images = np.repeat(photographs(1), 5, axis=0)

    found = strongest(model, images, layer["conv2"][..., 1], 9, batch_size=2)

    assert found.images.tolist() == [0, 1, 2, 3, 4]


def test_strongest_refuses_in_a_sentence(model):
    """A count of none, and an image without its batch axis, are refused."""
    with pytest.raises(UnderstandingError, match="count is a whole number from 1"):
        strongest(model, photographs(2), "conv1", 0)
    with pytest.raises(UnderstandingError, match=r"images\[None\]"):
        strongest(model, photographs(2)[0], "conv1")


@pytest.mark.parametrize("activation", [None, "relu"])
def test_strongest_names_a_layer_whose_numbers_are_broken(activation):
    """Weights that are no numbers are told, also where a ReLU passes over them."""
    model = classifier(convolution(np.full((3, 2, 3, 2), np.nan), activation=activation))
    with pytest.raises(UnderstandingError, match=r"^strongest: .*'conv'"):
        strongest(model, photographs(3), "conv")


def test_strongest_figure_shows_the_patches_with_their_activations(model):
    """Each patch stands over its image's number and its activation."""
    found = strongest(model, photographs(6), layer["conv2"][..., 1], 4)

    figure = found.figure(columns=2)

    assert figure.get_suptitle() == "Strongest of conv2[..., 1]"
    assert figure.axes[3].get_title() == f"image {found.images[3]}\n{found.values[3]:.3g}"
    np.testing.assert_allclose(figure.axes[3].get_images()[0].get_array(), found.patches[3])


def test_strongest_figure_refuses_no_columns(model):
    """0 columns are none, and no word for the usual ones."""
    with pytest.raises(UnderstandingError, match=r"^figure: columns is a whole number from 1"):
        strongest(model, photographs(2), "conv1").figure(columns=0)


def test_strongest_takes_the_whole_image_where_a_window_cannot_be_told():
    """Behind a layer that nobody knows, the patch is the image."""

    class Unknown(layers.Layer):
        def call(self, inputs):
            return inputs * 2

    model = classifier(layers.Conv2D(2, 3, name="conv"), Unknown(name="unknown"))
    images = photographs(3)

    found = strongest(model, images, "unknown", 1)

    np.testing.assert_array_equal(found.patches[0], images[found.images[0]])
