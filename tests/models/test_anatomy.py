"""Networks as tables: what each layer gives, holds, costs and sees."""

import keras
import pytest
from keras import layers

from dlcnn import models
from dlcnn.models.anatomy import summary_table
from dlcnn.models.errors import ModelError
from tests.models.networks import DEEP


def _costs(layer, shape=(9, 7, 6)):
    """The multiply-adds of one layer on an image."""
    inputs = keras.Input(shape)
    return summary_table(keras.Model(inputs, layer(inputs))).rows[-1].multiply_adds


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Conv2D(4, (3, 5)), 7 * 3 * (3 * 5 * 6 * 4)),
        (layers.Conv2D(4, (3, 5), strides=(2, 1), padding="same"), 5 * 7 * (3 * 5 * 6 * 4)),
        (layers.Conv2D(4, 3, dilation_rate=2), 5 * 3 * (3 * 3 * 6 * 4)),
        (layers.Conv2D(4, 3, groups=2), 7 * 5 * (3 * 3 * 3 * 4)),
        (layers.DepthwiseConv2D((3, 2), depth_multiplier=2), 7 * 6 * (3 * 2 * 6 * 2)),
        (layers.SeparableConv2D(5, 3), 7 * 5 * (3 * 3 * 6 + 6 * 5)),
        (layers.Conv2DTranspose(4, (3, 2), strides=2), 9 * 7 * (3 * 2 * 6 * 4)),
        (layers.Dense(5), 9 * 7 * (6 * 5)),
        (layers.MaxPooling2D(), 0),
        (layers.BatchNormalization(), 0),
        (layers.ReLU(), 0),
    ],
)
def test_multiply_adds_of_a_layer_are_counted_by_hand(layer, expected):
    """Products of weights with values: positions times the kernel each of them is multiplied by."""
    assert _costs(layer) == expected


def test_multiply_adds_follow_the_number_of_axes():
    """After Flatten every weight is used once; along one axis as along two."""
    assert _costs(layers.Dense(5), (12,)) == 60
    assert _costs(layers.Conv1DTranspose(4, 3), (9, 6)) == 9 * (3 * 6 * 4)


@pytest.mark.parametrize(
    ("name", "variant", "shape", "expected"),
    [
        ("vgg16", None, (224, 224, 3), 15_470_264_320),
        ("alexnet", "torchvision", (224, 224, 3), 714_188_480),
        ("resnet50", "torchvision", (224, 224, 3), 4_089_184_256),
        ("resnet18", None, (224, 224, 3), 1_814_073_344),
    ],
)
def test_multiply_adds_of_known_networks_are_the_published_ones(name, variant, shape, expected):
    """The totals that are published for torchvision's forms, to the last product."""
    assert summary_table(models.outline(name, shape, variant=variant)).multiply_adds == expected


def test_multiply_adds_of_mobilenet_are_the_paper_s():
    """569 million in the paper, with depthwise convolutions."""
    with models.without_weights():
        model = keras.applications.MobileNet(weights=None)
    assert round(summary_table(model).multiply_adds / 1e6) == 569


def test_summary_table_of_convolutional_model_by_hand():
    """Every row of the course's network: shape, parameters, multiply-adds, window."""
    table = summary_table(models.convolutional_model())
    rows = [
        (
            row.kind,
            row.output_shape[1:],
            row.parameters,
            row.multiply_adds,
            row.receptive_field.size[0],
        )
        for row in table.rows
    ]
    assert rows == [
        ("InputLayer", (64, 64, 3), 0, 0, 1),
        ("Conv2D", (64, 64, 8), 392, 64 * 64 * 4 * 4 * 3 * 8, 4),
        ("ReLU", (64, 64, 8), 0, 0, 4),
        ("MaxPooling2D", (8, 8, 8), 0, 0, 11),
        ("Conv2D", (8, 8, 16), 528, 8 * 8 * 2 * 2 * 8 * 16, 19),
        ("ReLU", (8, 8, 16), 0, 0, 19),
        ("MaxPooling2D", (2, 2, 16), 0, 0, 43),
        ("Flatten", (64,), 0, 0, 64),
        ("Dense", (6,), 390, 384, 64),
    ]
    assert table.parameters == table.trainable == 1310
    assert table.multiply_adds == 1_572_864 + 32_768 + 384


