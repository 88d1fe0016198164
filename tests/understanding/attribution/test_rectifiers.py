"""ReLUs told by what they do, what only looks like one, and what cannot be seen into."""

import warnings
from functools import partial

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.understanding import UnderstandingError, UnderstandingWarning, guided_backprop
from dlcnn.understanding.attribution.rectifiers import rectifiers_of
from dlcnn.understanding.lens import lens_of
from tests.understanding.models import CLASSES, RELUS, SHAPE, classifier, fill_weights, images

relu = keras.activations.relu


def _model(*called, shape=SHAPE):
    """What is called, between a convolution and the answer."""
    given = keras.Input(shape)
    tensor = layers.Conv2D(4, 3, name="first")(given)
    for each in called:
        tensor = each(tensor)
    tensor = layers.GlobalAveragePooling2D()(tensor) if len(tensor.shape) == 4 else tensor
    return keras.Model(given, layers.Dense(CLASSES, activation="softmax")(tensor))


def _found(*called, shape=SHAPE):
    """The kinds of layers that end with a ReLU, and the names of those not seen into."""
    lens = lens_of(_model(*called, shape=shape), "test")
    found = rectifiers_of(lens)
    return [lens.nodes[step].kind for step in sorted(found.steps)], list(found.unseen)


class _Block(layers.Layer):
    """A convolution, a ReLU and a shortcut."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Conv2D(4, 3, padding="same", activation="relu")

    def call(self, inputs):
        return self.inner(inputs) + inputs


class _Twice(layers.Dense):
    """Its activation stands within, not at the end."""

    def call(self, inputs):
        return super().call(inputs) - 1


class _Before(layers.Dense):
    """Another ReLU stands before the one at its end."""

    def call(self, inputs):
        return super().call(ops.relu(inputs))


class _Gate(layers.Layer):
    """Two tensors become one that bends."""

    def call(self, first, second):
        return ops.maximum(first, second)


class _Shift(layers.Layer):
    """Pixels of [-1, 1], by arithmetic alone."""

    def call(self, inputs):
        return 2 * inputs - 1


class _HalfWave(layers.Layer):
    """A ReLU written by hand."""

    def call(self, inputs):
        return 0.5 * (inputs + ops.abs(inputs))


class _Own(keras.Model):
    """A network without a graph."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Conv2D(4, 3, activation="relu")

    def call(self, inputs):
        return self.inner(inputs)


@pytest.mark.parametrize("shape", [SHAPE, (None, None, 3)])
@pytest.mark.parametrize("style", RELUS)
def test_rectifiers_are_found_in_every_style(style, shape):
    """Two ReLUs of one network, whatever they are called, also where sizes are open."""
    found = rectifiers_of(lens_of(classifier(style, shape=shape), "test"))
    assert len(found.steps) == 2
    assert found.unseen == ()


_HALF = partial(relu, negative_slope=0.5)


@pytest.mark.parametrize(
    "activation",
    [
        *("tanh", "elu", "softplus", "silu", "gelu", "leaky_relu", "hard_sigmoid", "softmax", None),
        *(_HALF, partial(relu, threshold=0.5), lambda values: ops.relu(values) ** 2),
        *(lambda values: ops.relu(values) - 2 * ops.relu(values - 1), lambda values: values[0]),
        *(layers.LeakyReLU(), layers.PReLU(), layers.ReLU(negative_slope=0.1), ops.abs),
    ],
)
def test_rectifiers_are_no_other_functions(activation):
    """What lets something negative through, bends elsewhere, falls, or is learnt, is none."""
    assert _found(layers.Conv2D(5, 3, activation=activation)) == ([], [])


@pytest.mark.parametrize(
    "activation",
    [
        *("relu6", layers.ReLU(max_value=1), layers.ReLU(max_value=0.1), _HalfWave()),
        lambda values: ops.clip(values, 0, 1),
    ],
)
def test_rectifiers_may_be_cut_off_above(activation):
    """What stays at 6, at 1 or at 0.1 is a ReLU below, and so is a layer within another."""
    assert _found(layers.Conv2D(5, 3, activation=activation)) == (["Conv2D"], [])


@pytest.mark.parametrize(
    "called",
    [
        *(layers.LeakyReLU(), layers.PReLU(), layers.ELU(), layers.ReLU(threshold=0.5)),
        *(layers.ReLU(negative_slope=0.1), layers.Activation(layers.PReLU()), layers.Softmax()),
        *(layers.BatchNormalization(), layers.LayerNormalization(), layers.Dropout(0.5)),
        *(layers.MaxPooling2D(3, strides=1, padding="same"), layers.RandomFlip(), ops.square),
        *(layers.Reshape((6, 8, 4)), layers.UnitNormalization(), layers.GaussianNoise(0.1)),
        *(layers.MultiHeadAttention(2, 3), layers.TimeDistributed(layers.Dense(4, "tanh"))),
        lambda tensor: ops.maximum(tensor, tensor - 1),
        lambda tensor: ops.maximum(tensor, 0.5),
        lambda tensor: ops.where(tensor > 0, tensor, 0.1 * tensor),
        lambda tensor: ops.where(tensor > 0.5, tensor, 0.0),
        lambda tensor: tensor * ops.sigmoid(tensor),
        lambda tensor: ops.where(tensor > 0, layers.Dense(4, use_bias=False)(tensor), 0.0),
    ],
)
def test_rectifiers_are_no_ordinary_layers(called):
    """Layers of Keras that bend otherwise, or keep a shape, are no ReLU, and nothing is said."""
    apart = isinstance(called, layers.MultiHeadAttention)
    assert _found((lambda tensor: called(tensor, tensor)) if apart else called) == ([], [])


