"""What the worker does with real models, in this process: call, compute, differentiate, train."""

import functools

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.grading.graph import canonical
from dlcnn.grading.worker.profiles.behaviour import OPERATIONS
from tests.grading.graph import course

IMAGES = np.random.default_rng(3).standard_normal((4, 8, 6, 3)).astype(np.float32)
INPUT = {"keras": "input", "shape": [8, 6, 3]}


def _call(function, *args, **kwargs):
    return OPERATIONS["call"](function, args, kwargs)


def _outputs(function, *inputs, call=((), {}), seed=1, training=False):
    told = OPERATIONS["outputs"](function, (*call, seed, list(inputs), training), {})
    return told["outputs"]


def _gradients(function, *inputs, call=((), {}), seed=1):
    return OPERATIONS["gradients"](function, (*call, seed, list(inputs)), {})


def _small(second_relu=True, fixed=None, rate=None):
    """A model with most of what matters here."""

    def make():
        inputs = keras.Input((8, 6, 3))
        x = layers.Conv2D(4, (3, 2))(inputs)
        x = layers.BatchNormalization()(x, training=fixed)
        x = layers.ReLU()(x) if second_relu else x
        x = layers.Dropout(rate)(x) if rate else x
        return keras.Model(inputs, layers.Dense(5)(layers.Flatten()(x)))

    return make


class _Subclass(keras.Model):
    """The same, with its layers made in another order."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(5)
        self.norm = layers.BatchNormalization()
        self.conv = layers.Conv2D(4, (3, 2), activation=None)

    def call(self, x, training=None):
        x = keras.activations.relu(self.norm(self.conv(x), training=training))
        return self.dense(keras.ops.reshape(x, (-1, 6 * 5 * 4)))


def test_call_tells_a_model_as_plain_data():
    """What goes over the wire is a description that the grader can read."""
    answer = _call(_small())
    assert set(answer) == {"keras", "description"}
    assert len(canonical(answer["description"]).nodes) == 6


def test_call_gives_symbolic_inputs_and_tells_symbolic_outputs():
    """A block is called as in a model of the student's own, on one input or several."""
    answer = _call(lambda x, f: layers.Conv2D(f, 2)(x), INPUT, f=7)
    graph = canonical(answer["description"])
    assert (graph.kind, graph.nodes[1].settings["filters"]) == ("tensors", 7)
    both = _call(lambda pair: layers.Add()(pair), [INPUT, INPUT])
    assert len(canonical(both["description"]).inputs) == 2


@pytest.mark.parametrize("answer", [None, 3.5, "text", (1, [2])])
def test_call_leaves_other_values_as_they_are(answer):
    """What is no tensor is the wire's to judge."""
    assert _call(lambda: answer) == answer


def test_call_makes_arrays_of_eager_tensors():
    """Tensors with values, and variables, come back as arrays, also from within sequences."""
    found, [second] = _call(lambda x: (keras.ops.relu(x), [keras.Variable(x)]), IMAGES)
    np.testing.assert_array_equal(found, np.maximum(IMAGES, 0))
    np.testing.assert_array_equal(second, IMAGES)


def _takes(_x, stage=None):
    return stage


@functools.wraps(_takes)
def _wrapped(*args, **kwargs):
    return _takes(*args, **kwargs)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (_takes, 5),
        (_wrapped, 5),
        (functools.partial(_takes, stage=1), 5),
        (lambda _x, **options: options["stage"], 5),
        (lambda _x, *, stage: stage, 5),
        (lambda _x: "left out", "left out"),
        (lambda stage, /: stage * 0 or "left out", "left out"),
        (int, "left out"),
    ],
)
def test_call_passes_if_accepted_to_those_that_take_it(function, expected):
    """A keyword that old and new signatures do not share is passed where it is known."""
    answer = _call(function, 0, stage={"keras": "if_accepted", "value": 5})
    assert answer == (0 if function is int else expected)


def test_call_takes_a_form_inside_if_accepted():
    """A value that is passed if accepted can itself be a symbolic input."""
    answer = _call(lambda x=None: layers.ReLU()(x), x={"keras": "if_accepted", "value": INPUT})
    assert answer["keras"] == "model"


def test_operations_keep_a_model_and_make_a_lost_one_again():
    """Asking again calls nothing; a few other models push out what was not asked for longest."""
    made = []

    def block(x, filters):
        made.append(filters)
        return layers.Conv2D(filters, 2)(x)

    _call(block, INPUT, 2)
    for _ in range(3):
        _outputs(block, IMAGES, call=((INPUT, 2), {}))
    assert made == [2]
    for filters in (*range(3, 10), 2, 10, 2, 3):
        _outputs(block, IMAGES, call=((INPUT, filters), {}))
    assert made == [*range(2, 11), 3]


def test_layers_tells_what_call_tells_and_makes_no_weight():
    """The same description, of a model that cannot be computed with and is not kept."""
    made = []

    def net():
        made.append(keras.Sequential([keras.Input((8, 6, 3)), layers.Conv2D(4, 3)]))
        return made[-1]

    assert OPERATIONS["layers"](net, (), {}) == OPERATIONS["call"](net, (), {})
    assert [weight._value is None for model in made for weight in model.weights] == [
        *[True] * 2,
        *[False] * 2,
    ]
    _outputs(net, IMAGES)
    assert len(made) == 2