def test_summary_table_prints_columns_and_totals():
    """The text has a line per layer in straight columns, and the totals below."""
    text = str(summary_table(models.happy_model()))
    lines = text.split("\n")
    assert lines[0] == "happy_model"
    assert lines[2].split() == [
        *("layer", "kind", "output", "parameters", "multiply-adds", "sees", "stride")
    ]
    assert "37,633 parameters (37,569 trainable, 64 not)" in lines[-1]
    assert "multiply-adds per image" in lines[-1]
    header = lines[2]
    rows = lines[4:-2]
    assert all(row.index(row.split()[1]) == header.index("kind") for row in rows)
    assert all(len(line) <= len(lines[3]) for line in lines[:-1])


def test_summary_table_counts_parameters_once():
    """Nested models are opened, shared layers counted at their first call, frozen ones apart."""
    inner = keras.Sequential([keras.Input((8, 6, 2)), layers.Conv2D(2, 3, name="c")], name="inner")
    shared = layers.Conv2D(2, 1, name="shared", trainable=False)
    inputs = keras.Input((8, 6, 2))
    model = keras.Model(inputs, shared(shared(inner(inputs))))
    table = summary_table(model)
    assert [row.name for row in table.rows[1:]] == ["inner/c", "shared", "shared:2"]
    assert [row.parameters for row in table.rows[1:]] == [38, 6, 0]
    assert [row.multiply_adds for row in table.rows[1:]] == [6 * 4 * 36, 6 * 4 * 4, 6 * 4 * 4]
    assert (table.trainable, table.non_trainable, table.parameters) == (38, 6, 44)
    assert table.parameters == model.count_params()


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in DEEP else ()) for name in models.names()],
)
def test_summary_table_agrees_with_keras_on_every_network(name):
    """The rows sum up to Keras' own count, and nothing is unknown."""
    model = models.outline(name)
    table = summary_table(model)
    assert sum(row.parameters for row in table.rows) == model.count_params() == table.parameters
    assert table.multiply_adds is not None
    assert None not in [row.receptive_field for row in table.rows]


def test_multiply_adds_of_convnext_are_known():
    """Scales per channel cost nothing that the convolution before them could not take over."""
    with models.without_weights():
        model = keras.applications.ConvNeXtTiny(weights=None)
    assert round(summary_table(model).multiply_adds / 1e7) == 446  # 4.46 G in torchvision's table


def test_summary_table_marks_what_it_does_not_know():
    """Open image sizes and foreign layers are question marks, and so are their totals."""
    inputs = keras.Input((None, None, 3))
    table = summary_table(keras.Model(inputs, layers.Conv2D(4, 3)(inputs)))
    assert table.rows[-1].multiply_adds is table.multiply_adds is None
    assert "? x ? x 4" in str(table)
    assert str(table).endswith("? multiply-adds per image")

    inputs = keras.Input((6, 3))
    x = layers.Dense(4)(layers.LSTM(5)(inputs))
    table = summary_table(keras.Model(inputs, x))
    assert [row.multiply_adds for row in table.rows] == [0, None, 20]
    assert table.multiply_adds is None


class _Subclassed(keras.Model):
    def call(self, inputs):
        return inputs


@pytest.mark.parametrize("model", [_Subclassed(), keras.Sequential([layers.Dense(3)]), None])
def test_summary_table_needs_a_graph(model):
    """A model without a graph is refused in a sentence."""
    with pytest.raises(ModelError, match=r"^summary_table: "):
        summary_table(model)
