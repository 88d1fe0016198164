"""Receptive fields: against published figures, and against what a network really looks at."""

import csv
from fractions import Fraction
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from keras import layers

from dlcnn import models
from dlcnn.models.errors import ModelError
from dlcnn.models.outlines import without_weights
from dlcnn.models.receptive import receptive_field
from tests.models.networks import DEEP

_ROWS = list(csv.DictReader((Path(__file__).parent / "receptive_fields.csv").open()))
_SLOW = DEEP | {"ResNet101", "ResNet152", "InceptionResNetV2", "DenseNet121", "Xception"}
_ROWS_DEEP_SLOW = [
    pytest.param(
        row,
        marks=pytest.mark.slow if row["network"] in _SLOW else (),
        id=row["network"] + row["variant"],
    )
    for row in _ROWS
]
_HEIGHT, _WIDTH = 53, 45


def _convolutional_part(row):
    if row["network"] in models.names():
        return models.outline(row["network"], variant=row["variant"] or None, include_top=False)
    with without_weights():
        return getattr(keras.applications, row["network"])(weights=None, include_top=False)


@pytest.mark.parametrize("row", _ROWS_DEEP_SLOW)
def test_receptive_field_is_the_published_one(row):
    """Size and stride (and effective padding where it is known) equal the table's, both ways."""
    seen = receptive_field(_convolutional_part(row))
    assert seen.size == (int(row["size"]),) * 2
    assert seen.stride == (int(row["stride"]),) * 2
    if row["padding"]:
        assert seen.padding == (int(row["padding"]),) * 2


def test_receptive_fields_name_every_form_of_every_network():
    """A network or variant without a row would go unseen."""
    forms = {(row["network"], row["variant"] or None) for row in _ROWS}
    for name in models.names():
        assert {(name, variant) for variant in models.find(name).variants or (None,)} <= forms


_ALEXNET = [  # Araujo et al. 2019, slim alexnet_v2, whose windows are the paper's
    ("Conv2D", 11, 4, 0),
    ("MaxPooling2D", 19, 8, 0),
    ("Conv2D", 51, 8, 16),
    ("MaxPooling2D", 67, 16, 16),
    ("Conv2D", 99, 16, 32),
    ("Conv2D", 131, 16, 48),
    ("Conv2D", 163, 16, 64),
    ("MaxPooling2D", 195, 32, 64),
]


def test_receptive_field_of_each_layer_of_alexnet_is_the_published_one():
    """Size, stride and padding grow layer by layer as in the published table."""
    rows = models.summary_table(models.outline("alexnet", variant="single")).rows
    windows = [row for row in rows if row.kind in ("Conv2D", "MaxPooling2D")]
    seen = [(row.kind, row.receptive_field) for row in windows]
    assert [
        (kind, field.size[0], field.stride[0], field.padding[0]) for kind, field in seen
    ] == _ALEXNET


def test_receptive_field_of_a_network_with_a_top_is_that_of_its_last_windows():
    """Flatten and Dense do not hide what the convolutions see."""
    model = models.convolutional_model()
    assert str(receptive_field(model)) == "43, stride 32, padding 1"
    assert str(receptive_field(model, model.layers[-1])) == "the whole input (64)"


def _ones(kind, *arguments, **options):
    """A layer whose weights are all 1."""
    if kind in (layers.DepthwiseConv2D, layers.SeparableConv2D):
        options["depthwise_initializer"] = "ones"
    if kind is layers.SeparableConv2D:
        options["pointwise_initializer"] = "ones"
    if kind in (layers.Conv2D, layers.Conv2DTranspose):
        options["kernel_initializer"] = "ones"
    return kind(*arguments, **options)


def _truth(model, unit):
    """The first and last row, and column, that change a unit; all weights are positive."""
    height, width = model.input_shape[1:3]
    rows = np.zeros((height, height, width, 1), "float32")
    rows[np.arange(height), np.arange(height)] = 1
    columns = np.zeros((width, height, width, 1), "float32")
    columns[np.arange(width), :, np.arange(width)] = 1
    changed = []
    for images in (rows, columns):
        outputs = keras.ops.convert_to_numpy(model(images))
        (seen,) = np.nonzero(outputs[:, unit[0], unit[1]].sum(axis=-1))
        changed.append((int(seen.min()), int(seen.max())))
    return changed


def _claimed(seen, unit):
    """The same of what `receptive_field` says, where every unit sees equally much."""
    firsts = [
        i * stride - pad for i, stride, pad in zip(unit, seen.stride, seen.padding, strict=True)
    ]
    return [(first, first + size - 1) for first, size in zip(firsts, seen.size, strict=True)]


