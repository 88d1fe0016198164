"""Several methods asked at once."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.models.errors import ModelError
from dlcnn.understanding import USUAL, UnderstandingError, grad_cam, look, saliency
from tests.understanding.models import CLASSES, classifier, images, one_unit


@pytest.fixture(scope="module")
def model():
    """Two convolutions and a softmax."""
    return classifier()


def test_look_gives_what_each_method_gives_alone(model):
    """The maps are those of the functions, for the class that the model prefers."""
    found = look(model, images(), methods=["saliency", "grad_cam"])

    assert list(found.maps) == ["saliency", "grad_cam"]
    np.testing.assert_array_equal(found.maps["saliency"], saliency(model, images()))
    np.testing.assert_array_equal(found.maps["grad_cam"], grad_cam(model, images()))
    assert not np.array_equal(found.maps["saliency"], found.maps["grad_cam"])


def test_look_asks_about_the_given_classes(model):
    """Targets are passed on, one for each image."""
    found = look(model, images(), [3, 0, 1], methods=["saliency"])

    assert found.targets.tolist() == [3, 0, 1]
    np.testing.assert_array_equal(found.maps["saliency"], saliency(model, images(), [3, 0, 1]))


@pytest.mark.parametrize("ending", ["softmax", "logits"])
def test_look_tells_the_probabilities(ending):
    """They are those of the softmax, also where the model ends with logits."""
    found = look(classifier(ending=ending), images(), methods=["saliency"])

    expected = classifier().predict(images(), verbose=0)
    np.testing.assert_allclose(found.probabilities, expected, rtol=1e-4)
    assert found.targets.tolist() == expected.argmax(axis=1).tolist()


def test_look_tells_both_classes_of_a_single_unit():
    """A sigmoid speaks of the second class; the first has the rest."""
    model = one_unit()

    found = look(model, images(), methods=["saliency"])

    second = model.predict(images(), verbose=0)
    np.testing.assert_allclose(found.probabilities, np.hstack([1 - second, second]), atol=1e-6)


def test_look_passes_a_layer_to_the_methods_that_take_one(model):
    """Grad-CAM weighs the named layer; saliency knows nothing of layers."""
    found = look(model, images(), methods=["saliency", "grad_cam"], layer="first")

    np.testing.assert_array_equal(found.maps["grad_cam"], grad_cam(model, images(), layer="first"))
    assert not np.array_equal(found.maps["grad_cam"], grad_cam(model, images()))


def test_look_notes_a_method_that_cannot_explain_the_model():
    """Without a ReLU guided backprop has no maps, and the others have theirs."""
    inputs = keras.Input((8, 10, 3))
    x = layers.Flatten()(layers.Conv2D(4, 3, activation="tanh")(inputs))
    model = keras.Model(inputs, layers.Dense(CLASSES)(x))

    found = look(model, images(), methods=["guided_backprop", "saliency"])

    assert list(found.maps) == ["saliency"]
    (note,) = found.notes
    assert "ReLU" in note


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"methods": ["saliencey"]}, UnderstandingError, "Did you mean 'saliency'?"),
        ({"methods": None}, UnderstandingError, "one or more. Received None."),
        ({"methods": saliency}, UnderstandingError, "one or more. Received one of type function."),
        ({"methods": set()}, UnderstandingError, "one or more. Received none."),
        ({"methods": [saliency]}, UnderstandingError, "type function. Did you mean 'saliency'?"),
        ({"methods": [["saliency"]]}, UnderstandingError, "no method of this name"),
        ({"methods": ["saliency"], "layer": "frist"}, ModelError, "Did you mean 'first'?"),
        ({"methods": []}, UnderstandingError, "one or more"),
        ({"methods": ["grad_cam"], "layer": "frist"}, ModelError, "Did you mean 'first'?"),
        ({"targets": CLASSES}, UnderstandingError, "0 to 3"),
    ],
)
def test_look_refuses_in_a_sentence(model, options, error, words):
    """Unknown methods, no method, an unknown layer, and classes that there are not."""
    with pytest.raises(error) as caught:
        look(model, images(), **options)

    assert words in str(caught.value)


def test_look_draws_a_row_for_each_image(model):
    """The image first, with its class and score, then a cell for each method."""
    found = look(model, images(2), [1, 2])

    figure = found.figure(class_names=["ant", "bee", "cat", "dog"])

    texts = [axes.get_title() for axes in figure.axes]
    columns = len(USUAL) + 1
    assert len(texts) == 2 * columns
    assert texts[0].startswith("bee\nscore ")
    assert texts[columns].startswith("cat\nscore ")
    assert texts[1] == "saliency\n(absolute)"
    assert texts[2] == "SmoothGrad\n"
    assert texts[columns - 1] == "Grad-CAM\n(second)"
    shown = np.asarray(figure.axes[0].images[0].get_array())
    np.testing.assert_allclose(shown, images(2)[0], atol=1e-6)


def test_look_notes_what_methods_warn_of_and_hands_the_rest_on():
    """Dead units are a note; what another library warns of stays a warning."""

    class Old(layers.Layer):
        def call(self, inputs):
            warnings.warn("old", DeprecationWarning, stacklevel=1)
            return inputs

    inputs = keras.Input((8, 10, 3))
    x = Old()(layers.Conv2D(4, 3, activation="relu", bias_initializer="zeros")(inputs))
    model = keras.Model(inputs, layers.Dense(CLASSES)(layers.Flatten()(x)))
    model.layers[1].bias.assign(np.full(4, -100.0))

    with pytest.warns(DeprecationWarning, match="old"):
        found = look(model, images(), methods=["saliency"])

    (note,) = found.notes
    assert "all values are 0" in note


def test_look_takes_one_name_as_one_method(model):
    """A name alone is not taken apart into letters."""
    assert list(look(model, images(), methods="saliency").maps) == ["saliency"]


@pytest.mark.parametrize(
    "methods",
    [
        *({"saliency"}, {"saliency": 1}.keys(), np.array(["saliency"]), {"saliency": saliency}),
        *((name for name in ("saliency", "saliency")), ("saliency",)),
    ],
)
def test_look_takes_names_from_any_iterable(model, methods):
    """Sets, keys, arrays, generators and a part of `METHODS` name methods, each once."""
    assert list(look(model, images(), methods=methods).maps) == ["saliency"]
