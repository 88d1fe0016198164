"""Sizes, padding, weights, work and receptive fields: by hand, by counting, and as in Keras."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlcnn.reference import ShapeError, conv1d_gradients
from dlcnn.reference.arithmetic import (
    ReceptiveField,
    Window,
    axis_padding,
    batch_normalization_parameters,
    conv_multiply_adds,
    conv_parameters,
    dense_multiply_adds,
    dense_parameters,
    full_padding,
    output_size,
    receptive_field,
    same_padding,
    transposed_output_size,
    window_extent,
)

SIZES = st.integers(1, 40)
STRIDES = st.integers(1, 5)
PADS = st.tuples(st.integers(0, 4), st.integers(0, 4))


@pytest.mark.parametrize(
    ("size", "window", "stride", "pad", "expected"),
    [
        (5, 3, 1, (0, 0), 3),
        (5, 3, 2, (1, 1), 3),
        (7, 3, 2, (1, 1), 4),
        (6, 3, 2, (0, 1), 3),
        (224, 7, 2, (3, 3), 112),
        (3, 3, 3, (0, 0), 1),
        (8, 3, 3, (0, 0), 2),
    ],
)
def test_output_size_follows_the_formula(size, window, stride, pad, expected):
    """floor((size + before + after - window) / stride) + 1, worked by hand"""
    assert output_size(size, window, stride=stride, pad=pad) == expected


@given(SIZES, SIZES, STRIDES, PADS)
def test_output_size_counts_the_places_that_fit(size, window, stride, pad):
    """it is the number of starts, one stride apart, whose window ends inside the padded axis"""
    total = size + sum(pad)
    places = [start for start in range(0, total, stride) if start + window <= total]
    if places:
        assert output_size(size, window, stride=stride, pad=pad) == len(places)
    else:
        with pytest.raises(ShapeError):
            output_size(size, window, stride=stride, pad=pad)


def test_output_size_of_a_window_that_does_not_fit_names_the_sizes():
    """a window one pixel too large is refused, even where the division would round up to 0"""
    with pytest.raises(ShapeError, match=r"must fit.*size=2, window=5, pad=\(1, 1\)"):
        output_size(2, 5, stride=2, pad=(1, 1))


@given(SIZES, SIZES, STRIDES)
def test_same_padding_gives_one_output_per_stride(size, window, stride):
    """ceil(size / stride) outputs, and the odd pixel goes after"""
    before, after = same_padding(size, window, stride)
    assert after - before in (0, 1)
    if stride <= window:
        assert output_size(size, window, stride=stride, pad=(before, after)) == -(-size // stride)


def test_same_padding_on_an_even_size_differs_from_one_pixel_each_side():
    """with stride 2 TensorFlow pads (0, 1) where `pad=1` means (1, 1)"""
    assert same_padding(6, 3, 2) == (0, 1)
    assert same_padding(7, 3, 2) == (1, 1)
    assert same_padding(6, 3, 1) == (1, 1)


def test_output_size_of_a_dilated_window():
    """floor((n + 2p - d(f-1) - 1) / s) + 1: 3 taps two pixels apart are 5 pixels long"""
    assert window_extent(3, 2) == 5
    assert (
        output_size(11, 3, stride=2, pad=(1, 1), dilation_rate=2) == (11 + 2 - 2 * 2 - 1) // 2 + 1
    )
    assert output_size(5, 3, dilation_rate=2) == 1
    with pytest.raises(ShapeError, match=r"must fit.*dilation_rate=2\.$"):
        output_size(4, 3, dilation_rate=2)


@given(SIZES, SIZES, STRIDES, st.integers(1, 3))
def test_named_padding_is_its_pixels(size, window, stride, rate):
    """ "valid", "same" and "full" give the size that their pixels give"""
    extent = window_extent(window, rate)
    options = {"stride": stride, "dilation_rate": rate}
    assert output_size(size, window, pad="same", **options) == -(-size // stride)
    assert output_size(size, window, pad="full", **options) == (size + extent - 2) // stride + 1
    assert axis_padding(size, window, "full", **options) == full_padding(window, rate)
    if extent <= size:
        valid = output_size(size, window, pad="valid", **options)
        assert valid == output_size(size, window, **options)


@pytest.mark.parametrize("count", [axis_padding, output_size, transposed_output_size])
@pytest.mark.parametrize("pad", ["SAME", 1, None, (1,), (1, 1, 1), (1, -1), (0.5, 1)])
def test_sizes_refuse_any_other_padding(count, pad):
    """names in small letters, or two whole numbers of at least 0"""
    with pytest.raises(ShapeError, match=rf"^{count.__name__}: pad must be .* Received pad="):
        count(5, 3, pad=pad)


@pytest.mark.parametrize("count", [axis_padding, output_size, transposed_output_size])
def test_sizes_take_pads_as_a_list_or_an_array_too(count):
    """and whole numbers of NumPy"""
    expected = count(10, 3, pad=(1, 2))
    for pad in ([1, 2], np.array([1, 2])):
        assert count(np.int64(10), np.int32(3), pad=pad) == expected


COUNTS = {
    window_extent: {"window": 3, "dilation_rate": 1},
    full_padding: {"window": 3, "dilation_rate": 1},
    same_padding: {"size": 5, "window": 3, "stride": 1, "dilation_rate": 1},
    axis_padding: {"size": 5, "window": 3, "pad": "same", "stride": 1, "dilation_rate": 1},
    output_size: {"size": 5, "window": 3, "stride": 1, "dilation_rate": 1},
    transposed_output_size: {"size": 5, "window": 3, "stride": 1, "dilation_rate": 1},
    Window: {"size": 3, "stride": 1, "pad_before": 0, "dilation_rate": 1},
    conv_parameters: {"kernel_size": (3, 3), "in_channels": 4, "filters": 6, "groups": 1},
    dense_parameters: {"inputs": 4, "units": 6},
    dense_multiply_adds: {"inputs": 4, "units": 6},
    batch_normalization_parameters: {"channels": 4},
    conv_multiply_adds: {
        "output_sizes": (5, 7),
        "kernel_size": (3, 3),
        "in_channels": 4,
        "filters": 6,
        "groups": 1,
    },
}
LEAST_ONE = {"window", "stride", "dilation_rate", "groups"}
NUMBERS = [
    (count, name, wrong)
    for count, given_numbers in COUNTS.items()
    for name, number in given_numbers.items()
    if isinstance(number, int)
    for wrong in [-1, 2.0, "3", None, *([0] if name in LEAST_ONE else [])]
]


@pytest.mark.parametrize(("count", "name", "wrong"), NUMBERS)
def test_arithmetic_refuses_what_no_layer_has(count, name, wrong):
    """negative, broken or missing numbers, and 0 where it would divide; named with the value"""
    count(**COUNTS[count])
    with pytest.raises(ShapeError, match=rf"^{count.__name__}: .*{name}.*{name}={wrong!r}"):
        count(**{**COUNTS[count], name: wrong})


@pytest.mark.parametrize("sizes", [3, (), (3, 0), (3, 2.0), "33", None])
def test_weights_refuse_sizes_that_are_no_tuple_of_whole_numbers(sizes):
    """one number does not say how many axes there are"""
    with pytest.raises(ShapeError, match=r"^conv_parameters: kernel_size must be a tuple"):
        conv_parameters(sizes, 4, 6)
    with pytest.raises(ShapeError, match=r"^conv_multiply_adds: output_sizes must be a tuple"):
        conv_multiply_adds(sizes, (3, 3), 4, 6)


@pytest.mark.parametrize(("in_channels", "filters"), [(5, 4), (4, 5)])
def test_weights_refuse_groups_that_do_not_divide_the_channels(in_channels, filters):
    """those of the images and those of the filters"""
    message = "in_channels and filters must be multiples of groups.*groups=2"
    with pytest.raises(ShapeError, match=f"^conv_parameters: {message}"):
        conv_parameters((3, 3), in_channels, filters, groups=2)
    with pytest.raises(ShapeError, match=f"^conv_multiply_adds: {message}"):
        conv_multiply_adds((5, 7), (3, 3), in_channels, filters, groups=2)


def test_a_window_of_no_pixels_is_none():
    """so that no chain has one"""
    with pytest.raises(ShapeError, match=r"^Window: size, .* at least 1.*size=0"):
        Window(0)


LAYERS = {1: keras.layers.Conv1D, 2: keras.layers.Conv2D, 3: keras.layers.Conv3D}
TRANSPOSED = {
    1: keras.layers.Conv1DTranspose,
    2: keras.layers.Conv2DTranspose,
    3: keras.layers.Conv3DTranspose,
}
AXES, NAMES = st.integers(1, 3), st.sampled_from(["valid", "same"])


@settings(max_examples=500)
@given(st.data(), AXES, NAMES, st.booleans(), st.booleans())
def test_conv_layers_have_keras_sizes_and_parameters(data, axes, padding, use_bias, dilated):
    """output sizes, and weights with groups, of what Keras builds"""
    each = st.tuples(*[st.integers(1, 5)] * axes)
    window, sizes = data.draw(each), data.draw(st.tuples(*[st.integers(1, 40)] * axes))
    steps, ones = data.draw(each), (1,) * axes
    strides, rates = (ones, steps) if dilated else (steps, ones)
    groups, per_group, filters = (data.draw(st.integers(1, 4)) for _ in range(3))
    if padding == "valid":
        extents = map(window_extent, window, rates)
        assume(all(extent <= size for extent, size in zip(extents, sizes, strict=True)))
    layer = LAYERS[axes](
        filters * groups,
        window,
        strides=strides,
        padding=padding,
        dilation_rate=rates,
        groups=groups,
        use_bias=use_bias,
    )
    shape = (None, *sizes, per_group * groups)
    expected = [
        output_size(size, taps, stride=stride, pad=padding, dilation_rate=rate)
        for size, taps, stride, rate in zip(sizes, window, strides, rates, strict=True)
    ]
    assert layer.compute_output_shape(shape) == (None, *expected, filters * groups)
    layer.build(shape)
    numbers = window, per_group * groups, filters * groups
    parameters = conv_parameters(*numbers, groups=groups, use_bias=use_bias)
    assert parameters == layer.count_params()
    work = conv_multiply_adds(expected, *numbers, groups=groups)
    assert work == np.prod(layer.kernel.shape) * np.prod(expected)


@settings(max_examples=500)
@given(st.data(), AXES, NAMES, st.booleans())
def test_transposed_layers_have_keras_sizes(data, axes, padding, extra):
    """output sizes of what Keras builds, with each output_padding that has a convolution"""
    each = st.tuples(*[st.integers(1, 5)] * axes)
    window, sizes, strides = data.draw(each), data.draw(each), data.draw(each)
    output_padding = None
    if extra:
        output_padding = tuple(data.draw(st.integers(0, stride - 1)) for stride in strides)
    layer = TRANSPOSED[axes](
        3, window, strides=strides, padding=padding, output_padding=output_padding
    )
    wanted = layer.compute_output_shape((2, *sizes, 4))[1:-1]
    for size, taps, stride, pixels, outputs in zip(
        sizes, window, strides, output_padding or (None,) * axes, wanted, strict=True
    ):
        options = {"stride": stride, "pad": padding, "output_padding": pixels}
        if outputs > 0 and fits(outputs, size, taps, stride, padding):
            assert transposed_output_size(size, taps, **options) == outputs
        else:
            with pytest.raises(ShapeError, match=r"^transposed_output_size: the convolution with"):
                transposed_output_size(size, taps, **options)


def fits(outputs, size, taps, stride, padding):
    """Whether the convolution of the outputs has this size: otherwise TensorFlow refuses it."""
    try:
        return output_size(outputs, taps, stride=stride, pad=padding) == size
    except ShapeError:
        return False


@given(SIZES, st.integers(1, 9), STRIDES, PADS, st.integers(1, 3), st.integers(0, 4))
def test_transposed_output_size_undoes_output_size(size, window, stride, pad, rate, extra):
    """the convolution of so many pixels takes `size` places again"""
    options = {"stride": stride, "pad": pad, "dilation_rate": rate}
    try:
        outputs = transposed_output_size(size, window, **options, output_padding=extra)
    except ShapeError:
        assert extra >= stride or (size - 1) * stride + window_extent(window, rate) + extra <= sum(
            pad
        )
    else:
        assert output_size(outputs, window, **options) == size


@pytest.mark.parametrize(
    ("kernel_size", "in_channels", "filters", "use_bias", "expected"),
    [
        ((3, 3), 3, 10, True, 280),  # 3 * 3 * 3 weights and a bias for each of 10 filters
        ((5, 5), 1, 6, True, 156),  # LeNet-5's first layer
        ((11, 11), 3, 96, True, 34944),  # AlexNet's
        ((3,), 8, 4, False, 96),
    ],
)
def test_conv_parameters_by_hand(kernel_size, in_channels, filters, use_bias, expected):
    """weights of each filter, and its bias"""
    assert conv_parameters(kernel_size, in_channels, filters, use_bias=use_bias) == expected


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (keras.layers.Conv2D(6, (3, 2), groups=2), (5, 7, 4), ((3, 2), 4, 6, 2)),
        (keras.layers.Conv2DTranspose(6, (3, 2)), (5, 7, 4), ((3, 2), 4, 6, 1)),
        (keras.layers.DepthwiseConv2D(3, depth_multiplier=2), (5, 7, 4), ((3, 3), 4, 8, 4)),
        (keras.layers.Conv1D(6, 3), (7, 4), ((3,), 4, 6, 1)),
    ],
)
def test_conv_parameters_are_those_keras_makes(layer, shape, expected, use_bias):
    """grouped, transposed and depthwise layers too"""
    layer = type(layer).from_config({**layer.get_config(), "use_bias": use_bias})
    layer.build((None, *shape))
    *sizes, groups = expected
    assert conv_parameters(*sizes, groups=groups, use_bias=use_bias) == layer.count_params()


CHANNELS = st.integers(1, 60)


@given(CHANNELS, CHANNELS, st.booleans())
def test_dense_parameters_are_those_keras_makes(inputs, units, use_bias):
    """each unit has a weight for each input, which is used once"""
    layer = keras.layers.Dense(units, use_bias=use_bias)
    layer.build((None, inputs))
    assert dense_parameters(inputs, units, use_bias=use_bias) == layer.count_params()
    assert dense_multiply_adds(inputs, units) == np.prod(layer.kernel.shape)


@given(CHANNELS, st.booleans(), st.booleans())
def test_batch_normalization_parameters_are_those_keras_makes(channels, scale, center):
    """trained ones, and the moving mean and variance"""
    layer = keras.layers.BatchNormalization(scale=scale, center=center)
    layer.build((None, 5, 7, channels))
    trained, kept = batch_normalization_parameters(channels, scale=scale, center=center)
    assert trained == sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights)
    assert kept == sum(int(np.prod(weight.shape)) for weight in layer.non_trainable_weights)


@given(SIZES, st.integers(1, 6), STRIDES, st.booleans())
def test_same_padding_is_what_keras_adds(size, window, steps, dilated):
    """read off the pixels, numbered from 1, that each tap of a convolution meets; 0 is border"""
    stride, rate = (1, steps) if dilated else (steps, 1)
    each_tap = np.eye(window).reshape(window, 1, window)
    pixels = np.arange(1.0, size + 1)
    met = keras.ops.conv(
        pixels.reshape(1, size, 1), each_tap, strides=stride, padding="same", dilation_rate=rate
    )
    padded = np.pad(pixels, same_padding(size, window, stride, rate))
    starts = np.arange(-(-size // stride))[:, None] * stride
    np.testing.assert_array_equal(met[0], padded[starts + np.arange(window) * rate])


def test_conv_multiply_adds_by_hand():
    """AlexNet's first layer: 55 * 55 places, 11 * 11 * 3 multiply-adds for each of 96 filters"""
    assert conv_multiply_adds((55, 55), (11, 11), 3, 96) == 105415200


