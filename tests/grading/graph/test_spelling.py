"""Spellings of one computation are equal, and near misses are not; every model is a real one."""

import keras
import pytest
from keras import layers, ops

from tests.grading.graph.course import compared


def _model(function, shape=(6, 8, 4)):
    inputs = keras.Input(shape)
    return keras.Model(inputs, function(inputs))


def _tensorflow_relu():
    import tensorflow as tf

    return tf.nn.relu


_CONV = layers.Conv2D
EQUAL = {
    "relu layer, string, function, operation": [
        lambda x: _CONV(5, 3, activation="relu")(x),
        lambda x: layers.ReLU()(_CONV(5, 3)(x)),
        lambda x: layers.Activation("relu")(_CONV(5, 3)(x)),
        lambda x: keras.activations.relu(_CONV(5, 3)(x)),
        lambda x: ops.relu(_CONV(5, 3)(x)),
        lambda x: ops.maximum(_CONV(5, 3)(x), 0),
        lambda x: _CONV(5, 3, activation=keras.activations.relu)(x),
        lambda x: _CONV(5, 3, activation=layers.ReLU())(x),
        lambda x: _CONV(5, 3, activation=_tensorflow_relu())(x),
        lambda x: layers.Activation(keras.activations.get("relu"))(_CONV(5, 3)(x)),
    ],
    "relu with a ceiling": [
        lambda x: layers.ReLU(max_value=6)(x),
        lambda x: layers.Activation("relu6")(x),
        lambda x: ops.relu6(x),
        lambda x: keras.activations.relu(x, max_value=6.0),
    ],
    "leaky relu": [
        lambda x: layers.LeakyReLU(negative_slope=0.2)(x),
        lambda x: layers.ReLU(negative_slope=0.2)(x),
        lambda x: ops.leaky_relu(x),
        lambda x: layers.Activation("leaky_relu")(x),
    ],
    "softmax": [
        lambda x: layers.Dense(3, activation="softmax")(x),
        lambda x: layers.Softmax()(layers.Dense(3)(x)),
        lambda x: layers.Softmax(axis=3)(layers.Dense(3)(x)),
        lambda x: ops.softmax(layers.Dense(3)(x), axis=-1),
    ],
    "sizes": [
        lambda x: _CONV(8, 2, 2, "same")(x),
        lambda x: _CONV(filters=8, kernel_size=(2, 2), strides=(2, 2), padding="SAME".lower())(x),
        lambda x: layers.Convolution2D(8, [2, 2], strides=2)(x),  # nothing to pad here
    ],
    "sum": [
        lambda x: x + _CONV(4, 1)(x),
        lambda x: _CONV(4, 1)(x) + x,
        lambda x: ops.add(x, _CONV(4, 1)(x)),
        lambda x: ops.add(x2=_CONV(4, 1)(x), x1=x),
        lambda x: layers.Add()([_CONV(4, 1)(x), x]),
        lambda x: layers.add([x, _CONV(4, 1)(x)]),
    ],
    "sum of three": [
        lambda x: x + _CONV(4, 1)(x) + layers.ReLU()(x),
        lambda x: layers.Add()([layers.ReLU()(x), x, _CONV(4, 1)(x)]),
        lambda x: layers.ReLU()(x) + (_CONV(4, 1)(x) + x),
    ],
    "sum with a number": [lambda x: x + 1, lambda x: 1.0 + x, lambda x: ops.add(x, 1)],
    "concatenation": [
        lambda x: layers.Concatenate()([x, _CONV(5, 1)(x)]),
        lambda x: layers.concatenate([x, _CONV(5, 1)(x)], axis=3),
        lambda x: ops.concatenate([x, _CONV(5, 1)(x)], axis=-1),
    ],
    "pooling": [
        lambda x: layers.MaxPooling2D()(x),
        lambda x: layers.MaxPool2D((2, 2), strides=2)(x),
        lambda x: layers.MaxPool2D(2, padding="same")(x),
        lambda x: ops.max_pool(x, 2),
    ],
    "global pooling": [
        lambda x: layers.GlobalAveragePooling2D()(x),
        lambda x: layers.GlobalAvgPool2D()(x),
        lambda x: ops.mean(x, axis=(1, 2)),
        lambda x: ops.mean(x, axis=(-2, -3)),
    ],
    "one row": [
        lambda x: layers.Flatten()(x),
        lambda x: layers.Reshape((-1,))(x),
        lambda x: layers.Reshape((192,))(x),
        lambda x: ops.reshape(x, (-1, 192)),
        lambda x: layers.Flatten()(layers.Flatten()(x)),
    ],
    "zero padding": [
        lambda x: layers.ZeroPadding2D(3)(x),
        lambda x: layers.ZeroPadding2D((3, 3))(x),
        lambda x: layers.ZeroPadding2D(((3, 3), (3, 3)))(x),
        lambda x: ops.pad(x, ((0, 0), (3, 3), (3, 3), (0, 0))),
    ],
    "axis of the channels": [
        lambda x: layers.BatchNormalization()(x),
        lambda x: layers.BatchNormalization(axis=3)(x),
        lambda x: layers.BatchNormalization(axis=-1)(x, training=True),
    ],
    "nothing": [
        lambda x: _CONV(5, 3, activation=None)(x),
        lambda x: layers.Activation("linear")(_CONV(5, 3, activation="linear")(x)),
        lambda x: layers.Identity()(layers.Dropout(0.0)(_CONV(5, 3)(x))),
        lambda x: layers.ZeroPadding2D(0)(_CONV(5, 3)(x)),
    ],
    "what is not compared": [
        lambda x: _CONV(5, 3, name="mine", kernel_initializer="he_normal")(x),
        lambda x: _CONV(5, 3, kernel_regularizer="l2", dtype="float16", trainable=False)(x),
    ],
    "the same value twice": [
        lambda x: layers.Add()([_CONV(4, 1)(layers.ReLU()(x)), layers.ReLU()(x)]),
        lambda x: (lambda y: _CONV(4, 1)(y) + y)(layers.ReLU()(x)),
    ],
}


