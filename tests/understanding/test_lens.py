"""A lens runs any network of images from any place on; it goes with its model and stays true."""

import gc
import weakref
from functools import partial

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.models.errors import ModelError
from dlcnn.models.graph import Place
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.lens import lens_of
from tests.understanding.models import SHAPE, branched, classifier, fill_weights, images, in_a_row


def _numpy(tensor):
    return ops.convert_to_numpy(tensor)


def test_run_computes_nothing_but_what_is_needed():
    """A layer's output needs neither what follows it nor what is given."""
    lens = lens_of(branched(), "test")
    ran = []

    def change(step, output):
        ran.append(lens.nodes[step].name)
        return output

    entry = lens.find("entry_relu", "test")
    given = ops.convert_to_tensor(np.ones((2, 8, 10, 4), np.float32))
    lens.run({entry: given}, [lens.find("inner", "test")], change=change)
    assert ran == ["inner"]


@pytest.mark.parametrize("heads", [0, 2])
def test_lens_of_takes_what_answers_no_question(heads):
    """A backbone without a head, or with several: what it gives can be looked at all the same."""
    given = keras.Input(SHAPE)
    maps = layers.Conv2D(4, 3, name="maps")(given)
    ends = [layers.Dense(2)(layers.Flatten()(maps)) for _ in range(heads)] or [maps]
    model = fill_weights(keras.Model(given, ends), 2)
    lens = lens_of(model, "test")
    pixels = ops.convert_to_tensor(images())
    found = lens.run({lens.input: pixels}, lens.outputs)
    assert len(found) == len(ends) == len(lens.outputs)
    for each, expected in zip(found, model(pixels) if heads else [model(pixels)], strict=True):
        np.testing.assert_allclose(_numpy(each), _numpy(expected), rtol=1e-5, atol=1e-6)
    assert lens.steps() == list(range(len(lens.nodes)))


def test_behind_is_what_depends_on_a_tensor():
    """Of branches, that which a layer leads into; of the last layer nothing."""
    lens = lens_of(branched(), "test")

    def behind(name):
        return {lens.nodes[step].name for step in lens.behind(lens.find(name, "test"))}

    assert behind("left") == {"both", "mean", "answer"}
    assert {"entry_relu", "inner", "shortcut"} < behind("entry")
    assert behind("answer") == set()


def test_find_offers_the_nearest_layer():
    """An unknown layer is refused in the name of whoever asked."""
    with pytest.raises(ModelError, match=r"^look: .*'frist'. Did you mean '(backbone/)?first'"):
        lens_of(classifier(nesting="nested"), "test").find("frist", "look")


def test_find_takes_the_own_name_of_a_nested_layer():
    """In a backbone within a backbone a layer is found by its name, its path, and itself."""
    model = classifier(nesting="nested twice")
    lens = lens_of(model, "test")
    place = lens.find("second", "test")
    assert lens.nodes[place.node].name == "outer/backbone/second"
    assert place == lens.find("outer/backbone/second", "test")
    layer = model.get_layer("outer").get_layer("backbone").get_layer("second")
    assert place == lens.find(layer, "test") == Place(place.node, 0)


# What changes, and what is kept


def test_lens_of_is_kept_while_the_model_stays():
    """Asking twice does not compile twice, and new weights do not either."""
    model = classifier()
    lens = lens_of(model, "test")
    fill_weights(model, 3)
    assert lens_of(model, "test") is lens
    made = []
    for _ in range(2):
        program = lens.program("key", lambda: made.append(1) or (lambda x: x + 1))
        np.testing.assert_array_equal(program(np.ones(3, np.float32)), 2 * np.ones(3))
    assert made == [1]


def _program(lens):
    return lambda batch: lens.run({lens.input: batch}, lens.outputs)


@pytest.mark.parametrize("nesting", ["functional", "sequential", "nested"])
def test_lens_of_lets_a_model_go(nesting):
    """A model that nobody needs any more is freed, and with it all that was compiled for it."""
    model = classifier(nesting=nesting)
    lens = lens_of(model, "test")
    lens.program("outputs", partial(_program, lens))(images())
    gone, gone_lens = weakref.ref(model), weakref.ref(lens)
    del model, lens
    gc.collect()
    assert gone() is None
    gc.collect()  # what is kept for a model goes when the model is gone
    assert gone_lens() is None


# What is refused


def _two_inputs():
    both = [keras.Input(SHAPE), keras.Input((4,))]
    mean = layers.GlobalAveragePooling2D()(both[0])
    return keras.Model(both, layers.Dense(2)(layers.Concatenate()([mean, both[1]])))


class _Subclassed(keras.Model):
    def call(self, batch):
        return ops.mean(batch, axis=(1, 2))


@pytest.mark.parametrize("make", [_two_inputs, lambda: in_a_row(layers.Dense(2), shape=(7,))])
def test_lens_of_refuses_what_takes_no_images(make):
    """Several inputs, or rows of numbers."""
    with pytest.raises(UnderstandingError, match=r"^look: .*takes images .* and nothing else"):
        lens_of(make(), "look")


@pytest.mark.parametrize("make", [_Subclassed, lambda: "model.keras", lambda: None])
def test_lens_of_refuses_what_has_no_graph(make):
    """A model that is code, and what is no model."""
    with pytest.raises(ModelError, match=r"^look: .* Received"):
        lens_of(make(), "look")


def test_lens_refuses_channels_first():
    """Maps of such a network would have rows and channels mixed up."""
    given = keras.Input((3, 8, 10))
    x = layers.ZeroPadding2D(data_format="channels_first")(given)
    model = keras.Model(given, layers.Dense(3)(layers.Flatten()(x)))
    with pytest.raises(UnderstandingError, match="channels first"):
        lens_of(model, "test")
