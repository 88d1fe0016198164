"""Every layer against the Keras layer of its name: outputs, gradients and weights; and refusals."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcnn.models import layers as historic
from dlcnn.reference import ShapeError, layers

from .oracles import TOLERANCES, central_differences

IMAGES, SEQUENCES, ROWS = (3, 7, 9, 4), (3, 9, 4), (5, 6)
_OF_PIXELS = {
    "kernel_size": (3, 2),
    "strides": (2, 1),
    "padding": "same",
    "activation": "tanh",
}
_LATE = {"padding": "causal"}

# class name, configuration, shape of the input (of the inputs, for layers that merge)
CASES = [
    ("Conv2D", {"filters": 6, "kernel_size": 3}, IMAGES),
    ("Conv2D", {"filters": 6, **_OF_PIXELS}, IMAGES),
    ("Conv2D", {"filters": 3, "kernel_size": (2, 3), "use_bias": False}, IMAGES),
    ("Conv2D", {"filters": 5, "kernel_size": 2, "dilation_rate": (2, 3)}, IMAGES),
    ("Conv2D", {"filters": 3, "kernel_size": 1, "activation": "softmax"}, IMAGES),
    ("Conv1D", {"filters": 5, "kernel_size": 4, "strides": 2, "activation": "relu"}, SEQUENCES),
    (
        "Conv1D",
        {"filters": 5, "kernel_size": 3, "dilation_rate": 2, "padding": "causal"},
        SEQUENCES,
    ),
    ("Conv1D", {"filters": 5, "kernel_size": 3, **_LATE, "strides": 2}, SEQUENCES),
    ("DepthwiseConv2D", {"kernel_size": (3, 2), "depth_multiplier": 3}, IMAGES),
    ("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    ("Dense", {"units": 3}, ROWS),
    ("Dense", {"units": 7, "activation": "sigmoid", "use_bias": False}, ROWS),
    ("Dense", {"units": 3, "activation": "softmax"}, SEQUENCES),
    ("MaxPooling2D", {}, IMAGES),
    ("MaxPooling2D", {"pool_size": (3, 2), "strides": (2, 3), "padding": "same"}, IMAGES),
    ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    ("AveragePooling2D", {"pool_size": (2, 4)}, IMAGES),
    ("MaxPooling1D", {"pool_size": 3, "strides": 2}, SEQUENCES),
    ("AveragePooling1D", {"pool_size": 3, "padding": "same"}, SEQUENCES),
    ("GlobalAveragePooling2D", {}, IMAGES),
    ("GlobalAveragePooling2D", {"data_format": "channels_first", "keepdims": True}, IMAGES),
    ("GlobalMaxPooling2D", {"keepdims": True}, IMAGES),
    ("GlobalAveragePooling1D", {}, SEQUENCES),
    ("GlobalMaxPooling1D", {}, SEQUENCES),
    ("Flatten", {}, IMAGES),
    ("Flatten", {"data_format": "channels_first"}, IMAGES),
    ("Flatten", {}, ROWS),
    ("ZeroPadding2D", {"padding": 2}, IMAGES),
    ("ZeroPadding2D", {"padding": (1, 3)}, IMAGES),
    ("ZeroPadding2D", {"padding": ((1, 0), (2, 3)), "data_format": "channels_first"}, IMAGES),
    ("BatchNormalization", {}, IMAGES),
    ("BatchNormalization", {"epsilon": 0.1, "momentum": 0.7, "scale": False}, IMAGES),
    ("BatchNormalization", {"axis": 1, "center": False}, IMAGES),
    ("BatchNormalization", {}, ROWS),
    ("ReLU", {}, IMAGES),
    ("ReLU", {"max_value": 0.75, "negative_slope": 0.5, "threshold": 0.25}, IMAGES),
    ("ReLU", {"max_value": 0.25, "negative_slope": 0.5, "threshold": 0.75}, IMAGES),
    ("Softmax", {}, ROWS),
    ("Softmax", {"axis": 1}, IMAGES),
    ("Softmax", {"axis": (1, -1)}, IMAGES),
    *(
        ("Activation", {"activation": name}, IMAGES)
        for name in ("linear", "relu", "sigmoid", "softmax", "tanh")
    ),
    ("Dropout", {"rate": 0.5}, IMAGES),
    ("LocalResponseNormalization", {"depth": 3, "bias": 1.5, "alpha": 0.5, "beta": 0.6}, IMAGES),
    ("LocalResponseNormalization", {"depth": 2, "alpha": 0.5}, IMAGES),
    ("SelectChannels", {"channels": (3, 0, 3)}, IMAGES),
    ("RadialBasis", {"units": 4}, ROWS),
    ("Add", {}, [IMAGES, IMAGES, (3, 1, 9, 1)]),
    ("Concatenate", {}, [IMAGES, (3, 7, 9, 2)]),
    ("Concatenate", {"axis": 1}, [(3, 2, 9, 4), IMAGES, IMAGES]),
]


def _read_only(array):
    kept = array.copy()
    kept.flags.writeable = False
    return kept


# The same values laid out otherwise in memory.
LAYOUTS = {
    "read-only": _read_only,
    "reversed": lambda array: np.flip(np.flip(array).copy()),
    "Fortran": np.asfortranarray,
}


def each(change, inputs):
    """What `change` makes of the inputs, or of each one in a list."""
    return [change(array) for array in inputs] if isinstance(inputs, list) else change(inputs)


def draw(shape):
    """Inputs of one shape, or a list of them."""
    rng = np.random.default_rng(5)
    if isinstance(shape, list):
        return [rng.standard_normal(each) for each in shape]
    return rng.standard_normal(shape)


def pair(class_name, config, inputs):
    """The layer in Keras and in NumPy, with the same weights, none of them 0 or 1."""
    kinds = keras.layers if hasattr(keras.layers, class_name) else historic
    theirs = getattr(kinds, class_name)(**config, dtype="float64")
    theirs(inputs)
    rng = np.random.default_rng(6)
    theirs.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in theirs.weights])
    ours = layers.make_layer(class_name, config)
    ours.weights = {weight.name: weight.numpy() for weight in theirs.weights}
    return theirs, ours


def compare(class_name, config, shape, *, training=False, change=lambda array: array):
    """Hold outputs, gradients and weights to Keras; `change` spoils the gradient ours is given."""
    rtol, atol = TOLERANCES[np.dtype(np.float64)]
    inputs = draw(shape)
    theirs, ours = pair(class_name, config, inputs)
    several = isinstance(inputs, list)
    tensors = [tf.constant(each) for each in (inputs if several else [inputs])]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        expected = theirs(tensors if several else tensors[0], training=training)
    grad_outputs = np.random.default_rng(7).standard_normal(expected.shape)
    sources = [*tensors, *theirs.trainable_variables]
    expected_gradients = tape.gradient(
        expected, sources, tf.constant(grad_outputs), unconnected_gradients="zero"
    )

    outputs = ours(inputs, training=training)
    gradients = ours.gradients(change(grad_outputs), inputs, outputs, training=training)

    np.testing.assert_allclose(outputs, expected, rtol=rtol, atol=atol)
    received = [*(gradients.inputs if several else [gradients.inputs]), *gradients.weights.values()]
    for ours_each, theirs_each in zip(received, expected_gradients, strict=True):
        np.testing.assert_allclose(ours_each, theirs_each, rtol=1e-9, atol=1e-9)
    for weight in theirs.weights:
        np.testing.assert_allclose(ours.weights[weight.name], weight, rtol=rtol, atol=atol)


@pytest.mark.parametrize(("class_name", "config", "shape"), CASES)
def test_layer_agrees_with_the_keras_layer_of_its_name(class_name, config, shape):
    """Outputs and all gradients, from the same configuration and weights"""
    compare(class_name, config, shape)


@pytest.mark.parametrize(
    ("class_name", "config", "shape"), [case for case in CASES if case[0] == "BatchNormalization"]
)
def test_batch_normalization_agrees_with_keras_in_training(class_name, config, shape):
    """Outputs, gradients through the batch's own statistics, and the moved ones"""
    compare(class_name, config, shape, training=True)