@pytest.mark.parametrize("name", EQUAL)
def test_canonical_makes_spellings_equal(name):
    """Each spelling is equal to the first, both ways round, with full credit."""
    first, *others = [_model(each) for each in EQUAL[name]]
    for other in others:
        for pair in ((first, other), (other, first)):
            found = compared(*pair)
            assert (found.verdict, found.differences, found.credit) == ("equal", (), 1.0)


def test_canonical_tells_the_groups_apart():
    """No spelling of one thing is equal to a spelling of another."""
    models = {name: _model(spellings[0]) for name, spellings in EQUAL.items()}
    same = {("nothing", "what is not compared")}
    for name, model in models.items():
        for other, another in models.items():
            if name < other and (name, other) not in same:
                assert compared(model, another).verdict == "different", (name, other)


UNEQUAL = {
    "a slope": (lambda x: layers.ReLU()(x), lambda x: layers.LeakyReLU()(x)),
    "order of a difference": (lambda x: x - _CONV(4, 1)(x), lambda x: _CONV(4, 1)(x) - x),
    "order of a concatenation": (
        lambda x: layers.concatenate([x, _CONV(4, 1)(x)]),
        lambda x: layers.concatenate([_CONV(4, 1)(x), x]),
    ),
    "padding that pads": (lambda x: _CONV(5, 3, padding="same")(x), lambda x: _CONV(5, 3)(x)),
    "no bias": (lambda x: _CONV(5, 3)(x), lambda x: _CONV(5, 3, use_bias=False)(x)),
    "rows and columns": (lambda x: _CONV(5, (1, 3))(x), lambda x: _CONV(5, (3, 1))(x)),
    "sum and product": (lambda x: x + _CONV(4, 1)(x), lambda x: x * _CONV(4, 1)(x)),
    "another number": (lambda x: x + 1, lambda x: x + 2),
    "axis": (lambda x: ops.mean(x, axis=(1, 2)), lambda x: ops.mean(x, axis=(1, 3))),
    "a layer for both": (
        lambda x: (lambda f: f(x) + f(layers.ReLU()(x)))(_CONV(4, 1)),
        lambda x: _CONV(4, 1)(x) + _CONV(4, 1)(layers.ReLU()(x)),
    ),
    "two draws": (
        lambda x: (lambda y: y + y)(layers.Dropout(0.5)(x)),
        lambda x: layers.Dropout(0.5)(x) + layers.Dropout(0.5)(x),
    ),
    "gradient tricks": (lambda x: x, lambda x: ops.stop_gradient(x)),
}


