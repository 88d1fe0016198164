"""Which handed-in model files are loaded, and in which words the others are refused."""

import contextlib
import io
import pickle
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.grading.worker.profiles import model_file, trained
from dlcnn.grading.worker.profiles.trained import ModelFileError, predictions
from tests.grading.worker.hostile_model_files import MARK, of_keras, of_weights
from tests.grading.worker.model_files import (
    SHAPE,
    archive,
    bright_or_dark,
    changed,
    images,
    members,
    saved,
    saved_weights,
)


def handed_in(data, name="signs_model.keras", **functions):
    """A file as a fresh worker has it."""
    trained._kept.clear()
    return SimpleNamespace(name=name, data=np.frombuffer(data, np.uint8), functions=functions)


def _told(data, *args, **options):
    with pytest.raises(ModelFileError) as caught:
        predictions(handed_in(data, **options), args or (images()[0],), {})
    return str(caught.value)


def _every_layer():
    """A network with what networks of the course have: joins, operators, models in it, states."""
    inputs = keras.Input(SHAPE)
    x = layers.Conv2D(4, 3, padding="same", activation=keras.ops.tanh)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Add()([x, layers.Conv2D(4, 1, strides=1)(inputs)]) + 0.5
    x = layers.Dropout(0.3)(layers.LeakyReLU()(x))
    x = keras.Sequential([keras.Input((8, 6, 4)), layers.DepthwiseConv2D((3, 2)), layers.ReLU()])(x)
    x = keras.ops.mean(layers.MaxPooling2D(2)(x), axis=(1, 2))
    model = keras.Model(inputs, layers.Dense(3, "softmax", kernel_regularizer="l2")(x))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.mark.parametrize(
    "model",
    [
        bright_or_dark,
        _every_layer,
        lambda: keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(1)]),
        lambda: keras.Sequential(
            [keras.Input(SHAPE), layers.Conv2D(2, 3, dtype="bfloat16"), layers.Flatten()]
        ),
    ],
    ids=["functional", "every layer", "sequential", "half precision"],
)
def test_predictions_are_those_of_the_model_that_was_saved(model):
    """A file gives what the model gave when it was saved, however many images there are."""
    made = model()
    given, _ = images(150)
    found = predictions(handed_in(saved(made)), (given,), {})
    expected = np.asarray(made(given, training=False))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.astype("f4"), expected.astype("f4"), rtol=1e-5, atol=1e-6)


def test_predictions_load_a_file_once():
    """The second call of a worker costs no second load."""
    file = handed_in(saved(bright_or_dark()))
    first = predictions(file, (images()[0],), {})
    again = SimpleNamespace(name=file.name, data=None, functions={})
    assert np.array_equal(predictions(again, (images()[0],), {}), first)


def test_predictions_take_weights_into_the_students_own_network():
    """A file of weights is loaded into what the student's function makes, with its arguments."""

    def make(units, activation="softmax"):
        model = bright_or_dark(0.9)
        assert (units, activation) == (2, "softmax")
        return model

    given, labels = images()
    file = handed_in(saved_weights(bright_or_dark()), "signs.weights.h5", make=make)
    found = predictions(file, (given, "make", 2), {})
    assert np.array_equal(found.argmax(axis=1), labels)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (None, "signs.weights.h5 holds weights only, and there is no function make"),
        (lambda: 3, "make returned no model"),
        (lambda: keras.Sequential([keras.Input((5,)), layers.Dense(2)]), "could not be loaded: "),
        (lambda: keras.Sequential([layers.Dense(2)]), "has not yet been built"),
    ],
)
def test_weights_that_fit_no_model_are_told(make, says):
    """No function, no model, another model: one sentence that names the file."""
    functions = {"make": make} if make else {}
    data = saved_weights(bright_or_dark())
    assert says in _told(data, images()[0], "make", name="signs.weights.h5", **functions)


def test_weights_for_no_model_at_all_are_told():
    """A course that asks nobody for a model says so rather than break."""
    told = _told(saved_weights(bright_or_dark()), name="signs.weights.h5")
    assert "holds weights only" in told


def _from_keras_2(data):
    old = {"metadata.json": b'{"keras_version": "2.13.1"}'}
    return changed(data, lambda it: it["config"]["layers"][1]["config"].update(shape=1), **old)


def test_file_of_an_older_keras_is_told_if_it_cannot_be_loaded():
    """What can be loaded is; what cannot says which Keras saved it."""
    data = saved(bright_or_dark())
    told = _told(_from_keras_2(data))
    assert told == (
        "signs_model.keras was saved by Keras 2.13.1: load and save it again with Keras 3"
    )
    fine = archive(members(data) | {"metadata.json": b'{"keras_version": "2.15.0"}'})
    assert len(predictions(handed_in(fine), (images()[0],), {})) == 20


def _with_root_attribute(name):
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        made.attrs[name] = "x"
    return file.getvalue()


