"""Networks as plain data: run, differentiated, and trained step by step beside Keras."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from dlcnn.data.render import digits
from dlcnn.reference import ShapeError
from dlcnn.reference.descent import SGD, sparse_categorical_crossentropy, train_step
from dlcnn.reference.network import Network, Node, chain

from .oracles import central_differences

LENET5 = chain(
    [
        ("Conv2D", {"filters": 6, "kernel_size": 5, "activation": "tanh"}),
        ("AveragePooling2D", {"pool_size": 2}),
        ("Conv2D", {"filters": 16, "kernel_size": 5, "activation": "tanh"}),
        ("AveragePooling2D", {"pool_size": 2}),
        ("Conv2D", {"filters": 120, "kernel_size": 5, "activation": "tanh"}),
        ("Flatten", {}),
        ("Dense", {"units": 84, "activation": "tanh"}),
        ("Dense", {"units": 10}),
        ("Activation", {"activation": "softmax"}),
    ]
)
# Odd sizes, strides that leave pixels out, branches, and a layer that is used twice.
BRANCHED = [
    Node("pad", "ZeroPadding2D", {"padding": ((1, 0), (0, 2))}, ("inputs",)),
    Node("stem", "Conv2D", {"filters": 7, "kernel_size": (4, 3), "strides": (2, 3)}, ("pad",)),
    Node("norm", "BatchNormalization", {"momentum": 0.8}, ("stem",)),
    Node("relu", "ReLU", {}, ("norm",)),
    Node("pool", "MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, ("relu",)),
    Node("mix", "Conv2D", {"filters": 7, "kernel_size": 3, "padding": "same"}, ("pool",)),
    Node("mix_again", "Conv2D", inputs=("mix",), shares="mix"),
    Node("add", "Add", {}, ("mix_again", "pool")),
    Node("each", "DepthwiseConv2D", {"kernel_size": 2, "activation": "tanh"}, ("add",)),
    Node("largest", "GlobalMaxPooling2D", {}, ("each",)),
    Node("average", "GlobalAveragePooling2D", {}, ("each",)),
    Node("both", "Concatenate", {}, ("largest", "average")),
    Node("scores", "Dense", {"units": 10, "use_bias": False}, ("both",)),
    Node("softmax", "Softmax", {}, ("scores",)),
]
STEPS, BATCHES, BATCH = 20, 2, 37
# What float32 holds exactly, as Keras does its settings; and what is usual.
EXACT = {"learning_rate": 2**-5, "momentum": 0.875}
USUAL = {"learning_rate": 0.05, "momentum": 0.9}
SIZES = {"lenet5": (32, 32), "branched": (31, 26)}
NODES = {"lenet5": LENET5, "branched": BRANCHED}


@pytest.fixture(scope="module", autouse=True)
def float64():
    """Keras in float64: its layers by the policy, its losses and metrics by the other."""
    before = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy("float64")
    keras.config.set_floatx("float64")
    yield
    keras.config.set_dtype_policy(before[0])
    keras.config.set_floatx(before[1])


@pytest.fixture(scope="module")
def drawn():
    """Digits as they are drawn, (images in [0, 1], labels)."""
    train, _ = digits.render(seed=3)
    return train.images / 255.0, train.labels


def batches(name, drawn):
    """STEPS batches of an odd size, which come round again."""
    height, width = SIZES[name]
    for step in range(STEPS):
        start = step % BATCHES * BATCH
        chosen = slice(start, start + BATCH)
        yield drawn[0][chosen, :height, :width], drawn[1][chosen]


def in_keras(nodes, shape):
    """The same network as a Keras model, with weights of its own."""
    keras.utils.set_random_seed(4)
    tensors = {"inputs": keras.Input(shape)}
    made = {}
    for node in nodes:
        if node.shares is None:
            made[node.name] = getattr(keras.layers, node.class_name)(**node.config, name=node.name)
        read = [tensors[name] for name in node.inputs]
        tensors[node.name] = made[node.shares or node.name](read if len(read) > 1 else read[0])
    return keras.Model(tensors["inputs"], tensors[nodes[-1].name])


def weights_of(model):
    """All arrays by layer and name."""
    return {
        layer.name: {weight.name: weight.numpy().copy() for weight in layer.weights}
        for layer in model.layers
        if layer.weights
    }


def train_in_keras(name, drawn, settings):
    """The losses of Keras' own training, the weights before it and after it."""
    model = in_keras(NODES[name], (*SIZES[name], 1))
    model.compile(keras.optimizers.SGD(**settings), "sparse_categorical_crossentropy")
    before, losses = weights_of(model), []
    for images, labels in batches(name, drawn):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(images, labels)))
    return np.array(losses), before, weights_of(model)


