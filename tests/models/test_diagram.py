"""Networks as pictures: which boxes there are, and what is drawn once."""

import keras
import pytest
from keras import layers

from dlcnn import models
from dlcnn.models.diagram import draw
from dlcnn.models.errors import ModelError


def _texts(model):
    return [text.get_text() for text in draw(model).axes[0].texts]


def test_draw_shows_each_layer_with_shape_and_parameters():
    """A box per layer; activations stand in the box of the layer before."""
    texts = _texts(models.convolutional_model())
    assert texts == [
        "convolutional_model: 1,310 parameters",
        *("Input", "64 \u00d7 64 \u00d7 3"),
        *("Conv 4\u00d74, 8", "relu", "64 \u00d7 64 \u00d7 8", "392 parameters"),
        *("Max pool 8\u00d78 /8", "8 \u00d7 8 \u00d7 8"),
        *("Conv 2\u00d72, 16", "relu", "8 \u00d7 8 \u00d7 16", "528 parameters"),
        *("Max pool 4\u00d74 /4", "2 \u00d7 2 \u00d7 16"),
        *("Flatten", "64"),
        *("Dense 6", "softmax", "6", "390 parameters"),
    ]


def test_draw_folds_what_repeats():
    """ResNet-50's blocks are drawn once per stage, with how often they stand there."""
    texts = _texts(models.outline("resnet50"))
    assert [text for text in texts if text.startswith("\u00d7")] == [
        *("\u00d7 2", "\u00d7 3", "\u00d7 5", "\u00d7 2")
    ]
    assert len(models.outline("resnet50").layers) > 170
    assert texts.count("Add") == 8
    different = _texts(models.from_pattern("INPUT -> CONV 8 -> CONV 9 -> CONV 8 -> GAP -> FC"))
    assert not [text for text in different if text.startswith("\u00d7")]


def test_draw_folds_runs_of_several_layers():
    """Layers that follow each other in the same way again and again are one block."""
    pattern = "INPUT -> CONV 8 -> [CONV 8 -> AVGPOOL(3, stride 1, same)]*4 -> GAP -> FC"
    texts = _texts(models.from_pattern(pattern))
    assert texts.count("\u00d7 4") == 1
    assert texts.count("Conv 3\u00d73, 8") == 2


def test_draw_puts_branches_side_by_side():
    """The branches of an inception block are in one row, their merge below them."""
    inputs = keras.Input((8, 6, 3))
    branches = [layers.Conv2D(4, side, padding="same")(inputs) for side in (1, 3, 5)]
    figure = draw(keras.Model(inputs, layers.Concatenate()([*branches, inputs])))
    place = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    heights = {place[f"Conv {side}\u00d7{side}, 4"][1] for side in (1, 3, 5)}
    assert len(heights) == 1
    assert place["Concatenate"][1] > heights.pop()


def test_draw_shows_other_outputs_beside_the_main_one():
    """Auxiliary heads are drawn where they branch off, and the chain goes on."""
    figure = draw(models.outline("googlenet", auxiliary_heads=True))
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts.count("Dense 1000") == 3
    assert texts.count("Dense 1024") == 2


@pytest.mark.parametrize(
    ("name", "variant"),
    [("lenet5", "sparse"), ("alexnet", "two_tower"), ("efficientnet_b0", None), ("vgg16", None)],
)
def test_draw_takes_every_kind_of_network(name, variant):
    """Towers, sparse maps, squeeze-and-excite, long chains: a picture of a size to look at."""
    figure = draw(models.outline(name, variant=variant))
    width, height = figure.get_size_inches()
    assert 2 < width < 30
    assert 2 < height < 30


def test_draw_takes_several_inputs_and_outputs():
    """Two inputs that meet, and two outputs that part, are one picture."""
    image, facts = keras.Input((8, 6, 3)), keras.Input((5,))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(image))
    x = layers.Concatenate()([x, layers.Dense(7)(facts)])
    model = keras.Model([image, facts], [layers.Dense(2)(x), layers.Dense(3)(x)])
    texts = _texts(model)
    assert texts.count("Input") == 2
    assert {"Dense 7", "Dense 2", "Dense 3", "Concatenate", "Global average pool"} <= set(texts)


def test_draw_needs_a_graph():
    """What has no graph is refused in a sentence."""
    with pytest.raises(ModelError, match=r"^draw: "):
        draw(keras.Sequential([layers.Dense(2)]))
