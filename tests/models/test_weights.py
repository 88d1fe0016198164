"""Trained weights from models and files: equal outputs, or a sentence about what does not fit."""

import hashlib
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from dlcnn import models
from dlcnn.models import ModelError
from dlcnn.models.weights import load

_APPLICATIONS = {
    found.name: getattr(keras.applications, found.application)
    for found in map(models.find, models.names())
    if found.application
}
_QUICK_AND_SLOW = [
    pytest.param(name, marks=() if name in ("resnet50", "efficientnet_b0") else pytest.mark.slow)
    for name in _APPLICATIONS
]
_SHAPE = (32, 40, 3)


def _application(name: str, **options) -> keras.Model:
    """A model of keras.applications whose normalizations know images, as after training."""
    options = {"weights": None, "input_shape": _SHAPE, "classes": 5, **options}
    keras.utils.set_random_seed(1)
    model = _APPLICATIONS[name](**options)
    rng = np.random.default_rng(7)
    for weight in model.weights:
        if weight.path.endswith("gamma"):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif weight.path.endswith(("beta", "bias")):
            weight.assign(rng.normal(0, 0.1, weight.shape))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.adapt(_images())
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.2
    model(_images(), training=True)
    return model


def _images(shape=_SHAPE) -> np.ndarray:
    """Four images of 2 x 2 patches, which differ more than noise does."""
    height, width, channels = shape
    patches = np.random.default_rng(8).uniform(0, 255, (4, 2, 2, channels)).astype("float32")
    return patches.repeat(height // 2, axis=1).repeat(width // 2, axis=2)


def _outputs(model: keras.Model) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(_images(), training=False))


@pytest.mark.parametrize("name", _QUICK_AND_SLOW)
def test_build_with_a_keras_application_gives_its_outputs(name):
    """The same weights in both give the same probabilities; one number changed does not."""
    source = _application(name)
    model = models.build(name, _SHAPE, 5, weights=source)
    expected = _outputs(source)

    np.testing.assert_allclose(_outputs(model), expected, atol=1e-5)
    assert expected.std(axis=0).max() > 1e-6  # the images make a difference

    kernel = next(weight for weight in source.weights if weight.path.endswith("kernel"))
    kernel.assign(keras.ops.flip(kernel, axis=-1))
    assert np.abs(_outputs(source) - expected).max() > 1e-4


@pytest.mark.parametrize("name", _QUICK_AND_SLOW)
def test_architecture_has_the_layers_of_its_keras_application(name):
    """Every layer with weights stands where the published weights expect it."""

    def layers(model: keras.Model) -> list[tuple]:
        return [
            (
                type(layer).__name__,
                [tuple(weight.shape) for weight in layer.weights],
                getattr(layer, "strides", None),
                getattr(layer, "epsilon", None),
            )
            for layer in model.layers
            if layer.weights
        ]

    with models.without_weights():
        published = _APPLICATIONS[name](weights=None)

    assert layers(models.outline(name)) == layers(published)


def _save(model: keras.Model, path: Path) -> None:
    if path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)


@pytest.fixture(scope="module")
def lenet() -> keras.Model:
    return models.build("lenet1", (28, 30, 2))


@pytest.mark.parametrize("ending", [".weights.h5", ".keras", ".h5"])
def test_build_with_a_file_gives_the_saved_outputs(ending, lenet, tmp_path):
    """Each of Keras' files brings the weights back."""
    path = tmp_path / f"lenet{ending}"
    _save(lenet, path)
    images = _images((28, 30, 2)) / 255

    fresh = models.build("lenet1", (28, 30, 2))
    again = models.build("lenet1", (28, 30, 2), weights=path)

    expected = lenet.predict(images, verbose=0)
    np.testing.assert_array_equal(again.predict(images, verbose=0), expected)
    assert not np.allclose(fresh.predict(images, verbose=0), expected)