@pytest.fixture(scope="module")
def trained_in_keras(drawn):
    """LeNet-5 with exact settings, as `train_in_keras` gives it."""
    return train_in_keras("lenet5", drawn, EXACT)


def train(name, weights, drawn, *, spoil=None, **settings):
    """The losses of NumPy from the same weights, and its network; `spoil` changes gradients."""
    nodes = NODES[name]
    end = nodes[-1].name
    network = Network([replace(node, weights=weights.get(node.name, {})) for node in nodes])
    optimizer, losses = SGD(**{**EXACT, **settings}), []
    for images, labels in batches(name, drawn):
        activations = network.activations(images, training=True)
        loss, gradient = sparse_categorical_crossentropy(activations[end], labels)
        gradients = network.gradients({end: gradient}, activations, training=True)
        if spoil:
            spoil(gradients.weights)
        optimizer.update(network.weights, gradients.weights)
        losses.append(loss)
    return np.array(losses), network


@pytest.mark.parametrize("name", NODES)
def test_network_follows_keras_to_the_last_digits(name, drawn):
    """20 steps of SGD with momentum from the same weights: the losses, then the weights"""
    theirs, before, after = train_in_keras(name, drawn, EXACT)
    ours, network = train(name, before, drawn)

    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    assert theirs[-1] < theirs[0] - 0.02  # it learns, so the losses are not all the same
    assert network.weights.keys() == after.keys()
    for layer, weights in network.weights.items():
        for each, array in weights.items():
            np.testing.assert_allclose(array, after[layer][each], rtol=0, atol=1e-12)


def test_network_follows_the_losses_of_keras_with_the_usual_settings(drawn):
    """Keras' momentum is 0.9 in float32 only: 20 losses agree to 1e-5, not to the last digits"""
    theirs, before, _ = train_in_keras("lenet5", drawn, USUAL)
    ours, _ = train("lenet5", before, drawn, **USUAL)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    assert np.abs(ours - theirs).max() > 1e-9


@pytest.mark.parametrize("settings", [{"momentum": 0.875 + 1e-8}, {"nesterov": True}])
def test_losses_show_another_optimizer(settings, trained_in_keras, drawn):
    """The comparison above sees a momentum that is 1e-8 off, and where the gradient is taken"""
    theirs, before, _ = trained_in_keras
    ours, _ = train("lenet5", before, drawn, **settings)
    assert np.abs(ours - theirs).max() > 1e-10


def test_losses_show_a_wrong_gradient(trained_in_keras, drawn):
    """The comparison above sees the gradient of one bias that is a millionth too large"""

    def spoil(gradients):
        gradients["dense_8"]["bias"] *= 1 + 1e-6

    theirs, before, _ = trained_in_keras
    ours, _ = train("lenet5", before, drawn, spoil=spoil)
    assert np.abs(ours - theirs)[0] < 1e-12  # the first loss comes before the first step
    assert np.abs(ours - theirs).max() > 1e-10