@pytest.mark.parametrize(
    ("called", "last"),
    [
        (lambda tensor: ops.where(tensor > 0, tensor, 0.0), "Where"),
        (lambda tensor: ops.where(tensor < 0, ops.zeros_like(tensor), tensor), "Where"),
        (lambda tensor: tensor * ops.cast(tensor > 0, tensor.dtype), "Multiply"),
        (lambda tensor: layers.Multiply()([ops.cast(tensor > 0, "float32"), tensor]), "Multiply"),
        (lambda tensor: 0.5 * (tensor + ops.abs(tensor)), "Multiply"),
        (lambda tensor: -ops.minimum(-tensor, 0.0), "Negative"),
    ],
)
@pytest.mark.parametrize("shape", [SHAPE, (None, None, 3)])
def test_rectifiers_are_put_together_of_operations(called, last, shape):
    """Where several calls are a ReLU together, the last of them ends with it, and it alone."""
    assert _found(called, layers.AveragePooling2D(1), shape=shape) == ([last], [])


def test_rectifiers_are_seen_in_the_end_of_what_is_one_s_own():
    """An own layer that is a ReLU, or an own call that ends with one; arithmetic hides nothing."""

    class _Scaled(layers.Dense):
        def call(self, inputs):
            return super().call(2 * inputs)

    assert _found(layers.Lambda(relu), _Shift()) == (["Lambda"], [])
    assert _found(_Scaled(5, activation="relu"), _Shift()) == (["_Scaled"], [])
    assert _found(layers.TimeDistributed(layers.Dense(5, activation="relu"))) == (
        ["TimeDistributed"],
        [],
    )


@pytest.mark.parametrize(
    "called",
    [
        _Block(name="own"),
        _Twice(5, activation="relu", name="own"),
        _Own(name="own"),
        layers.Lambda(lambda values: 3 * ops.relu(values), name="own"),
        layers.TimeDistributed(_Twice(5, activation="relu"), name="own"),
        layers.TimeDistributed(
            keras.Sequential([keras.Input((8, 4)), layers.Dense(5, activation="relu")]), name="own"
        ),
        lambda tensor: _Gate(name="own")(tensor, -tensor),
    ],
)
def test_rectifiers_name_what_cannot_be_seen_into(called):
    """Own layers, models and functions with something that bends inside."""
    assert _found(called, layers.ReLU()) == (["ReLU"], ["own"])


@pytest.mark.parametrize(
    ("shape", "called"),
    [
        ((48, 4), layers.SimpleRNN(5, activation="relu", name="own")),
        ((48, 4), layers.LSTM(5, activation="relu", name="own")),
        ((48, 4), layers.GRU(5, activation="relu", return_sequences=True, name="own")),
        ((48, 4), layers.Bidirectional(layers.SimpleRNN(5, activation="relu"), name="own")),
        ((6, 8, 4), layers.TimeDistributed(layers.GRU(5, activation="relu"), name="own")),
        ((2, 3, 8, 4), layers.ConvLSTM2D(5, 3, activation="relu", name="own")),
    ],
)
def test_rectifiers_at_each_step_of_a_layer_cannot_be_seen_into(shape, called):
    """The ReLU of a recurrent layer stands between its steps and not at its end."""
    found = _found(layers.Reshape(shape), called, layers.Flatten(), layers.ReLU())
    assert found == (["ReLU"], ["own"])


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="JAX's code runs on two backends")
def test_rectifiers_are_not_seen_in_the_code_of_a_framework():
    """A layer of Keras that only wraps code of others is no more known than that."""
    code = pytest.importorskip("jax.numpy")
    own = layers.JaxLayer(
        lambda params, inputs: code.maximum(inputs, 0) @ params,
        params=np.ones((4, 5), np.float32),
        name="own",
    )
    assert _found(own, layers.ReLU()) == (["ReLU"], ["own"])


@pytest.mark.parametrize(
    "called",
    [
        _Before(5, activation="relu", name="own"),
        layers.TimeDistributed(_Before(5, activation="relu"), name="own"),
    ],
)
def test_rectifiers_before_the_end_cannot_be_seen_into(called):
    """A call that ends with a ReLU is guided there, and named for the one that it has inside."""
    assert _found(called, layers.ReLU()) == ([type(called).__name__, "ReLU"], ["own"])


def test_rectifiers_are_looked_for_once():
    """A model that stays as it is is not tried again; one that was changed is."""
    calls = []

    def counted(values):
        calls.append(1)
        return ops.relu(values)

    model = _model(layers.Activation(counted, name="counted"))
    calls.clear()
    first = rectifiers_of(lens_of(model, "test"))
    tried = len(calls)
    assert tried
    assert rectifiers_of(lens_of(model, "test")) is first
    assert len(calls) == tried
    model.get_layer("counted").activation = keras.activations.tanh
    assert rectifiers_of(lens_of(model, "test")).steps == frozenset()


def test_guided_backprop_tells_what_it_does_not_guide():
    """The layer is named each time; without one nothing is said; where no ReLU is seen beside it,
    that is an error.
    """
    model = _model(_Block(name="residual"), layers.ReLU())
    for _ in range(2):
        with pytest.warns(UnderstandingWarning, match="cannot look into 'residual'. If"):
            guided_backprop(model, images(), 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnderstandingWarning)
        plain = fill_weights(_model(_Shift(name="shift"), layers.ReLU()))
        maps = guided_backprop(plain, images(), 0)
    assert np.asarray(maps).any()
    with pytest.raises(UnderstandingError, match="which has none outside of 'residual'"):
        guided_backprop(_model(_Block(name="residual")), images(), 0)