@pytest.mark.parametrize(("class_name", "config", "shape"), CASES[1:40:6])
def test_comparison_with_keras_notices_a_wrong_gradient(class_name, config, shape):
    """A gradient that is 1 % too large does not pass"""
    with pytest.raises(AssertionError):
        compare(class_name, config, shape, change=lambda array: array * 1.01)


def test_comparison_with_keras_notices_the_other_mode():
    """Normalizing by the moving statistics is not normalizing by the batch's"""
    inputs = draw(IMAGES)
    theirs, ours = pair("BatchNormalization", {}, inputs)
    assert np.abs(ours(inputs, training=True) - theirs(inputs, training=False)).max() > 0.1


def test_grouped_convolution_layer_agrees_with_a_layer_for_each_group():
    """Each group of filters sees its own channels, forwards and backwards"""
    inputs, layer = draw((2, 5, 6, 4)), layers.Conv2D(6, 3, groups=2, activation="relu", seed=1)
    outputs = layer(inputs)
    gradients = layer.gradients(np.ones(outputs.shape), inputs, outputs)

    for group in range(2):
        seen, made = slice(2 * group, 2 * group + 2), slice(3 * group, 3 * group + 3)
        alone = layers.Conv2D(3, 3, activation="relu")
        alone.weights = {name: array[..., made] for name, array in layer.weights.items()}
        np.testing.assert_allclose(alone(inputs[..., seen]), outputs[..., made])
        expected = alone.gradients(
            np.ones(outputs[..., made].shape), inputs[..., seen], outputs[..., made]
        )
        np.testing.assert_allclose(gradients.inputs[..., seen], expected.inputs)
        np.testing.assert_allclose(
            gradients.weights["kernel"][..., made], expected.weights["kernel"]
        )