@pytest.mark.slow
def test_train_step_teaches_lenet5_to_read_digits(drawn):
    """LeNet-5 in pure NumPy reads 8 of 10 digits that it never saw, after 22 epochs"""
    images, labels = drawn[0].astype(np.float32), drawn[1]
    seen, unseen = slice(0, 1700), slice(1700, None)
    network, optimizer = Network(LENET5, seed=1), SGD(0.02, momentum=0.9)
    rng = np.random.default_rng(2)
    for _ in range(22):
        order = rng.permutation(1700)
        for start in range(0, 1700, 32):
            chosen = order[start : start + 32]
            train_step(network, images[seen][chosen], labels[seen][chosen], optimizer)
    assert (network(images[unseen]).argmax(axis=1) == labels[unseen]).mean() > 0.8


def test_train_step_lowers_the_loss_of_a_batch():
    """The same batch again is less of a surprise; the loss told is the one before the step"""
    rng = np.random.default_rng(5)
    images, labels = rng.uniform(0, 1, (5, 31, 26, 1)), np.array([1, 3, 3, 0, 9])
    network, optimizer = Network(BRANCHED, seed=1), SGD(0.1)
    before = sparse_categorical_crossentropy(network(images, training=True), labels)[0]
    losses = [train_step(network, images, labels, optimizer) for _ in range(6)]
    assert losses[0] == pytest.approx(before)
    assert losses[-1] < 0.7 * losses[0]


def test_gradients_agree_with_central_differences():
    """Of two inputs and of shared weights, for a loss on two outputs, one of them inside"""
    nodes = [
        Node("first", "Dense", {"units": 3, "activation": "tanh"}, ("left",)),
        Node("second", "Dense", inputs=("right",), shares="first"),
        Node("sum", "Add", {}, ("first", "second", "first")),
        Node("end", "Dense", {"units": 2, "activation": "sigmoid"}, ("sum",)),
    ]
    rng = np.random.default_rng(1)
    inputs = {"left": rng.standard_normal((2, 4)), "right": rng.standard_normal((2, 4))}
    network = Network(nodes, list(inputs), ["end", "second"], seed=2)
    activations = network.activations(*inputs.values())
    upstream = {name: rng.standard_normal(activations[name].shape) for name in ("end", "second")}
    received = network.gradients(upstream, activations)

    def loss():
        outputs = network(*inputs.values())
        return float(sum(np.sum(a * b) for a, b in zip(outputs, upstream.values(), strict=True)))

    def moving(place, name):
        def with_moved(moved):
            before, place[name] = place[name], moved
            value = loss()
            place[name] = before
            return value

        return central_differences(with_moved, place[name])

    for name in inputs:
        np.testing.assert_allclose(received.inputs[name], moving(inputs, name), atol=1e-8)
    assert received.weights.keys() == {"first", "end"}
    for node, gradients in received.weights.items():
        for name, gradient in gradients.items():
            expected = moving(network.layers[node].weights, name)
            np.testing.assert_allclose(gradient, expected, atol=1e-8)


def test_network_draws_the_same_weights_from_the_same_seed():
    """A seed stands for all weights, and no two layers get the same"""
    images = np.zeros((2, 32, 32, 1))
    first, again, other = (Network(LENET5, seed=seed) for seed in (1, 1, 2))
    for network in (first, again, other):
        network(images)
    np.testing.assert_equal(first.weights, again.weights)
    one, another = first.weights["dense_7"]["kernel"], other.weights["dense_7"]["kernel"]
    assert (one != another).all()
    twice = Network(chain([("Dense", {"units": 4})] * 2), seed=1)
    twice(np.zeros((1, 4)))
    assert (twice.weights["dense_1"]["kernel"] != twice.weights["dense_2"]["kernel"]).all()