_SIDES = st.tuples(st.integers(1, 4), st.integers(1, 4))
_STEPS = st.tuples(st.integers(1, 3), st.integers(1, 3))
_PADDINGS = st.sampled_from(["valid", "same"])
_CONVOLUTIONS = st.one_of(
    st.builds(
        lambda k, s, p: (layers.Conv2D, (2, k), {"strides": s, "padding": p}),
        _SIDES,
        _STEPS,
        _PADDINGS,
    ),
    st.builds(
        lambda k, d, p: (layers.Conv2D, (2, k), {"dilation_rate": d, "padding": p}),
        _SIDES,
        _STEPS,
        _PADDINGS,
    ),
    st.builds(
        lambda k, s, p: (layers.DepthwiseConv2D, (k,), {"strides": s, "padding": p}),
        _SIDES,
        st.integers(1, 2),
        _PADDINGS,
    ),
    st.builds(
        lambda k, s, p: (layers.SeparableConv2D, (2, k), {"strides": s, "padding": p}),
        _SIDES,
        st.integers(1, 2),
        _PADDINGS,
    ),
    st.builds(
        lambda k, s, p: (layers.AveragePooling2D, (k,), {"strides": s, "padding": p}),
        _SIDES,
        _STEPS,
        _PADDINGS,
    ),
    st.builds(lambda p: (layers.ZeroPadding2D, (p,), {}), st.just(((2, 1), (0, 3)))),
    st.builds(lambda c: (layers.Cropping2D, (c,), {}), st.just(((0, 2), (3, 1)))),
    st.just((layers.BatchNormalization, (), {})),
)
_BRANCHES = st.lists(
    st.tuples(_SIDES, st.tuples(st.integers(1, 2), st.integers(1, 2))), min_size=1, max_size=3
)  # fmt: skip


def _branch(x, branches, merge):
    """Convolutions of equal stride side by side, joined, with a shortcut if that fits."""
    outputs = [
        _ones(layers.Conv2D, 2, side, dilation_rate=dilation, padding="same")(x)
        for side, dilation in branches
    ]
    shortcut = _ones(layers.Conv2D, 2, 1)(x)
    return merge()([*outputs, shortcut])


