"""What the worker says of real models, and that it says something plain of the oddest ones."""

import functools
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.grading.graph import canonical
from dlcnn.grading.worker import wire
from dlcnn.grading.worker.profiles import models
from dlcnn.grading.worker.profiles.models import describe


def _sent(answer, inputs=None):
    """A description as it arrives: it fits a frame, and nothing in it is an object."""
    said = describe(answer, inputs)
    arrived = wire.decode(wire.encode(said))
    assert arrived == said
    assert "Opaque" not in repr(arrived)
    return arrived


class _Own(layers.Layer):
    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, x):
        return self.function(x)


class _Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x):
        return self.dense(x)


def test_describe_tells_layers_calls_and_weights():
    """A small model in full: classes, own names, settings, weights, what feeds what."""
    inputs = keras.Input((8, 10, 3))
    conv = layers.Conv2D(4, (3, 2), name="stem", trainable=False)
    model = keras.Model(inputs, layers.ReLU()(conv(inputs)) + 1.5)
    said = _sent(model)
    assert (said["kind"], said["problem"], len(said["networks"])) == ("Functional", None, 1)
    stem, relu, add = said["layers"]
    assert (stem["class"], stem["origin"], stem["name"]) == ("Conv2D", "layer", "stem")
    assert stem["weights"] == [[[3, 2, 3, 4], False], [[4], False]]
    assert stem["config"]["kernel_size"] == [3, 2]
    assert stem["config"]["kernel_initializer"]["object"] == "GlorotUniform"
    assert (relu["class"], relu["name"], relu["weights"]) == ("ReLU", None, [])
    assert (add["class"], add["origin"]) == ("Add", "operation")
    [network] = said["networks"]
    assert network["inputs"] == [[None, 8, 10, 3]]
    assert [call["layer"] for call in network["calls"]] == [0, 1, 2]
    assert network["calls"][2]["arguments"] == {"x1": {"tensor": 2}, "x2": 1.5}
    assert network["calls"][2]["shapes"] == [[None, 6, 9, 4]]
    assert network["outputs"] == [3]


def test_describe_tells_shared_layers_and_inner_models_once():
    """A layer that is called twice stands once; a model inside has a network of its own."""
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(6), layers.Dropout(0.3)])
    inputs = keras.Input((6,))
    said = _sent(keras.Model(inputs, inner(inner(inputs))))
    assert [layer["class"] for layer in said["layers"]] == ["Dense", "Dropout", "Sequential"]
    assert [layer["network"] for layer in said["layers"]] == [None, None, 1]
    outer, inside = said["networks"]
    assert [call["layer"] for call in outer["calls"]] == [2, 2]
    assert [call["layer"] for call in inside["calls"]] == [0, 1]


def test_describe_never_holds_code():
    """Lambdas and functions of the student's are named, not sent."""
    inputs = keras.Input((6,))
    x = layers.Lambda(lambda x: x * 2)(inputs)
    x = layers.Dense(3, activation=lambda x: x + 1)(x)
    said = _sent(keras.Model(inputs, _Own(lambda x: x * 3)(x)))
    assert [layer["origin"] for layer in said["layers"]] == ["lambda", "layer", "custom"]
    assert said["layers"][0]["config"] == said["layers"][2]["config"] == {}
    activation = said["layers"][1]["config"]["activation"]
    assert activation == {"object": "function", "module": __name__, "config": "<lambda>"}
    assert [node.opaque for node in canonical(said).nodes] == [False, True, False, True, True]


def test_describe_does_not_take_a_name_for_a_function():
    """A student's own function called relu is not Keras' relu, whatever Keras writes down."""

    def relu(x):
        return x

    inputs = keras.Input((6,))
    graph = canonical(_sent(keras.Model(inputs, layers.Dense(3, activation=relu)(inputs))))
    assert [node.opaque for node in graph.nodes] == [False, False, True]


class _Square:
    def __call__(self, x):
        return x * x


@pytest.mark.parametrize(
    "function",
    [lambda x: x * x, _Square(), _Square().__call__, functools.partial(pow, exp=2), _Own(abs)],
    ids=["lambda", "object", "method", "partial", "layer"],
)
def test_describe_tells_functions_that_keras_cannot_write_down(function, monkeypatch):
    """Without its source a lambda cannot be written down; only what it computes is not told."""
    monkeypatch.setattr("inspect.getsource", lambda _: 1 / 0)
    inputs = keras.Input((8, 10, 3))
    x = layers.Conv2D(4, 3, activation=function)(inputs)
    x = layers.Activation(function)(layers.Flatten()(x))
    said = _sent(keras.Model(inputs, layers.Dense(5, kernel_regularizer=function)(x)))
    nodes = canonical(said).nodes[1:]
    assert [(node.operation, node.opaque) for node in nodes] == [
        ("Conv2D", False),
        ("Activation", True),
        ("Flatten", False),
        ("Activation", True),
        ("Dense", False),
    ]
    assert nodes[0].settings["filters"] == 4


