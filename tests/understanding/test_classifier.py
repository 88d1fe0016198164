"""A classifier gives the scores that the model answers with, however it is written."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.understanding import METHODS, gradient, look
from dlcnn.understanding.classifier import classifier_of, first_answer
from dlcnn.understanding.errors import UnderstandingError, UnderstandingWarning
from tests.understanding.models import (
    CLASSES,
    ENDINGS,
    NESTINGS,
    RELUS,
    SHAPE,
    branched,
    classifier,
    fill_weights,
    images,
    in_a_row,
    one_unit,
)


def _numpy(tensor):
    return ops.convert_to_numpy(tensor)


def _logits(model):
    return classifier_of(model, "test").logits(ops.convert_to_tensor(images()))


_STYLES = [
    *((relu, "softmax", "functional") for relu in RELUS),
    *(("layer", ending, "functional") for ending in ENDINGS),
    *(("argument", "softmax layer", nesting) for nesting in NESTINGS),
]


@pytest.mark.parametrize("style", _STYLES, ids=", ".join)
def test_logits_are_those_of_the_model_however_it_is_written(style):
    """One function has one set of logits; their softmax is what the model answers."""
    model = classifier(*style)
    logits = _logits(model)
    expected = _numpy(classifier(ending="logits")(images()))
    np.testing.assert_allclose(_numpy(logits), expected, rtol=1e-4, atol=1e-6)
    answer = _numpy(model(images()))
    kept = logits if style[1] == "logits" else ops.softmax(logits)
    np.testing.assert_allclose(_numpy(kept), answer, rtol=1e-4, atol=1e-6)
    assert classifier_of(model, "test").classes == CLASSES


def test_logits_of_branches_and_shortcuts_are_the_model_s():
    """Layers that give several tensors, are read twice or cut pieces out run as they did."""
    model = branched()
    answer = _numpy(ops.softmax(_logits(model)))
    np.testing.assert_allclose(answer, _numpy(model(images())), rtol=1e-4, atol=1e-6)


def test_logits_follow_the_weights():
    """Other weights, other logits: what is compared above could differ."""
    model = classifier()
    before = _numpy(_logits(model))
    fill_weights(model, 2)
    after = _numpy(_logits(model))
    assert np.abs(after - before).max() > 0.01
    np.testing.assert_allclose(_numpy(ops.softmax(after)), _numpy(model(images())), rtol=1e-4)


def test_logits_are_float32_of_half_a_network():
    """Small differences of scores are not lost in half precision."""
    given = keras.Input(SHAPE)
    dense = layers.Dense(CLASSES, dtype="float16")
    model = keras.Model(given, dense(layers.GlobalAveragePooling2D(dtype="float16")(given)))
    assert keras.backend.standardize_dtype(_logits(model).dtype) == "float32"


def test_scores_are_the_targets_own():
    """Each image has the logit of its class; a single unit speaks against the first class."""
    lens = classifier_of(classifier(), "test")
    logits = np.arange(12, dtype=np.float32).reshape(3, CLASSES)
    found = _numpy(lens.scores(ops.convert_to_tensor(logits), ops.convert_to_tensor([2, 0, 3])))
    np.testing.assert_array_equal(found, [2, 4, 11])
    alone = classifier_of(one_unit(), "test")
    assert (alone.classes, alone.activation) == (2, "sigmoid")
    unit = ops.convert_to_tensor(np.array([[1.5], [-2.0]], np.float32))
    np.testing.assert_array_equal(
        _numpy(alone.scores(unit, ops.convert_to_tensor([0, 1]))), [-1.5, -2]
    )


@pytest.mark.parametrize("name", ["entry", "inner", "shortcut", "left", "mean"])
def test_split_goes_on_from_any_place(name):
    """From a layer's value the logits follow, with what passes it on other ways kept."""
    model = branched()
    lens = classifier_of(model, "test")
    given = ops.convert_to_tensor(images())
    value, onwards = lens.split(given, lens.find(name, "test"))
    tap = keras.Model(model.inputs, model.get_layer(name).output)
    np.testing.assert_allclose(_numpy(value), _numpy(tap(given)), rtol=1e-5, atol=1e-6)
    whole = _numpy(lens.logits(given))
    np.testing.assert_allclose(_numpy(onwards(value)), whole, rtol=1e-5, atol=1e-6)
    assert np.abs(_numpy(onwards(value + 1)) - whole).max() > 1e-3


