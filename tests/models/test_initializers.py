"""EdgeFilters: which filter is where, and frozen layers beside trainable ones."""

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.models.errors import ModelError
from dlcnn.models.initializers import EdgeFilters, edge_layer


def _kernel(initializer, shape):
    return keras.ops.convert_to_numpy(initializer(shape))


def _filter(kind, angle, height=3, width=3):
    return _kernel(EdgeFilters(kind, (angle,)), (height, width, 1, 1))[..., 0, 0]


@pytest.mark.parametrize(
    ("kind", "angle", "expected"),
    [
        ("sobel", 0, np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4),
        ("sobel", 90, np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]) / 4),
        ("sobel", 45, np.array([[0, 1, 1], [-1, 0, 1], [-1, -1, 0]]) / 3),
        ("prewitt", 180, np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]]) / 3),
        ("scharr", 0, np.array([[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]]) / 16),
        ("laplacian", 0, np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]) / 4),
    ],
)
def test_edge_filters_are_the_known_ones(kind, angle, expected):
    """The named 3x3 filters up to their scale, turned counter-clockwise."""
    np.testing.assert_allclose(_filter(kind, angle), expected, atol=1e-6)


def test_edge_filters_of_larger_sizes_are_the_known_ones():
    """5x5 Sobel is the usual one; height and width may differ."""
    smooth, slope = np.array([1, 4, 6, 4, 1]), np.array([-1, -2, 0, 2, 1])
    expected = np.outer(smooth, slope) / (16 * 3)
    np.testing.assert_allclose(_filter("sobel", 0, 5, 5), expected, atol=1e-6)
    assert _filter("lines", 30, 5, 8).shape == (5, 8)


@pytest.mark.parametrize("kind", ["sobel", "scharr", "prewitt", "laplacian", "lines"])
@pytest.mark.parametrize("size", [(3, 3), (4, 7), (6, 5)])
@pytest.mark.parametrize("channels", [1, 3])
def test_edge_filters_are_scaled_for_images_in_0_to_1(kind, size, channels):
    """Even grey gives 0, and the best match 1, however many channels there are."""
    kernel = _kernel(EdgeFilters(kind, (0, 30)), (*size, channels, 2))
    np.testing.assert_allclose(kernel.sum(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(np.maximum(kernel, 0).sum(axis=(0, 1, 2)), 1, rtol=1e-5)
    assert np.ptp(kernel, axis=2).max() == 0  # every channel alike


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_edge_filters_answer_to_their_direction(angle):
    """The response is largest where the image becomes brighter in the filter's direction."""
    rows, columns = np.mgrid[0:7, 0:9]
    ramps = {0: columns, 90: -rows, 180: -columns, 270: rows}
    kernel = _filter("sobel", angle)
    responses = {turn: float((ramp[2:5, 3:6] * kernel).sum()) for turn, ramp in ramps.items()}
    assert max(responses, key=responses.__getitem__) == angle
    assert responses[(angle + 90) % 360] == pytest.approx(0, abs=1e-6)


def test_edge_filters_of_lines_answer_to_lines_along_them():
    """A horizontal line is found by 0 degrees, a vertical one by 90, a rising one by 45."""
    lines = {0: np.zeros((7, 7)), 90: np.zeros((7, 7)), 45: np.fliplr(np.eye(7))}
    lines[0][3], lines[90][:, 3] = 1, 1
    for angle, image in lines.items():
        responses = {turn: (image * _filter("lines", turn, 7, 7)).sum() for turn in lines}
        assert max(responses, key=responses.get) == angle


def test_edge_filters_take_turns_and_begin_again():
    """Kinds alternate within an angle; kinds without an angle come once; then all begin again."""
    kernel = _kernel(EdgeFilters(("sobel", "laplacian"), (0, 90)), (3, 3, 1, 5))[:, :, 0]
    wanted = [("sobel", 0), ("laplacian", 0), ("sobel", 90), ("sobel", 0), ("laplacian", 0)]
    for place, (kind, angle) in enumerate(wanted):
        np.testing.assert_allclose(kernel[..., place], _filter(kind, angle), atol=1e-6)


@pytest.mark.parametrize("filters", [1, 2, 5, 8, 13])
def test_edge_filters_spread_their_angles(filters):
    """Without angles every filter is another one."""
    kernel = _kernel(EdgeFilters(("laplacian", "scharr", "lines")), (3, 5, 2, filters))
    flat = kernel.reshape(-1, filters).T
    distances = np.abs(flat[:, None] - flat[None]).max(axis=-1)
    assert distances[~np.eye(filters, dtype=bool)].min(initial=1) > 0.01


def test_edge_filters_are_the_same_each_time_and_after_saving():
    """Nothing is random, and the configuration gives the same filters back."""
    first = EdgeFilters(("lines", "prewitt"), (10, 20.5))
    again = keras.initializers.deserialize(keras.initializers.serialize(first))
    assert isinstance(again, EdgeFilters)
    assert again.get_config() == first.get_config()
    shape = (5, 3, 2, 6)
    np.testing.assert_array_equal(_kernel(first, shape), _kernel(again, shape))
    other = EdgeFilters(("lines", "prewitt"), (10, 21))
    assert not np.array_equal(_kernel(first, shape), _kernel(other, shape))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: EdgeFilters("sobbel"), "kinds are some of sobel"),
        (lambda: EdgeFilters(()), "kinds="),
        (lambda: EdgeFilters("sobel", ()), "at least one"),
        (lambda: EdgeFilters("sobel", (float("nan"),)), "angles"),
        (lambda: EdgeFilters("sobel", ("up",)), "angles are numbers of degrees"),
        (lambda: EdgeFilters()((3, 2, 1, 4)), "at least 3x3"),
        (lambda: EdgeFilters()((10, 4)), "kernel_initializer of a Conv2D"),
        (lambda: edge_layer(keras.Input((8, 8, 3)), 0, 4), "frozen=0"),
        (lambda: edge_layer(keras.Input((8, 8, 3)), 4, "8"), "trainable='8'"),
        (lambda: edge_layer(keras.Input((8, 8, 3)), True, 4), "frozen=True"),
        (lambda: edge_layer(keras.Input((8, 8, 3)), 4, 8, padding="full"), "'padding': 'full'"),
        (lambda: EdgeFilters(None), "kinds=None"),
    ],
)
def test_edge_filters_refuse_what_they_cannot_make(make, says):
    """Each wrong argument has its sentence."""
    with pytest.raises(ModelError, match=says):
        make()


