"""The vocabulary for models on real ones: what passes, what fails, and what is said of it."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from dlcnn.grading import (
    check,
    expect_accuracy,
    expect_api,
    expect_gradients,
    expect_model,
    expect_outputs,
    if_accepted,
    keras_input,
)
from dlcnn.grading.marking import as_shown
from tests.grading.graph import course
from tests.grading.keras_models import mark, told

SHAPE = (12, 10, 3)


def net(
    *,
    kernel=3,
    relu=True,
    hidden=layers.ReLU,
    last="softmax",
    norm=True,
    training=None,
    frozen=False,
    extra=None,
    shape=SHAPE,
):
    """The model of these tests, with a place for each mistake."""
    inputs = keras.Input(shape)
    x = layers.Conv2D(4, kernel, padding="same", trainable=not frozen)(inputs)
    x = layers.BatchNormalization()(x, training=training) if norm else x
    x = hidden()(x) if relu else x
    x = extra(x) if extra else x
    x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(6)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Activation(last)(x))


def variant(**mistakes):
    return functools.partial(net, **mistakes)


def sequential():
    """The same with the other API."""
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(4, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(6, activation="softmax"),
        ]
    )


def nested():
    """The same with a model inside."""
    inputs = keras.Input(SHAPE)
    stem = keras.Sequential([layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization()])
    x = layers.MaxPooling2D(2)(layers.ReLU()(stem(inputs)))
    return keras.Model(inputs, layers.Dense(6, "softmax")(layers.Flatten()(x)))


class Subclass(keras.Model):
    """The same as a class, its layers made in another order."""

    def __init__(self, kernel=3, last="softmax"):
        super().__init__()
        self.dense = layers.Dense(6, last)
        self.conv = layers.Conv2D(4, kernel, padding="same")
        self.norm = layers.BatchNormalization()

    def call(self, x, training=None):
        x = keras.activations.relu(self.norm(self.conv(x), training=training))
        return self.dense(layers.Flatten()(layers.MaxPooling2D(2)(x)))


class Stem(layers.Layer):
    """The first three layers as one of the student's own."""

    def __init__(self, slope=0.0):
        super().__init__()
        self.norm = layers.BatchNormalization()
        self.conv = layers.Conv2D(4, 3, padding="same")
        self.slope = slope

    def call(self, x, training=None):
        return keras.activations.relu(self.norm(self.conv(x), training=training), self.slope)


def own_layer(slope=0.0):
    inputs = keras.Input(SHAPE)
    x = layers.MaxPooling2D(2)(Stem(slope)(inputs))
    return keras.Model(inputs, layers.Dense(6, "softmax")(layers.Flatten()(x)))


def lambda_relu(slope=0.0):
    return net(relu=False, extra=layers.Lambda(lambda x: keras.ops.maximum(x, slope * x)))


@check(task="net", points=10)
def same_layers(student, rng):
    """net has the right layers"""
    expect_model("model", student.net(), rng)


@check(task="net", points=10, partial=True)
def same_layers_in_parts(student, rng):
    """net has the right layers, each worth a part"""
    expect_model("model", student.net(), rng)


@check(task="net", points=10)
def same_outputs(student, rng):
    """net computes the right outputs"""
    expect_outputs("model", student.net(), rng.standard_normal((3, *SHAPE)), rng)


@check(task="net", points=10, hidden=True)
def same_outputs_in_training(student, rng):
    """net computes the right outputs in training"""
    images = rng.standard_normal((3, *SHAPE))
    expect_outputs("model", student.net(), images, rng, training=True)


@check(task="net", points=10)
def same_gradients(student, rng):
    """training reaches every weight of net"""
    expect_gradients("model", student.net(), rng.standard_normal((3, *SHAPE)), rng)


@check(task="net", points=10)
def functional(student, _rng):
    """net is made with the Functional API"""
    expect_api("model", student.net(), "Functional")


BEHAVIOUR = [same_outputs, same_outputs_in_training, same_gradients]
RIGHT = {
    "as the solution": net,
    "sequential": sequential,
    "nested": nested,
    "subclass": Subclass,
    "own layer": own_layer,
    "lambda": lambda_relu,
    "mode fixed": variant(training=True),
}


@pytest.mark.parametrize("declared", [same_layers, *BEHAVIOUR], ids=lambda each: each.name)
@pytest.mark.parametrize("student", RIGHT.values(), ids=RIGHT)
def test_expectations_pass_what_is_right(declared, student):
    """However a right model is written, it earns the points, by its layers and by what it does."""
    result = mark(declared, student, net)
    assert (result.status, result.score) == ("PASS", 10), result.facts


