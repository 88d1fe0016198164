"""Kernels as arrays and pictures."""

import numpy as np
import pytest
from keras import layers, ops

from dlcnn.models.errors import ModelError
from dlcnn.understanding import UnderstandingError, activations, kernels, layer
from tests.understanding.network.networks import classifier, convolution, photographs, small


@pytest.fixture(scope="module")
def model():
    return small()


def test_kernels_are_those_of_the_first_layer_that_has_some(model):
    """Without a name the first convolution is read, and it reads colours."""
    found = kernels(model)

    assert (found.layer, found.colour) == ("conv1", True)
    np.testing.assert_array_equal(found.values, model.get_layer("conv1").kernel)
    assert not kernels(model, "conv2").colour


def test_kernels_of_a_dense_layer_are_as_large_as_the_maps_it_reads(model):
    """Behind Flatten a Dense layer's weights stand where their pixels are; else they are 1 x 1."""
    found = kernels(model, model.get_layer("dense")).values

    maps = activations(model, photographs(2), "relu2")["relu2"]
    sums = np.tensordot(maps, found, 3) + np.asarray(model.get_layer("dense").bias)
    dense = activations(model, photographs(2), "dense")["dense"]
    np.testing.assert_allclose(np.tanh(sums), dense, atol=1e-5)
    assert kernels(model, "answer").values.shape == (1, 1, 7, 4)


def test_kernels_of_every_convolution_are_height_width_channels_filters():
    """A separable convolution amounts to the plain one of the kernels that are given."""
    model = classifier(
        layers.SeparableConv2D(5, (3, 2), depth_multiplier=2, use_bias=False, name="separable"),
        layers.DepthwiseConv2D((2, 3), depth_multiplier=2, name="depthwise"),
        layers.Conv2D(4, 3, groups=2, name="grouped"),
        layers.Conv2DTranspose(6, (2, 3), name="transposed"),
    )
    images = photographs(2)

    shapes = {
        name: kernels(model, name).values.shape for name in ("depthwise", "grouped", "transposed")
    }
    assert shapes == {
        "depthwise": (2, 3, 1, 10),
        "grouped": (3, 3, 5, 4),
        "transposed": (2, 3, 4, 6),
    }
    amounts_to = ops.conv(images, kernels(model, "separable").values)
    given = activations(model, images, "separable")["separable"]
    np.testing.assert_allclose(given, amounts_to, atol=1e-5)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(given, ops.conv(images, -kernels(model, "separable").values))


def test_kernels_refuse_a_layer_without_any(model):
    """A layer without kernels is refused, with those that have some."""
    with pytest.raises(UnderstandingError, match=r"'pool', a MaxPooling2D.*'conv1', 'conv2'"):
        kernels(model, "pool")


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_kernels_refuse_weights_that_are_no_numbers(value):
    """A broken kernel is named by its layer, and a sound one beside it is shown."""
    kernel = np.ones((3, 2, 4, 5))
    kernel[1, 0, 2, 3] = value
    model = classifier(layers.Conv2D(4, 3, name="sound"), convolution(kernel, "broken"))

    assert kernels(model).layer == "sound"
    with pytest.raises(UnderstandingError, match=r"^kernels: weights are finite.*in 'broken'"):
        kernels(model, "broken")


def test_kernels_refuse_what_is_no_whole_layer(model):
    """An array and a selection are told from a layer's name, which is offered."""
    with pytest.raises(ModelError, match="kernels: it takes a whole layer, by its name"):
        kernels(model, photographs(2))
    with pytest.raises(ModelError, match=r"Received one of type Selection\. Did you mean 'conv2'"):
        kernels(model, layer["conv2"][..., 1])
    with pytest.raises(ModelError, match="'conv2', which belongs to another model"):
        kernels(model, small().get_layer("conv2"))


def test_kernels_figure_shows_colours_of_the_first_layer_around_grey(model):
    """A filter of the first layer is a picture in which grey is 0; the strongest weight is pure."""
    figure = kernels(model).figure(filters=2)

    shown = np.asarray(figure.axes[1].get_images()[0].get_array())
    kernel = np.asarray(model.get_layer("conv1").kernel)[..., 1]
    np.testing.assert_allclose(shown, 0.5 + 0.5 * kernel / np.abs(kernel).max(), atol=1e-6)
    assert [axes.get_title() for axes in figure.axes[:2]] == ["filter 0", "filter 1"]


def test_kernels_figure_shows_channels_on_one_scale_per_filter(model):
    """A row of another layer is a filter; its maps, one per input channel, share their scale."""
    figure = kernels(model, "conv2").figure(filters=3, channels=2)

    assert len(figure.axes) == 6
    assert figure.axes[2].get_ylabel() == "filter 1"
    kernel = np.asarray(model.get_layer("conv2").kernel)
    pictures = [axes.get_images()[0] for axes in figure.axes[2:4]]
    np.testing.assert_array_equal(pictures[1].get_array(), kernel[:, :, 1, 1])
    most = np.abs(kernel[:, :, :2, 1]).max()
    assert [each.get_clim() for each in pictures] == [(-most, most)] * 2


def test_kernels_figure_shows_kernels_of_one_channel_beside_each_other():
    """A depthwise convolution's kernels stand in one row, each under its filter's number."""
    model = classifier(layers.DepthwiseConv2D((2, 3), name="depthwise"))

    figure = kernels(model, "depthwise").figure()

    assert [axes.get_title() for axes in figure.axes] == ["filter 0", "filter 1", "filter 2"]
    kernel = kernels(model, "depthwise").values
    np.testing.assert_array_equal(figure.axes[2].get_images()[0].get_array(), kernel[:, :, 0, 2])


def test_kernels_figure_draws_as_many_as_can_be_seen():
    """Without a number 16 rows of maps are drawn, or 64 small pictures."""
    model = classifier(layers.Conv2D(70, 3, name="wide"), layers.Conv2D(20, 3, name="deep"))

    colour, rows = kernels(model).figure(), kernels(model, "deep").figure(channels=2)

    assert sum(bool(axes.images) for axes in colour.axes) == 64
    assert len(rows.axes) == 16 * 2
    assert rows.axes[-2].get_ylabel() == "filter 15"
    assert len(kernels(model, "deep").figure(channels=2, filters=18).axes) == 18 * 2


@pytest.mark.parametrize("options", [{"filters": 0}, {"channels": 0}, {"filters": 2.5}])
def test_kernels_figure_refuses_to_draw_none(model, options):
    """No filters, no channels and half of them are refused."""
    (name,) = options
    with pytest.raises(UnderstandingError, match=f"^figure: {name} is a whole number from 1"):
        kernels(model).figure(**options)