def test_layers_calls_what_computes_on_the_way_as_usual():
    """A function that needs values while it puts layers together gets them."""

    def net():
        layer = layers.Dense(3)
        layer(np.ones((2, 5), np.float32)).numpy().sum()
        return keras.Sequential([keras.Input((5,)), layer])

    said = OPERATIONS["layers"](net, (), {})
    assert said == OPERATIONS["call"](net, (), {})
    assert said["keras"] == "model"


def test_outputs_depend_on_the_seed_and_on_nothing_that_was_before():
    """Two models of one kind agree, whatever their weights were; another seed gives others."""
    [first], [second] = _outputs(_small(), IMAGES), _outputs(_small(), IMAGES)
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - _outputs(_small(), IMAGES, seed=2)[0]).min() > 1e-6
    assert first.dtype == np.float32


def test_outputs_agree_with_keras_itself():
    """What is computed is what Keras computes with the same weights, in both modes."""
    make = _small()
    model = make()
    for training in (False, True):
        [mine] = _outputs(lambda: model, IMAGES, training=training)
        OPERATIONS["outputs"](lambda: model, ((), {}, 1, [IMAGES], False), {})  # sets the weights
        np.testing.assert_allclose(mine, model(IMAGES, training=training), rtol=1e-5, atol=1e-6)


def test_outputs_do_not_ask_which_weight_is_which():
    """A shortcut that is made first, and a class that makes its layers in any order, agree."""

    def shortcut_first(x):
        short = layers.Conv2D(4, 3, padding="same")(x)
        return layers.Add()([layers.Conv2D(4, 3, padding="same")(layers.ReLU()(x)), short])

    def shortcut_last(x):
        main = layers.Conv2D(4, 3, padding="same")(layers.ReLU()(x))
        return layers.Conv2D(4, 3, padding="same")(x) + main

    call = ((INPUT,), {})
    for training in (False, True):
        one = _outputs(shortcut_first, IMAGES, call=call, training=training)
        other = _outputs(shortcut_last, IMAGES, call=call, training=training)
        np.testing.assert_allclose(one, other, rtol=1e-5)
        one = _outputs(_small(), IMAGES, training=training)
        np.testing.assert_allclose(_outputs(_Subclass, IMAGES, training=training), one, rtol=1e-4)


def test_outputs_keep_a_call_out_of_training_that_was_fixed_so():
    """training=False stays, training=True counts in training only, also in a model inside."""
    free, on, off = (
        _outputs(_small(fixed=mode), IMAGES, training=True)[0] for mode in (None, True, False)
    )
    still, on_still = (_outputs(_small(fixed=mode), IMAGES)[0] for mode in (None, True))
    np.testing.assert_array_equal(free, on)
    np.testing.assert_array_equal(still, on_still)
    np.testing.assert_array_equal(off, still)
    assert np.abs(free - off).max() > 0.01

    def nested(mode):
        inputs = keras.Input((8, 6, 3))
        return keras.Model(inputs, layers.ReLU()(_small()()(inputs, training=mode)))

    inside = {
        mode: _outputs(functools.partial(nested, mode), IMAGES, training=True)[0]
        for mode in (None, False)
    }
    np.testing.assert_array_equal(inside[None], np.maximum(free, 0))
    np.testing.assert_array_equal(inside[False], np.maximum(still, 0))


def test_outputs_draw_nothing():
    """Dropout does nothing in training either, as two draws cannot be compared."""
    with_dropout = _outputs(_small(rate=0.5), IMAGES, training=True)
    np.testing.assert_array_equal(with_dropout, _outputs(_small(), IMAGES, training=True))


def test_outputs_come_in_order_from_several_inputs():
    """Inputs and outputs keep the model's order; a layer that is called twice is one layer."""

    def make():
        one, other = keras.Input((4,)), keras.Input((4,))
        dense = layers.Dense(4)
        return keras.Model([one, other], [dense(one) - dense(other), dense(one)])

    rows = IMAGES[:, 0, :4, 0], IMAGES[:, 1, :4, 0]
    difference, first = _outputs(make, *rows)
    np.testing.assert_allclose(_outputs(make, *rows[::-1])[0], -difference, rtol=1e-5)
    assert OPERATIONS["outputs"](make, ((), {}, 1, list(rows), False), {})["weights"] == [
        [4, 4],
        [4],
    ]
    assert first.shape == (4, 4)


def test_outputs_build_a_model_that_does_not_know_its_input():
    """A Sequential without an input, and one of a class, are built by what they are given."""

    def make():
        return keras.Sequential([layers.Flatten(), layers.Dense(2)])

    assert _outputs(make, IMAGES)[0].shape == (4, 2)