def test_run_puts_changes_in_place_of_outputs():
    """What a change gives is what later layers read."""
    lens = classifier_of(classifier(), "test")
    last = lens.find("mean", "test")

    def change(step, output):
        return ops.zeros_like(output) if step == last.node else output

    logits = _numpy(lens.logits(ops.convert_to_tensor(images()), change=change))
    bias = lens.nodes[lens.output.node].layer.bias
    np.testing.assert_allclose(logits, np.broadcast_to(_numpy(bias), logits.shape), rtol=1e-6)


# What changes, and what is kept


def _leave_activation_out(model):
    model.layers[0].activation = keras.activations.linear


def _replace_ending(model):
    model.pop()
    model.add(layers.Dense(2, activation="softmax", name="other"))


def test_classifier_of_sees_that_a_nested_model_was_changed():
    """A layer that was taken out of a backbone is explained no more."""
    model = classifier("layer", "logits", "nested sequential")
    before = _numpy(_logits(model))
    model.layers[0].pop()
    np.testing.assert_allclose(_numpy(_logits(model)), _numpy(model(images())), rtol=1e-4)
    assert np.abs(_numpy(_logits(model)) - before).max() > 1e-3


def _wrapped(layer):
    return layers.SpectralNormalization(layer, name="altered")


def _set(model, **settings):
    layer = model.get_layer("altered")
    for name, value in settings.items():
        setattr(getattr(layer, "layer", layer), name, value)


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (lambda: layers.ReLU(name="altered"), {"negative_slope": 0.5}),
        (lambda: layers.Rescaling(2.0, name="altered"), {"scale": 0.25}),
        (lambda: _wrapped(layers.Conv2D(4, 3)), {"activation": keras.activations.relu}),
    ],
)
def test_classifier_of_sees_that_a_layer_was_set_otherwise(make, settings):
    """Numbers of a layer, and what is wrapped, count as those of the moment."""
    given = keras.Input(SHAPE)
    x = make()(layers.Conv2D(4, 3)(given))
    model = fill_weights(keras.Model(given, layers.Dense(3)(layers.Flatten()(x))), 4)
    pixels = ops.convert_to_tensor(images())
    before = classifier_of(model, "test")
    program = before.program("logits", lambda: before.logits)
    first = program(images())
    assert classifier_of(model, "test") is before

    _set(model, **settings)

    after = classifier_of(model, "test")
    assert after is not before
    found = after.program("logits", lambda: after.logits)(images())
    np.testing.assert_allclose(found, _numpy(model(pixels)), rtol=1e-4, atol=1e-5)
    assert np.abs(found - first).max() > 1e-2


@pytest.mark.parametrize("change", [_leave_activation_out, _replace_ending])
def test_classifier_of_sees_that_the_model_was_changed(change):
    """After another activation or other layers the lens is another, and right."""
    model = classifier("argument", "logits", "sequential")
    before = classifier_of(model, "test")
    change(model)
    after = classifier_of(model, "test")
    assert after is not before
    answer = _numpy(model(images()))
    logits = _logits(model)
    found = logits if after.activation == "linear" else ops.softmax(logits)
    np.testing.assert_allclose(_numpy(found), answer, rtol=1e-4, atol=1e-6)


def test_classifier_of_does_not_change_the_model():
    """The softmax that a lens leaves out is still there for whoever else asks the model."""
    model = classifier()
    before = _numpy(model(images()))
    _logits(model)
    np.testing.assert_array_equal(_numpy(model(images())), before)
    assert model.layers[-1].activation is keras.activations.softmax


def _changed_in_training(name):
    """A classifier that flips, drops or normalises by the batch, were it in training."""
    given = keras.Input(SHAPE)
    changing = {
        "augmentation": lambda x: layers.RandomTranslation(0.4, 0.4)(layers.RandomFlip()(x)),
        "batch": lambda x: layers.BatchNormalization()(x, training=True),
        "dropout": lambda x: layers.Dropout(0.5)(x, training=True),
    }
    x = layers.Conv2D(4, 3, activation="relu")(changing[name](given))
    model = keras.Model(given, layers.Dense(3)(layers.Flatten()(x)))
    return fill_weights(model, 4)


@pytest.mark.parametrize("name", ["augmentation", "batch", "dropout"])
@pytest.mark.parametrize("method", METHODS)
def test_methods_explain_a_network_as_it_is_used(method, name):
    """Augmentation and layers that were called for training do nothing, as in `predict`: the
    scores are its, the maps repeat, and no weight, statistic or seed is changed.
    """
    model = _changed_in_training(name)
    before = [np.array(variable) for variable in model.variables]

    maps = METHODS[method](model, images(3), [2, 0, 1])

    expected = model.predict(images(3), verbose=0)[[0, 1, 2], [2, 0, 1]]
    np.testing.assert_allclose(maps.explained.scores, expected, rtol=1e-4, atol=1e-5)
    alone = METHODS[method](model, images(3), [2, 0, 1], batch_size=1)
    np.testing.assert_allclose(maps, alone, rtol=1e-3, atol=1e-5)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(np.array(variable), value)


