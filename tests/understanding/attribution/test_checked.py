"""Maps that are no numbers, or all zero, are told with the layer or the reason."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.understanding import (
    METHODS,
    UnderstandingError,
    UnderstandingWarning,
    gradient,
    occlusion,
    saliency,
)
from tests.understanding.models import SHAPE, classifier, images

NO_GRADIENT_NEEDED = {"occlusion"}


def _diverged():
    """A network of which nothing is left from the second convolution on."""
    model = classifier(nesting="nested")
    first, bias, *others = model.get_weights()
    model.set_weights([first, bias, *(np.full_like(each, np.nan) for each in others)])
    return model


@pytest.mark.parametrize("name", METHODS)
def test_methods_name_the_layer_whose_weights_are_broken(name):
    """A network that has diverged is not explained: where it begins to be broken is said."""
    words = r"3 of 3 images, first images\[0\]; it begins in layer 'backbone/second'"
    with pytest.raises(UnderstandingError, match=rf"^{name}: .* {words}"):
        METHODS[name](_diverged(), images(), 0)


def test_checked_says_which_image_is_broken():
    """Of two images only the second gives what is no number."""
    given = keras.Input((2, 3, 1))
    model = keras.Model(given, layers.Dense(2)(layers.Flatten()(ops.log(given))))
    both = np.stack([np.full((2, 3, 1), 0.5), np.zeros((2, 3, 1))])
    with pytest.raises(UnderstandingError, match=r"1 of 2 images, first images\[1\]; .*'log"):
        saliency(model, both, 0)


def test_checked_tells_gradients_that_break_on_the_way_back():
    """The root of 0 is 0, but its slope is none."""
    given = keras.Input((2, 3, 1))
    model = keras.Model(given, layers.Dense(2)(layers.Flatten()(ops.sqrt(given))))
    with pytest.raises(UnderstandingError, match="on the way back only"):
        gradient(model, np.zeros((1, 2, 3, 1)), 0)


@pytest.mark.parametrize("name", METHODS)
def test_methods_warn_of_maps_of_zeros(name):
    """Where all units are dead the score depends on nothing, and the caller is told."""
    model = classifier(nesting="sequential")
    for layer in model.layers:
        if layer.name == "second":
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, bias - 100])
    with pytest.warns(UnderstandingWarning, match=f"{name}: all values are 0") as caught:
        maps = METHODS[name](model, images(), 0)
    assert __file__ in [each.filename for each in caught if each.category is UnderstandingWarning]
    assert not np.asarray(maps).any()


@pytest.mark.parametrize("name", sorted(set(METHODS) - NO_GRADIENT_NEEDED))
def test_methods_refuse_a_network_that_no_gradient_passes(name):
    """Where gradients are cut off, the layer is named, and the method that needs none."""
    given = keras.Input(SHAPE)
    features = layers.Conv2D(3, 3, activation="relu", name="features")(given)
    cut = ops.stop_gradient(features)
    answer = layers.Dense(2)(layers.GlobalAveragePooling2D()(cut))
    model = keras.Model(given, answer, name="cut")
    options = {"layer": "features"} if name.startswith("grad_cam") else {}
    with pytest.raises(UnderstandingError, match=r"'cut', in which the StopGradient .* occlusion"):
        METHODS[name](model, images(), 0, **options)
    assert np.asarray(occlusion(model, images(), 0)).any()
