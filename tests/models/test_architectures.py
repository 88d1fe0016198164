"""Every named network, counted against published figures and run where it is small."""

import csv
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from dlcnn import models
from tests.models.networks import DEEP

_ROWS = list(csv.DictReader((Path(__file__).parent / "counts.csv").open()))
_FORMS = [
    (name, variant) for name in models.names() for variant in models.find(name).variants or (None,)
]
_FORMS_DEEP_SLOW = [
    pytest.param(*form, marks=pytest.mark.slow if form[0] in DEEP else ()) for form in _FORMS
]


def _outline(row: dict[str, str]) -> keras.Model:
    shape = tuple(int(size) for size in row["input"].split("x"))
    options = {}
    if row["option"]:
        *negated, option = row["option"].split()
        options[option] = not negated
    return models.outline(
        row["network"], shape, int(row["classes"]), variant=row["variant"] or None, **options
    )


def _sizes(weights: list[Any]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)


def _kinds(model: keras.Model, kind: type) -> int:
    return sum(type(layer) is kind for layer in model.layers)


@pytest.mark.parametrize(
    "row",
    _ROWS,
    ids=lambda row: "-".join(filter(None, [row["network"], row["variant"], row["option"]])),
)
def test_architecture_has_the_published_counts(row):
    """Parameters (all, trainable, not) and layers of each kind are exactly the published ones."""
    model = _outline(row)

    assert model.count_params() == int(row["total"])
    assert _sizes(model.trainable_weights) == int(row["trainable"])
    assert _sizes(model.non_trainable_weights) == int(row["non_trainable"])
    assert _kinds(model, keras.layers.Conv2D) == int(row["conv"])
    assert _kinds(model, keras.layers.DepthwiseConv2D) == int(row["depthwise"])
    assert _kinds(model, keras.layers.Dense) == int(row["dense"])
    assert _kinds(model, keras.layers.BatchNormalization) == int(row["batch_normalization"])


def test_counts_name_every_form_of_every_network():
    """A network or variant without a row of published figures would go uncounted."""
    assert {(row["network"], row["variant"] or None) for row in _ROWS} == set(_FORMS)


@pytest.mark.parametrize(("name", "variant"), _FORMS_DEEP_SLOW)
def test_architecture_takes_any_size_channels_and_classes(name, variant):
    """A grey, non-square image and another number of classes give that many probabilities."""
    classes = 2 if name == "happy_model" else 7
    model = models.outline(name, (96, 128, 1), classes, variant=variant)

    assert model.input_shape == (None, 96, 128, 1)
    assert model.output_shape == (None, 1 if name == "happy_model" else 7)
    assert model.name == name


@pytest.mark.parametrize(("name", "variant"), _FORMS_DEEP_SLOW)
def test_architecture_without_top_ends_with_feature_maps(name, variant):
    """include_top=False leaves rows, columns and channels, and takes images of any size."""
    model = models.outline(name, (None, None, 3), variant=variant, include_top=False)

    batch, rows, columns, channels = model.output_shape
    assert (batch, rows, columns) == (None, None, None)
    assert channels >= 1


@pytest.mark.parametrize("name", [name for name in models.names() if name not in DEEP])
def test_architecture_says_its_own_defaults(name):
    """The recorded defaults are those that the builder uses."""
    architecture = models.find(name)
    model = models.outline(name)

    assert model.input_shape[1:] == architecture.defaults["input_shape"]
    outputs = 1 if name == "happy_model" else architecture.defaults["num_classes"]
    assert model.output_shape == (None, outputs)


_SMALL = [
    ("happy_model", None, (20, 24, 3)),
    ("convolutional_model", None, (40, 64, 3)),
    ("lenet1", None, (28, 30, 1)),
    ("lenet5", "dense", (32, 36, 1)),
    ("lenet5", "sparse", (32, 36, 2)),
    ("lenet5", "course", (32, 36, 3)),
    pytest.param("resnet18", None, (32, 40, 3), marks=pytest.mark.slow),
    pytest.param("googlenet", "paper", (32, 40, 3), marks=pytest.mark.slow),
    pytest.param("googlenet", "torchvision", (32, 40, 3), marks=pytest.mark.slow),
    pytest.param("efficientnet_b0", None, (32, 40, 3), marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "variant", "shape"), _SMALL)
