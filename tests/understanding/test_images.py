"""Images of any size for networks that take any, and of no other size than a layer can take.

And of the scale that they take.
"""

import importlib
import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.understanding import (
    UnderstandingError,
    UnderstandingWarning,
    activations,
    distributions,
    invariance,
    neuron_gradient,
    saliency,
    similarity,
    strongest,
    tuning,
)
from dlcnn.understanding.images import expect_size, scales_itself
from dlcnn.understanding.lens import lens_of


@pytest.fixture(scope="module")
def model():
    """Of images of at least 3 rows and 5 columns."""
    given = keras.Input((None, None, 3))
    x = layers.Conv2D(4, (3, 5), strides=(1, 2), name="maps")(given)
    return keras.Model(given, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


_ASKING = {
    "activations": lambda model, images: activations(model, images),
    "distributions": lambda model, images: distributions(model, images),
    "invariance": lambda model, images: invariance(model, images, "shift", [1]),
    "saliency": lambda model, images: saliency(model, images, 0),
    "strongest": lambda model, images: strongest(model, images, "maps"),
    "tuning": lambda model, images: tuning(model, "maps", size=images.shape[1:3]),
}


@pytest.mark.parametrize("name", _ASKING)
def test_images_that_are_too_small_are_told_with_the_layer(name, model):
    """No framework's own words: the size, the layer that needs another, and what to do."""
    words = rf"^{name}: .*4 x 4 x 3 .* \? x \? x 3, whose Conv2D 'maps' .*larger"
    with pytest.raises(UnderstandingError, match=words):
        _ASKING[name](model, np.ones((2, 4, 4, 3), np.float32))
    images = np.random.default_rng(0).random((2, 4, 5, 3), np.float32)
    assert _ASKING[name](model, images) is not None


@pytest.fixture(scope="module")
def tall():
    """A layer that takes small images, and a second one that does not."""
    given = keras.Input((None, None, 3))
    x = layers.Conv2D(4, (3, 5), strides=(1, 2), name="maps")(given)
    x = layers.Conv2D(5, (9, 8), name="wide")(x)
    return keras.Model(given, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


_OF_A_LAYER = {
    "activations": activations,
    "distributions": lambda model, images, name: distributions(model, images, layers=name),
    "invariance": lambda model, images, name: invariance(model, images, "shift", [1], [name]),
    "neuron_gradient": neuron_gradient,
    "similarity": lambda model, images, name: similarity(model, name, images),
    "strongest": strongest,
    "tuning": lambda model, images, name: tuning(model, name, size=images.shape[1:3]),
}


@pytest.mark.parametrize("name", _OF_A_LAYER)
def test_images_need_to_fit_the_layers_on_the_way_only(name, tall):
    """What comes behind a layer is no matter where it is asked about, also if it is broken."""
    images = np.random.default_rng(0).random((2, 6, 7, 3), np.float32)
    ask = _OF_A_LAYER[name]

    assert ask(tall, images, "maps") is not None
    with pytest.raises(UnderstandingError, match=rf"^{name}: .*6 x 7 x 3 .* Conv2D 'wide' needs"):
        ask(tall, images, "wide")

    broken = keras.models.clone_model(tall)
    broken.get_layer("maps").bias.assign([np.nan, 0, 0, 0])
    with pytest.raises(UnderstandingError, match=rf"^{name}.*begins in layer 'maps'"):
        ask(broken, images, "maps")


class Counted(layers.Layer):
    """Gives what it gets, and counts how often its Python is run."""

    runs = 0

    def call(self, inputs):
        Counted.runs += 1
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape


def test_sizes_of_all_layers_are_found_in_one_run():
    """The shapes at a size are those that Keras computes, and are kept, also for layers before."""
    given = keras.Input((None, None, 3))
    first, second = ops.split(Counted()(given), [1], axis=-1)
    maps = [layers.Conv2D(4, (3, 2), name="one")(first), layers.Conv2D(5, 2, name="two")(second)]
    lens = lens_of(keras.Model(given, maps), "look")
    one, two = lens.find("one", "look"), lens.find("two", "look")
    Counted.runs = 0

    shapes = expect_size("look", lens, (6, 9, 3), [one, two], "")

    assert (shapes[one], shapes[two]) == ((4, 8, 4), (5, 8, 5))
    split = lens.nodes[two.node].reads[0]
    assert (shapes[split._replace(output=0)], shapes[split]) == ((6, 9, 1), (6, 9, 2))
    expect_size("look", lens, (6, 9, 3), [two], "")
    assert Counted.runs == 1
    expect_size("look", lens, (6, 8, 3), [two], "")
    assert Counted.runs == 2


def test_activations_run_a_network_of_open_size_no_more_often_for_more_layers():
    """Its layers are measured together, and then computed together."""

    def runs(depth):
        given = keras.Input((None, None, 3))
        x = Counted()(given)
        for _ in range(depth):
            x = layers.Conv2D(2, 3, padding="same")(x)
        model = keras.Model(given, x)
        Counted.runs = 0
        activations(model, np.ones((2, 6, 9, 3), np.float32))
        return Counted.runs

    assert runs(5) == runs(1)


def _given(*called, shape=(6, 8, 3)):
    """A network that calls these on its images, and then has weights."""
    given = x = keras.Input(shape)
    for each in called:
        x = each(x)
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    return keras.Model(given, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


def _adapted(scale, axis=-1):
    normalised = layers.Normalization(axis=axis)
    pixels = np.random.default_rng(0).random((9, 6, 8, 3))
    pixels[:, :2] = 0  # a border of one value, where there is nothing to divide by
    normalised.adapt(scale * pixels)
    return normalised


class Prepared(layers.Layer):
    """A preparation of pixels as people write their own."""

    def call(self, inputs):
        return inputs / 255


def _preparation(name):
    return importlib.import_module(f"keras.applications.{name}").preprocess_input


_OF_COUNTS = {
    "a 255th": lambda: [layers.Rescaling(1 / 255)],
    "to [-1, 1]": lambda: [layers.Rescaling(1 / 127.5, -1)],
    "after augmentation": lambda: [
        *(layers.RandomFlip(), layers.RandomTranslation(0.1, 0.1), layers.RandomRotation(0.1)),
        *(layers.RandomContrast(0.1), layers.Resizing(5, 7), layers.Rescaling(1 / 255)),
    ],
    "adapted": lambda: [_adapted(255)],
    "adapted by pixel": lambda: [_adapted(255, axis=(1, 2, 3))],
    "in two layers": lambda: [
        layers.Rescaling(1 / 255),
        layers.Normalization(mean=0.5, variance=1),
    ],
    "of TensorFlow's networks": lambda: [_preparation("mobilenet_v2")],
    "of PyTorch's networks": lambda: [_preparation("densenet")],
    "of Caffe's networks": lambda: [_preparation("resnet50")],
    "function": lambda: [layers.Lambda(lambda x: x / 255)],
    "own layer": lambda: [Prepared()],
    "nested": lambda: [keras.Sequential([keras.Input((6, 8, 3)), layers.Rescaling(1 / 255)])],
}
_OF_SHARES = {
    "nothing": list,
    "from [0, 1] to [-1, 1]": lambda: [layers.Rescaling(2.0, -1.0)],
    "and back": lambda: [layers.Rescaling(255.0), layers.Rescaling(1 / 127.5, -1)],
    "from [-1, 1] to counts": lambda: [layers.Rescaling(127.5, 127.5)],
    "adapted": lambda: [_adapted(1)],
    "adapted by pixel": lambda: [_adapted(1, axis=(1, 2, 3))],
    "arithmetic": lambda: [lambda x: (x - 0.45) / 0.22],
    "channels": lambda: [lambda x: ops.stack([x[..., i] for i in (2, 1, 0)], axis=-1)],
    "scaled behind weights": lambda: [layers.Conv2D(3, 1), layers.Rescaling(1 / 255)],
    "each image by itself": lambda: [lambda x: (x - ops.mean(x)) / ops.std(x)],
}
_PREPARED = [pytest.param(make, True, id=name) for name, make in _OF_COUNTS.items()]
_PREPARED += [pytest.param(make, False, id=f"{name}, no") for name, make in _OF_SHARES.items()]


@pytest.mark.parametrize(("make", "counts"), _PREPARED)
def test_scales_itself_looks_at_what_is_done_to_pixels(make, counts):
    """Layers, adapted ones, and arithmetic in the graph are told by their numbers alone."""
    network = _given(*make())
    assert scales_itself(lens_of(network, "look")) is counts

    pixels = np.random.default_rng(1).random((2, 6, 8, 3), np.float32)
    right, wrong = (255 * pixels, pixels) if counts else (pixels, 255 * pixels)
    with warnings.catch_warnings(action="error", category=UnderstandingWarning):
        saliency(network, right, 0)
    with pytest.warns(UnderstandingWarning, match="scaled already" if counts else "unscaled"):
        saliency(network, wrong, 0)


def test_scales_itself_follows_a_normalization_that_adapts_again():
    """What is known of a network is known of it as it was."""
    normalised = _adapted(255)
    network = _given(normalised)
    assert scales_itself(lens_of(network, "look"))
    normalised.adapt(np.random.default_rng(0).random((9, 6, 8, 3)))
    assert not scales_itself(lens_of(network, "look"))


def test_scales_itself_knows_networks_of_open_size():
    """The size of the images is no matter, unless a layer is for some sizes only."""
    assert scales_itself(lens_of(_given(layers.Rescaling(1 / 255), shape=(None, None, 3)), "look"))
    tiles = layers.Reshape((-1, 30, 3))
    assert not scales_itself(lens_of(_given(tiles, shape=(None, None, 3)), "look"))


def test_scales_itself_knows_networks_that_prepare_pixels_inside():
    """Those of `keras.applications` are of 0 to 255 where they say so."""
    options = {"weights": None, "input_shape": (32, 40, 3), "include_top": False}
    inside = keras.applications.EfficientNetB0(**options)
    plain = keras.applications.MobileNetV2(**options)
    assert scales_itself(lens_of(inside, "look"))
    assert not scales_itself(lens_of(plain, "look"))