def test_channels_first_convolution_layer_is_the_other_with_its_axes_moved():
    """`data_format` changes the order of the axes and nothing else"""
    inputs = draw((2, 5, 6, 4))
    last = layers.Conv2D(3, 2, strides=2, seed=1)
    first = layers.Conv2D(3, 2, strides=2, data_format="channels_first", seed=1)
    expected = np.moveaxis(last(inputs), -1, 1)
    np.testing.assert_allclose(first(np.moveaxis(inputs, -1, 1)), expected)


@pytest.mark.parametrize("training", [False, True])
def test_batch_normalization_gradient_agrees_with_central_differences(training):
    """dL/dinputs of L = sum(outputs * grad_outputs), without any framework"""
    inputs = draw((3, 2, 4))
    grad_outputs = np.random.default_rng(8).standard_normal(inputs.shape)

    def run(array):
        layer = layers.BatchNormalization()
        outputs = layer(array, training=training)
        return layer, outputs

    layer, outputs = run(inputs)
    received = layer.gradients(grad_outputs, inputs, outputs, training=training).inputs
    expected = central_differences(
        lambda moved: float(np.sum(run(moved)[1] * grad_outputs)), inputs
    )
    np.testing.assert_allclose(received, expected, rtol=1e-6, atol=1e-7)


def test_layer_draws_its_weights_as_keras_does():
    """Kernels fill Keras' range evenly and have its variance; biases begin at 0"""
    layer = layers.Conv2D(64, (3, 5), seed=1)
    layer(np.zeros((1, 8, 8, 32), np.float32))
    theirs = keras.layers.Conv2D(64, (3, 5))
    theirs.build((1, 8, 8, 32))
    kernel, expected = layer.weights["kernel"], theirs.kernel.numpy()

    assert kernel.shape == expected.shape
    assert kernel.dtype == np.float32
    assert abs(kernel.max() / expected.max() - 1) < 1e-3
    assert abs(kernel.std() / expected.std() - 1) < 0.02
    assert not layer.weights["bias"].any()


def test_layer_draws_the_same_weights_from_the_same_seed():
    """A seed stands for the weights; a generator is shared and goes on"""
    inputs, rng = draw(ROWS), np.random.default_rng(3)

    def kernel(seed):
        layer = layers.Dense(4, seed=seed)
        layer(inputs)
        return layer.weights["kernel"]

    np.testing.assert_array_equal(kernel(1), kernel(1))
    assert (kernel(1) != kernel(2)).all()
    assert (kernel(rng) != kernel(rng)).all()


@pytest.mark.parametrize(("class_name", "config", "shape"), CASES)
def test_layer_keeps_float32_and_takes_integers_as_float64(class_name, config, shape):
    """Outputs and gradients have the dtype of floating inputs, whatever that of the gradient"""
    for given, other, expected in (
        (np.float32, np.float64, np.float32),
        (np.uint8, np.float32, np.float64),
    ):
        inputs = each(lambda array, dtype=given: array.astype(dtype), draw(shape))
        layer = layers.make_layer(class_name, config, 1)
        outputs = layer(inputs)
        gradients = layer.gradients(np.ones(outputs.shape, other), inputs, outputs)
        arrays = gradients.inputs if isinstance(inputs, list) else [gradients.inputs]
        arrays = [*arrays, outputs, *gradients.weights.values(), *layer.weights.values()]
        assert {array.dtype for array in arrays} == {np.dtype(expected)}


def run(layer, inputs, lay_out=lambda array: array):
    """Outputs and gradients, by name, from the inputs and their gradient as `lay_out` lays them."""
    inputs = each(lay_out, inputs)
    outputs = layer(inputs)
    grad_outputs = lay_out(np.random.default_rng(7).standard_normal(outputs.shape))
    gradients = layer.gradients(grad_outputs, inputs, outputs)
    return {"outputs": outputs, "inputs": gradients.inputs, **gradients.weights}