def _network():
    x = inputs = keras.Input((12, 10, 3))
    x = edge_layer(x, frozen=4, trainable=3, kernel_size=(3, 5), strides=(2, 1), name="edges")
    x = layers.Flatten()(layers.ReLU()(x))
    return keras.Model(inputs, layers.Dense(2)(x))


def test_edge_layer_stays_frozen_while_its_neighbours_learn():
    """After fit the fixed filters are bit for bit the same, and all trainable weights are not."""
    keras.utils.set_random_seed(1)
    model = _network()
    assert model.get_layer("edges").output.shape == (None, 6, 10, 7)
    frozen, learnt = model.get_layer("edges_frozen"), model.get_layer("edges_trainable")
    before = [keras.ops.convert_to_numpy(each.kernel) for each in (frozen, learnt)]
    model.compile("sgd", "mse")
    images = np.random.default_rng(2).random((16, 12, 10, 3), "float32")
    model.fit(images, np.ones((16, 2)), epochs=2, verbose=0)
    after = [keras.ops.convert_to_numpy(each.kernel) for each in (frozen, learnt)]
    np.testing.assert_array_equal(before[0], after[0])
    assert np.abs(before[1] - after[1]).max() > 0
    assert len(model.trainable_weights) == 4


def test_edge_layer_survives_saving(tmp_path):
    """A saved model comes back with the same outputs, still frozen."""
    model = _network()
    model.save(tmp_path / "edges.keras")
    again = keras.saving.load_model(tmp_path / "edges.keras")
    images = np.random.default_rng(3).random((2, 12, 10, 3), "float32")
    np.testing.assert_array_equal(
        model.predict(images, verbose=0), again.predict(images, verbose=0)
    )
    assert not again.get_layer("edges_frozen").trainable
    assert isinstance(again.get_layer("edges_frozen").kernel_initializer, EdgeFilters)


def test_edge_layer_takes_another_initializer():
    """The fixed filters may be any initializer's."""
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, edge_layer(inputs, 2, 1, initializer="ones", name="first"))
    assert np.unique(model.get_layer("first_frozen").get_weights()[0]) == [1]


def test_edge_layer_stands_in_a_network_twice():
    """Without names of their own, two of them are told apart."""
    x = inputs = keras.Input((8, 8, 3))
    for _ in range(2):
        x = edge_layer(x, frozen=np.int64(4), trainable=2)
    assert keras.Model(inputs, x).output_shape == (None, 8, 8, 6)


def test_edge_filters_take_one_angle_and_arrays():
    """A number is an angle, an array is angles."""
    shape = (3, 3, 1, 4)
    one, many = EdgeFilters("sobel", 45), EdgeFilters("sobel", np.arange(0, 180, 45))
    np.testing.assert_array_equal(_kernel(one, shape), _kernel(EdgeFilters("sobel", (45,)), shape))
    wanted = EdgeFilters("sobel", (0, 45, 90, 135))
    np.testing.assert_array_equal(_kernel(many, shape), _kernel(wanted, shape))
    assert many.get_config() == wanted.get_config()
