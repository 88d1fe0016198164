"""Small classifiers in every style, with weights that are the same on every backend."""

from functools import partial

import keras
import numpy as np
from keras import layers, ops

__all__ = [
    "CLASSES",
    "ENDINGS",
    "NESTINGS",
    "RELUS",
    "SHAPE",
    "branched",
    "classifier",
    "convolution",
    "fill_weights",
    "forms",
    "images",
    "in_a_row",
    "one_unit",
    "two_units",
]

SHAPE = (8, 10, 3)
CLASSES = 4
RELUS = ("layer", "activation layer", "argument", "operation", "layer as argument", "function")
RELUS += ("partial", "lambda", "registered", "layer's child", "own layer", "maximum", "clip")
RELUS += ("lambda layer", "wrapped layer")
ENDINGS = ("softmax", "logits", "softmax layer", "softmax operation", "softmax activation")
NESTINGS = ("functional", "sequential", "nested", "nested twice", "nested sequential")


def images(count=3, seed=7, shape=SHAPE):
    """Images of [0, 1], none of them square."""
    return np.random.default_rng(seed).random((count, *shape)).astype(np.float32)


def classifier(relu="argument", ending="softmax", nesting="functional", *, seed=1, **options):
    """Two convolutions, a pool and a dense layer: one function, however it is written.

    Args:
        relu: how a ReLU is written, one of `RELUS`.
        ending: how the answer is made, one of `ENDINGS`.
        nesting: how the layers are held together, one of `NESTINGS`.
        seed: of the weights.
        options: `shape` of the images, `dtype` of the layers.
    """
    shape, dtype = options.pop("shape", SHAPE), options.pop("dtype", None)
    assert not options
    kind = dtype if dtype == "float64" else "float32"
    first = convolution(relu, 4, 3, padding="same", name="first", dtype=dtype)
    second = convolution(relu, 5, 3, name="second", dtype=dtype)
    pool = layers.MaxPooling2D(2, name="pool", dtype=dtype)
    end = _ending(ending, dtype)
    given = keras.Input(shape, dtype=kind, name="images")
    if nesting == "sequential":
        model = keras.Sequential([given, *first, pool, *second, *end], name="whole")
    elif nesting == "functional":
        model = keras.Model(given, _through(given, [*first, pool, *second, *end]), name="whole")
    else:
        model = _nested(nesting, given, [*first, pool, *second], end)
    return fill_weights(model, seed)


def _nested(nesting, given, before, after):
    if nesting == "nested sequential":
        inner = keras.Sequential([keras.Input(given.shape[1:]), *before], name="backbone")
        return keras.Sequential([given, inner, *after], name="whole")
    inner_input = keras.Input(given.shape[1:], dtype=given.dtype)
    inner = keras.Model(inner_input, _through(inner_input, before), name="backbone")
    if nesting == "nested twice":
        outer_input = keras.Input(given.shape[1:], dtype=given.dtype)
        inner = keras.Model(outer_input, inner(outer_input), name="outer")
    return keras.Model(given, _through(inner(given), after), name="whole")


@keras.saving.register_keras_serializable(package="tests")
def _half_wave(values):
    return ops.where(values > 0, values, ops.zeros_like(values))


class _Rectifier(layers.ReLU):
    """A ReLU by another name."""


class _HalfWave(layers.Layer):
    """A ReLU written by hand."""

    def call(self, inputs):
        return 0.5 * (inputs + ops.abs(inputs))


def convolution(relu, filters, kernel_size, *, name, dtype=None, **options):
    """A convolution and its ReLU, one of `RELUS`, as the list of what is called."""
    arguments = {
        "argument": lambda: "relu",
        "layer as argument": layers.ReLU,
        "function": lambda: keras.activations.relu,
        "partial": lambda: partial(keras.activations.relu, max_value=60.0),
        "lambda": lambda: lambda values: ops.relu(values),
        "registered": lambda: _half_wave,
    }
    own = {"name": f"{name}_relu", "dtype": dtype}
    apart = {
        "layer": lambda: layers.ReLU(**own),
        "activation layer": lambda: layers.Activation("relu", **own),
        "operation": lambda: ops.relu,
        "layer's child": lambda: _Rectifier(**own),
        "own layer": lambda: _HalfWave(**own),
        "maximum": lambda: lambda tensor: ops.maximum(tensor, 0.0),
        "clip": lambda: lambda tensor: ops.clip(tensor, 0.0, 60.0),
        "lambda layer": lambda: layers.Lambda(ops.relu, **own),
        "wrapped layer": lambda: layers.TimeDistributed(layers.ReLU(**own)),
    }
    activation = arguments[relu]() if relu in arguments else None
    options |= {"name": name, "dtype": dtype, "activation": activation}
    rest = [] if relu in arguments else [apart[relu]()]
    return [layers.Conv2D(filters, kernel_size, **options), *rest]


