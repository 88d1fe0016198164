"""What layers give for images."""

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.understanding import UnderstandingError, activations, layer
from tests.understanding.network.networks import SHAPE, classifier, convolution, photographs, small


@pytest.fixture(scope="module")
def model():
    return small()


def test_activations_are_those_of_keras(model):
    """Every layer gives what Keras' submodel gives, the softmax included, at any batch size."""
    images = photographs(5)
    names = [each.name for each in model.layers]
    expected = keras.Model(model.inputs[0], [each.output for each in model.layers])(images)

    found = activations(model, images, batch_size=2)

    assert list(found) == names
    for name, tensor in zip(names, expected, strict=True):
        values = keras.ops.convert_to_numpy(tensor)
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-6)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(found["conv2"], found["relu2"])


def test_activations_reach_into_nested_models():
    """A layer of a backbone is named by its own name or its path."""
    keras.utils.set_random_seed(1)
    inside = keras.Sequential([keras.Input(SHAPE), layers.Conv2D(4, 3, name="deep")], name="body")
    inputs = keras.Input(SHAPE)
    pooled = layers.GlobalMaxPooling2D()(inside(inputs))
    model = keras.Model(inputs, layers.Dense(3)(pooled))
    images = photographs(2)

    found = activations(model, images, [layer["deep"][..., 1], inside.layers[0]])

    expected = keras.ops.convert_to_numpy(inside(images))
    np.testing.assert_allclose(found["body/deep"], expected, atol=1e-6)
    np.testing.assert_array_equal(found["body/deep[..., 1]"], found["body/deep"][..., 1])


def test_activations_refuse_no_layers(model):
    """An empty list of layers is refused."""
    with pytest.raises(UnderstandingError, match="one or more"):
        activations(model, photographs(2), [])


@pytest.mark.parametrize(("layers", "kind"), [(64, "int"), ([0], "int"), (photographs(1), "nd")])
def test_activations_refuse_what_names_no_layer(model, layers, kind):
    """A batch size or an array where layers are wanted is refused with its type."""
    with pytest.raises(UnderstandingError, match=f"layers or their names.* one of type {kind}"):
        activations(model, photographs(2), layers)


@pytest.mark.parametrize("activation", [None, "relu"])
def test_activations_name_a_layer_whose_numbers_are_broken(activation):
    """Layers up to broken weights are shown; from there on they are refused, ReLU or not."""
    kernel = np.full((3, 2, 4, 2), np.nan)
    model = classifier(
        layers.Conv2D(4, 3, name="sound"), convolution(kernel, "broken", activation=activation)
    )
    images = photographs(3)

    assert activations(model, images, "sound")["sound"].any()
    for selected in ("broken", layer["broken"][2, :, 1], "logits", None):
        with pytest.raises(UnderstandingError, match=r"^activations: .*begins in layer 'broken'"):
            activations(model, images, selected)


def test_activations_show_a_dead_layer():
    """A ReLU that never fires gives numbers, 0, and is shown, whatever is broken behind it."""
    dead = convolution(np.ones((3, 2, 3, 2)), bias=[-99, -99], activation="relu")
    model = classifier(dead, convolution(np.full((3, 2, 2, 4), np.nan), "broken"))
    assert not activations(model, photographs(2), "conv")["conv"].any()


def test_activations_take_any_iterable_of_layers(model):
    """A generator names layers as a list does."""
    found = activations(model, photographs(2), (each for each in ("conv1", layer["conv2"])))
    assert list(found) == ["conv1", "conv2"]


def test_activations_figure_draws_the_mean_and_the_strongest_channels(model):
    """A row has the mean over channels, then the channels of the largest means, in order."""
    found = activations(model, photographs(3), ["conv1", "dense", layer["conv1"][..., 2]])

    figure = found.figure(1, channels=2)

    image, mean, first, second, bars, single = figure.axes
    values = found["conv1"][1]
    chosen = sorted(np.argsort(values.mean(axis=(0, 1)))[-2:])
    assert [image.get_title(), mean.get_title()] == ["image", "mean"]
    assert [first.get_title(), second.get_title()] == [f"channel {each}" for each in chosen]
    np.testing.assert_allclose(mean.get_images()[0].get_array(), values.mean(axis=-1))
    np.testing.assert_array_equal(second.get_images()[0].get_array(), values[..., chosen[1]])
    heights = [bar.get_height() for bar in bars.patches]
    np.testing.assert_allclose(heights, found["dense"][1], rtol=1e-6)
    assert single.get_ylabel() == "conv1[..., 2]"
    with pytest.raises(UnderstandingError, match="image is a whole number"):
        found.figure(3)
    with pytest.raises(UnderstandingError, match="channels is a whole number from 1"):
        found.figure(channels=0)
