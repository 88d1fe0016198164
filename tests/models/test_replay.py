"""A Keras model run again in NumPy: agreement, a planted error, and what cannot be replayed."""

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn import models
from dlcnn.models import ModelError
from dlcnn.models.conversion import to_reference
from dlcnn.models.replays import compare

TOLERANCE = 1e-4
_ODD = (32, 48, 3)

# name, what it is built with, and whether it takes seconds
_NETWORKS = [
    ("lenet1", {}, False),
    ("lenet5", {"variant": "dense"}, False),
    ("lenet5", {"variant": "sparse"}, False),
    ("lenet5", {"variant": "course", "input_shape": (36, 29, 3)}, False),
    ("happy_model", {"input_shape": (37, 50, 3)}, False),
    ("convolutional_model", {"input_shape": (64, 50, 3)}, False),
    ("vgg16", {"input_shape": _ODD, "num_classes": 7, "include_top": False}, False),
    ("resnet50", {"input_shape": _ODD, "num_classes": 7, "variant": "keras"}, False),
    ("resnet50", {"input_shape": _ODD, "num_classes": 7, "variant": "torchvision"}, True),
    ("resnet50", {"input_shape": (64, 70, 3), "num_classes": 7, "variant": "course"}, False),
    ("alexnet", {"variant": "single", "input_shape": (97, 120, 3), "num_classes": 7}, True),
    ("alexnet", {"variant": "torchvision", "input_shape": (97, 120, 3), "num_classes": 7}, True),
    ("googlenet", {"variant": "paper", "input_shape": (64, 97, 3), "num_classes": 7}, True),
    ("googlenet", {"variant": "torchvision", "input_shape": (64, 97, 3), "num_classes": 7}, True),
    ("resnet18", {"input_shape": _ODD, "num_classes": 7}, True),
    *((name, {}, True) for name in ("vgg16", "resnet18", "resnet34", "resnet101")),
    *(("resnet50", {"variant": variant}, True) for variant in ("keras", "torchvision", "course")),
]
NETWORKS = [
    pytest.param(name, options, marks=pytest.mark.slow if slow else ())
    for name, options, slow in _NETWORKS
]


def with_statistics(model: keras.Model) -> keras.Model:
    """A model whose biases and normalizations are not those that learning begins with."""
    rng = np.random.default_rng(7)
    for weight in model.weights:
        if weight.path.endswith(("gamma", "moving_variance")):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif weight.path.endswith(("beta", "bias", "moving_mean")):
            weight.assign(rng.normal(0, 0.1, weight.shape))
    return model


def images_for(model: keras.Model, batch: int = 2) -> list[np.ndarray]:
    """A batch for each input of a model."""
    rng = np.random.default_rng(8)
    return [
        rng.uniform(0, 1, (batch, *tensor.shape[1:])).astype("float32") for tensor in model.inputs
    ]


@pytest.mark.parametrize(("name", "options"), NETWORKS)
def test_replay_agrees_with_keras_at_every_layer(name, options):
    """All layers to 1e-4 of their largest output, in float32, and a row for each"""
    keras.utils.set_random_seed(1)
    model = with_statistics(models.build(name, **options))
    images = images_for(model)
    replayed = models.replay(model, images)

    assert replayed.first_beyond(TOLERANCE) is None
    rows = [(row.name, row.kind) for row in models.summary_table(model).rows]
    given = [(row.name, row.kind) for row in replayed.rows]
    assert [row for row in rows if row[1] != "InputLayer"] == given
    assert all(row.scale > 0 for row in replayed.rows)
    # What the rows say of the layers holds for the model as it is called.
    np.testing.assert_allclose(
        to_reference(model)(*images), model(images[0], training=False), atol=TOLERANCE
    )


def test_replay_of_an_application_agrees_with_keras():
    """ResNet-50 as keras.applications builds it"""
    keras.utils.set_random_seed(1)
    model = keras.applications.ResNet50(weights=None, input_shape=_ODD, classes=5)
    with_statistics(model)
    assert models.replay(model, images_for(model)).worst.relative < TOLERANCE


def _nested() -> keras.Model:
    """Two inputs, a model inside that is called twice, shared layers, two outputs."""
    inner = keras.Sequential(
        [
            keras.Input((9, 11, 3)),
            layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="conv"),
            layers.BatchNormalization(name="norm"),
        ],
        name="inner",
    )
    left, right = keras.Input((9, 11, 3), name="left"), keras.Input((9, 11, 3), name="right")
    both = layers.Add(name="add")([inner(left), inner(right)])
    pool = layers.MaxPooling2D(2, padding="same", name="pool")
    joined = layers.Concatenate(name="join")([both, pool(right)])
    pooled = layers.GlobalAveragePooling2D(name="average")(joined)
    shared = layers.Dense(7, activation="tanh", name="shared")
    out = layers.Dense(3, name="scores")(shared(shared(pooled)))
    return with_statistics(keras.Model([right, left], [out, pooled], name="nested"))