def _ending(ending, dtype):
    if ending == "softmax":
        final = [layers.Dense(CLASSES, activation="softmax", name="answer", dtype=dtype)]
    else:
        extra = {
            "logits": list,
            "softmax layer": lambda: [layers.Softmax(name="probabilities", dtype=dtype)],
            "softmax operation": lambda: [ops.softmax],
            "softmax activation": lambda: [layers.Activation("softmax", dtype=dtype)],
        }[ending]()
        final = [layers.Dense(CLASSES, name="answer", dtype=dtype), *extra]
    return [layers.GlobalAveragePooling2D(name="mean", dtype=dtype), *final]


def _through(tensor, called):
    for each in called:
        tensor = each(tensor)
    return tensor


def in_a_row(*calls, shape=SHAPE):
    """A model that is these calls, one after another."""
    tensor = given = keras.Input(shape)
    for each in calls:
        tensor = each(tensor)
    return keras.Model(given, tensor, name="model")


def fill_weights(model, seed=1):
    """Give a model weights of NumPy's, and the model back."""
    random = np.random.default_rng(seed)
    model.set_weights([0.4 * random.standard_normal(w.shape) for w in model.get_weights()])
    return model


def forms():
    """(name, arguments of `classifier`): many styles, in as few models as can be."""
    chosen = [
        ("layer", "softmax", "functional"),
        ("argument", "softmax", "sequential"),
        ("lambda", "logits", "nested"),
        ("maximum", "softmax operation", "functional"),
        ("activation layer", "softmax layer", "nested twice"),
        ("layer as argument", "softmax activation", "nested sequential"),
    ]
    return [(", ".join(each), each) for each in chosen]


def branched(seed=1):
    """A shortcut, two branches put together, and a layer that gives two tensors."""
    given = keras.Input(SHAPE, name="images")
    entry = layers.Conv2D(4, 3, padding="same", name="entry")(given)
    rectified = layers.ReLU(name="entry_relu")(entry)
    inner = layers.Conv2D(4, 3, padding="same", activation="relu", name="inner")(rectified)
    added = layers.Add(name="shortcut")([inner, entry])
    left, right = ops.split(added, 2, axis=-1)
    both = layers.Concatenate(name="both")(
        [layers.Conv2D(3, 3, activation="relu", name="left")(left), right[:, 1:-1, 1:-1]]
    )
    pooled = layers.GlobalAveragePooling2D(name="mean")(both)
    answer = layers.Dense(CLASSES, activation="softmax", name="answer")(pooled)
    return fill_weights(keras.Model(given, answer, name="branched"), seed)


def one_unit(seed=1):
    """A sigmoid unit that tells two classes apart."""
    body = layers.Conv2D(4, 3, activation="relu", name="first")
    end = layers.Dense(1, activation="sigmoid", name="answer")
    return fill_weights(
        keras.Sequential([keras.Input(SHAPE), body, layers.GlobalAveragePooling2D(), end]), seed
    )


def two_units(seed=1):
    """The same with a softmax over (-z, z), z the number that `one_unit` takes the sigmoid of."""
    kernel, bias, weights, constant = one_unit(seed).get_weights()
    body = layers.Conv2D(4, 3, activation="relu", name="first")
    end = layers.Dense(2, activation="softmax", name="answer")
    model = keras.Sequential([keras.Input(SHAPE), body, layers.GlobalAveragePooling2D(), end])
    both = [np.concatenate([-each, each], axis=-1) for each in (weights, constant)]
    model.set_weights([kernel, bias, *both])
    return model
