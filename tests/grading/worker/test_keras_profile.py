"""Workers with Keras: warm, each as the one before it, confined, and held to their memory."""

import textwrap

import numpy as np
import pytest

from dlcnn.grading.worker.pool import Limits, Program, Reply, Zygote

LIMITS = Limits(wall_seconds=20, memory_mb=1024)
MODEL = """
import keras
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers as tfl

def model():
    inputs = keras.Input((9, 6, 3))
    Z = tfl.Conv2D(4, (3, 2), strides=2, padding="same")(inputs)
    return keras.Model(inputs, tfl.Dense(5)(tfl.Flatten()(tfl.ReLU()(Z))))

def predict(X):
    return model()(X).numpy()
"""


@pytest.fixture(
    scope="module",
    params=[
        "full",
        pytest.param("partial", marks=pytest.mark.slow),
        pytest.param("process", marks=pytest.mark.slow),
    ],
)
def zygote(request: pytest.FixtureRequest):
    with Zygote("keras", tier=request.param) as started:
        if started.isolation.tier != request.param:
            pytest.skip(f"this machine gives {started.isolation.tier} at most")
        yield started


def program(source: str) -> Program:
    return Program((("cell 1", 1, textwrap.dedent(source)),))


def answer_of(zygote: Zygote, source: str, *args: object, limits: Limits = LIMITS) -> Reply:
    """The reply of `answer(*args)` in a fresh worker, which must have loaded."""
    with zygote.session(program(source), limits) as session:
        worker = session.worker()
        assert worker.load_failure is None
        assert worker.loaded.problems == ()
        return worker.call("answer", args)


def test_workers_compute_twenty_times_in_a_row(zygote):
    """A fork of the warm process runs operations, every time, and draws the same numbers"""
    X = np.ones((2, 9, 6, 3), np.float32)
    with zygote.session(program(MODEL), LIMITS) as session:
        replies = [session.worker().call("predict", (X,)) for _ in range(20)]
    assert {reply.failure for reply in replies} == {None}
    for reply in replies:
        np.testing.assert_array_equal(reply.value, replies[0].value)
    assert np.ptp(replies[0].value) > 0


def test_warm_workers_need_no_note(zygote):
    """Nothing is said of loading where nothing is loaded again"""
    assert "loads its libraries" not in (zygote.isolation.reason or "")


def test_worker_has_nothing_of_the_users(zygote):
    """No settings, no device and no environment of whoever grades"""
    source = """
        import os
        import keras
        import tensorflow as tf

        def answer():
            devices = tf.config.list_physical_devices("GPU")
            own = {"HOME", "PATH", "USER", "PWD"} & set(os.environ)
            return keras.config.backend(), keras.config.floatx(), devices, sorted(own)
    """
    assert answer_of(zygote, source).value == ("tensorflow", "float32", [], [])


@pytest.mark.slow
def test_keras_settings_of_the_user_are_not_read(tmp_path, monkeypatch):
    """A keras.json of whoever grades changes no student's model, and none is written"""
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text('{"floatx": "float16"}', encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / ".keras"))
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    source = "import keras\ndef answer(): return keras.config.floatx(), keras.config.backend()\n"
    with Zygote("keras", tier="process") as zygote:
        assert answer_of(zygote, source).value == ("float32", "tensorflow")
    assert [path.name for path in (tmp_path / ".keras").iterdir()] == ["keras.json"]


def test_memory_is_counted_from_what_keras_takes(zygote):
    """What a call may hold is the limit, not what is left of it by TensorFlow"""
    source = """
        import tensorflow as tf

        def answer(megabytes):
            return float(tf.reduce_sum(tf.ones((megabytes << 20,), tf.uint8)[::1 << 20]))
    """
    limits = Limits(wall_seconds=20, memory_mb=500)
    fits = answer_of(zygote, source, 150, limits=limits)
    assert fits.failure is None
    assert fits.value == 150
    too_much = answer_of(zygote, source, 900, limits=limits)
    assert too_much.failure is not None
    assert too_much.failure.kind in ("crash", "memory", "exception")


def test_weights_can_be_written_and_read(zygote):
    """In the scratch folder, where there is one"""
    source = (
        MODEL
        + """
def answer(X):
    first, second = model(), model()
    first.save_weights("kept.weights.h5")
    second.load_weights("kept.weights.h5")
    return first(X).numpy(), second(X).numpy()
"""
    )
    if zygote.isolation.tier == "process":
        pytest.skip("its folder is the machine's own root")
    reply = answer_of(zygote, source, np.ones((2, 9, 6, 3), np.float32))
    if zygote.isolation.tier == "partial":
        assert reply.failure is not None
    else:
        assert reply.failure is None
        np.testing.assert_array_equal(*reply.value)


def test_training_works_and_gives_the_same_twice(zygote):
    """Fitting and predicting run in a worker, threads, graphs and all"""
    source = (
        MODEL
        + """
def answer(X, Y):
    trained = model()
    trained.compile("adam", "mse")
    trained.fit(X, Y, epochs=2, batch_size=4, verbose=0)
    return trained.predict(X, verbose=0)
"""
    )
    rng = np.random.default_rng(1)
    X = rng.standard_normal((10, 9, 6, 3)).astype(np.float32)
    Y = rng.standard_normal((10, 5)).astype(np.float32)
    first, second = (answer_of(zygote, source, X, Y) for _ in range(2))
    assert first.failure is None
    assert first.value.shape == (10, 5)
    np.testing.assert_array_equal(first.value, second.value)


def test_printed_notes_are_the_students_own(zygote):
    """TensorFlow and Keras say nothing that a student would be shown as printed"""
    source = (
        MODEL
        + """
def answer(X):
    print("mine")
    return predict(X)
"""
    )
    reply = answer_of(zygote, source, np.ones((2, 9, 6, 3), np.float32))
    assert reply.failure is None
    assert reply.printed == "mine\n"


def test_what_keras_prints_by_itself_is_not_the_students(zygote):
    """Progress, tables and warnings of the libraries are left out; the student's own are not"""
    source = """
        import warnings
        import keras
        import numpy as np

        class Own(keras.layers.Layer):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)

            def call(self, x):
                return x

        def answer():
            model = keras.Sequential([Own(input_shape=(4,)), keras.layers.Dense(3, input_dim=4)])
            model.compile("sgd", "mse")
            model.fit(np.ones((5, 4)), np.ones((5, 3)))
            model.predict(np.ones((5, 4)))
            model.summary()
            print("mine")
            warnings.warn("also mine")
    """
    reply = answer_of(zygote, source)
    assert reply.failure is None
    assert reply.printed == "cell 1:20: UserWarning: also mine\nmine\n"