def _strided_branches(x, sides, strides):
    outputs = [_ones(layers.Conv2D, 2, k, strides=strides, padding="same")(x) for k in sides]
    return layers.Concatenate()(outputs) if len(outputs) > 1 else outputs[0]


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_receptive_field_is_where_the_output_changes(data):
    """A unit inside changes with the first and last row and column claimed, and none beyond."""
    x = inputs = keras.Input((_HEIGHT, _WIDTH, 1))
    for _ in range(data.draw(st.integers(1, 4))):
        form = data.draw(st.sampled_from(["layer", "branches", "strided"]))
        if min(x.shape[1:3]) < 12:
            break
        if form == "layer":
            kind, arguments, options = data.draw(_CONVOLUTIONS)
            x = _ones(kind, *arguments, **options)(x)
        elif form == "branches":
            merge = data.draw(st.sampled_from([layers.Add, layers.Concatenate, layers.Average]))
            x = _branch(x, data.draw(_BRANCHES), merge)
        else:
            sides = data.draw(st.lists(_SIDES, min_size=1, max_size=3))
            x = _strided_branches(x, sides, data.draw(_STEPS))
    model = keras.Model(inputs, x)
    unit = tuple(size // 2 for size in x.shape[1:3])
    seen = receptive_field(model, model.layers[-1])
    claimed = _claimed(seen, unit)
    margin = [2 * stride for stride in seen.stride]
    assume(
        all(
            first >= edge and last < size - edge
            for (first, last), size, edge in zip(claimed, (_HEIGHT, _WIDTH), margin, strict=True)
        )
    )
    assert _truth(model, unit) == claimed


def test_receptive_field_claims_nothing_beyond_the_truth():
    """The comparison above tells a window that is one pixel larger, or moved, from the true one."""
    inputs = keras.Input((30, 26, 1))
    model = keras.Model(inputs, _ones(layers.Conv2D, 1, (3, 5), strides=(2, 1))(inputs))
    seen = receptive_field(model)
    assert _truth(model, (6, 9)) == _claimed(seen, (6, 9)) == [(12, 14), (9, 13)]
    assert _truth(model, (6, 9)) != _claimed(seen, (6, 10))
    larger = keras.Model(inputs, _ones(layers.Conv2D, 1, (4, 5), strides=(2, 1))(inputs))
    assert _truth(larger, (6, 9)) != _claimed(seen, (6, 9))


@pytest.mark.parametrize(
    ("layer", "size", "stride"),
    [
        (lambda: _ones(layers.Conv2DTranspose, 1, 3, strides=2), 2, Fraction(1, 2)),
        (lambda: _ones(layers.Conv2DTranspose, 1, 4, strides=2, padding="same"), 2, Fraction(1, 2)),
        (lambda: _ones(layers.Conv2DTranspose, 1, 5, strides=3, padding="same"), 2, Fraction(1, 3)),
        (lambda: layers.UpSampling2D(3), 1, Fraction(1, 3)),
        (lambda: layers.UpSampling2D(2, interpolation="bilinear"), 2, Fraction(1, 2)),
        (lambda: layers.UpSampling2D(3, interpolation="bilinear"), 2, Fraction(1, 3)),
    ],
)
def test_receptive_field_goes_up_as_well_as_down(layer, size, stride):
    """After up-sampling strides are fractions; the unit that sees most gives the size."""
    inputs = keras.Input((15, 13, 1))
    model = keras.Model(inputs, layer()(inputs))
    seen = receptive_field(model)
    assert (seen.size, seen.stride) == ((size, size), (stride, stride))
    units = [(row, 12) for row in range(12, 18)]
    rows = [_truth(model, unit)[0] for unit in units]
    assert max(last - first + 1 for first, last in rows) == size
    again = keras.Model(inputs, _ones(layers.Conv2D, 1, 3, padding="same")(model.output))
    rows = [_truth(again, unit)[0] for unit in units]
    assert max(last - first + 1 for first, last in rows) == receptive_field(again).size[0]


def test_receptive_field_marks_branches_that_are_not_aligned():
    """Branches whose windows have different centres are merged and noted; equal ones are not."""
    inputs = keras.Input((32, 24, 1))
    for side, aligned in ((3, True), (2, False)):
        branch = layers.Conv2D(1, side, padding="same")(inputs)
        seen = receptive_field(keras.Model(inputs, layers.Add()([branch, inputs])))
        assert seen.aligned is aligned
        assert ("not aligned" in str(seen)) is not aligned


def test_receptive_field_keeps_the_window_beside_global_pooling():
    """Squeeze-and-excite sees everything, and the window is still told."""
    inputs = keras.Input((16, 12, 4))
    x = layers.Conv2D(4, (3, 5))(inputs)
    gate = layers.Dense(4, "sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    seen = receptive_field(keras.Model(inputs, layers.Multiply()([x, gate])))
    assert seen.global_context
    assert str(seen) == "3x5, stride 1, padding 0, and the whole input through global pooling"
    assert not receptive_field(keras.Model(inputs, x)).global_context


def test_receptive_field_opens_nested_models_and_counts_shared_calls():
    """A model within a model counts with its layers; each call of a shared layer on its own."""
    inner = keras.Sequential(
        [keras.Input((None, None, 1)), layers.Conv2D(1, 3, name="c")], name="inner"
    )
    shared = layers.Conv2D(1, 3, strides=2, name="shared")
    inputs = keras.Input((64, 48, 1))
    model = keras.Model(inputs, shared(shared(inner(inputs))))
    assert receptive_field(model, "inner/c").size == (3, 3)
    assert receptive_field(model, "shared").size == (5, 5)
    assert receptive_field(model, "shared:2").size == (9, 9) == receptive_field(model).size
    with pytest.raises(ModelError, match="'shared', 'shared:2'"):
        receptive_field(model, shared)


def test_receptive_field_takes_open_sizes_as_multiples_of_the_strides():
    """Without an image size, "same" pads as for a multiple; another size pads otherwise."""

    def padding(height):
        inputs = keras.Input((height, height, 1))
        return receptive_field(
            keras.Model(inputs, layers.Conv2D(1, 3, strides=2, padding="same")(inputs))
        ).padding

    assert padding(None) == padding(32) == (0, 0)
    assert padding(33) == (1, 1)


def test_receptive_field_of_a_vector_and_of_groups():
    """A network without an image sees it whole; statistics over positions see it whole too."""
    inputs = keras.Input((10,))
    dense = keras.Model(inputs, layers.Dense(2)(inputs))
    assert str(receptive_field(dense)) == "the whole input"
    image = keras.Input((9, 7, 4))
    normalized = layers.GroupNormalization(2)(layers.Conv2D(4, 3)(image))
    assert receptive_field(keras.Model(image, normalized)).global_context


@keras.saving.register_keras_serializable(package="tests")
class _Twist(keras.Layer):
    def call(self, inputs):
        return keras.ops.flip(inputs, axis=1)

    def compute_output_shape(self, input_shape):
        return input_shape


def _two_inputs():
    left, right = keras.Input((8, 8, 1), name="left"), keras.Input((8, 8, 1), name="right")
    return keras.Model([left, right], layers.Add(name="sum")([left, right]))


def _two_strides():
    inputs = keras.Input((5, 5, 1))
    small = layers.MaxPooling2D(2, strides=(1, 2), padding="same")(inputs)
    return keras.Model(
        inputs, layers.Add()([small, layers.Conv2D(1, (1, 3), dilation_rate=1)(inputs)])
    )


def _dense_along_columns():
    inputs = keras.Input((3, 8, 8))
    pooled = layers.MaxPooling2D(2, data_format="channels_first")(inputs)
    return keras.Model(inputs, layers.Dense(5)(pooled))


def _two_formats():
    inputs = keras.Input((8, 8, 8))
    pooled = layers.MaxPooling2D(2, data_format="channels_first")(inputs)
    return keras.Model(inputs, layers.MaxPooling2D(2, data_format="channels_last")(pooled))


def _after(layer, shape=(8, 8, 3)):
    inputs = keras.Input(shape)
    return keras.Model(inputs, layer(inputs))


@pytest.mark.parametrize(
    ("model", "layer", "says"),
    [
        (lambda: _after(_Twist(name="twist")), None, "_Twist 'twist', whose way of looking"),
        (_two_inputs, None, "'sum', which depends on several inputs: left, right"),
        (_two_strides, None, "which merges strides 1 and 2"),
        (lambda: _after(layers.Conv2D(1, 3, name="first")), "frst", "Did you mean 'first'?"),
        (lambda: _after(layers.UpSampling2D(interpolation="bicubic")), None, "not known"),
        (lambda: _after(layers.Softmax(axis=1)), None, "not known"),
        (lambda: _after(layers.LayerNormalization(axis=2)), None, "not known"),
        (lambda: _after(lambda x: keras.ops.mean(x, axis=1)), None, "not known"),
        (lambda: _after(lambda x: keras.ops.sum(x, axis=0, keepdims=True)), None, "not known"),
        (lambda: _after(lambda x: layers.Conv2D(2, 3)(x)[:, 0, 0]), None, "not known"),
        (_dense_along_columns, None, "not known"),
        (_two_formats, None, "takes another axis for the channels"),
        (lambda: _after(layers.Reshape((16, 4, 3))), None, "not known"),
        (lambda: keras.Sequential([layers.Dense(1)]), None, "Begin with keras.Input"),
        (lambda: "resnet50", None, "Received str"),
    ],
)
def test_receptive_field_says_what_it_cannot_tell(model, layer, says):
    """What is no model, unknown or ambiguous is a sentence, never a guess."""
    with pytest.raises(ModelError) as error:
        receptive_field(model(), layer)
    assert says in str(error.value)


@pytest.mark.parametrize(
    "reduce",
    [
        lambda x: keras.ops.mean(x, axis=(1, 2)),
        lambda x: keras.ops.max(x, axis=[1, 2], keepdims=True),
        lambda x: keras.ops.sum(x, axis=(-3, -2, -1)),
        layers.Reshape((6 * 6 * 4,)),
        layers.GlobalMaxPooling2D(keepdims=True),
    ],
)
def test_receptive_field_after_a_reduction_is_the_whole_input(reduce):
    """Whatever takes all positions into one value, or lines them up, sees everything."""
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, reduce(layers.Conv2D(4, 3)(inputs)))
    assert models.summary_table(model).rows[-1].receptive_field.whole
    assert receptive_field(model).size == (3, 3)


@pytest.mark.parametrize(
    ("layer", "everything"),
    [
        (layers.Softmax(), False),
        (layers.Softmax(axis=(1, 2)), True),
        (layers.UnitNormalization(), False),
        (layers.LayerNormalization(axis=(1, 2, 3)), True),
        (layers.Dense(5), False),
    ],
)
def test_receptive_field_follows_the_axes_of_a_layer(layer, everything):
    """Along channels a unit stays with its own position; along rows and columns it sees all."""
    inputs = keras.Input((8, 8, 3))
    seen = receptive_field(keras.Model(inputs, layer(layers.Conv2D(4, 3)(inputs))))
    assert seen.size == (3, 3)
    assert seen.global_context is everything


def test_receptive_field_of_several_outputs_is_that_of_the_first():
    """The first output counts; another layer is asked for by name."""
    inputs = keras.Input((8, 8, 3))
    first, second = (layers.Conv2D(2, side, name=f"side_{side}")(inputs) for side in (3, 5))
    model = keras.Model(inputs, [first, second])
    assert receptive_field(model).size == (3, 3)
    assert receptive_field(model, "side_5").size == (5, 5)


def test_receptive_field_does_not_join_images_side_by_side():
    """Concatenating rows is not a merge of windows; concatenating channels is."""
    inputs = keras.Input((8, 8, 3))
    joined = keras.Model(inputs, layers.Concatenate(axis=1)([inputs, inputs]))
    with pytest.raises(ModelError, match="Concatenate"):
        receptive_field(joined)
    deeper = keras.Model(inputs, layers.Concatenate(axis=3)([inputs, inputs]))
    assert receptive_field(deeper).size == (1, 1)