@pytest.mark.parametrize("ending", [".weights.h5", ".keras", ".h5"])
def test_build_with_a_file_of_a_sequential_and_compiled_model(ending, tmp_path):
    """An optimizer in the file does not matter, and a Sequential model is no exception."""
    trained = models.happy_model((8, 10, 3))
    trained.compile("adam", "binary_crossentropy")
    trained.fit(_images((8, 10, 3)), np.array([0, 1, 1, 0]), verbose=0)
    path = tmp_path / f"happy{ending}"
    _save(trained, path)

    again = models.build("happy_model", (8, 10, 3), weights=str(path))

    for ours, theirs in zip(again.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_build_with_a_file_of_keras_applications(tmp_path):
    """A file that Keras saved from its own model fits ours, which drops units in training."""
    source = _application("vgg16")
    path = tmp_path / "vgg.weights.h5"
    source.save_weights(path)

    model = models.build("vgg16", _SHAPE, 5, weights=path)

    np.testing.assert_allclose(_outputs(model), _outputs(source), atol=1e-5)


@pytest.mark.parametrize("ending", [".weights.h5", ".keras"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_classes": 7}, "dense 1: [(192, 10), (10,)], where lenet1 has [(192, 7), (7,)]"),
        ({"input_shape": (28, 30, 1)}, "conv2d 1: [(5, 5, 2, 4), (4,)], where"),
        ({"include_top": False}, "dense 1: [(192, 10), (10,)], where lenet1 has nothing"),
    ],
)
def test_build_names_the_first_layer_that_does_not_fit(ending, options, message, lenet, tmp_path):
    """Other classes, channels or missing layers: which layer, and what both have there."""
    path = tmp_path / f"lenet{ending}"
    _save(lenet, path)

    with pytest.raises(ModelError) as caught:
        models.build("lenet1", **{"input_shape": (28, 30, 2), **options}, weights=path)

    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_load_refuses_a_layer_that_only_looks_the_same():
    """Equal shapes are not enough where a setting changes what the weights compute."""

    def network(strides: int) -> keras.Model:
        inputs = keras.Input((8, 9, 2))
        return keras.Model(inputs, keras.layers.Conv2D(3, 3, strides=strides)(inputs), name="a")

    load(network(1), network(1))
    with pytest.raises(ModelError, match=r"conv2d 1 has strides=\(2, 2\)"):
        load(network(2), network(1))


def test_load_refuses_another_variant():
    """ResNet-50 of the course has the shapes of Keras' and another normalization."""
    with models.without_weights():
        published = _APPLICATIONS["resnet50"](weights=None, input_shape=_SHAPE, include_top=False)
    ours = models.outline("resnet50", _SHAPE, variant="course", include_top=False)

    with pytest.raises(ModelError, match=r"batchnormalization 1 has epsilon=0.001"):
        load(ours, published)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_build_with_a_file_of_another_variant_says_so(ending, tmp_path):
    """A file that knows the settings of its layers is taken by no network with others."""
    path = tmp_path / f"strided{ending}"
    inputs = keras.Input((9, 9, 2))
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same")(inputs)
    keras.Model(inputs, x).save(path)
    ours = keras.Model(inputs, keras.layers.Conv2D(4, 3, padding="same")(inputs), name="ours")

    with pytest.raises(ModelError, match=r"conv2d 1 has strides=\(1, 1\). Received strides=\(2"):
        load(ours, path)


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        (keras.layers.MaxPooling2D(2), "averagepooling2d 1: nothing, where lenet1 has one without"),
        (
            keras.layers.AveragePooling2D(3, strides=2),
            r"pool_size=\(2, 2\). Received pool_size=",
        ),
        (keras.layers.AveragePooling2D(2, strides=3), r"strides=\(2, 2\). Received strides=\(3"),
    ],
)
def test_load_refuses_other_pooling(pool, message):
    """The same weights between other pooling are another network's."""
    x = inputs = keras.Input((29, 29, 1))
    for filters in (4, 12):
        x = keras.layers.Conv2D(filters, 5, activation="tanh")(x)
        x = type(pool).from_config({**pool.get_config(), "name": None})(x)
    other = keras.Model(inputs, x, name="other")

    with pytest.raises(ModelError, match=message):
        models.build("lenet1", (29, 29, 1), include_top=False, weights=other)


def test_load_refuses_an_outline():
    """A network without weights has none to give."""
    with pytest.raises(ModelError, match="an outline has no weights"):
        models.build("lenet1", weights=models.outline("lenet1"))


