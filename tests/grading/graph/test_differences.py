# ruff: noqa: RUF001  sizes are written with a multiplication sign, not with the letter
"""Real mistakes in the course's models, and the very sentences that tell them."""

import functools
import json
from itertools import product

import keras
import pytest
from keras import layers

from dlcnn.grading.graph import canonical, compare
from dlcnn.grading.graph.words import sentences
from dlcnn.grading.worker.profiles.models import describe
from tests.grading.graph.course import (
    block_model,
    compared,
    conv,
    convolutional_block,
    convolutional_model,
    happy_model,
    identity_block,
    resnet50,
    solution,
)


def _told(expected, yours):
    """All sentences but the last, which counts layers; the facts must be JSON."""
    found = compared(expected, yours)
    facts = found.facts("your model")
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    *told, count = sentences(facts)
    assert count == f"{found.matched} of {found.layers} layers as expected"
    assert 0 <= found.credit < 1
    return [told[0].removeprefix("your model: "), *told[1:]]


def _conv_bn(x, *args, **kwargs):
    return layers.BatchNormalization()(conv(x, *args, **kwargs))


def _relu(x):
    return layers.ReLU()(x)


def _bn_after_relu(x):
    return layers.BatchNormalization()(layers.ReLU()(x))


MISTAKES = {
    "kernel": (
        convolutional_model,
        lambda: convolutional_model(kernel=3),
        [
            "after the first MaxPooling2D (8×8, stride 8) we expected Conv2D with 16 filters of "
            "2×2; yours has 16 filters of 3×3",
            "your model has 1,950 parameters, expected 1,310",
            "the second Conv2D with 16 filters of 3×3 has 3·3·8·16 + 16 = 1,168 parameters, "
            "expected 2·2·8·16 + 16 = 528",
        ],
    ),
    "missing relu": (
        convolutional_model,
        lambda: convolutional_model(second_relu=False),
        [
            "between the second Conv2D with 16 filters of 2×2 and the second MaxPooling2D (4×4, "
            "stride 4), we expected ReLU; yours has none there"
        ],
    ),
    "input shape": (
        convolutional_model,
        lambda: convolutional_model(shape=(32, 32, 3)),
        [
            "your model's input has shape (32, 32, 3) per example, expected (64, 64, 3)",
            "your model has 1,022 parameters, expected 1,310",
            "the Dense with 6 units has 16·6 + 6 = 102 parameters, expected 64·6 + 6 = 390",
        ],
    ),
    "pool": (
        convolutional_model,
        lambda: convolutional_model(pool=(6, "same")),
        [
            "after the first ReLU we expected MaxPooling2D (8×8, stride 8); yours has 6×6, "
            "stride 6",
            "your model has 1,790 parameters, expected 1,310",
            "the Dense with 6 units has 144·6 + 6 = 870 parameters, expected 64·6 + 6 = 390",
        ],
    ),
    "pool and padding": (
        lambda: convolutional_model(shape=(62, 50, 3)),
        lambda: convolutional_model(shape=(62, 50, 3), pool=(6, "valid")),
        [
            'after the first ReLU we expected MaxPooling2D (8×8, stride 8, padding "same"); yours '
            'has 6×6, stride 6, padding "valid"',
            "your model has 1,502 parameters, expected 1,310",
            "the Dense with 6 units has 96·6 + 6 = 582 parameters, expected 64·6 + 6 = 390",
        ],
    ),
    "kernel that needs no padding": (
        convolutional_model,
        lambda: convolutional_model(first=(1, "same")),
        [
            "right after the input we expected Conv2D with 8 filters of 4×4; yours has 8 filters "
            "of 1×1",
            "your model has 950 parameters, expected 1,310",
            "the first Conv2D with 8 filters of 1×1 has 1·1·3·8 + 8 = 32 parameters, expected "
            "4·4·3·8 + 8 = 392",
        ],
    ),
    "padding before a pool that needs none": (
        convolutional_model,
        lambda: convolutional_model(first=(4, "valid")),
        [
            'right after the input we expected Conv2D with 8 filters of 4×4, padding "same"; yours '
            'has 8 filters of 4×4, padding "valid"'
        ],
    ),
    "channel axis": (
        happy_model,
        lambda: happy_model(axis=1),
        [
            "after the Conv2D with 32 filters of 7×7 we expected BatchNormalization (axis 3); "
            "yours has axis 1",
            "your model has 37,761 parameters, expected 37,633",
            "the BatchNormalization has 256 parameters, expected 128",
        ],
    ),
    "other pooling": (
        happy_model,
        lambda: happy_model(pooling=layers.AveragePooling2D),
        [
            "after the ReLU we expected MaxPooling2D (2×2, stride 2); yours has AveragePooling2D "
            "(2×2, stride 2)"
        ],
    ),
    "no pooling": (
        happy_model,
        lambda: happy_model(pooling=lambda _: layers.Dropout(0.4, name="mine")),
        [
            "between the ReLU and the Flatten, we expected MaxPooling2D (2×2, stride 2); yours "
            "has Dropout (rate 0.4)",
            "your model has 135,937 parameters, expected 37,633",
            "the Dense with 1 unit has 131072·1 + 1 = 131,073 parameters, expected "
            "32768·1 + 1 = 32,769",
        ],
    ),
    "no shortcut": (
        lambda: block_model(identity_block, 3, (4, 5, 12)),
        lambda: block_model(identity_block, 3, (4, 5, 12), join=lambda x, _: _relu(x)),
        [
            "between the third BatchNormalization and the third ReLU, we expected Add, which joins "
            "the third BatchNormalization and the input; yours has none there"
        ],
    ),
    "relu before the sum": (
        lambda: block_model(identity_block, 3, (4, 5, 12)),
        lambda: block_model(identity_block, 3, (4, 5, 12), join=lambda x, s: _relu(x) + s),
        ["ReLU belongs after the Add, at the end; yours has it after the third BatchNormalization"],
    ),
    "normalization after relu": (
        lambda: block_model(identity_block, 3, (4, 5, 12)),
        lambda: block_model(
            identity_block,
            3,
            (4, 5, 12),
            conv_bn=conv,
            relu=_bn_after_relu,
            join=lambda x, s: _relu(layers.BatchNormalization()(x) + s),
        ),
        [
            "BatchNormalization belongs between the first Conv2D with 4 filters of 1×1 and the "
            "first ReLU; yours has it after the first ReLU (and at 1 other place)"
        ],
    ),
    "no normalization": (
        lambda: block_model(identity_block, 3, (4, 5, 12)),
        lambda: block_model(identity_block, 3, (4, 5, 12), conv_bn=conv),
        [
            "between the first Conv2D with 4 filters of 1×1 and the first ReLU, we expected "
            "BatchNormalization; yours has none there (and at 2 other places)",
            "your model has 309 parameters, expected 393",
        ],
    ),
    "stride": (
        lambda: block_model(convolutional_block, 3, (4, 5, 12)),
        lambda: block_model(convolutional_block, 3, (4, 5, 12), 1),
        [
            "right after the input we expected Conv2D with 4 filters of 1×1, stride 2; yours has "
            "4 filters of 1×1, stride 1",
            "right after the input we expected Conv2D with 12 filters of 1×1, stride 2; yours has "
            "12 filters of 1×1, stride 1",
        ],
    ),
    "shortcut without layers": (
        lambda: block_model(convolutional_block, 3, (4, 5, 12), 1),
        lambda: block_model(identity_block, 3, (4, 5, 12)),
        [
            "between the input and the Add, we expected 2 layers (Conv2D with 12 filters of 1×1 → "
            "BatchNormalization); yours has none there",
            "your model has 393 parameters, expected 597",
        ],
    ),
    "a block too few": (
        solution,
        lambda: resnet50(blocks=(2, 3, 4, 2)),
        [
            "between the 37th ReLU and the 41st Conv2D with 512 filters of 1×1, stride 2, we "
            "expected 10 layers (Conv2D with 256 filters of 1×1 → BatchNormalization → ReLU → "
            "Conv2D with 256 filters of 3×3 → 6 more); yours has none there",
            "your model has 22,478,214 parameters, expected 23,600,006",
        ],
    ),
    "the last stage keeps its size": (
        solution,
        lambda: resnet50(last_stride=1),
        [
            "after the 40th ReLU we expected Conv2D with 512 filters of 1×1, stride 2; yours has "
            "512 filters of 1×1, stride 1",
            "after the 40th ReLU we expected Conv2D with 2048 filters of 1×1, stride 2; yours has "
            "2048 filters of 1×1, stride 1",
            "your model has 23,636,870 parameters, expected 23,600,006",
            "the Dense with 6 units has 8192·6 + 6 = 49,158 parameters, expected "
            "2048·6 + 6 = 12,294",
        ],
    ),
    "no normalization in 52 places": (
        solution,
        lambda: resnet50(conv_bn=conv),
        [
            "between the second Conv2D with 64 filters of 1×1 and the second ReLU, we expected "
            "BatchNormalization; yours has none there (and at 51 other places)",
            "your model has 23,494,022 parameters, expected 23,600,006",
        ],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_compare_tells_a_mistake(name):
    """One mistake is told once, by its cause, where the student will look for it."""
    expected, yours, told = MISTAKES[name]
    assert _told(expected(), yours()) == told


@pytest.mark.parametrize("shape", [(64, 64, 3), (64, 48, 3), (62, 50, 3)])
def test_compare_asks_for_padding_where_it_makes_a_difference(shape):
    """Either is right for images that the windows fill, and one is wrong for others."""
    expected = convolutional_model(shape=shape)
    found = compared(expected, convolutional_model(shape=shape, pool=(8, "valid")))
    assert found.verdict == ("different" if shape[0] % 8 else "equal")
    assert compared(expected, convolutional_model(shape=shape)).verdict == "equal"


def _join_wrong(x):
    """An identity block whose shortcut begins after the first normalization."""
    shortcut = x = _conv_bn(x, 4, 1)
    x = _relu(_conv_bn(_relu(x), 5, 3, padding="same"))
    return _relu(layers.Add(name="mine")([_conv_bn(x, 4, 1), shortcut]))


def test_compare_tells_a_layer_too_many():
    """What was added is told with where it stands and the student's name for it."""

    def model(*more):
        front, back = [keras.Input((8, 10, 4)), layers.Conv2D(5, 3)], [layers.Flatten()]
        return keras.Sequential([*front, *more, *back])

    assert _told(model(), model(layers.Dropout(0.4, name="mine"))) == [
        "between the Conv2D with 5 filters of 3×3 and the Flatten, yours has Dropout (rate 0.4) "
        "(you named it 'mine'), which we did not expect"
    ]
    assert _told(model(), model(layers.ReLU(), layers.Dropout(0.4))) == [
        "between the Conv2D with 5 filters of 3×3 and the Flatten, yours has 2 layers (ReLU → "
        "Dropout (rate 0.4)), which we did not expect"
    ]


def test_compare_tells_a_shortcut_from_the_wrong_place():
    """What a merge joins is told, and what it should join."""
    expected = block_model(identity_block, 3, (4, 5, 4), shape=(8, 10, 4))
    yours = block_model(lambda x: _join_wrong(x), shape=(8, 10, 4))
    assert _told(expected, yours) == [
        "the Add (you named it 'mine') joins the third BatchNormalization and the first "
        "BatchNormalization; expected: the third BatchNormalization and the input"
    ]


def test_compare_tells_another_output():
    """A model that ends elsewhere, though all its layers are there, is told so."""

    def model(both):
        inputs = keras.Input((8, 10, 4))
        first = layers.Conv2D(4, 1)(inputs)
        second = layers.ReLU()(first)
        return keras.Model(inputs, [second, first] if both else [first, second])

    assert _told(model(True), model(False)) == [
        "your model's output is that of the Conv2D with 4 filters of 1×1; expected that of "
        "the ReLU",
        "your model's output is that of the ReLU; expected that of the Conv2D with 4 filters "
        "of 1×1",
    ]


def test_compare_tells_the_numbers_of_inputs_and_outputs():
    """Too many outputs or inputs are told in numbers, before anything else."""
    inputs, more = keras.Input((8, 10, 4)), keras.Input((3,))
    x = layers.Conv2D(4, 1)(inputs)
    expected = keras.Model(inputs, x)
    assert _told(expected, keras.Model(inputs, [x, x])) == [
        "your model gives 2 outputs, expected 1"
    ]
    assert _told(expected, keras.Model([inputs, more], x))[0] == (
        "your model takes 2 inputs, expected 1"
    )


def test_compare_tells_sharing_both_ways():
    """One layer used twice and two layers used once are told apart, whichever is expected."""

    def model(shared):
        inputs = keras.Input((8, 10, 4))
        first = layers.Conv2D(4, 1)
        second = first if shared else layers.Conv2D(4, 1)
        return keras.Model(inputs, second(_relu(first(inputs))))

    assert _told(model(False), model(True)) == [
        "the first Conv2D with 4 filters of 1×1 is one layer called several times; we expected "
        "a new layer each time",
        "your model has 20 parameters, expected 40",
    ]
    assert _told(model(True), model(False)) == [
        "the first Conv2D with 4 filters of 1×1 should be one layer called several times; yours "
        "makes a new one each time",
        "your model has 40 parameters, expected 20",
    ]


def test_compare_leaves_what_it_cannot_see_to_behaviour():
    """A Lambda in place of a layer is neither right nor wrong; a mistake elsewhere is wrong."""

    def model(activation, filters=5):
        inputs = keras.Input((8, 10, 4))
        x = activation(layers.Conv2D(filters, 3)(inputs))
        return keras.Model(inputs, layers.Flatten()(x))

    lambda_relu = layers.Lambda(lambda x: keras.ops.maximum(x, 0), name="mine")
    found = compared(model(_relu), model(lambda_relu))
    assert (found.verdict, found.matched, found.layers) == ("unseen", 3, 4)
    assert sentences(found.facts("m")) == [
        "m: after the Conv2D with 5 filters of 3×3 yours has Lambda (you named it 'mine') where we "
        "expected ReLU; what that computes is judged by the model's outputs",
        "3 of 4 layers as expected",
    ]
    assert compared(model(_relu), model(lambda_relu, filters=6)).verdict == "different"
    again = layers.Lambda(lambda x: keras.ops.maximum(x, 0))
    assert compared(model(again), model(again)).verdict == "unseen"


class _ConvBn(layers.Layer):
    """Convolution and normalization as one layer."""

    def __init__(self, *settings):
        super().__init__()
        self.conv = layers.Conv2D(*settings, kernel_initializer="zeros")
        self.norm = layers.BatchNormalization()

    def call(self, x, training=None):
        return self.norm(self.conv(x), training=training)


def _own_conv_bn(x, filters, kernel, stride=1, padding="valid"):
    return _ConvBn(filters, kernel, stride, padding)(x)


def _own_relu(x):
    return layers.Lambda(lambda x: keras.ops.maximum(x, 0))(x)


def _own_join(x, shortcut):
    return layers.Lambda(lambda both: keras.ops.relu(both[0] + both[1]))([x, shortcut])


_OWN = {"conv_bn": _own_conv_bn, "relu": _own_relu, "join": _own_join}
_SOME = [
    {name: _OWN[name] for name, is_own in zip(_OWN, chosen, strict=True) if is_own}
    for chosen in product([False, True], repeat=3)
    if any(chosen)
]


@pytest.mark.parametrize("own", _SOME, ids=" ".join)
def test_compare_leaves_what_own_layers_join_to_behaviour(own):
    """How many layers one of the student's stands for is not known, nor then what feeds what."""

    def stage(x, **parts):
        x = convolutional_block(x, 3, (4, 5, 12), **parts)
        return identity_block(identity_block(x, 3, (4, 5, 12), **parts), 3, (4, 5, 12), **parts)

    for block in (functools.partial(identity_block, f=3, filters=(4, 5, 12)), stage):
        assert compared(block_model(block), block_model(block, **own)).verdict == "unseen"


@pytest.mark.slow
def test_compare_leaves_a_large_network_of_own_layers_to_behaviour():
    """So it is with fifty layers in a row."""
    assert compared(solution(), resnet50(**_OWN)).verdict == "unseen"


def test_compare_tells_what_is_joined_wrongly_beside_own_layers():
    """A sum that can be seen, and what it joins, is compared though other layers are hidden."""

    def model(right):
        first = inputs = keras.Input((8, 10, 4))
        second = _own_relu(_relu(conv(first, 4, 1)))
        third = _relu(conv(second, 4, 3, padding="same"))
        fourth = conv(third, 4, 1)
        fifth = conv(layers.Add()([fourth, third if right else inputs]), 4, 2)
        return keras.Model(inputs, layers.Softmax()(fifth))

    def expected():
        inputs = keras.Input((8, 10, 4))
        third = _relu(conv(_relu(_relu(conv(inputs, 4, 1))), 4, 3, padding="same"))
        return keras.Model(
            inputs, layers.Softmax()(conv(layers.Add()([conv(third, 4, 1), third]), 4, 2))
        )

    assert compared(expected(), model(right=True)).verdict == "unseen"
    found = compared(expected(), model(right=False))
    assert found.verdict == "different"
    assert (
        "the Add joins the third Conv2D with 4 filters of 1×1 and the input; expected: the third "
        "Conv2D with 4 filters of 1×1 and the second ReLU"
    ) in sentences(found.facts("m"))


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("subclass", "is computed by a class of your own, so its layers cannot be looked at one "),
        ("unbuilt", "does not know its input shape yet: begin with keras.Input(shape=...)"),
        ("disconnected", "does not lead from its inputs to its outputs"),
        ("not a model", "is no Keras model"),
    ],
)
def test_compare_says_why_a_model_has_no_graph(problem, words):
    """What cannot be compared is said in a sentence, and is no verdict."""
    said = {"version": 1, "kind": None, "problem": problem, "layers": [], "networks": []}
    found = compare(canonical(describe(happy_model())), canonical(said))
    assert (found.verdict, found.credit) == ("unseen", 0)
    assert sentences(found.facts("m"))[0].startswith(f"m: your model {words}")