@pytest.mark.parametrize("lay_out", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize(("class_name", "config", "shape"), CASES)
def test_layer_takes_arrays_however_they_lie_in_memory(class_name, config, shape, lay_out):
    """Values count, not their order in memory, and nothing is written into what was given"""
    layer = layers.make_layer(class_name, config, 1)
    expected = run(layer, draw(shape))
    layer.weights = {name: lay_out(array) for name, array in layer.weights.items()}
    received = run(layer, draw(shape), lay_out)
    assert received.keys() == expected.keys()
    for name, arrays in expected.items():
        several = isinstance(arrays, list)
        pairs = zip(received[name], arrays, strict=True) if several else [(received[name], arrays)]
        for ours, theirs in pairs:
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_layouts_are_what_they_are_called():
    """The arrays of the test above cannot be written, go backwards, or change rows fastest"""
    read_only, backwards, fortran = (lay_out(np.ones((2, 3))) for lay_out in LAYOUTS.values())
    assert not read_only.flags.writeable
    assert backwards.strides == (-24, -8)
    assert fortran.strides == (8, 16)


@pytest.mark.parametrize(("class_name", "config", "shape"), CASES)
def test_layer_takes_a_batch_of_none(class_name, config, shape):
    """No images give no outputs and no gradients, in the shapes of a batch of any other size"""
    layer = layers.make_layer(class_name, config, 1)
    full = run(layer, draw(shape))
    empty = run(layer, each(lambda array: array[:0], draw(shape)))
    for name in ("outputs", "inputs"):
        assert each(np.shape, empty.pop(name)) == each(lambda a: (0, *a.shape[1:]), full.pop(name))
    assert empty.keys() == full.keys()
    for name, gradient in empty.items():
        np.testing.assert_array_equal(gradient, np.zeros(full[name].shape))


def test_batch_normalization_refuses_to_learn_from_no_values():
    """A mean of nothing is none, and the moving ones stay as they were"""
    layer, empty = layers.BatchNormalization(), np.zeros((0, 5, 4))
    outputs = layer(empty)
    before = dict(layer.weights)
    with pytest.raises(ShapeError, match=r"must hold values .*Received .*\(0, 5, 4\)"):
        layer(empty, training=True)
    with pytest.raises(ShapeError, match="must hold values"):
        layer.gradients(outputs, empty, outputs, training=True)
    np.testing.assert_equal(layer.weights, before)


def test_relu_gradient_at_its_corners():
    """At the threshold it is that of the values below; at max_value it is 0, as Keras for 6"""
    inputs, ones = np.array([0, 0.25, 0.5, 6, 7]), np.ones(5)
    layer = layers.ReLU(6, negative_slope=0.5, threshold=0.25)
    received = layer.gradients(ones, inputs, layer(inputs)).inputs
    np.testing.assert_array_equal(received, [0.5, 0.5, 1, 0, 0])
    tensor = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        outputs = keras.layers.ReLU(6, dtype="float64")(tensor)
    received = layers.ReLU(6).gradients(ones, inputs, outputs.numpy()).inputs
    np.testing.assert_array_equal(received, tape.gradient(outputs, tensor))


def test_add_gives_an_input_that_counts_for_none_a_gradient_of_zeros():
    """A batch of 1 beside a batch of 0 was added to nothing"""
    inputs = [np.ones((1, 2)), np.ones((0, 2))]
    outputs = layers.Add()(inputs)
    first, second = layers.Add().gradients(outputs, inputs, outputs).inputs
    np.testing.assert_array_equal(first, np.zeros((1, 2)))
    assert second.shape == (0, 2)


def test_activations_stay_finite_far_from_zero():
    """The largest and smallest inputs that float32 can hold give 0, 1/2 or 1"""
    far = np.array([[-3e38, 0, 3e38]], np.float32)
    with np.errstate(over="raise", invalid="raise"):
        np.testing.assert_array_equal(layers.Sigmoid()(far), [[0, 0.5, 1]])
        np.testing.assert_array_equal(layers.Softmax()(far / 2), [[0, 0, 1]])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: layers.Conv2D(0, 3), "filters must be an integer, at least 1"),
        (lambda: layers.Conv2D(4, (3, 3, 3)), "kernel_size must be one integer or two"),
        (lambda: layers.Dense(2.5), "units must be an integer"),
        (lambda: layers.Dense(2, activation="swish"), "activation must be None or one of"),
        (lambda: layers.MaxPooling2D(0), "pool_size must be"),
        (lambda: layers.MaxPooling2D(2, strides=0), "MaxPooling2D: strides must be"),
        (lambda: layers.AveragePooling1D(2, padding="Same"), "AveragePooling1D: padding must be"),
        (lambda: layers.Conv2D(4, 3, padding="Same"), "Conv2D: padding must be"),
        (lambda: layers.Conv2D(4, 3, padding={"mode": "edge", "pad": "same"}), "mirror padding"),
        (lambda: layers.ReLU(threshold=-1), "must be at least 0"),
        (lambda: layers.Dropout(7), "rate must be from 0 to 1"),
        (lambda: layers.BatchNormalization(axis=[3]), "axis must be an integer"),
        (lambda: layers.Concatenate(axis=1.5), "axis must be an integer"),
        (lambda: layers.Softmax(axis=(1, None)), "axis must be an integer"),
        (lambda: layers.ZeroPadding2D("same"), "padding must be"),
        (lambda: layers.Conv2D(4, 3)(np.zeros((5, 6, 3))), "must have the 4 axes"),
        (lambda: layers.Conv2D(4, 3, groups=2)(np.zeros((2, 5, 6, 3))), "a multiple of groups"),
        (lambda: layers.Conv2D(4, 3, padding="causal"), "padding must be"),
        (lambda: layers.Softmax(axis=7)(np.zeros(IMAGES)), "each of the axes"),
        (lambda: layers.Softmax(axis=(1, -1))(np.zeros(ROWS)), "named once"),
        (lambda: layers.SelectChannels((9,))(np.zeros(IMAGES)), r"channels=\[9\]"),
        (lambda: layers.Concatenate(axis=7)([np.zeros(ROWS)] * 2), "must have an axis 7"),
        (lambda: layers.Dense(2)(np.zeros(3)), r"\(batch, ..., features\)"),
        (lambda: layers.Dense(2)(np.array([["a"]])), "must hold floating-point numbers"),
        (lambda: layers.BatchNormalization(axis=4)(np.zeros(IMAGES)), "an axis 4"),
        (lambda: layers.Add()([np.zeros((2, 3)), np.zeros((2, 4))]), "must have one shape"),
        (lambda: layers.Add()(np.zeros((2, 3))), "must be a list of arrays"),
        (lambda: layers.Concatenate()([np.zeros((2, 3)), np.zeros((3, 3))]), "along axis -1 only"),
        (lambda: layers.Dropout(0.5)(np.zeros(ROWS), training=True), "lets everything pass"),
        (lambda: layers.ReLU().gradients(np.zeros(2), np.zeros(3), np.zeros(3)), "grad_outputs"),
        (lambda: layers.make_layer("Lambda", {}), "a layer is one of"),
        (lambda: layers.make_layer("Dense", {"filters": 3}), "its settings are activation, units"),
    ],
)
def test_layer_refuses_in_a_sentence(make, sentence):
    """What cannot be computed is a ValueError that names the layer and what it received"""
    with pytest.raises(ValueError, match=sentence) as refusal:
        make()
    assert "Received" in str(refusal.value)