@pytest.mark.parametrize("name", UNEQUAL)
def test_canonical_keeps_different_things_different(name):
    """What computes something else is different, whichever of the two is expected."""
    pair = [_model(each) for each in UNEQUAL[name]]
    for expected, yours in (pair, pair[::-1]):
        found = compared(expected, yours)
        assert found.verdict == "different"
        assert found.credit < 1


_LEFT_OUT = ("deserialize", "get", "serialize", "threshold")  # the last takes two numbers more
# As functions they do not take the tensors of a model in Keras 3.
_IN_LAYERS_ONLY = ("hard_silu", "hard_swish", "mish", "sparsemax")
ACTIVATIONS = [each for each in dir(keras.activations) if not each.startswith("_")]


@pytest.mark.parametrize("name", [each for each in ACTIVATIONS if each not in _LEFT_OUT])
def test_canonical_knows_every_activation_of_keras(name):
    """An activation by name, as a function and inside a layer is one thing."""
    function = getattr(keras.activations, name)
    first = _model(lambda x: layers.Activation(name)(_CONV(4, 1)(x)))
    for other in (
        _CONV(4, 1, activation=name),
        _CONV(4, 1, activation=function),
        lambda x: layers.Activation(function)(_CONV(4, 1)(x)),
        lambda x: (layers.Activation(name) if name in _IN_LAYERS_ONLY else function)(
            _CONV(4, 1)(x)
        ),
    ):
        assert compared(first, _model(other)).verdict == "equal"
    if name != "linear":
        assert compared(first, _model(_CONV(4, 1))).verdict == "different"


@pytest.mark.parametrize(
    ("group", "change"),
    [
        ("initializers", {"kernel_initializer": "he_normal"}),
        ("regularizers", {"kernel_regularizer": "l2"}),
        ("constraints", {"kernel_constraint": "non_neg"}),
        ("dtype", {"dtype": "float16"}),
        ("trainable", {"trainable": False}),
    ],
)
def test_canonical_compares_a_group_on_request(group, change):
    """What is left out by default is compared where the check asks for it."""
    pair = [_model(_CONV(5, 3)), _model(_CONV(5, 3, **change))]
    assert compared(*pair).verdict == "equal"
    assert compared(*pair, also=(group,)).verdict == "different"
    assert compared(pair[1], pair[1], also=(group,)).verdict == "equal"


@pytest.mark.parametrize("name", ["relu layer, string, function, operation", "sum", "leaky relu"])
def test_canonical_compares_groups_of_what_has_weights(name):
    """A request for dtype or trainability makes no difference between spellings."""
    first, *others = [_model(each) for each in EQUAL[name]]
    for other in others:
        assert compared(first, other, also=("dtype", "trainable")).verdict == "equal"


def test_canonical_compares_training_on_request():
    """A batch normalization that is fixed to one mode differs where the check asks for it."""
    free = _model(lambda x: layers.BatchNormalization()(x))
    fixed = _model(lambda x: layers.BatchNormalization()(x, training=False))
    assert compared(free, fixed).verdict == "equal"
    assert compared(free, fixed, also=("training",)).verdict == "different"
