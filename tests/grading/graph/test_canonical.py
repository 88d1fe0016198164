"""Whole models: Sequential, Functional, nested, shared, with many inputs and outputs."""

import keras
import pytest
from keras import layers, ops

from dlcnn.grading.graph import canonical
from dlcnn.grading.worker.profiles.models import describe
from tests.grading.graph.course import (
    block_model,
    compared,
    convolutional_block,
    convolutional_model,
    happy_model,
    identity_block,
    resnet50,
    solution,
)


def _happy_functional():
    inputs = keras.Input((64, 64, 3))
    x = layers.ZeroPadding2D(padding=(3, 3))(inputs)
    x = layers.Conv2D(32, (7, 7), strides=(1, 1), name="conv0")(x)
    x = layers.BatchNormalization(axis=-1, name="bn0")(x)
    x = keras.activations.relu(x)
    x = layers.Flatten()(layers.MaxPool2D((2, 2), name="max_pool0")(x))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="fc")(x), name="happy")


def _happy_with_input_shape():
    return keras.Sequential(
        [
            layers.ZeroPadding2D(((3, 3), (3, 3)), input_shape=(64, 64, 3)),
            layers.Conv2D(32, 7, padding="valid"),
            layers.BatchNormalization(3),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(1),
            layers.Activation("sigmoid"),
        ]
    )


def _happy_nested():
    head = keras.Sequential([layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    inputs = keras.Input((64, 64, 3))
    x = layers.BatchNormalization()(layers.Conv2D(32, 7)(layers.ZeroPadding2D(3)(inputs)))
    stem = keras.Model(inputs, layers.MaxPool2D()(ops.relu(x)))
    return keras.Sequential([keras.Input((64, 64, 3)), stem, head])


def _happy_added():
    model = keras.Sequential()
    model.add(keras.Input((64, 64, 3)))
    for layer in happy_model().layers:
        model.add(type(layer).from_config(layer.get_config()))
    return model


@pytest.mark.parametrize(
    "build", [_happy_functional, _happy_with_input_shape, _happy_nested, _happy_added]
)
def test_canonical_makes_model_kinds_equal(build):
    """Sequential and Functional, input_shape and Input, nested or flat: one model."""
    found = compared(happy_model(), build())
    assert (found.verdict, found.differences) == ("equal", ())
    assert (found.matched, found.layers) == (9, 9)


def test_canonical_counts_the_parameters_that_keras_counts():
    """The sums are those of Keras, for the course's models and a shared layer."""
    inputs = keras.Input((6, 8, 4))
    conv = layers.Conv2D(4, 3, padding="same")
    shared = keras.Model(inputs, conv(conv(inputs)))
    for model in (happy_model(), convolutional_model(), solution(), shared):
        assert canonical(describe(model)).parameters == model.count_params()


def test_canonical_takes_operators_in_resnet50():
    """The course's ResNet50 with operators in place of layers, written in another order."""
    other = resnet50(relu=ops.relu, join=lambda x, shortcut: keras.activations.relu(shortcut + x))
    found = compared(solution(), other)
    assert (found.verdict, found.matched, found.layers) == ("equal", 178, 178)


def test_canonical_takes_tensors_of_a_block():
    """A block is compared by the tensor that it returns, wherever its input comes from."""
    expected = block_model(identity_block, 3, (4, 5, 12))
    inputs = keras.Input((8, 10, 12))
    assert compared(expected, identity_block(inputs, 3, (4, 5, 12))).verdict == "equal"
    earlier = layers.ReLU()(layers.Conv2D(12, 1)(inputs))
    block = identity_block(earlier, 3, (4, 5, 12))
    told = canonical(describe(block, inputs=earlier))
    assert told.kind == "tensors"
    assert [node.token for node in told.nodes] == [
        node.token for node in canonical(describe(expected)).nodes
    ]


def test_canonical_looks_through_a_model_called_twice():
    """A model inside that is called twice is its layers, shared; two such models are not."""

    def twice(*inner):
        inputs = keras.Input((6, 8, 4))
        first, second = (inner * 2)[:2]
        return keras.Model(inputs, second(layers.ReLU()(first(inputs))))

    def make():
        return keras.Sequential([keras.Input((6, 8, 4)), layers.Conv2D(4, 3, padding="same")])

    inputs = keras.Input((6, 8, 4))
    conv = layers.Conv2D(4, 3, padding="same")
    flat = keras.Model(inputs, conv(ops.relu(conv(inputs))))
    assert compared(flat, twice(make())).verdict == "equal"
    found = compared(flat, twice(make(), make()))
    assert [facts["kind"] for facts in found.differences] == ["layer_shared", "model_parameters"]


def test_canonical_keeps_several_inputs_and_outputs_apart():
    """The order of a model's inputs and of its outputs is part of the model."""

    def model(swap_inputs=False, swap_outputs=False):
        left, right = keras.Input((6, 8, 4)), keras.Input((5,))
        a, b = layers.Conv2D(3, 2)(left), layers.Dense(7)(right)
        inputs = [right, left] if swap_inputs else [left, right]
        return keras.Model(inputs, [b, a] if swap_outputs else [a, b])

    assert compared(model(), model()).verdict == "equal"
    assert compared(model(), model(swap_inputs=True)).verdict == "different"
    assert compared(model(), model(swap_outputs=True)).verdict == "different"


def test_canonical_tells_outputs_of_one_layer_apart():
    """Two outputs of a layer with several are not the same value."""

    def model(index):
        inputs = keras.Input((6, 8))
        return keras.Model(inputs, layers.LSTM(4, return_state=True)(inputs)[index])

    assert compared(model(1), model(1)).verdict == "equal"
    assert compared(model(1), model(2)).verdict == "different"


def test_canonical_ignores_size_of_batch_and_unknown_sizes_are_sizes():
    """A fixed batch size is no difference; an unknown height is one."""

    def model(**shape):
        inputs = keras.Input(**shape)
        return keras.Model(inputs, layers.GlobalMaxPooling2D()(layers.Conv2D(3, 1)(inputs)))

    fixed = model(batch_shape=(7, 6, 8, 4))
    assert compared(model(shape=(6, 8, 4)), fixed).verdict == "equal"
    found = compared(model(shape=(6, 8, 4)), model(shape=(None, 8, 4)))
    assert [facts["kind"] for facts in found.differences] == ["model_input_shape"]


def test_canonical_of_convolutional_block_equals_any_order_of_its_paths():
    """Which of the two paths is written and added first changes nothing."""

    def other(x, f, filters, s=2):
        main = layers.Conv2D(filters[0], 1, s, activation=None)(x)
        main = ops.relu(layers.BatchNormalization()(main))
        main = layers.Conv2D(filters[1], (f, f), padding="same")(main)
        main = layers.ReLU()(layers.BatchNormalization()(main))
        main = layers.BatchNormalization()(layers.Conv2D(filters[2], 1)(main))
        return ops.relu(layers.BatchNormalization()(layers.Conv2D(filters[2], 1, s)(x)) + main)

    expected = block_model(convolutional_block, 3, (4, 5, 12))
    assert compared(expected, block_model(other, 3, (4, 5, 12))).verdict == "equal"