def test_network_takes_a_batch_of_none():
    """No images give no answers, and no node's arrays change their shape otherwise"""
    for name, nodes in NODES.items():
        network = Network(nodes, seed=1)
        empty = network.activations(np.zeros((0, *SIZES[name], 1)))
        full = network.activations(np.zeros((2, *SIZES[name], 1)))
        assert {key: each.shape for key, each in empty.items()} == {
            key: (0, *each.shape[1:]) for key, each in full.items()
        }
        gradients = network.gradients({nodes[-1].name: empty[nodes[-1].name]}, empty)
        assert gradients.inputs["inputs"].shape == (0, *SIZES[name], 1)


def test_chain_names_nodes_by_layer_and_place():
    """Each reads the one before it, the first the network's input"""
    nodes = chain([("Conv2D", {"filters": 6, "kernel_size": 5}), ("Flatten", {})])
    assert [node.name for node in nodes] == ["conv2d_1", "flatten_2"]
    assert [node.inputs for node in nodes] == [("inputs",), ("conv2d_1",)]


def test_network_keeps_activations_only_when_asked():
    """A call gives what `activations` holds for the outputs, and changes no array of the nodes"""
    rng = np.random.default_rng(2)
    weights = {"kernel": rng.standard_normal((4, 3)), "bias": np.zeros(3)}
    nodes = [
        Node("dense", "Dense", {"units": 3}, ("inputs",), weights),
        Node("relu", "ReLU", {}, ("dense",)),
    ]
    network, inputs = Network(nodes, outputs=["dense", "relu"]), rng.standard_normal((2, 4))
    activations = network.activations(inputs)
    assert list(activations) == ["inputs", "dense", "relu"]
    for received, name in zip(network(inputs), network.outputs, strict=True):
        np.testing.assert_array_equal(received, activations[name])
    SGD(1.0).update(network.weights, {"dense": {"bias": np.ones(3)}})
    assert not weights["bias"].any()
    assert (network.weights["dense"]["bias"] == -1).all()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Network(chain([("Dense", {"units": 2})]), ["images"]), "what comes before"),
        (lambda: Network([Node("inputs", "ReLU", {}, ("inputs",))]), "different names"),
        (lambda: Network([Node("a", "ReLU", inputs=("inputs",), shares="b")]), "shares='b'"),
        (lambda: Network([Node("a", "ReLU", shares="inputs")]), "shares='inputs'"),
        (
            lambda: Network([*chain([("ReLU", {})]), Node("b", "", shares="relu_1")]),
            "ReLU reads one input",
        ),
        (lambda: Network(chain([("ReLU", {})], "a"), ["a", "a"]), "inputs have different names"),
        (lambda: Network(chain([("ReLU", {})]), outputs=()), "at least one"),
        (lambda: Network(chain([("ReLU", {})]), outputs=["b"]), "outputs are nodes"),
        (lambda: Network([Node("a", "ReLU", {}, ("inputs", "inputs"))]), "reads one input"),
        (lambda: Network([]), "at least one node"),
        (lambda: Network(chain([("Lambda", {})])), "a layer is one of"),
        (lambda: Network(chain([("ReLU", {})]))(np.ones(3), np.ones(3)), "Received 2 arrays"),
        (lambda: Network(chain([("ReLU", {})])).gradients({"b": np.ones(3)}, {}), "Received b"),
        (
            lambda: Network(chain([("ReLU", {})])).gradients({"relu_1": np.ones(3)}, {}),
            "Received none of inputs, relu_1",
        ),
    ],
)
def test_network_refuses_in_a_sentence(make, sentence):
    """What is no network is a ValueError that says what it received"""
    with pytest.raises(ValueError, match=sentence) as refusal:
        make()
    assert "Received" in str(refusal.value)


def test_network_names_the_node_that_its_inputs_do_not_fit():
    """The sentence of a layer is told with the name of its node"""
    with pytest.raises(ShapeError, match=r"^averagepooling2d_2: average_pool2d: .*Received"):
        Network(LENET5)(np.zeros((1, 5, 5, 1)))