def test_architecture_gives_logits_or_probabilities(name, variant, shape):
    """Without its activation a network gives the logits of the very same probabilities."""
    images = np.random.default_rng(3).random((2, *shape), dtype="float32")
    model = models.build(name, shape, variant=variant)
    logits = models.build(name, shape, variant=variant, classifier_activation=None, weights=model)

    probabilities = model.predict(images, verbose=0)
    scores = logits.predict(images, verbose=0)
    activation = keras.ops.sigmoid if name == "happy_model" else keras.ops.softmax
    expected = keras.ops.convert_to_numpy(activation(scores))
    np.testing.assert_allclose(probabilities, expected, rtol=1e-4, atol=1e-6)
    assert not np.allclose(probabilities, scores)


@pytest.mark.parametrize(("name", "variant", "shape"), _SMALL)
def test_architecture_is_saved_and_loaded_whole(name, variant, shape, tmp_path):
    """A .keras file brings the same network back, layers of ours included."""
    images = np.random.default_rng(3).random((2, *shape), dtype="float32")
    model = models.build(name, shape, variant=variant)
    model.save(tmp_path / "model.keras")

    again = keras.saving.load_model(tmp_path / "model.keras")

    expected = model.predict(images, verbose=0)
    np.testing.assert_allclose(again.predict(images, verbose=0), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("variant", models.find("lenet5").variants)
def test_lenet5_learns_with_every_weight(variant):
    """One step of gradient descent moves every trainable weight."""
    rng = np.random.default_rng(3)
    model = models.build("lenet5", (32, 36, 1), 3, variant=variant)
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(rng.random((4, 32, 36, 1)), np.array([0, 1, 2, 1]), verbose=0)

    assert all(not np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))


def test_lenet5_sparse_maps_see_what_table_1_says():
    """The tenth map of C3 sees maps 0, 3, 4 and 5 of S2 and no other."""
    model = models.lenet5(variant="sparse")
    convolutions = [layer for layer in model.layers if type(layer) is keras.layers.Conv2D]
    subsampled = next(layer for layer in model.layers if type(layer) is keras.layers.Activation)
    tenth = keras.Model(subsampled.output, convolutions[1 + 9].output)
    maps = np.random.default_rng(3).random((6, 14, 14), dtype="float32")

    def changes(channel: int) -> bool:
        changed = maps.copy()
        changed[channel] += 1
        answers = tenth.predict(np.moveaxis(np.stack([maps, changed]), 1, -1), verbose=0)
        return not np.allclose(answers[0], answers[1])

    assert [channel for channel in range(6) if changes(channel)] == [0, 3, 4, 5]


def test_alexnet_towers_do_not_see_each_other():
    """In the paper's form, all but the third convolution see half of the channels."""
    channels = {
        variant: [
            layer.kernel.shape[2]
            for layer in models.outline("alexnet", variant=variant).layers
            if type(layer) is keras.layers.Conv2D
        ]
        for variant in ("two_tower", "single")
    }
    assert channels == {"two_tower": [3, 48, 256, 192, 192], "single": [3, 96, 256, 384, 384]}


def test_googlenet_with_auxiliary_heads_answers_three_times():
    """The main answer comes first, and the heads are left out of the features."""
    model = models.outline("googlenet", num_classes=5, auxiliary_heads=True)
    features = models.outline("googlenet", auxiliary_heads=True, include_top=False)

    assert model.output_shape == [(None, 5)] * 3
    assert features.output_shape == (None, 7, 7, 1024)


def test_vgg16_starts_without_losing_the_signal():
    """Thirteen convolutions deep, random start values keep the signal within a factor of ten."""
    model = models.build("vgg16", (32, 32, 3), include_top=False)
    images = np.random.default_rng(3).standard_normal((2, 32, 32, 3)).astype("float32")

    assert 0.1 < np.std(model.predict(images, verbose=0)) < 10