@pytest.mark.parametrize("inputs", [(IMAGES[:, :5],), (IMAGES, IMAGES), ()])
def test_outputs_refuse_inputs_that_the_model_does_not_take(inputs):
    """The sentence says what the model takes: it reaches the student."""
    with pytest.raises(ValueError, match="the model takes"):
        _outputs(_small(), *inputs)


def test_outputs_refuse_what_is_no_model():
    """A function that gives something else is told so."""
    with pytest.raises(TypeError, match="no Keras model"):
        _outputs(lambda: None, IMAGES)


def test_outputs_stay_in_size_through_fifty_layers():
    """ResNet50's softmax is neither flat nor saturated, and tells inputs and seeds apart."""
    shades = np.random.default_rng(0).standard_normal((2, 1, 1, 3))
    images = (np.random.default_rng(1).standard_normal((2, 64, 64, 3)) + shades).astype(np.float32)
    [found] = _outputs(course.solution, images)
    assert 0.3 < found.max() < 0.999
    assert np.abs(found[0] / found[1] - 1).max() > 0.01


def test_gradients_tell_each_weight_of_each_layer():
    """One list per layer of the description, moving statistics without a gradient."""
    told = _gradients(_small(), IMAGES)
    description = _call(_small())["description"]
    assert [[each[0] for each in own] for own in told] == [
        [shape for shape, _ in layer["weights"]] for layer in description["layers"]
    ]
    [conv, norm, *_] = told
    assert all(length > 0 for *_, length in conv)
    assert [(trainable, length is None) for _, trainable, length in norm] == [
        (True, False),
        (True, False),
        (False, True),
        (False, True),
    ]


def test_gradients_agree_with_differences():
    """A last bias changes the loss by the sum of what the outputs are multiplied by."""
    *_, [_, (shape, _, length)] = _gradients(_small(), IMAGES, seed=9)
    factors = np.random.default_rng(9).standard_normal((4, 5)).astype(np.float32)
    assert shape == [5]
    assert length == pytest.approx(np.linalg.norm(factors.sum(axis=0)), rel=1e-5)


def test_gradients_of_models_without_a_graph_come_in_one_list():
    """All weights of a class of the student's, in its own order."""
    [told] = _gradients(_Subclass, IMAGES)
    assert sorted(each[0] for each in told) == [
        [3, 2, 3, 4],
        [4],
        [4],
        [4],
        [4],
        [4],
        [5],
        [120, 5],
    ]


class _Broken(layers.Layer):
    """A layer that cannot be asked what it is."""

    def build(self, _shape):
        self.scale = self.add_weight(shape=(3,), initializer="ones")

    def call(self, x):
        return x * self.scale

    @property
    def trainable_weights(self):
        raise RuntimeError("mine")


@pytest.mark.parametrize("is_block", [False, True])
def test_operations_find_the_weights_of_what_cannot_be_told(is_block):
    """Where the layers are not told, all weights come in one list, and all are set."""

    def make(inputs=None):
        inputs = keras.Input((8, 6, 3)) if inputs is None else inputs
        x = layers.Conv2D(4, 2)(_Broken()(inputs))
        return x if is_block else keras.Model(inputs, x)

    call = ((INPUT,) if is_block else (), {})
    assert _call(make, *call[0])["description"]["problem"] == "unreadable"
    [told] = _gradients(make, IMAGES, call=call)
    assert sorted(shape for shape, *_ in told) == [[2, 2, 3, 4], [3], [4]]
    assert all(length > 0 for *_, length in told)
    [one], [other] = (_outputs(make, IMAGES, call=call, seed=seed) for seed in (1, 2))
    assert np.abs(one - other).max() > 0.01


def test_gradients_do_not_count_the_layers_of_a_model_inside_twice():
    """A model inside is told by its layers."""

    def make():
        inputs = keras.Input((8, 6, 3))
        return keras.Model(inputs, _small()()(inputs))

    assert sum(len(own) for own in _gradients(make, IMAGES)) == 8


def test_fit_learns_and_gives_the_same_predictions_for_the_same_seed():
    """Bright and dark images are told apart; one number for two classes, else one for each."""
    rng = np.random.default_rng(0)
    labels = np.arange(64) % 2
    shades = np.where(labels, 3.0, -3.0)[:, None, None, None]
    images = (rng.standard_normal((64, 4, 3, 1)) + shades).astype(np.float32)
    training = {"images": images, "labels": labels, "epochs": 3, "batch_size": 4, "seed": 1}

    def make(units, activation, initializer="zeros"):
        dense = layers.Dense(units, activation, kernel_initializer=initializer)
        return keras.Sequential([keras.Input((4, 3, 1)), layers.Flatten(), dense])

    def fitted(*settings):
        make_one = functools.partial(make, *settings)
        return OPERATIONS["fit"](make_one, ((), {}, training, images), {})

    drawn = [fitted(1, "sigmoid", "glorot_uniform") for _ in range(2)]
    np.testing.assert_array_equal(*drawn)
    assert ((fitted(1, "sigmoid")[:, 0] > 0.5) == labels).mean() > 0.9
    assert (fitted(2, "softmax").argmax(axis=1) == labels).mean() > 0.9