def test_compare_refuses_an_expected_model_without_a_graph():
    """A course whose own solution cannot be compared is told what to do."""
    said = {"version": 1, "kind": None, "problem": "subclass", "layers": [], "networks": []}
    with pytest.raises(ValueError, match="Judge this model by its outputs only"):
        compare(canonical(said), canonical(said))


def test_compare_never_tells_an_avalanche():
    """Whatever is handed in, few sentences come back; the rest is counted."""
    for yours in (convolutional_model(), happy_model(), block_model(identity_block, 3, (4, 5, 12))):
        found = compared(solution(), yours)
        assert len(found.differences) <= 6
        assert len(sentences(found.facts("m"))) <= 10
    found = compared(solution(), convolutional_model())
    assert f"and {found.more} further differences" in sentences(found.facts("m"))


def test_compare_gives_credit_for_what_is_right():
    """The credit is the share of layers that are as expected; superfluous layers cost some."""
    expected = convolutional_model()
    assert compared(expected, convolutional_model()).credit == 1
    assert compared(expected, convolutional_model(kernel=3)).credit == pytest.approx(0.9)
    assert compared(expected, convolutional_model(second_relu=False)).credit == pytest.approx(0.9)
    assert compared(convolutional_model(second_relu=False), expected).credit == pytest.approx(0.9)