@pytest.mark.parametrize("name", ["layer_names", "model_config"])
def test_weights_of_an_older_format_are_told(name):
    """What Keras 2 wrote as .h5 cannot be loaded by another name."""
    told = _told(_with_root_attribute(name), name="signs.weights.h5")
    assert "was saved by an older Keras or as .h5" in told


def test_whole_model_in_the_place_of_weights_is_told():
    """And the other way round, in one sentence each."""
    told = _told(saved(bright_or_dark()), images()[0], "make", name="signs.weights.h5")
    assert "is a zip archive, not weights: save the weights with model.save_weights(" in told
    assert "is an HDF5 file" in _told(saved_weights(bright_or_dark()))


@keras.saving.register_keras_serializable("submission")
class _Registered(layers.Layer):
    def call(self, x):
        return 2 * x


@keras.saving.register_keras_serializable("submission")
def _halved(x):
    return x / 2


class _Unknown(layers.Layer):
    def call(self, x):
        return 2 * x


def _with(layer):
    return saved(keras.Sequential([keras.Input(SHAPE), layer(), layers.Flatten()]))


def test_layer_of_the_students_own_needs_to_be_registered():
    """The notebook's class is known to Keras by its registration only."""
    given, _ = images(4)
    found = predictions(handed_in(_with(_Registered)), (given,), {})
    np.testing.assert_allclose(found, 2 * given.reshape(4, -1), rtol=1e-6)
    found = predictions(handed_in(_with(lambda: layers.Activation(_halved))), (given,), {})
    np.testing.assert_allclose(found, given.reshape(4, -1) / 2, rtol=1e-6)
    told = _told(_with(_Unknown), given)
    assert "needs '_Unknown'" in told
    assert "@keras.saving.register_keras_serializable()" in told


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (
            lambda: keras.Sequential([keras.Input((64, 64, 3)), layers.Flatten()]),
            "signs_model.keras takes images of 64 x 64 x 3; the images of this check are 8 x 6 x 3",
        ),
        (
            lambda: keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 1)]),
            "takes images of any x any x 1",
        ),
        (
            lambda: keras.Sequential([keras.Input((144,)), layers.Dense(2)]),
            "takes images of 144; the images",
        ),
        (lambda: _of(lambda a, b: a + b, 2), "takes 2 inputs instead of the images alone"),
        (lambda: _of(lambda a: [a, a + 1], 1), "gives several outputs instead of one"),
    ],
)
def test_model_of_another_form_is_told(model, says):
    """Sizes of images, several inputs, several outputs."""
    assert says in _told(saved(model()))


def _of(function, inputs):
    given = [keras.Input(SHAPE) for _ in range(inputs)]
    return keras.Model(given, function(*given))


HOSTILE = [("signs_model.keras", *each) for each in of_keras()]
HOSTILE += [("signs.weights.h5", *each) for each in of_weights()]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [each[:1] + each[2:] for each in HOSTILE],
    ids=[f"{each[0].partition('.')[2]}: {each[1]}" for each in HOSTILE],
)
def test_hostile_file_is_refused_with_a_sentence(name, data, says):
    """One line that begins with the file's name; nothing is run, unpacked or read elsewhere."""
    told = _told(data, images()[0], "make", name=name, make=bright_or_dark)
    assert not MARK.exists()
    assert told.startswith(f"{name} ")
    assert says in told
    assert "\n" not in told
    assert len(told) < 450


def test_hostile_code_is_real(tmp_path):
    """Where code in a file is trusted, the very same files run it."""
    files = {name: data for name, data, _ in of_keras()}
    path = tmp_path / "model.keras"
    path.write_bytes(files["a Lambda with code"])
    for run in (
        lambda: keras.saving.load_model(path, compile=False, safe_mode=False),
        lambda: pickle.loads(files["a pickle"]),
    ):
        assert not MARK.exists()
        try:
            with contextlib.suppress(Exception):  # what comes after the code does not matter
                run()
            assert MARK.exists()
        finally:
            MARK.unlink(missing_ok=True)


def test_refused_file_leaves_nothing_to_be_made_later():
    """The weights of a model that was refused are forgotten: the next model does not pay."""
    data = next(data for name, data, _ in of_keras() if name == "a layer of 10^9 units")
    assert "needs 20.0 GB" in _told(data)
    monkey = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(2)])
    assert monkey(images(3)[0]).shape == (3, 2)


def test_limit_is_what_a_file_unpacks_to(monkeypatch):
    """One byte less than the file needs is too little, its own size is enough."""
    parts = members(saved(bright_or_dark()))
    size = sum(map(len, parts.values()))
    monkeypatch.setattr(model_file, "MAX_BYTES", size)
    assert len(predictions(handed_in(archive(parts)), (images()[0],), {})) == 20
    monkeypatch.setattr(model_file, "MAX_BYTES", size - 1)
    assert "unpacks to" in _told(archive(parts))