def test_replay_opens_nested_models_and_follows_shared_layers():
    """Inputs in the model's order, a row for each call, the weights of a layer once"""
    model = _nested()
    images = images_for(model)
    replayed = models.replay(model, images)
    assert replayed.worst.relative < TOLERANCE
    assert [row.name for row in replayed.rows] == [
        *("inner/conv", "inner/norm", "inner:2/conv:2", "inner:2/norm:2"),
        *("add", "pool", "join", "average", "shared", "shared:2", "scores"),
    ]
    reference = to_reference(model)
    assert list(reference.weights) == ["inner/conv", "inner/norm", "shared", "scores"]
    for ours, theirs in zip(reference(*images), model(images, training=False), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert np.abs(reference(*images[::-1])[0] - reference(*images)[0]).max() > 1e-3


@pytest.mark.parametrize("planted", ["conv2d", "norm", "dense"])
def test_replay_finds_a_planted_error_at_its_layer(planted):
    """A layer that changes after the model was written down is the first that differs"""
    model = with_statistics(
        keras.Sequential(
            [
                keras.Input((12, 9, 3)),
                layers.ZeroPadding2D(1, name="pad"),
                layers.Conv2D(5, 3, name="conv2d"),
                layers.BatchNormalization(name="norm"),
                layers.ReLU(name="relu"),
                layers.Flatten(name="flatten"),
                layers.Dense(4, name="dense"),
            ]
        )
    )
    reference, images = to_reference(model), images_for(model)[0]
    assert compare(model, reference, images).first_beyond(TOLERANCE) is None

    weight = model.get_layer(planted).weights[0]
    weight.assign(weight * 1.001)
    replayed = compare(model, reference, images)

    assert replayed.first_beyond(TOLERANCE).name == planted
    assert replayed.worst.relative > TOLERANCE
    before = [row.name for row in replayed.rows].index(planted)
    assert all(row.relative < 1e-6 for row in replayed.rows[:before])


def test_replay_notices_a_layer_that_is_not_a_number():
    """A NaN on one side is a difference, wherever the others are small"""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="dense"), layers.ReLU()])
    reference = to_reference(model)
    model.get_layer("dense").bias.assign([0.0, np.nan, 0.0])
    replayed = compare(model, reference, np.ones((2, 4)))
    assert replayed.worst.name == "dense"
    assert replayed.first_beyond(TOLERANCE).name == "dense"


def test_replay_prints_a_table():
    """Title, a line per layer with its difference, and the worst at the end"""
    model = models.lenet5()
    lines = str(models.replay(model, images_for(model)[0])).splitlines()
    assert lines[0] == "lenet5"
    assert lines[2].split() == ["layer", "kind", "output", "difference", "relative"]
    assert len(lines) == 4 + 9 + 2
    assert "Conv2D" in lines[4]
    assert "28 x 28 x 6" in lines[4]
    assert lines[-1].startswith("largest relative difference ")


def test_replay_of_a_float64_model_agrees_to_twelve_digits():
    """NumPy computes in the model's own precision"""
    x = inputs = keras.Input((9, 8, 2), dtype="float64")
    x = layers.Conv2D(3, 3, activation="sigmoid", dtype="float64")(x)
    x = layers.AveragePooling2D(2, padding="same", dtype="float64")(x)
    x = layers.Flatten(dtype="float64")(x)
    model = keras.Model(inputs, layers.Dense(2, dtype="float64")(x))
    model.dtype_policy = keras.DTypePolicy("float64")
    assert models.replay(model, images_for(model)[0]).worst.relative < 1e-12


def test_reference_of_a_model_is_not_changed_with_it():
    """The weights are copies"""
    model = models.lenet5()
    reference, images = to_reference(model), images_for(model)[0]
    before = reference(images)
    model.layers[1].kernel.assign(model.layers[1].kernel * 0)
    np.testing.assert_array_equal(reference(images), before)


def _of(*stack) -> keras.Model:
    return keras.Sequential([keras.Input((8, 10, 3)), *stack])


def _with_plus() -> keras.Model:
    inputs = keras.Input((8, 10, 3))
    return keras.Model(inputs, layers.ReLU()(inputs) + inputs)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: _of(layers.LeakyReLU(name="leaky")), "LeakyReLU 'leaky'"),
        (lambda: _of(layers.Conv2D(3, 3, activation="gelu")), "activation='gelu'"),
        (lambda: _of(layers.Activation("swish", name="odd")), "activation='silu'"),
        (lambda: _with_plus(), "Received Add"),
        (lambda: keras.Sequential([layers.Dense(2)]), "Begin with keras.Input"),
        (lambda: models.outline("lenet5"), "an outline has no weights"),
        (lambda: "lenet5", "it looks into a Keras model"),
    ],
)
def test_replay_refuses_in_a_sentence(make, sentence):
    """What cannot be replayed is named, with what can be"""
    with pytest.raises(ModelError, match=sentence) as refusal:
        models.replay(make(), np.zeros((2, 8, 10, 3)))
    assert str(refusal.value).startswith("replay: ")


@pytest.mark.parametrize(
    "images",
    [np.zeros((8, 10, 3)), np.zeros((2, 8, 9, 3)), np.zeros((0, 8, 10, 3)), [], "image"],
)
def test_replay_refuses_images_that_do_not_fit(images):
    """The sentence says what the model takes"""
    with pytest.raises(ModelError, match=r"takes \? x 8 x 10 x 3"):
        models.replay(_of(layers.Flatten()), images)


def test_replay_knows_a_layer_by_its_class_and_not_by_its_name():
    """A class of one's own that is called Dense is not Keras' Dense"""

    class Dense(layers.Dense):
        pass

    with pytest.raises(ModelError, match="Received Dense 'mine'"):
        models.replay(_of(Dense(3, name="mine")), np.zeros((2, 8, 10, 3)))
