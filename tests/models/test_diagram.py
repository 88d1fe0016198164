"""Networks as pictures: which boxes there are, and what is drawn once."""

import itertools
from copy import copy

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


def _edges(patch):
    box = patch.get_bbox()
    return box.x0, box.y0, box.x1, box.y1


def _overlap(one, other):
    (left, top, right, bottom), (x0, y0, x1, y1) = one, other
    return left < x1 and x0 < right and top < y1 and y0 < bottom


def _assert_readable(figure):
    """No box stands on another, and every box and word is on the page."""
    axes = figure.axes[0]
    boxes = [_edges(patch) for patch in axes.patches if patch.zorder == 3]
    width, height = figure.get_size_inches()
    assert not any(_overlap(*pair) for pair in itertools.combinations(boxes, 2))
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    for text in axes.texts:
        x, y = text.get_position()
        assert 0 < x < width
        assert 0 < y < height
    return boxes


@pytest.mark.parametrize(
    ("name", "variant", "boxes"),
    [
        ("lenet5", "sparse", 43),
        ("alexnet", "two_tower", 13),
        ("efficientnet_b0", None, 93),
        ("vgg16", None, 19),
    ],
)
def test_draw_takes_every_kind_of_network(name, variant, boxes):
    """Towers, sparse maps, squeeze-and-excite, long chains: each box in a place of its own."""
    figure = draw(models.outline(name, variant=variant))
    assert len(_assert_readable(figure)) == boxes
    assert max(figure.get_size_inches()) < 30


@pytest.mark.slow
def test_draw_takes_cells_that_skip_cells():
    """In NASNet no box is passed by everything: one block as large as the network, and readable."""
    with models.without_weights():
        model = keras.applications.NASNetMobile(weights=None)
    assert len(_assert_readable(draw(model))) > 300


def test_draw_test_tells_boxes_that_overlap():
    """The comparison above sees a box that stands on another, or beside the page."""
    figure = draw(models.outline("lenet1"))
    patch = next(patch for patch in figure.axes[0].patches if patch.zorder == 3)
    for right in (0.1, 100):
        moved = copy(patch)
        moved.set_bounds(patch.get_x() + right, patch.get_y(), patch.get_width(), 0.1)
        figure.axes[0].add_patch(moved)
        with pytest.raises(AssertionError):
            _assert_readable(figure)
        moved.remove()
    _assert_readable(figure)


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