@pytest.mark.parametrize(
    ("class_name", "settings"),
    [
        ("Conv1D", {"filters": 2, "kernel_size": 3}),
        ("Conv2D", {"filters": 2, "kernel_size": 3}),
        ("DepthwiseConv2D", {"kernel_size": 3}),
        ("MaxPooling2D", {}),
        ("GlobalAveragePooling2D", {}),
        ("Flatten", {}),
        ("ZeroPadding2D", {}),
    ],
)
def test_layer_takes_one_of_two_data_formats(class_name, settings):
    """Any other word is refused when the layer is constructed"""
    layers.make_layer(class_name, {**settings, "data_format": "channels_first"})
    with pytest.raises(ValueError, match=f"^{class_name}: data_format must be .*Received .*'NHWC'"):
        layers.make_layer(class_name, {**settings, "data_format": "NHWC"})


@pytest.mark.parametrize(
    ("weights", "error", "sentence"),
    [
        ({"kernel": np.zeros((6, 3))}, ValueError, "its weights are kernel, bias"),
        ({"kernel": np.zeros((5, 3)), "bias": np.zeros(3)}, ShapeError, r"shape \(6, 3\)"),
    ],
)
def test_layer_refuses_weights_of_another_layer(weights, error, sentence):
    """Weights that were set are held to the inputs at every call"""
    layer = layers.Dense(3)
    layer.weights = weights
    with pytest.raises(error, match=sentence):
        layer(draw(ROWS))