WRONG = {
    "forgotten layer": (variant(relu=False), "we expected ReLU; yours has none there"),
    "other kernel": (variant(kernel=5), "yours has 4 filters of 5\N{MULTIPLICATION SIGN}5"),
    "other activation": (variant(hidden=layers.ELU), "we expected ReLU; yours has ELU"),
    "sigmoid": (variant(last="sigmoid"), "we expected Softmax; yours has Activation"),
    "no normalization": (variant(norm=False), "we expected BatchNormalization"),
    "input": (variant(shape=(10, 12, 3)), "shape (10, 12, 3) per example, expected (12, 10, 3)"),
    "subclass": (functools.partial(Subclass, last="sigmoid"), "of 18 values differ"),
    "subclass kernel": (
        functools.partial(Subclass, 5),
        "it lacks weights of shape (3, 3, 3, 4)",
    ),
    "own layer": (functools.partial(own_layer, 0.1), "of 18 values differ"),
    "lambda": (functools.partial(lambda_relu, 0.1), "of 18 values differ"),
}


@pytest.mark.parametrize("declared", [same_layers, same_outputs], ids=lambda each: each.name)
@pytest.mark.parametrize(("student", "sentence"), WRONG.values(), ids=WRONG)
def test_expectations_fail_what_is_wrong(declared, student, sentence):
    """A wrong model is told by its layers, or by its outputs where these cannot be seen."""
    assert sentence in told(declared, student, net)


def test_expect_model_gives_a_share_of_the_points_for_its_layers():
    """In a partial check a model with one wrong layer of nine earns the other eight."""
    result = mark(same_layers_in_parts, variant(hidden=layers.ELU), net)
    assert (result.facts["passed"], result.facts["of"]) == (7, 8)
    assert result.score == pytest.approx(10 * 7 / 8)
    assert mark(same_layers_in_parts, net, net).score == 10
    assert mark(same_layers_in_parts, lambda: None, net).score == 0
    assert mark(same_layers_in_parts, functools.partial(Subclass, last="tanh"), net).score == 0


def test_expect_model_compares_further_settings_where_asked():
    """An initializer is looked at where a check says so."""

    @check(task="net", points=1)
    def initialized(student, rng):
        """net has the right initializer"""
        expect_model("model", student.net(), rng, also=("initializers",))

    def make(initializer):
        return keras.Sequential(
            [keras.Input((4,)), layers.Dense(3, kernel_initializer=initializer)]
        )

    zeros, ones = (functools.partial(make, name) for name in ("zeros", "ones"))
    assert mark(initialized, zeros, zeros).status == "PASS"
    assert "initializer" in told(initialized, ones, zeros)


def test_expect_outputs_accepts_other_layers_that_compute_the_same():
    """Padding as a layer of its own is another graph and the same function."""

    def padded():
        inputs = keras.Input(SHAPE)
        x = layers.Conv2D(4, 3)(layers.ZeroPadding2D(1)(inputs))
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.Flatten()(layers.MaxPooling2D(2)(x))
        return keras.Model(inputs, layers.Dense(6, "softmax")(x))

    assert mark(same_layers, padded, net).status == "FAIL"
    assert mark(same_outputs, padded, net).status == "PASS"


def test_expect_outputs_finds_a_mode_that_is_fixed():
    """BatchNormalization with training=False never learns its statistics: it is named."""
    fixed = variant(training=False)
    assert mark(same_layers, fixed, net).status == "PASS"
    assert mark(same_outputs, fixed, net).status == "PASS"
    said = told(same_outputs_in_training, fixed, net)
    assert "the BatchNormalization is called with training=False" in said
    assert mark(same_outputs_in_training, fixed, fixed).status == "PASS"
    shown = as_shown(mark(same_outputs_in_training, fixed, net))
    assert shown.facts == {"category": "wrong mode"}


@pytest.mark.parametrize("stop", [tf.stop_gradient, keras.ops.stop_gradient])
def test_expect_gradients_names_layers_that_no_gradient_reaches(stop):
    """What stops the gradient changes no output, and leaves the layers before it untrained."""
    stopped = variant(extra=layers.Lambda(stop))
    assert mark(same_outputs, stopped, net).status == "PASS"
    said = told(same_gradients, stopped, net)
    assert "no gradient reaches the Conv2D with 4 filters of 3\N{MULTIPLICATION SIGN}3" in said
    assert "no gradient reaches the BatchNormalization" in said
    assert "Dense" not in said


