"""Gradients that begin or end at neurons."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.figures import overlaid
from dlcnn.understanding import (
    UnderstandingError,
    activations,
    layer,
    layer_gradients,
    neuron_gradient,
)
from tests.understanding.network.networks import SHAPE, photographs, small


@pytest.fixture(scope="module")
def model():
    return small()


@pytest.mark.parametrize(
    "selection", [layer["conv2"][1, 2, 5], layer["dense"][3], layer["relu2"][..., [0, 4]]]
)
def test_neuron_gradient_equals_central_differences(model, selection):
    """The gradient with respect to a pixel is what the neurons' sum changes by, per step."""
    images = photographs(2)
    found = neuron_gradient(model, images, selection, batch_size=1)

    step = 1e-3
    direction = np.random.default_rng(4).choice([-1, 1], SHAPE) * (np.arange(12) % 5 == 2)[:, None]
    ahead, behind = (
        activations(model, (images + sign * step * direction).astype(np.float32), selection)
        for sign in (1, -1)
    )
    change = ahead[str(selection)] - behind[str(selection)]
    expected = change.reshape(2, -1).sum(axis=1) / (2 * step)
    along = (found.values * direction).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(along, expected, atol=2e-2 * np.abs(expected).max())
    assert np.abs(along[::-1] - expected).max() > 0.1 * np.abs(expected).max()
    total = activations(model, images, selection)[str(selection)].reshape(2, -1).sum(axis=1)
    np.testing.assert_allclose(found.activations, total, rtol=1e-5, atol=1e-6)


def test_neuron_gradient_stays_within_the_receptive_field(model):
    """A neuron's gradient is zero wherever it does not look."""
    found = neuron_gradient(model, photographs(2), layer["conv2"][0, 1, 3]).values

    assert found[:, :7, 1:9].any()  # 8 x 8 pixels from (-1, 1) on
    found[:, :7, 1:9] = 0
    assert not found.any()


def test_layer_gradients_of_the_last_but_one_layer_are_weights(model):
    """The logit is a weighted sum of the layer before it: the gradient is its weights."""
    targets = [3, 0, 1]

    found = layer_gradients(model, photographs(3), "dense", targets, batch_size=2)

    kernel = np.asarray(model.get_layer("answer").kernel)
    np.testing.assert_allclose(found.values, kernel.T[targets], rtol=1e-5)
    before = activations(model, photographs(3), "dense")["dense"]
    bias = np.asarray(model.get_layer("answer").bias)
    scores = (before * found.values).sum(axis=1) + bias[targets]
    np.testing.assert_allclose(found.scores, scores, rtol=1e-4, atol=1e-5)


def test_layer_gradients_equal_differences_of_what_follows(model):
    """Raising one neuron changes the logit by its gradient."""
    images = photographs(2)
    selection = layer["conv2"][1, :, 5]
    found = layer_gradients(model, images, selection, 2)

    maps = activations(model, images, "conv2")["conv2"]
    after = [model.get_layer(name) for name in ("relu2", "flat", "dense", "answer")]

    def logit(values):
        for each in after[:-1]:
            values = each(values)
        return ops.convert_to_numpy(ops.matmul(values, after[-1].kernel))[:, 2]

    step = 1e-2
    for column in range(maps.shape[2]):
        raised, lowered = maps.copy(), maps.copy()
        raised[:, 1, column, 5] += step
        lowered[:, 1, column, 5] -= step
        expected = (logit(raised) - logit(lowered)) / (2 * step)
        np.testing.assert_allclose(found.values[:, column], expected, atol=2e-3)
    assert np.abs(found.values).max() > 1e-2


def test_layer_gradients_keep_what_passes_on_a_shortcut():
    """Around a shortcut only the way through the neurons counts: half of what is added twice."""
    inputs = keras.Input(SHAPE, name="images")
    body = layers.Activation("linear", name="body")(inputs)
    added = layers.Add(name="added")([inputs, body])
    outputs = layers.Dense(2, kernel_initializer="ones")(layers.GlobalAveragePooling2D()(added))
    model = keras.Model(inputs, outputs)

    by_body, by_both = (
        layer_gradients(model, photographs(2), name, 1).values for name in ("body", "images")
    )

    np.testing.assert_allclose(by_body, 1 / 120, rtol=1e-5)
    np.testing.assert_allclose(by_both, 2 / 120, rtol=1e-5)


def test_layer_gradients_refuse_the_answer_itself(model):
    """Nothing is computed behind the softmax, so it has no gradient of a score."""
    with pytest.raises(UnderstandingError, match="the answer itself"):
        layer_gradients(model, photographs(2), layer["answer"][..., 1])


def test_layer_gradients_refuse_probabilities_that_only_pass_on():
    """A softmax with a layer behind it that keeps it comes after the scores all the same; what
    comes before it has their gradient.
    """
    given = keras.Input(SHAPE)
    x = layers.Dense(3, name="logits")(layers.GlobalAveragePooling2D(name="mean")(given))
    end = layers.Identity()(layers.Softmax(name="answer")(x))
    model = keras.Model(given, end)

    with pytest.raises(UnderstandingError, match="answer, which is the answer itself"):
        layer_gradients(model, photographs(2), "answer", 1)

    found = layer_gradients(model, photographs(2), "logits", 1)
    np.testing.assert_array_equal(found.values, [[0, 1, 0]] * 2)
    np.testing.assert_allclose(
        found.scores, keras.Model(given, x).predict(photographs(2), verbose=0)[:, 1], rtol=1e-5
    )


def test_layer_gradients_figure_draws_the_largest_channels(model):
    """The title names class and score; channels of the largest gradients follow the mean."""
    found = layer_gradients(model, photographs(2), "conv2", [1, 3])

    with pytest.raises(UnderstandingError, match="channels is a whole number from 1"):
        found.figure(channels=0)
    figure = found.figure(1, channels=2, class_names=["a", "b", "c", "owl"])

    assert figure.get_suptitle() == f"Gradient of owl, score {found.scores[1]:.3g}"
    _, mean, _, second = figure.axes
    values = found.values[1]
    chosen = sorted(np.argsort(np.abs(values).max(axis=(0, 1)))[-2:])
    assert second.get_title() == f"channel {chosen[1]}"
    np.testing.assert_allclose(mean.get_images()[0].get_array(), values.mean(axis=-1), rtol=1e-5)


def test_neuron_gradient_figure_lays_the_gradient_over_the_images(model):
    """Each image stands beside the gradient's sum over the channels."""
    found = neuron_gradient(model, photographs(2), layer["dense"][2])

    figure = found.figure(columns=1)

    assert figure.get_suptitle() == "Gradient of dense[2]"
    assert figure.axes[2].get_title("left") == f"activation {found.activations[1]:.3g}"
    shown = figure.axes[3].get_images()[-1].get_array()
    together = found.values[1].sum(axis=-1)
    np.testing.assert_allclose(shown, overlaid(found.images[1], together, signed=True), atol=1e-6)


@pytest.mark.parametrize("options", [{"columns": 0}, {"overlay": 2}])
def test_neuron_gradient_figure_refuses_in_a_sentence(model, options):
    """No columns, and a map that covers more than all."""
    (name,) = options
    with pytest.raises(UnderstandingError, match=rf"^figure: {name} is a "):
        neuron_gradient(model, photographs(2), layer["dense"][2]).figure(**options)