def test_classifier_of_is_made_anew_for_what_is_no_weight():
    """A Normalization that adapts to other images, and a layer with new variables, are seen."""
    normalised = layers.Normalization()
    given = keras.Input(SHAPE)
    x = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(normalised(given)))
    model = fill_weights(keras.Model(given, layers.Dense(3)(x)), 4)
    normalised.adapt(3 * images(6))
    first = gradient(model, images(2), 0)

    normalised.adapt(0.3 * images(6))
    second = gradient(model, images(2), 0)
    model.layers[-1].enable_lora(2)
    model.layers[-1].lora_kernel_b.assign(np.full((2, 3), 0.5))
    third = gradient(model, images(2), 0)

    fresh = gradient(keras.Model(model.inputs, model.outputs), images(2), 0)
    np.testing.assert_allclose(third, fresh, rtol=1e-5)
    assert np.abs(first - second).max() > 1e-3
    assert np.abs(second - third).max() > 1e-3


@pytest.mark.parametrize(("activation", "units"), [("softmax", 4), ("sigmoid", 4), ("sigmoid", 1)])
def test_classifier_of_a_mean_of_probabilities_answers_as_the_model_does(activation, units):
    """Where each position has its own softmax, the mean of them is explained, not that of logits:
    its logarithm is the score, and what the model prefers is preferred.
    """
    given = keras.Input(SHAPE)
    x = layers.Conv2D(units, 3, activation=activation)(given)
    model = fill_weights(keras.Model(given, layers.GlobalAveragePooling2D()(x)), 4)
    lens = classifier_of(model, "test")
    expected = model.predict(images(6), verbose=0)

    logits = lens.logits(ops.convert_to_tensor(images(6)))
    found = _numpy(lens.probabilities(logits))

    both = np.hstack([1 - expected, expected]) if units == 1 else expected
    np.testing.assert_allclose(found, both, rtol=1e-4, atol=1e-6)
    mean_logits = keras.Model(given, layers.GlobalAveragePooling2D()(_sums(model)(given)))
    other = _numpy(classifier_of(mean_logits, "test").logits(ops.convert_to_tensor(images(6))))
    assert np.abs(other - _numpy(logits)).max() > 0.05


def _sums(model):
    """The convolution of a model without its activation."""
    plain = keras.models.clone_model(model).layers[1]
    plain = layers.Conv2D.from_config({**plain.get_config(), "activation": "linear"})
    plain.build((None, *SHAPE))
    plain.set_weights(model.layers[1].get_weights())
    return plain


# What is refused


def _two_outputs():
    given = keras.Input(SHAPE)
    mean = layers.GlobalAveragePooling2D()(given)
    return keras.Model(given, [layers.Dense(2, name="a")(mean), layers.Dense(3, name="b")(mean)])


@pytest.mark.parametrize(
    ("cut", "name"),
    [
        (ops.round, "Round"),
        (ops.stop_gradient, "StopGradient"),
        (lambda x: ops.cast(ops.argmax(x, axis=-1, keepdims=True), "float32"), "Argmax"),
        (lambda x: ops.cast(x > 0, "float32"), "Greater"),
    ],
)
def test_expect_differentiable_names_what_cuts_gradients_off(cut, name):
    """What rounds, counts, compares or stops gradients is named, before anything runs."""
    model = in_a_row(layers.Conv2D(3, 3, name="before"), cut, layers.Flatten(), layers.Dense(2))
    lens = classifier_of(model, "test")
    with pytest.raises(
        UnderstandingError, match=rf"^test: .*'model', in which the {name} .* occlusion"
    ):
        lens.expect_differentiable(lens.find("before", "test"), "test")


def test_expect_differentiable_is_content_with_one_way():
    """A branch without a gradient beside one that has it does no harm."""
    given = keras.Input(SHAPE)
    kept = layers.Add()([layers.Conv2D(3, 1)(given), ops.stop_gradient(given)])
    lens = classifier_of(keras.Model(given, layers.Dense(2)(layers.Flatten()(kept))), "test")
    lens.expect_differentiable(lens.input, "test")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_two_outputs, "one answer is explained at a time"),
        (lambda: in_a_row(layers.Conv2D(2, 3)), "a score for each class"),
    ],
)
def test_classifier_of_refuses_what_gives_no_scores(make, words):
    """Several answers, and maps: each is said, with what to do."""
    with pytest.raises(UnderstandingError, match=rf"(?s)^look: .*{words}"):
        classifier_of(make(), "look")