def test_expect_gradients_names_a_frozen_layer():
    """A layer that was made with trainable=False is not trained."""
    frozen = variant(frozen=True)
    assert mark(same_outputs, frozen, net).status == "PASS"
    said = told(same_gradients, frozen, net)
    assert (
        "the Conv2D with 4 filters of 3\N{MULTIPLICATION SIGN}3 is frozen (trainable=False)" in said
    )
    assert mark(same_gradients, frozen, frozen).status == "PASS"


def test_expect_gradients_finds_a_way_back_that_is_cut():
    """Where one of two ways stops the gradient, what is left is too short."""

    def two_ways(stop):
        inputs = keras.Input(SHAPE)
        x = layers.Conv2D(4, 3)(inputs)
        x = x + (keras.ops.stop_gradient(x) if stop else x)
        return keras.Model(inputs, x)

    cut, whole = functools.partial(two_ways, True), functools.partial(two_ways, False)
    assert mark(same_gradients, whole, whole).status == "PASS"
    assert mark(same_outputs, cut, whole).status == "PASS"
    assert mark(same_gradients, cut, whole).status == "FAIL"


def test_expect_gradients_of_other_layers_tells_the_layers():
    """Gradients that are only different follow from layers that are."""
    assert "we expected ReLU; yours has none there" in told(
        same_gradients, variant(relu=False), net
    )
    assert "it lacks weights" in told(same_gradients, functools.partial(Subclass, 5), net)


def test_expect_api_names_the_other_one():
    """Both APIs are told apart, and a class of the student's is neither."""
    assert mark(functional, net, net).status == "PASS"
    assert "was made with the Sequential API, expected the Functional API" in told(
        functional, sequential, net
    )
    assert "is computed by a class of your own" in told(functional, Subclass, net)