def test_receptive_field_by_hand():
    """VGG's first block: 3, 5, and after the pool 6 pixels, two pixels apart"""
    conv, pool = Window(3, pad_before=1), Window(2, stride=2)
    assert receptive_field([]) == ReceptiveField(1, 1, 0)
    assert receptive_field([conv]) == ReceptiveField(3, 1, -1)
    assert receptive_field([conv, conv, pool]) == ReceptiveField(6, 2, -2)
    assert receptive_field([conv, conv, pool, conv]) == ReceptiveField(10, 2, -4)
    assert receptive_field([Window(3, dilation_rate=2), Window(1)]) == ReceptiveField(5, 1, 0)
    assert receptive_field([conv, pool]).pixels(3) == range(5, 9)


WINDOWS = st.builds(
    Window, st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), st.integers(1, 2)
)


@given(st.lists(WINDOWS, min_size=1, max_size=4), st.data())
def test_receptive_field_is_where_gradients_reach(windows, data):
    """sent back from one output through kernels of ones, a gradient reaches these ends"""
    sizes = [40]
    for window in windows:
        pad = (window.pad_before, 2)
        sizes.append(
            output_size(
                sizes[-1],
                window.size,
                stride=window.stride,
                pad=pad,
                dilation_rate=window.dilation_rate,
            )
            if sizes[-1] + sum(pad) >= window_extent(window.size, window.dilation_rate)
            else 0
        )
        assume(sizes[-1] > 0)
    place = data.draw(st.integers(0, sizes[-1] - 1))
    gradient = np.eye(sizes[-1])[None, place, :, None]
    for window, size in zip(reversed(windows), reversed(sizes[:-1]), strict=True):
        gradient, _, _ = conv1d_gradients(
            gradient,
            np.zeros((1, size, 1)),
            np.ones((window.size, 1, 1)),
            strides=window.stride,
            padding=((window.pad_before, 2),),
            dilation_rate=window.dilation_rate,
        )
    reached = np.flatnonzero(gradient)
    seen = receptive_field(windows).pixels(place)
    assert set(reached) <= set(seen)
    if seen[0] >= 0 and seen[-1] < 40:
        assert (reached[0], reached[-1]) == (seen[0], seen[-1])


