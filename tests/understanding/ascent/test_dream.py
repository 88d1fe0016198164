"""Tests of DeepDream."""

import keras
import numpy as np
import pytest

from dlcnn.understanding import UnderstandingError, deep_dream


@pytest.fixture(scope="module")
def small() -> keras.Model:
    """A network for images of 12 x 16 x 3 whose convolutions take any size."""
    keras.utils.set_random_seed(7)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((12, 16, 3)),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="first"),
            layers.MaxPooling2D(2),
            layers.Conv2D(5, 3, padding="valid", activation="relu", name="second"),
            layers.Flatten(name="flat"),
            layers.Dense(4, name="answer"),
        ],
        name="small",
    )


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Three images of the model's size."""
    return np.random.default_rng(1).uniform(0.2, 0.8, (3, 12, 16, 3)).astype(np.float32)


def test_deep_dream_excites_the_layers_in_every_octave(small, images):
    """the mean square of the layers rises in each octave, and the last score is the image's"""
    found = deep_dream(small, images, ["first", "second"], steps=10, jitter=2)

    assert found.images.shape == images.shape
    assert found.scores.shape == (3, 31)
    for octave in np.split(found.scores[:, :30], 3, axis=1):
        assert (octave[:, -1] > octave[:, 0]).all()
    first = small.get_layer("first")(found.images)
    second = small.get_layer("second")(small.layers[1](first))
    score = sum(
        np.square(keras.ops.convert_to_numpy(each)).mean(axis=(1, 2, 3)) for each in (first, second)
    )
    np.testing.assert_allclose(found.scores[:, -1], score, rtol=1e-4)
    assert found.images.min() >= 0
    assert found.images.max() <= 1


def test_deep_dream_keeps_the_image_it_dreams_into(small, images):
    """a short dream stays near its image, and frames have the image's size"""
    found = deep_dream(small, images, "second", steps=4, keep_every=2, step_size=1e-4)

    assert np.abs(found.images - images).max() < 0.01
    assert not (found.images == images).all()
    assert found.frame_steps == (0, 2, 4, 6, 8, 10, 12)
    assert found.frames.shape == (7, *images.shape)
    np.testing.assert_allclose(found.frames[-1] / 255, found.images, atol=0.5 / 255 + 1e-6)


def test_deep_dream_takes_images_of_another_size_and_any_batches(small):
    """convolutions dream in images of any size, and batches change nothing that is seen"""
    images = np.random.default_rng(2).random((3, 20, 14, 3), np.float32)

    whole = deep_dream(small, images, "first", octaves=2, steps=3)
    apart = deep_dream(small, images, "first", batch_size=2, octaves=2, steps=3)

    assert whole.images.shape == images.shape
    np.testing.assert_allclose(apart.images, whole.images, atol=1e-3)
    again = deep_dream(small, images, "first", octaves=2, steps=3)
    assert (again.images == whole.images).all()


def test_deep_dream_refuses_octaves_that_a_layer_does_not_take(small, images):
    """a Dense layer on the way, or an octave of which nothing is left, is named"""
    with pytest.raises(UnderstandingError, match=r"6 x 8 x 3 .*Dense 'answer'.*octaves=1"):
        deep_dream(small, images, "answer", octaves=2, octave_scale=2)
    with pytest.raises(UnderstandingError, match=r"Conv2D 'second' needs another size"):
        deep_dream(small, images, "second", octaves=3, octave_scale=2)
    found = deep_dream(small, images, "answer", octaves=1, steps=2)
    assert found.images.shape == images.shape


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": []}, "one layer or more"),
        ({"octaves": 0}, "octaves=0"),
        ({"jitter": 13}, "jitter=13 for images of 12 x 16 x 3"),
        ({"octave_scale": 1}, "octave_scale is a number above 1"),
        ({"images": np.zeros((12, 16, 3))}, r"images\[None\]"),
        (
            {"images": np.zeros((2, 9, 14, 1))},
            "the images have the shape that the model was built for. Received images of "
            r"9 x 14 x 1 for 'small', which takes \? x \? x 3. .*np\.repeat\(images, 3, axis=-1\)",
        ),
        ({"images": np.zeros((2, 12, 16, 4))}, r"Leave opacity out: images\[\.\.\., :3\]"),
        ({"images": np.zeros((2, 12, 16, 2))}, "Convert them"),
        ({"images": "dog"}, "images are numbers of shape"),
        ({"images": np.full((2, 12, 16, 3), "a")}, "images are numbers of shape .* of <U1"),
        ({"images": np.full((2, 12, 16, 3), 255)}, "the pixels of images lie within value_range"),
        (
            {"images": np.stack([np.full((12, 16, 3), value) for value in (0.5, np.nan, np.inf)])},
            r"pixels are finite numbers. Received NaN or infinity in images\[1\]. Look at how",
        ),
    ],
)
def test_deep_dream_refuses_what_cannot_be(small, images, options, message):
    """images, layers and octaves that cannot be are told in a sentence"""
    with pytest.raises(UnderstandingError, match=message):
        deep_dream(small, **{"images": images, "layers": "first", **options})


@pytest.mark.parametrize(
    ("images", "options", "words"),
    [
        ([[1], [2, 3]], {}, "batch, height"),
        (np.zeros((1, 8, 8, 3)), {"octaves": 10**30}, "octaves"),
    ],
)
def test_deep_dream_refuses_ragged_images_and_endless_octaves(images, options, words):
    """Each in a sentence."""
    given = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(2, 3, name="features")(given)
    model = keras.Model(given, keras.layers.Dense(2)(keras.layers.Flatten()(x)))
    with pytest.raises(UnderstandingError, match=words):
        deep_dream(model, images, "features", **options)
