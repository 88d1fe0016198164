"""Invariance and equivariance, where they are known."""

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.understanding.equivariance.invariance import invariance
from dlcnn.understanding.equivariance.transforms import moved, shift
from dlcnn.understanding.errors import UnderstandingError


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((16, 20, 3)),
            layers.Conv2D(4, 3, activation="relu", name="valid"),
            layers.Conv2D(5, 3, strides=2, padding="same", name="strided"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", name="classes"),
        ]
    )


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).normal(size=(3, 16, 20, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def shifted(model, images):
    return invariance(model, images, "shift", [0, 1, 2, 4], fill=0.5)


def test_invariance_finds_convolution_equivariant(shifted):
    """Away from borders a convolution moves along exactly, by whole strides; else it does not."""
    error = shifted.equivariance_error
    assert shifted.layers == ("valid", "strided", "pool", "classes")
    assert error[0].max() < 1e-6
    assert error[1, [0, 2, 3]].max() < 1e-6
    assert error[1, 1].min() > 0.1
    assert error[2, 3].max() < 1e-6
    assert error[2, 1:3].min() > 0.1
    assert shifted.clear[:3].all()


def test_invariance_compares_places_free_of_borders(shifted):
    """Units that see what came in from outside, or the padding, are left out."""
    # Of 14 rows and 18 columns of "valid" all see the image only; shifted by 4, 14 columns do.
    np.testing.assert_allclose(shifted.compared[0], [1, 17 / 18, 16 / 18, 14 / 18], rtol=1e-6)
    # Padding below and to the right of an even size: 6 of 7 rows, 8 of 9 columns are free.
    assert shifted.compared[1, 0] == pytest.approx(6 * 8 / 63)


def test_invariance_knows_no_place_of_dense_units(shifted):
    """Units that see the whole image cannot move along; how far they stay is measured."""
    assert np.isnan(shifted.equivariance_error[3]).all()
    assert (shifted.compared[3] == 0).all()
    assert (shifted.similarity[3] > 0).all()


def test_invariance_is_that_of_the_layers_outputs(model, images, shifted):
    """Similarity and distance are those that Keras' own outputs have, image by image."""
    inner = keras.Model(model.inputs[0], model.get_layer("strided").output)
    old = keras.ops.convert_to_numpy(inner(images)).reshape(3, -1)
    new = keras.ops.convert_to_numpy(inner(moved(images, shift(0, 2), fill=0.5))).reshape(3, -1)
    norms = np.linalg.norm(old, axis=1), np.linalg.norm(new, axis=1)
    cosine = (old * new).sum(axis=1) / norms[0] / norms[1]
    np.testing.assert_allclose(shifted.similarity[1, 2], cosine, atol=1e-5)
    apart = np.linalg.norm(old - new, axis=1) / np.maximum(*norms)
    np.testing.assert_allclose(shifted.distance[1, 2], apart, atol=1e-5)
    assert shifted.distance[:, 0].max() < 1e-6


def test_invariance_finds_pooling_blind_within_its_window():
    """A point that stays in its window leaves what is pooled equal; one that leaves it does not."""
    pooling = keras.Sequential(
        [
            keras.Input((6, 8, 2)),
            layers.MaxPooling2D((2, 4), name="pool"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    points = np.zeros((2, 6, 8, 2), np.float32)
    points[0, 2, 0, 0], points[1, 4, 0, 1] = 1, 2
    for along, window in (("rows", 2), ("columns", 4)):
        found = invariance(pooling, points, "shift", range(window + 1), "pool", along=along)
        assert found.distance[0, :window].max() == 0
        assert found.similarity[0, :window].min() == pytest.approx(1)
        # Now in the next window, orthogonal to the old one, or off the image.
        assert found.distance[0, window].tolist() == pytest.approx(
            [2**0.5, 1.0 if along == "rows" else 2**0.5]
        )


def test_invariance_finds_a_round_kernel_equivariant_to_quarter_turns():
    """A kernel that is the same when turned turns along; another one does not."""
    inputs = keras.Input((9, 9, 1))
    round_ = layers.Conv2D(1, 3, padding="same", use_bias=False, name="round")
    other = layers.Conv2D(1, 3, padding="same", use_bias=False, name="other")
    joined = layers.Concatenate()([round_(inputs), other(inputs)])
    turning = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(joined)))
    round_.set_weights([np.float32([[1, 2, 1], [2, 5, 2], [1, 2, 1]])[..., None, None]])
    other.set_weights([np.float32([[1, 2, 1], [0, 5, 0], [0, 0, 0]])[..., None, None]])
    images = np.random.default_rng(1).normal(size=(2, 9, 9, 1))
    error = invariance(turning, images, "rotation", [90, 180], ["round", "other"])
    assert error.equivariance_error[0].max() < 1e-6
    assert error.equivariance_error[1].min() > 0.1


def test_invariance_falls_back_to_all_places_that_stay(images):
    """Where every unit sees the border, those that stay on the layer count, and it is said."""
    wide = keras.Sequential(
        [
            keras.Input((4, 5, 1)),
            layers.Conv2D(2, 9, padding="same", name="wide"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    found = invariance(wide, images[:, :4, :5, :1], "shift", [0, 2, 5], "wide")
    assert not found.clear.any()
    assert found.compared[0].tolist() == pytest.approx([1, 0.6, 0])
    assert found.equivariance_error[0, 0].max() == 0
    assert found.equivariance_error[0, 1].min() > 0.1  # the padding's doing
    assert np.isnan(found.equivariance_error[0, 2]).all()


def test_invariance_knows_the_padding_of_open_sizes(images):
    """Where the model leaves the size open, "same" padding is that of these images."""
    anysize = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            layers.Conv2D(4, 5, strides=2, padding="same", use_bias=False, name="strided"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    for width in (20, 19):
        found = invariance(anysize, images[:, :, :width], "shift", [2, 1], "strided")
        assert found.clear.all()
        assert found.equivariance_error[0, 0].max() < 1e-6
        assert found.equivariance_error[0, 1].min() > 0.1


def test_invariance_knows_that_units_made_by_up_sampling_see_the_same(images):
    """After up-sampling a shift by whole coarse strides moves along exactly; a smaller does not."""
    upsampling = keras.Sequential(
        [
            keras.Input((16, 20, 3)),
            layers.Conv2D(4, 2, strides=2, name="coarse"),
            layers.UpSampling2D(2, name="up"),
            layers.Conv2D(3, 3, padding="same", name="fine"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    found = invariance(upsampling, images, "shift", [2, 1], ["up", "fine"])
    assert found.clear.all()
    assert found.equivariance_error[:, 0].max() < 1e-6
    assert found.equivariance_error[:, 1].min() > 0.1


def test_invariance_does_not_depend_on_the_batch_size(model, images, shifted):
    """The same numbers for one image at a time."""
    one = invariance(model, images, "shift", [0, 1, 2, 4], batch_size=1, fill=0.5)
    np.testing.assert_allclose(one.similarity, shifted.similarity, atol=1e-6)
    np.testing.assert_allclose(one.equivariance_error, shifted.equivariance_error, atol=1e-6)


@pytest.mark.parametrize(
    "amounts",
    [
        *((0, 1, 2, 4), np.array([0, 1, 2, 4])),
        (by for by in (0, 1, 2, 4)),
        {4: "far", 2: "", 1: "", 0: "near"}.keys(),
        {0, 1, 2, 4},
    ],
    ids=["tuple", "array", "generator", "view", "set"],
)
def test_invariance_takes_amounts_from_any_iterable(model, images, shifted, amounts):
    """Whatever they come from, each has its numbers, in the order in which they came."""
    found = invariance(model, images, "shift", amounts, "strided", fill=0.5)

    assert sorted(found.amounts) == [0, 1, 2, 4]
    places = [shifted.amounts.tolist().index(by) for by in found.amounts]
    np.testing.assert_allclose(found.similarity[0], shifted.similarity[1][places], atol=1e-6)
    assert np.ptp(found.similarity[0], axis=0).min() > 1e-3  # other orders are other numbers


def test_invariance_measures_an_amount_as_often_as_it_comes(model, images, shifted):
    """Amounts stay as they were passed: one that comes twice has its numbers twice."""
    found = invariance(model, images, "shift", [2, 1, 2], "strided", fill=0.5)

    assert found.amounts.tolist() == [2, 1, 2]
    np.testing.assert_array_equal(found.distance[0, 0], found.distance[0, 2])
    np.testing.assert_allclose(found.distance[0], shifted.distance[1, [2, 1, 2]], atol=1e-6)
    assert np.abs(found.distance[0, 0] - found.distance[0, 1]).max() > 1e-3
    assert invariance(model, images, "shift", 2, "strided").amounts.tolist() == [2]


def test_invariance_draws_what_stays_and_what_moves_along(shifted):
    """A curve per layer in each of two panels, the means over the images."""
    stays, moves = shifted.figure().axes
    assert stays.get_xlabel() == "shift by pixels"
    assert [line.get_label() for line in stays.lines] == list(shifted.layers)
    assert [line.get_label() for line in moves.lines] == ["valid", "strided", "pool"]
    drawn = np.asarray(moves.lines[1].get_ydata())
    np.testing.assert_allclose(drawn, shifted.equivariance_error[1].mean(axis=1))
    assert len(shifted.figure(["classes"]).axes) == 1
    assert len(shifted.figure("classes").axes) == 1
    for wrong in (["valyd"], "valyd", 3, []):
        with pytest.raises(UnderstandingError, match="Measured are valid, strided"):
            shifted.figure(wrong)


@pytest.mark.parametrize(("count", "words"), [(1, "1 image"), (3, "3 images")])
def test_invariance_figure_says_of_how_many_images_it_is(model, images, count, words):
    """The title counts the images that the curves are the means of."""
    found = invariance(model, images[:count], "shift", [0, 1], "valid")
    assert found.figure().get_suptitle() == f"shift: mean of {words}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"change": "mirror"}, "'shift', 'rotation', 'scale'"),
        ({"amounts": []}, "one or more"),
        ({"amounts": set()}, "one or more"),
        ({"amounts": "12 px"}, "an amount is a number. Received an amount='12 px'"),
        ({"amounts": [np.nan]}, "an amount is a number"),
        ({"change": "scale", "amounts": [0]}, "above 0"),
        ({"amounts": "far"}, "an amount is a number"),
        ({"amounts": None}, "an amount is a number"),
        ({"along": "depth"}, "along is one of"),
        ({"along": "rows", "change": "rotation"}, "along is the axis of a shift"),
        ({"layers": []}, "one or more"),
        ({"layers": 64}, "layers or their names, one or more. Received one of type int"),
        ({"fill": "edge"}, "fill is a number"),
    ],
)
def test_invariance_refuses_what_cannot_be(model, images, options, message):
    """Each option that cannot be is refused in a sentence."""
    with pytest.raises(UnderstandingError, match=message):
        invariance(model, images, **{"change": "shift", "amounts": [1], **options})


def test_invariance_names_a_layer_whose_numbers_are_broken():
    """A weight that is no number is told with its layer; a sound network is measured."""
    given = keras.Input((8, 9, 2))
    x = keras.layers.Conv2D(3, 3, name="sound")(given)
    x = keras.layers.Conv2D(3, 3, name="broken")(x)
    model = keras.Model(given, keras.layers.Dense(2)(keras.layers.Flatten()(x)))
    images = np.random.default_rng(0).random((2, 8, 9, 2)).astype(np.float32)
    assert np.isfinite(invariance(model, images, "shift", [1]).distance).all()

    model.get_layer("broken").bias.assign([np.nan, 0, 0])

    with pytest.raises(UnderstandingError, match="'broken'"):
        invariance(model, images, "shift", [1])
