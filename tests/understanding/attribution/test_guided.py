"""Guided backpropagation against integers worked by hand, in every style of ReLU."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.understanding import UnderstandingError, UnderstandingWarning, guided_backprop, saliency
from tests.understanding.models import (
    RELUS,
    SHAPE,
    classifier,
    convolution,
    fill_weights,
    images,
)

# One row of two pixels of two channels; the second image has the pixels of the first swapped.
IMAGES = np.array([[[[1, 2], [3, -1]]], [[[3, -1], [1, 2]]]], np.float32)
FIRST = np.array([[1, 1], [-1, 1]])  # (a - b, a + b) of a pixel (a, b)
SECOND = np.array([[1, -1], [-1, 2]])  # (c - d, 2 d - c)
ANSWER = np.array([[5, -1], [2, -2], [3, -3], [7, 4]])  # class 0: 5 2 at the first pixel, then 3 7


class _Padded(layers.Conv2D):
    """A convolution with a `call` of its own, which ends as Keras' does."""

    def call(self, inputs):
        return super().call(ops.pad(inputs, ((0, 0), (1, 0), (0, 0), (0, 0)))[:, 1:])


_TOGETHER = {  # of operations of the graph
    "where": lambda tensor: ops.where(tensor > 0, tensor, 0.0),
    "masked": lambda tensor: tensor * ops.cast(tensor > 0, tensor.dtype),
}
_AROUND = ("dense in time", "normalised kernel", "own convolution")  # ReLU within what has weights


def _rectified(style, filters, name):
    """A convolution of single pixels with a ReLU in some style."""
    options = {"use_bias": False, "name": name}
    if style in _TOGETHER:
        return [layers.Conv2D(filters, 1, **options), _TOGETHER[style]]
    if style not in _AROUND:
        return convolution(style, filters, 1, **options)
    options["activation"] = "relu"
    return [
        {
            "dense in time": lambda: layers.TimeDistributed(layers.Dense(filters, **options)),
            "normalised kernel": lambda: layers.SpectralNormalization(
                layers.Conv2D(filters, 1, **options)
            ),
            "own convolution": lambda: _Padded(filters, 1, **options),
        }[style]()
    ]


def _worked_model(style, *, nested=False):
    given = keras.Input((1, 2, 2))
    tensor = given
    for each in [*_rectified(style, 2, "first"), *_rectified(style, 2, "second")]:
        tensor = each(tensor)
    if nested:
        outer = keras.Input((1, 2, 2))
        tensor, given = keras.Model(given, tensor)(outer), outer
    end = layers.Dense(2, use_bias=False, activation="softmax")
    model = keras.Model(given, end(layers.Flatten()(tensor)))
    kernels = [weight for weight in model.weights if weight.path.endswith("kernel")]
    for kernel, value in zip(kernels, (FIRST, SECOND, ANSWER), strict=True):
        kernel.assign(value.reshape(kernel.shape))
    return model


# Pixel (1, 2): the first layer gives (-1, 3), rectified (0, 3); the second (-3, 6), so (0, 6).
# Pixel (3, -1): (4, 2), then (2, 0).
# First image, class 0: at the second ReLU come (5, 2) and (3, 7), which leaves (0, 2) and (3, 0).
#   Before the second layer: (-2, 4) and (3, -3). Guided, behind the first ReLU: (0, 4) and (3, 0);
#   plainly (0, 4) and (3, -3). To the pixels: (4, 4) and (3, -3); plainly (4, 4) and (0, -6).
# Second image: (5, 0) and (0, 7); (5, -5) and (-7, 14); guided (5, 0) and (0, 14), plainly (5, -5)
#   and (0, 14). To the pixels: (5, -5) and (14, 14); plainly (0, -10) and (14, 14).
GUIDED = np.array([[[4, 3]], [[5, 14]]])
PLAIN = np.array([[[4, 6]], [[10, 14]]])


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("style", [*RELUS, *_AROUND, *_TOGETHER])
@pytest.mark.filterwarnings("error::dlcnn.understanding.UnderstandingWarning")
def test_guided_backprop_equals_the_worked_case(style, nested):
    """However a ReLU is written, in the model or in a backbone: one result, of integers, and no
    warning.
    """
    model = _worked_model(style, nested=nested)
    np.testing.assert_array_equal(np.asarray(guided_backprop(model, IMAGES, 0)), GUIDED)


def test_guided_backprop_is_not_the_gradient():
    """The same case without the rule: the numbers differ where a negative gradient passed."""
    model = _worked_model("layer")
    np.testing.assert_array_equal(np.asarray(saliency(model, IMAGES, 0)), PLAIN)
    # The model itself is as it was, before and after.
    guided_backprop(model, IMAGES, 0)
    np.testing.assert_array_equal(np.asarray(saliency(model, IMAGES, 0)), PLAIN)


def test_guided_backprop_warns_where_nothing_excites_the_class():
    """Class 1 is only spoken against in the first image: nothing is left, which is said."""
    with pytest.warns(UnderstandingWarning, match="guided_backprop: all values are 0"):
        maps = guided_backprop(_worked_model("layer"), IMAGES[:1], 1)
    assert not np.asarray(maps).any()


@pytest.mark.parametrize("kind", ["plain", "times_input"])
def test_guided_backprop_is_read_in_the_other_ways(kind):
    """The worked gradients, added up over channels, or times the pixels."""
    gradients = np.array([[[[4, 4], [3, -3]]], [[[5, -5], [14, 14]]]])
    expected = (gradients * (IMAGES if kind == "times_input" else 1)).sum(axis=-1)
    maps = guided_backprop(_worked_model("argument"), IMAGES, 0, kind=kind)
    np.testing.assert_array_equal(np.asarray(maps), expected)


def test_guided_backprop_guides_a_relu_that_stops_at_six():
    """ReLU6 is a ReLU; where it is cut off, nothing passes."""
    given = keras.Input((1, 3, 1))
    end = layers.Dense(2, use_bias=False)
    model = keras.Model(given, end(layers.Flatten()(layers.Activation("relu6")(given))))
    model.set_weights([np.array([[1, 0], [-2, 0], [3, 0]])])
    maps = guided_backprop(model, np.array([1, 1, -1], np.float32).reshape(1, 1, 3, 1), 0)
    np.testing.assert_array_equal(np.asarray(maps), [[[1, 0, 0]]])


@pytest.mark.parametrize("activation", ["tanh", None])
def test_guided_backprop_refuses_a_network_without_relu(activation):
    """Without a ReLU there is nothing to guide; the activations that there are get named."""
    model = keras.Sequential(
        [keras.Input(SHAPE), layers.Conv2D(3, 3, activation=activation), layers.Flatten()]
    )
    model.add(layers.Dense(3, activation="softmax"))
    words = r"softmax, tanh" if activation else r"softmax\)|none"
    with pytest.raises(UnderstandingError, match=rf"guided_backprop: .* {words}"):
        guided_backprop(model, images())


def test_guided_backprop_sees_a_relu_that_was_put_in_later():
    """A layer whose activation was changed is guided, or no more."""
    model = classifier(nesting="sequential")
    before = np.asarray(guided_backprop(model, images(), 0))
    for layer in model.layers:
        if layer.name in ("first", "second"):
            layer.activation = keras.activations.linear
    with pytest.raises(UnderstandingError, match="which has none"):
        guided_backprop(model, images(), 0)
    for layer in model.layers:
        if layer.name in ("first", "second"):
            layer.activation = keras.activations.relu
    np.testing.assert_array_equal(
        np.asarray(guided_backprop(fill_weights(model), images(), 0)), before
    )