def keras_footprints(size, windows, paddings, pools):
    """Which of `size` pixels (rows) move which output (columns) of a chain of Keras layers."""
    outputs = np.eye(size)[..., None]
    for window, padding, pool in zip(windows, paddings, pools, strict=True):
        if pool:
            layer = keras.layers.AveragePooling1D(window.size, window.stride, padding)
        else:
            layer = keras.layers.Conv1D(
                1,
                window.size,
                strides=window.stride,
                padding=padding,
                dilation_rate=window.dilation_rate,
                kernel_initializer="ones",
            )
        outputs = layer(outputs)
    return np.asarray(outputs)[..., 0] != 0


def assert_sees(windows, moved):
    """Outputs are moved by no pixel outside of their field, and by its ends where they are inside.

    Between the ends a dilation or a stride may leave pixels out.
    """
    field = receptive_field(windows)
    for place in range(moved.shape[1]):
        reached, seen = np.flatnonzero(moved[:, place]), field.pixels(place)
        assert set(reached) <= set(seen)
        if seen[0] >= 0:
            assert reached[0] == seen[0]
        if seen[-1] < len(moved):
            assert reached[-1] == seen[-1]


@given(st.data(), st.integers(1, 4))
def test_receptive_field_agrees_with_keras(data, layers):
    """the pixels that move each output of a random chain of convolutions and pools"""
    sizes, windows, paddings, pools = [40], [], [], []
    for _ in range(layers):
        taps, steps, padding = (
            data.draw(each) for each in (st.integers(1, 4), st.integers(1, 3), NAMES)
        )
        kind = data.draw(st.sampled_from(["conv", "dilated", "pool"]))
        options = {"dilation_rate" if kind == "dilated" else "stride": steps}
        before, after = axis_padding(sizes[-1], taps, padding, **options)
        extent = window_extent(taps, options.get("dilation_rate", 1))
        assume(extent <= sizes[-1])
        sizes.append(output_size(sizes[-1], taps, pad=(before, after), **options))
        windows.append(Window(taps, pad_before=before, **options))
        paddings.append(padding)
        pools.append(kind == "pool")
    moved = keras_footprints(sizes[0], windows, paddings, pools)
    assert moved.shape == (sizes[0], sizes[-1])
    assert_sees(windows, moved)


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (0, {"pad_before": 0}),
        (1, {"size": 3}),
        (1, {"stride": 1}),
        (2, {"dilation_rate": 1}),
        (3, {"size": 4}),
        (3, {"pad_before": 1}),
    ],
)
def test_comparison_with_keras_notices_another_field(place, change):
    """one tap, one step or one pixel of border off"""
    windows = [
        Window(3, pad_before=1),
        Window(2, stride=2),
        Window(3, dilation_rate=2),
        Window(5, stride=3),
    ]
    names = ["same", "valid", "valid", "valid"]
    moved = keras_footprints(60, windows, names, [False, True, False, False])
    assert moved.shape[1] > 3
    assert_sees(windows, moved)
    windows[place] = replace(windows[place], **change)
    with pytest.raises(AssertionError):
        assert_sees(windows, moved)