def test_first_answer_leaves_helpers_out():
    """Of several outputs the first counts; a model of one is itself."""
    model = _two_outputs()
    first = first_answer(model)
    assert first.outputs[0] is model.outputs[0]
    assert classifier_of(first, "test").classes == 2
    assert first_answer(first) is first


# What ends otherwise


_OTHER_ENDS = {
    "tanh": lambda x: layers.Dense(4, activation="tanh")(x),
    "a function without a name": lambda x: layers.Dense(4, activation=lambda v: ops.softmax(v))(x),
    "Round": lambda x: ops.round(layers.Dense(4)(x)),
    "softmax along halves": lambda x: layers.Flatten()(
        layers.Softmax()(layers.Reshape((2, 2))(layers.Dense(4)(x)))
    ),
    "Concatenate of softmaxes": lambda x: layers.Concatenate()(
        [layers.Dense(2, activation="softmax")(x) for _ in range(2)]
    ),
}


@pytest.mark.parametrize("name", _OTHER_ENDS)
def test_classifier_of_takes_other_numbers_for_logits_and_says_so(name):
    """They are explained as they are, with a warning: nothing is guessed."""
    given = keras.Input(SHAPE)
    end = _OTHER_ENDS[name](layers.Flatten()(layers.Conv2D(3, 3)(given)))
    model = fill_weights(keras.Model(given, end), 3)
    with pytest.warns(UnderstandingWarning, match=r"^look: .* taken for scores as they are"):
        lens = classifier_of(model, "look")
    found = lens.logits(ops.convert_to_tensor(images()))
    np.testing.assert_allclose(_numpy(found), model.predict(images(), verbose=0), rtol=1e-5)
    with pytest.warns(UnderstandingWarning, match=r"^fgsm: .* taken for scores as they are"):
        assert classifier_of(model, "fgsm") is lens


def test_probabilities_of_a_softmax_in_parts_are_the_model_s():
    """Two questions in one answer have two sums; one softmax over all would be another model."""
    given = keras.Input(SHAPE)
    end = _OTHER_ENDS["softmax along halves"](layers.Flatten()(layers.Conv2D(3, 3)(given)))
    model = fill_weights(keras.Model(given, end), 3)
    with pytest.warns(UnderstandingWarning, match="a softmax, but not over all classes"):
        found = look(model, images(), 0, methods=["saliency"])
    expected = model.predict(images(), verbose=0)
    np.testing.assert_allclose(found.probabilities, expected, rtol=1e-5)
    np.testing.assert_allclose(expected.sum(axis=-1), 2, rtol=1e-5)
    assert found.notes == ()


def _several(combine, activation=None):
    return lambda x: combine([layers.Dense(4, activation=activation)(x) for _ in range(2)])


_LOGITS = {
    "sum": _several(layers.Add()),
    "temperature": lambda x: layers.Dense(4)(x) / 2.0,
    "scaled": lambda x: layers.Rescaling(0.1)(layers.Dense(4)(x)),
    "normalised": lambda x: layers.BatchNormalization()(layers.Dense(4)(x)),
    "largest of positions": lambda x: layers.GlobalMaxPooling2D()(
        layers.Conv2D(4, 1)(layers.Reshape((2, 3, -1))(x))
    ),
}
_SOFTMAX = {
    "around": lambda x: layers.SpectralNormalization(layers.Dense(4, activation="softmax"))(x),
    "along a list of axes": lambda x: layers.Softmax(axis=[-1])(layers.Dense(4)(x)),
    "squeezed": lambda x: ops.squeeze(
        layers.Conv2D(4, 1, activation="softmax")(layers.Reshape((1, 1, -1))(x)), axis=(1, 2)
    ),
    "several networks": _several(layers.Average(), "softmax"),
}


@pytest.mark.parametrize("name", [*_LOGITS, *_SOFTMAX])
def test_classifier_of_knows_logits_and_probabilities_that_were_combined(name, recwarn):
    """Sums and scales of logits are logits, and networks that vote have probabilities: without a
    warning, and what the model prefers is preferred.
    """
    given = keras.Input(SHAPE)
    end = {**_LOGITS, **_SOFTMAX}[name](layers.Flatten()(layers.Conv2D(3, (3, 5))(given)))
    model = fill_weights(keras.Model(given, end), 3)
    lens = classifier_of(model, "test")
    logits = lens.logits(ops.convert_to_tensor(images()))
    found = logits if name in _LOGITS else lens.probabilities(logits)
    expected = model.predict(images(), verbose=0)
    np.testing.assert_allclose(_numpy(found), expected, rtol=1e-4, atol=1e-6)
    assert not [each for each in recwarn if issubclass(each.category, UnderstandingWarning)]
