"""Tests of images made for classes and filters."""

import keras
import numpy as np
import pytest

from dlcnn.models.errors import ModelError
from dlcnn.understanding import UnderstandingError, UnderstandingWarning, class_model, filter_model

_PLAIN = {"blur": 0.0, "jitter": 0}


@pytest.fixture(scope="module")
def linear() -> keras.Model:
    """Logits that are products with kernels, for images of 5 x 7 x 2."""
    keras.utils.set_random_seed(3)
    layers = [keras.Input((5, 7, 2)), keras.layers.Flatten(), keras.layers.Dense(3)]
    return keras.Sequential(layers, name="linear")


@pytest.fixture(scope="module")
def small() -> keras.Model:
    """A convolutional network for images of 12 x 10 x 3, four classes."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 10, 3)),
            layers.Conv2D(6, 3, padding="same", name="first"),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Conv2D(5, 3, padding="same", activation="relu", name="second"),
            layers.Flatten(name="flat"),
            layers.Dense(8, activation="relu", name="hidden"),
            layers.Dense(4, activation="softmax", name="answer"),
        ],
        name="small",
    )
    random = np.random.default_rng(5)  # the same weights on every framework
    for weight in model.weights:
        drawn = random.normal(0, 1.4 / np.sqrt(np.prod(weight.shape[:-1])), weight.shape)
        weight.assign(drawn if len(weight.shape) > 1 else np.full(weight.shape, 0.3))
    return model


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.vdot(one, other) / np.linalg.norm(one) / np.linalg.norm(other))


def test_class_model_of_a_linear_model_points_along_its_weights(linear):
    """the image of each class is its kernel, and not that of another class"""
    found = class_model(linear, steps=8, value_range=None, **_PLAIN)
    kernels = linear.layers[-1].kernel.numpy().T.reshape(3, 5, 7, 2)

    assert found.images.shape == (3, 5, 7, 2)
    assert found.images.dtype == np.float32
    for image, kernel in zip(found.images, kernels, strict=True):
        assert _cosine(image, kernel) == pytest.approx(1, abs=1e-5)
    assert _cosine(found.images[0], kernels[1]) < 0.5
    moved = np.sqrt(np.mean(np.square(found.images), axis=(1, 2, 3)))
    np.testing.assert_allclose(moved, 8 * 0.02, rtol=1e-5)


def test_class_model_scores_are_the_logits_of_the_frames(linear):
    """scores and frames tell the same way: the model answers the frames with the scores, as far
    as bytes tell the pixels; it does not answer the frames of other steps with them
    """
    found = class_model(linear, [2, 0], steps=10, keep_every=4, start=0.5, l2=3.0, **_PLAIN)

    assert found.frame_steps == (0, 4, 8, 10)
    assert found.frames.shape == (4, 2, 5, 7, 2)
    assert found.scores.shape == found.objectives.shape == (2, 11)
    last = linear.predict(found.images, verbose=0)[[0, 1], [2, 0]]
    lost = 3 * np.mean(np.square(found.images), axis=(1, 2, 3))
    np.testing.assert_allclose(found.scores[:, -1], last, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.objectives[:, -1], last - lost, rtol=1e-4, atol=1e-4)
    for step, frame in zip(found.frame_steps, found.frames, strict=True):
        logits = linear.predict(frame / 255, verbose=0)[[0, 1], [2, 0]]
        np.testing.assert_allclose(found.scores[:, step], logits, atol=0.03)
        others = [other for other in found.frame_steps if other != step]
        assert np.abs(found.scores[:, others] - logits[:, None]).min() > 0.1
    assert found.titles == ("class 2", "class 0")


def test_class_model_climbs_within_the_range(small):
    """the score before the softmax rises in a network, and pixels stay in the range"""
    found = class_model(small, steps=40, start=0.5, **_PLAIN)

    assert (found.scores[:, -1] > found.scores[:, 0] + 0.5).all()
    assert found.images.min() >= 0
    assert found.images.max() <= 1
    assert found.images.std() > 0.05


def test_class_model_raises_its_objective_with_every_small_step(small):
    """score less penalties rises from step to step; the score alone need not"""
    weights = {"l2": 1000.0, "total_variation": 0.5}
    found = class_model(small, steps=20, step_size=1e-3, start=0.5, **weights, **_PLAIN)

    assert (np.diff(found.objectives) > 0).all()
    assert (np.diff(found.scores) < 0).any()


def test_class_model_of_a_single_unit_draws_both_classes():
    """of one sigmoid unit the first class is its opposite"""
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")]
    model = keras.Sequential([keras.Input((4, 6, 1)), *layers])

    found = class_model(model, steps=3, value_range=None, **_PLAIN)

    np.testing.assert_allclose(found.images[0], -found.images[1], rtol=1e-5)
    assert _cosine(found.images[1].ravel(), layers[1].kernel.numpy()[:, 0]) > 0.9999


@pytest.mark.parametrize(
    ("option", "weights", "measure"),
    [
        ("l2", (0, 30, 300), lambda x: float(np.mean(np.square(x)))),
        (
            "total_variation",
            (0, 3, 30),
            lambda x: float(np.abs(np.diff(x, axis=1)).mean() + np.abs(np.diff(x, axis=2)).mean()),
        ),
        ("blur", (0, 0.5, 1.5), lambda x: float(np.abs(np.diff(x, axis=2)).mean())),
    ],
)
def test_class_model_is_held_back_by_its_regularisers(small, option, weights, measure):
    """the more a penalty or the blur weighs, the less is left of what it is against"""
    found = [
        measure(class_model(small, steps=30, start=0.5, **{**_PLAIN, option: weight}).images)
        for weight in weights
    ]

    assert found[0] > found[1] > found[2]


def test_class_model_keeps_frames_in_bytes(linear):
    """0 to 255 is the value range, or without one that of an image on its way and no other's;
    however many images there are, their frames take a byte for each value
    """
    options = {"steps": 4, "keep_every": 2, **_PLAIN}
    within = class_model(linear, [0, 1, 2], batch_size=2, value_range=(-1, 3), **options)
    free = class_model(linear, [0, 1, 2], batch_size=2, value_range=None, start=0.5, **options)

    for found in (within, free):
        assert found.frames.dtype == np.uint8
        assert found.frames.nbytes == 3 * found.images.size
    assert (within.frames[0] == np.rint(255 / 4)).all()
    np.testing.assert_array_equal(within.frames[-1], np.rint((within.images + 1) / 4 * 255))
    for image, frames in zip(free.images, free.frames.swapaxes(0, 1), strict=True):
        low, high = image.min(), image.max()
        np.testing.assert_allclose(frames[-1], (image - low) / (high - low) * 255, atol=0.51)
        np.testing.assert_allclose(frames[0], (0.5 - low) / (high - low) * 255, atol=0.51)
    ends = [(image.min(), image.max()) for image in free.images]
    assert len(set(ends)) == 3


def test_class_model_is_the_same_again_and_in_any_batches(small):
    """a seed gives one result bit for bit; another seed shifts otherwise; batches change little"""
    options = {"steps": 12, "start": 0.5, "noise": 0.1, "jitter": 3}
    once, again = (class_model(small, seed=4, **options) for _ in range(2))

    assert (once.images == again.images).all()
    assert (once.scores == again.scores).all()
    assert not (class_model(small, seed=5, **options).images == once.images).all()
    for batch_size in (1, 3):
        apart = class_model(small, batch_size=batch_size, seed=4, **options)
        np.testing.assert_allclose(apart.images, once.images, atol=2e-3)
        np.testing.assert_allclose(apart.frames / 255, once.frames / 255, atol=2e-3 + 1 / 255)


def test_class_model_begins_where_it_is_told(small):
    """a number, a mean per channel, an image, or an image per class, with seeded noise or none"""
    image = np.random.default_rng(0).random((2, 12, 10, 3), np.float32)
    for start in (0.25, [0.1, 0.5, 0.9], image[0], image):
        first = class_model(small, [1, 3], steps=1, start=start).frames[0]
        expected = np.rint(np.broadcast_to(np.float32(start), first.shape) * 255)
        assert (first == expected).all()
    noisy = class_model(small, [1, 3], steps=1, start=0.5, noise=0.1).frames[0] / 255
    assert noisy.std() == pytest.approx(0.1, rel=0.1)
    assert not (noisy[0] == noisy[1]).all()


def test_filter_model_raises_the_filters_asked_for(small):
    """scores are the mean activations of the filters, and rise; the size is that of the start"""
    start = np.full((9, 14, 3), 0.5, np.float32)

    found = filter_model(small, "first", [4, 1, 2], steps=30, start=start, **_PLAIN)

    layer = small.get_layer("first")
    for at, images in ((0, np.stack([start] * 3)), (-1, found.images)):
        means = keras.ops.convert_to_numpy(layer(images)).mean(axis=(1, 2))
        np.testing.assert_allclose(found.scores[:, at], means[range(3), [4, 1, 2]], rtol=1e-4)
    assert (found.scores[:, -1] > found.scores[:, 0] + 0.1).all()
    assert found.images.shape == (3, 9, 14, 3)
    assert found.titles == ("first[4]", "first[1]", "first[2]")


def test_filter_model_takes_units_of_a_dense_layer(small):
    """a unit is a filter too, at the size that the model was built for"""
    hidden = keras.Model(small.inputs, small.get_layer("hidden").output)
    alive = np.flatnonzero(hidden.predict(np.full((1, 12, 10, 3), 0.5), verbose=0)[0])

    found = filter_model(small, "hidden", alive, steps=10, start=0.5, **_PLAIN)

    assert len(alive) > 1
    assert (found.scores[:, -1] > found.scores[:, 0] + 0.1).all()
    with pytest.raises(UnderstandingError, match="whose Dense 'hidden' needs another size"):
        filter_model(small, "hidden", 0, steps=1, start=np.zeros((16, 10, 3)))


def test_filter_model_warns_of_what_cannot_be_climbed():
    """a filter that answers 0 everywhere is named, and its image stays as it began"""
    layer = keras.layers.Conv2D(2, 3, activation="relu", name="dead", bias_initializer="ones")
    head = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((6, 5, 1)), layer, *head])
    layer.bias.assign([-1e3, 1.0])

    with pytest.warns(UnderstandingWarning, match=r"filter_model: dead\[0\] had no gradient"):
        found = filter_model(model, "dead", [0, 1], steps=5)

    assert found.moving.tolist() == [False, True]
    assert (found.images[0] == 0).all()
    assert found.images[1].any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": 4}, "class_model: classes are indices, .* 0 to 3. Received 4"),
        ({"classes": [1.5]}, "classes are whole numbers"),
        ({"classes": []}, "one or more"),
        ({"steps": 0}, "steps is a whole number from 1"),
        ({"step_size": 0}, "step_size is a number above 0"),
        ({"l2": -1}, "l2 is a number from 0"),
        ({"total_variation": "much"}, "total_variation='much'"),
        ({"jitter": 1.5}, "jitter=1.5"),
        ({"jitter": 11}, "jitter=11 for images of 12 x 10 x 3"),
        ({"blur": float("nan")}, "blur=nan"),
        ({"keep_every": 0}, "keep_every=0"),
        ({"value_range": (1, 0)}, r"value_range=\(1, 0\)"),
        ({"value_range": 3}, "value_range=3"),
        ({"start": 2.0}, "the pixels of start lie within value_range. Received 2 to 2"),
        ({"start": np.nan}, "the pixels of start are finite numbers. Received NaN"),
        ({"start": "mean"}, "Received 'mean'"),
        ({"start": [[0.5], [0.5, 0.5]]}, r"finite numbers\. Received \[\[0\.5\], \[0\.5, 0\.5\]\]"),
        ({"start": keras.KerasTensor((12, 10, 3))}, r"finite numbers\. Received <KerasTensor"),
        ({"start": np.zeros((12, 10, 1))}, r"start.shape=\(12, 10, 1\)"),
        ({"start": np.zeros((3, 12, 10, 3))}, r"start.shape=\(3, 12, 10, 3\)"),
        ({"start": np.zeros((8, 10, 3))}, "whose Dense 'hidden' needs another size"),
        ({"batch_size": 0}, "batch_size=0"),
    ],
)
def test_class_model_refuses_what_cannot_be(small, options, message):
    """a class, a range, a start or an option that cannot be is told in a sentence"""
    with pytest.raises(UnderstandingError, match=message):
        class_model(small, **options)


def test_filter_model_refuses_unknown_layers_and_filters(small):
    """the nearest layer is offered, and filters are counted"""
    with pytest.raises(ModelError, match="Did you mean 'second'"):
        filter_model(small, "secnd")
    with pytest.raises(UnderstandingError, match=r"5 channels of .*Received 5, -1"):
        filter_model(small, "second", [0, 5, -1])


def test_class_model_needs_a_size_where_the_model_has_none():
    """a model for images of any size is climbed with an image as the start only"""
    keras.utils.set_random_seed(2)
    layers = keras.layers
    layers = [layers.Conv2D(3, 3), layers.GlobalMaxPooling2D(), layers.Dense(3)]
    model = keras.Sequential([keras.Input((None, None, 2)), *layers])

    with pytest.raises(UnderstandingError, match="Pass an image"):
        class_model(model)
    with pytest.raises(UnderstandingError, match="whose Conv2D"):
        class_model(model, start=np.zeros((2, 9, 2)), jitter=2)
    found = class_model(model, [0, 2], steps=2, start=np.zeros((8, 9, 2)), noise=0.1)
    assert found.images.shape == (2, 8, 9, 2)


def test_class_model_stops_at_numbers_that_are_none(linear):
    """NaN at the start, and infinity on the way where there is no range, end in a sentence"""
    model = keras.models.clone_model(linear)
    model.layers[-1].kernel.assign(np.full((70, 3), np.nan))
    with pytest.raises(UnderstandingError, match="NaN or infinity at the start"):
        class_model(model)

    with pytest.raises(UnderstandingError, match=r"infinity in step \d.*value_range"):
        class_model(linear, 1, steps=9, step_size=1e38, value_range=None, **_PLAIN)


def test_class_model_warns_of_a_range_that_the_model_does_not_take():
    """a model that divides by 255 itself is climbed in counts, and told so"""
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((4, 5, 1)), *layers])

    words = r"^class_model: value_range=\(0, 1\) looks scaled already.* name \(0, 255\)\.$"
    with pytest.warns(UnderstandingWarning, match=words):
        class_model(model, steps=1)
    plain = keras.Sequential([keras.Input((4, 5, 1)), *layers[1:]], name="plain")
    words = r"^class_model: value_range=\(0, 255\) looks unscaled\. If 'plain' .* name \(0, 1\)\.$"
    with pytest.warns(UnderstandingWarning, match=words):
        class_model(plain, steps=1, value_range=(0, 255))
    counts = class_model(model, steps=4, value_range=(0, 255), start=100, **_PLAIN)
    moved = np.sqrt(np.mean(np.square(counts.images - 100), axis=(1, 2, 3)))
    np.testing.assert_allclose(moved, 4 * 0.02 * 255, rtol=1e-4)


class Counted(keras.layers.Layer):
    """Gives what it gets, and counts how often its Python is run."""

    calls = 0

    def call(self, inputs):
        """Count."""
        type(self).calls += 1
        return inputs


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="PyTorch runs Python in each step")
def test_class_model_is_traced_once_for_all_steps_and_weights():
    """shifts, weights, ranges and sizes of steps are arguments of one program"""
    layers = [Counted(), keras.layers.Flatten(), keras.layers.Dense(3)]
    model = keras.Sequential([keras.Input((5, 6, 1)), *layers])

    class_model(model, steps=6, l2=1.0)
    before = Counted.calls
    class_model(model, steps=9, l2=2.0, step_size=0.1, jitter=2, blur=1.0, value_range=(-1, 1))
    assert Counted.calls == before
    class_model(model, steps=1)  # without penalties it is another program
    assert Counted.calls > before