@pytest.mark.parametrize(
    ("answer", "received"),
    [
        (None, "returned None, expected a Keras model: does it end with `return model`?"),
        (3, "returned the number 3, expected a Keras model"),
        (np.ones(2), "returned a NumPy array of shape (2,) and dtype float64"),
        (layers.Dense, "returned an object of type type, expected a Keras model"),
        ([1, 2], "returned a list of 2 items, expected a Keras model"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "declared", [same_layers, same_outputs, same_gradients, functional], ids=lambda each: each.name
)
def test_expectations_say_what_was_returned_in_place_of_a_model(declared, answer, received):
    """A model that is not returned is told as that, whatever was expected of it."""
    assert received in told(declared, lambda: answer, net)


@check(task="block", points=2)
def block(student, rng):
    """block has the right layers and outputs"""
    given = keras_input(8, 6, 4)
    made = student.block(given, filters=(2, 4), training=if_accepted(True), stage=if_accepted(2))
    expect_model("X", made, rng)
    images = rng.standard_normal((3, 8, 6, 4))
    for training in (False, True):
        expect_outputs("X", made, images, rng, training=training)
    expect_gradients("X", made, images, rng)


def course_block(x, filters, training=True):
    """A convolutional block as in the course's notebooks, its mode fixed by a default."""
    main = layers.Conv2D(filters[0], 1, 2)(x)
    main = layers.ReLU()(layers.BatchNormalization()(main, training=training))
    main = layers.BatchNormalization()(layers.Conv2D(filters[1], 1)(main), training=training)
    x = layers.BatchNormalization()(layers.Conv2D(filters[1], 1, 2)(x), training=training)
    return layers.ReLU()(layers.Add()([main, x]))


def older_block(x, filters, stage):
    """The same as older notebooks have it: no mode, a stage, the shortcut first, an operator."""
    short = layers.BatchNormalization(axis=3)(layers.Conv2D(filters[1], 1, 2)(x))
    x = layers.Conv2D(filters[0], 1, 2, name=f"res{stage}a")(x)
    x = layers.Activation("relu")(layers.BatchNormalization(axis=3)(x))
    x = layers.BatchNormalization(axis=3)(layers.Conv2D(filters[1], 1)(x))
    return layers.Activation("relu")(short + x)


def test_expectations_judge_blocks_by_the_tensors_they_return():
    """A block is given a symbolic input; signatures of every age are called as they ask."""
    for student in (course_block, older_block):
        assert mark(block, student, course_block).status == "PASS"
        assert mark(block, student, older_block).status == "PASS"
    assert "expected a Keras tensor: does it end with `return X`?" in told(
        block, lambda *_, **__: None, course_block
    )

    def whole(x, filters):
        return keras.Model(x, older_block(x, filters, 1))

    assert "block returned a Keras model, expected a Keras tensor" in told(
        block, whole, course_block
    )

    def without_shortcut(x, filters):
        short = older_block(x, filters, 1)
        return layers.ReLU()(layers.Conv2D(filters[1], 1, 2)(x)) + 0 * short

    assert mark(block, without_shortcut, course_block).status == "FAIL"


def test_expect_model_refuses_a_tensor_in_place_of_a_model():
    """A function that forgets keras.Model gives the last tensor."""
    said = told(same_layers, lambda: net().output, net)
    assert "net returned a Keras tensor, expected a Keras model" in said


def test_expect_outputs_takes_several_inputs():
    """One array per input, in the model's order."""

    @check(task="net", points=1)
    def both(student, rng):
        """net subtracts"""
        rows = [rng.standard_normal((3, 4)), rng.standard_normal((3, 4))]
        expect_outputs("model", student.net(), rows, rng)

    def make(order):
        inputs = [keras.Input((4,)), keras.Input((4,))]
        given = [inputs[each] for each in order]
        return keras.Model(inputs, layers.Dense(2)(layers.Subtract()(given)))

    right, swapped = (functools.partial(make, order) for order in ((0, 1), (1, 0)))
    assert mark(both, right, right).status == "PASS"
    assert mark(both, swapped, right).status == "FAIL"


@check(task="net", points=5)
def learns(student, rng):
    """net learns to tell bright images from dark ones"""
    labels = np.arange(96) % 2
    images = rng.standard_normal((96, 4, 3, 1)) + np.where(labels, 2.0, -2.0)[:, None, None, None]
    train, test = (images[:64], labels[:64]), (images[64:], labels[64:])
    expect_accuracy("model", student.net(), train, test, rng, epochs=15, at_least=0.9, batch_size=8)


def learner(units=1, activation="sigmoid", stuck=False):
    dense = layers.Dense(units, activation, kernel_initializer="zeros", trainable=not stuck)
    return keras.Sequential([keras.Input((4, 3, 1)), layers.Flatten(), dense])


def test_expect_accuracy_trains_and_tests():
    """One that can learn passes, one that cannot is told how far it got."""
    assert mark(learns, learner, learner).status == "PASS"
    said = told(learns, functools.partial(learner, 2, "softmax", stuck=True), learner)
    assert "trained for 15 epochs, is right on 16 of 32 test images, 50.0%" in said
    assert "expected at least 90.0%" in said


@pytest.mark.slow
def test_expectations_accept_resnet50_in_one_piece():
    """Fifty layers agree with themselves in every way, and one forgotten ReLU is found."""

    @check(task="net", points=1)
    def resnet(student, rng):
        """net is ResNet50"""
        model = student.net()
        expect_model("model", model, rng)
        images = rng.standard_normal((2, 64, 64, 3))
        for training in (False, True):
            expect_outputs("model", model, images, rng, training=training)
        expect_gradients("model", model, images, rng)

    assert mark(resnet, course.resnet50, course.solution).status == "PASS"
    blocks = functools.partial(course.resnet50, blocks=(2, 3, 4, 2))
    assert mark(resnet, blocks, course.solution).status == "FAIL"


def unbuilt(last="softmax"):
    """The layers of the same, without the input that would give them shapes."""
    return keras.Sequential(
        [
            layers.Conv2D(4, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(6, activation=last),
        ]
    )


def test_expect_model_takes_one_layer_for_a_missing_input():
    """Right layers without their input are short of the input only; wrong ones of all."""
    right, wrong = (
        mark(same_layers_in_parts, make, net) for make in (unbuilt, lambda: unbuilt("elu"))
    )
    assert 8 < right.score < 10
    assert wrong.score == 0
    assert "begin with keras.Input" in told(same_layers_in_parts, unbuilt, net)
    assert "as expected" not in told(same_layers_in_parts, unbuilt, net)


def test_expect_gradients_passes_layers_that_change_nothing():
    """What learns alike passes, whatever its layers; they are another expectation's."""
    idle = variant(extra=layers.Dropout(0.5))
    assert mark(same_gradients, idle, net).status == "PASS"
    assert mark(same_layers, idle, net).status == "FAIL"
