"""A model as its layers' calls: made again on other tensors, found by name, and read or refused."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.models.errors import ModelError
from dlcnn.models.graph import Place, layer_calls, position


def _run_again(model, *given):
    """The model's first output, each of its calls made again in order."""
    nodes, outputs = layer_calls(model, "test")
    waiting = [ops.convert_to_tensor(each) for each in given]
    known = {}
    for step, node in enumerate(nodes):
        inputs = [known[place] for place in node.reads]
        # A model's inputs are listed in the order in which they are needed.
        made = node.call(inputs) if node.reads else [waiting.pop(0)]
        known.update({Place(step, i): value for i, value in enumerate(made)})
    return ops.convert_to_numpy(known[outputs[0]])


def _images(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def _split(images):
    left, middle, right = ops.split(images, [1, 3], axis=-1)
    return ops.concatenate([right, ops.subtract(middle, left)], axis=-1)


def _attention(images):
    rows = layers.Reshape((20, 6))(images)
    found, scores = layers.MultiHeadAttention(2, 3)(
        rows, layers.Dense(6)(rows), return_attention_scores=True, use_causal_mask=True
    )
    return layers.Concatenate()([layers.Flatten()(found), layers.Flatten()(scores)])


def _in_training(images):
    return layers.BatchNormalization()(images, training=True)


def _twice(images):
    return layers.Add()([images, ops.multiply(images, images), images])


def _by_name(images):
    rows = layers.Reshape((20, 6))(images)
    return layers.Attention()([layers.Dense(6)(rows), rows], return_attention_scores=True)[1]


@pytest.mark.parametrize("body", [_split, _attention, _in_training, _twice, _by_name])
def test_call_made_again_gives_what_the_model_gives(body):
    """Several outputs, tensors by keyword, flags and one tensor read twice all come back."""
    given = keras.Input((4, 5, 6))
    model = keras.Model(given, body(given))
    images = _images(2, 4, 5, 6)
    expected = model.predict(images, verbose=0)
    np.testing.assert_allclose(_run_again(model, images), expected, rtol=1e-5, atol=1e-6)


def test_call_made_again_is_never_training():
    """What was recorded for training is as in `predict`; the recorded call would be another."""
    given = keras.Input((4, 5, 6))
    images = _images(2, 4, 5, 6)
    model = keras.Model(given, _in_training(given))
    before = model.get_weights()

    again = _run_again(model, images)

    np.testing.assert_allclose(again, model.predict(images, verbose=0), rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert np.abs(again - ops.convert_to_numpy(model(images))).max() > 0.01


def test_layer_calls_refuses_a_model_with_a_call_of_its_own():
    """Its graph may not be what it does; as a layer of another model it stays whole."""

    class Doubled(keras.Model):
        def call(self, inputs):
            return 2 * super().call(inputs)

    given = keras.Input((4, 5, 3))
    doubled = Doubled(given, layers.Conv2D(2, 3)(given))
    with pytest.raises(ModelError, match="`call` of its own"):
        layer_calls(doubled, "test")
    outer = keras.Model(given, doubled(given))
    images = _images(2, 4, 5, 3)
    np.testing.assert_allclose(
        _run_again(outer, images), outer.predict(images, verbose=0), rtol=1e-5, atol=1e-6
    )


def test_call_takes_another_layer_with_the_same_arguments():
    """What stands in place of a layer gets the tensors and options that the layer got."""
    given = keras.Input((3, 4, 2))
    node = layer_calls(keras.Model(given, _in_training(given)), "test")[0][-1]
    seen = {}

    def instead(*args, **kwargs):
        seen.update(kwargs, args=args)
        return [args[0]]

    images = _images(2, 3, 4, 2)
    (output,) = node.call([images], instead)
    assert output is images
    assert seen == {"training": True, "args": (images,)}


@pytest.fixture(scope="module")
def nested():
    """Two backbones with a layer name in common, one of them called twice."""

    def backbone(name, *inner):
        entry = keras.Input((4, 5, 3))
        made = layers.Conv2D(3, 3, padding="same", name="common")(entry)
        for each in inner:
            made = layers.Conv2D(3, 3, padding="same", name=each)(made)
        return keras.Model(entry, made, name=name)

    left, right = backbone("left", "own"), backbone("right")
    given = keras.Input((4, 5, 3), name="images")
    model = keras.Model(given, layers.Add(name="sum")([right(left(given)), right(given)]))
    return model, layer_calls(model, "test")[0], left


def test_position_finds_a_layer_however_it_is_named(nested):
    """The whole name, the layer's own where no other has it, and the layer itself."""
    _, nodes, left = nested
    place = position(nodes, "left/own", "test")
    assert nodes[place].name == "left/own"
    assert position(nodes, "own", "test") == place
    assert position(nodes, left.get_layer("own"), "test") == place
    assert position(nodes, "right:2/common:2", "test") != position(nodes, "right/common", "test")


def test_position_refuses_a_name_that_several_have(nested):
    """Which of them is meant is asked, with their names."""
    _, nodes, _ = nested
    with pytest.raises(ModelError, match=r"called several times .* 'left/common', 'right/common'"):
        position(nodes, "common", "test")


def test_position_refuses_a_layer_called_twice(nested):
    """A layer has outputs of each of its calls."""
    model, nodes, _ = nested
    twice = model.get_layer("right").get_layer("common")
    with pytest.raises(ModelError, match=r"Name one of the calls: 'right/common', 'right:2/co"):
        position(nodes, twice, "test")


@pytest.mark.parametrize(
    ("layer", "hint"),
    [
        ("left/onw", "Did you mean 'left/own'"),
        ("zzz", "There are: images, left/common"),
    ],
)
def test_position_offers_the_nearest(nested, layer, hint):
    """A layer that is not there is refused with the name that is closest, or all."""
    with pytest.raises(ModelError, match="look: the model has no such layer") as caught:
        position(nested[1], layer, "look")
    assert hint in str(caught.value)


@pytest.mark.parametrize("layer", [7, None, np.zeros((2, 3)), ["sum"]])
def test_position_refuses_what_names_no_layer(nested, layer):
    """Numbers, arrays and lists are named by their type."""
    kind = type(layer).__name__
    with pytest.raises(
        ModelError, match=rf"^look: it takes a whole layer.* Received one of type {kind}\."
    ):
        position(nested[1], layer, "look")


def test_position_refuses_a_layer_of_another_model(nested):
    """It says so, and offers the one that is meant."""
    with pytest.raises(ModelError, match=r"'summ', which belongs to another model.* mean 'sum'"):
        position(nested[1], layers.Dense(3, name="summ"), "look")
    with pytest.raises(ModelError, match="no such layer"):
        position(nested[1], nested[2], "look")  # a model that is opened, and no layer of its own


class _Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.end = layers.Dense(2)

    def call(self, images):
        return self.end(ops.mean(images, axis=(1, 2)))


@pytest.mark.parametrize("kind", ["subclassed", "unbuilt", "layer", "none"])
def test_layer_calls_refuses_what_has_no_graph(kind):
    """A model that is code, one without sizes, and what is no model at all."""
    model = {
        "subclassed": _Subclassed,
        "unbuilt": lambda: keras.Sequential([layers.Dense(2)]),
        "layer": lambda: layers.Dense(2),
        "none": lambda: None,
    }[kind]()
    with pytest.raises(ModelError, match=r"^look: .* Received .*\. (Begin|Pass)"):
        layer_calls(model, "look")


def test_layer_calls_refuses_a_subclassed_model_that_was_called():
    """Having been called on a batch does not give it a graph."""
    model = _Subclassed()
    model(_images(2, 4, 5, 3))
    with pytest.raises(ModelError, match="must be Functional"):
        layer_calls(model, "look")


def test_layers_of_a_call_are_what_is_called_and_what_that_wraps():
    """A wrapper in a wrapper is opened; a layer alone is the only one."""
    dense = keras.layers.Dense(3)
    outer = keras.layers.TimeDistributed(keras.layers.SpectralNormalization(dense))
    given = keras.Input((4, 5))
    nodes, _ = layer_calls(keras.Model(given, outer(given)), "test")
    assert nodes[-1].layers == [outer, outer.layer, dense]
    assert nodes[0].layers == [nodes[0].layer]