def test_describe_tells_a_layer_that_keeps_such_a_function_out_of_reach():
    """It is a layer that cannot be looked into, among others that can."""
    inputs = keras.Input((8, 6))
    x = layers.LSTM(4, activation=_Square())(inputs)
    graph = canonical(_sent(keras.Model(inputs, layers.Dense(3)(x))))
    assert [(node.operation, node.opaque) for node in graph.nodes[1:]] == [
        ("LSTM", True),
        ("Dense", False),
    ]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (lambda: _Subclass(), "subclass"),
        (lambda: keras.Sequential([layers.Dense(3)]), "unbuilt"),
        (lambda: keras.Sequential(), "unbuilt"),
        (lambda: None, "not a model"),
        (lambda: np.zeros((2, 3)), "not a model"),
        (lambda: keras.Model, "not a model"),
        (lambda: layers.Dense(3), "not a model"),
        (lambda: [[[]]], "not a model"),
    ],
)
def test_describe_says_why_there_is_no_graph(answer, problem):
    """What is no model, or no graph, is told in a word that the grader knows."""
    said = _sent(answer())
    assert said["problem"] == problem
    assert canonical(said).problem == problem


def test_describe_looks_at_a_called_subclass_no_closer():
    """A class of the student's is judged by behaviour, though it was built from a graph."""

    class Mine(keras.Model):
        pass

    class Changed(Mine):
        def call(self, x):
            return x

    inputs = keras.Input((6,))
    outputs = layers.Dense(3)(inputs)
    assert _sent(Mine(inputs, outputs))["problem"] is None
    assert _sent(Changed(inputs, outputs))["problem"] == "subclass"
    inside = keras.Sequential([inputs, _Subclass(), layers.ReLU()])
    assert [layer["origin"] for layer in _sent(inside)["layers"]] == ["custom", "layer"]


def test_describe_survives_what_students_override():
    """A layer that raises wherever it is looked at makes a sentence, not an exception."""

    class Broken(layers.ReLU):
        @property
        def weights(self):
            raise RuntimeError("mine")

        def get_config(self):
            raise RuntimeError("mine")

    inputs = keras.Input((6,))
    said = _sent(keras.Model(inputs, layers.ReLU()(inputs)))
    assert said["problem"] is None
    model = keras.Model(inputs, layers.ReLU()(inputs))
    model.layers[1].__class__ = Broken
    assert _sent(model)["problem"] == "unreadable"


def test_describe_gives_up_on_thousands_of_layers():
    """More calls than may be told, in a row or side by side, are told to be too many."""
    inputs = x = keras.Input((6,))
    relu = layers.ReLU()
    for _ in range(models._MAX_CALLS + 1):
        x = relu(x)
    wide = layers.Add()([relu(inputs) for _ in range(models._MAX_CALLS)])
    for tensor in (x, wide):
        said = _sent(tensor)
        assert (said["problem"], said["layers"], said["networks"]) == ("large", [], [])


def test_describe_gives_up_on_more_values_than_a_frame_holds():
    """Few layers with endless settings are too many as well."""
    inputs = keras.Input((6,))
    layer = layers.Discretization(bin_boundaries=[float(each) for each in range(60_000)])
    assert _sent(keras.Model(inputs, layer(inputs)))["problem"] == "large"


def test_describe_takes_unknown_sizes_and_odd_arguments():
    """None in shapes, slices, ellipses, arrays, several outputs and keyword arguments are told."""
    inputs = keras.Input((None, 6))
    sequence, state, _ = layers.LSTM(4, return_sequences=True, return_state=True)(inputs)
    attended = layers.MultiHeadAttention(2, 3)(sequence, value=inputs)
    x = attended[:, 1:, ..., 0] * np.ones(1, "float32") + state[:, :1]
    x = layers.Rescaling(np.float32(0.5))(x)
    said = _sent(keras.Model(inputs, [x, state]))
    assert said["problem"] is None
    assert said["networks"][0]["inputs"] == [[None, None, 6]]
    assert canonical(said).problem is None


def test_describe_tells_a_block_between_the_given_tensors():
    """A block starts at the tensor it was given; a result that ignores it is disconnected."""
    inputs = keras.Input((6,))
    given = layers.Dense(4)(inputs)
    said = _sent(layers.ReLU()(given), given)
    assert (said["kind"], [layer["class"] for layer in said["layers"]]) == ("tensors", ["ReLU"])
    assert _sent(layers.ReLU()(keras.Input((6,))), given)["problem"] == "disconnected"
    alone = _sent(layers.ReLU()(given))
    assert [layer["class"] for layer in alone["layers"]] == ["Dense", "ReLU"]
    assert alone["networks"][0]["inputs"] == [[None, 6]]


_BY_PATH = """
import sys
sys.path.insert(0, sys.argv[1])
from profiles import models
print(models.describe(None)["problem"], *sorted({"keras", "numpy", "dlcnn"} & {*sys.modules}))
"""


def test_models_runs_by_path_and_imports_nothing():
    """The worker loads the module from its folder, without dlcnn, NumPy or Keras of its own."""
    folder = Path(models.__file__).parents[1]
    command = [sys.executable, "-I", "-c", _BY_PATH, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "not a model"