@pytest.mark.parametrize("weights", [5, b"lenet.weights.h5", True])
def test_build_with_weights_of_no_kind_says_so(weights):
    """What is no path, word or model is named."""
    with pytest.raises(ModelError, match=f"Received weights={weights!r}"):
        models.build("lenet1", weights=weights)


@pytest.mark.parametrize("ending", [".weights.h5", ".keras", ".h5"])
@pytest.mark.parametrize("damage", ["truncated", "text", "empty", "another h5 file"])
def test_build_with_a_damaged_or_foreign_file_says_so(ending, damage, lenet, tmp_path):
    """Whatever is wrong with a file, it is one sentence that names the file."""
    path = tmp_path / f"lenet{ending}"
    _save(lenet, path)
    if damage == "another h5 file":
        with h5py.File(path, "w") as file:
            file["train_set_x"] = np.zeros((2, 4, 4, 3))
    else:
        whole = path.read_bytes()
        kept = {"truncated": whole[: len(whole) // 2], "text": b"weights", "empty": b""}
        path.write_bytes(kept[damage])

    with pytest.raises(ModelError) as caught:
        models.build("lenet1", (28, 30, 2), weights=path)

    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.weights.h5", ".", "imagnet"])
def test_build_with_no_such_file_says_so(name, tmp_path, monkeypatch):
    """A path that is no file, or a misspelt word, is named."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ModelError, match="a file, a model or 'imagenet'"):
        models.build("lenet1", weights=name)


def test_build_with_a_file_of_unknown_kind_names_the_kinds(tmp_path):
    """Another ending is refused with those that are read."""
    path = tmp_path / "weights.npz"
    np.savez(path, kernel=np.zeros(3))

    with pytest.raises(ModelError, match=r"does not end in \.weights\.h5, \.keras or \.h5"):
        models.build("lenet1", weights=path)


@pytest.fixture
def downloads(tmp_path, monkeypatch):
    """Keras' folder of downloaded files, empty, and nothing to be downloaded from."""
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def test_build_with_imagenet_takes_what_keras_downloaded(downloads, monkeypatch):
    """The file that Keras' downloader has verified gives the outputs of Keras' own model.

    The published file is not at hand, so a random one takes its place and its checksum.
    """
    from keras.src.applications import efficientnet

    source = _application("efficientnet_b0", include_top=False)
    path = downloads / "efficientnetb0_notop.h5"
    source.save(path)
    checksum = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setitem(efficientnet.WEIGHTS_HASHES, "b0", ("", checksum))

    keras_own = _APPLICATIONS["efficientnet_b0"](
        weights="imagenet", include_top=False, input_shape=_SHAPE
    )
    model = models.build("efficientnet_b0", _SHAPE, weights="imagenet", include_top=False)

    scale = np.abs(_outputs(keras_own)).max()
    np.testing.assert_allclose(_outputs(model) / scale, _outputs(keras_own) / scale, atol=1e-5)
    # Keras puts a scale per channel behind the normalization of downloaded weights only.
    assert not np.allclose(_outputs(source) / scale, _outputs(keras_own) / scale, atol=1e-3)


def test_build_with_imagenet_and_no_connection_says_so(downloads):
    """A failed download is a sentence, and leaves nothing behind."""
    with pytest.raises(ModelError) as caught:
        models.build("vgg16", weights="imagenet", include_top=False)

    assert "could not be downloaded (URL fetch failure on https://" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(downloads.iterdir())


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("resnet18", {}, "publishes no weights for it"),
        ("resnet50", {"num_classes": 6}, "needs num_classes=1000. Received num_classes=6"),
        ("resnet50", {"variant": "torchvision"}, "needs variant='keras'"),
        ("efficientnet_b0", {"include_preprocessing": False}, "needs include_preprocessing=True"),
    ],
)
def test_build_with_imagenet_refuses_other_layers_before_downloading(name, options, message):
    """What the published weights cannot fill is refused first."""
    with pytest.raises(ModelError) as caught:
        models.build(name, weights="imagenet", **options)

    assert message in str(caught.value)
