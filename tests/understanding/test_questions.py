"""Images and targets: taken as they are, warned of, or refused in a sentence."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.understanding.errors import UnderstandingError, UnderstandingWarning
from dlcnn.understanding.questions import ask
from tests.understanding.models import CLASSES, SHAPE, classifier, images, one_unit


@pytest.fixture(scope="module")
def model():
    return classifier()


@pytest.fixture(scope="module")
def scaling():
    """A model that scales pixels of 0 to 255 itself."""
    entry = [keras.Input(SHAPE), layers.Rescaling(1 / 255), layers.GlobalAveragePooling2D()]
    return keras.Sequential([*entry, layers.Dense(CLASSES, activation="softmax")], name="scaling")


def test_ask_takes_images_as_they_are(model):
    """Floats in, float32 out, with a class for each image."""
    question = ask("look", model, images().astype(np.float64), [3, 0, 1], 2)
    assert question.images.dtype == np.float32
    np.testing.assert_array_equal(question.images, images())
    assert (question.targets.tolist(), question.targets.dtype) == ([3, 0, 1], np.int32)
    assert (question.batch_size, question.where) == (2, "look")


def test_ask_takes_lists_and_tensors(model):
    """What NumPy can read is read."""
    for given in (images().tolist(), keras.ops.convert_to_tensor(images()), list(images())):
        np.testing.assert_array_equal(ask("look", model, given, 0, 8).images, images())


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_ask_names_the_class_that_the_model_prefers(model, batch_size):
    """Without targets each image is asked about the class of its highest score."""
    answers = keras.ops.convert_to_numpy(model(images(5)))
    found = ask("look", model, images(5), None, batch_size).targets
    np.testing.assert_array_equal(found, answers.argmax(axis=-1))


def test_ask_prefers_the_second_class_above_one_half():
    """A single unit says the second class where its probability is above one half."""
    model = one_unit()
    probability = keras.ops.convert_to_numpy(model(images(4)))
    *others, bias = model.get_weights()
    model.set_weights([*others, bias - np.median(np.log(probability / (1 - probability)))])
    answers = keras.ops.convert_to_numpy(model(images(4)))[:, 0] > 0.5
    assert answers.sum() == 2
    np.testing.assert_array_equal(ask("look", model, images(4), None, 8).targets, answers)


@pytest.mark.parametrize("targets", [2, np.int64(2), np.array(2, np.uint8), [2, 2, 2]])
def test_ask_takes_one_class_for_all(model, targets):
    """A number of any whole type, or one for each."""
    assert ask("look", model, images(), targets, 8).targets.tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("given", "received", "advice"),
    [
        (images(shape=(8, 10, 1)), "8 x 10 x 1", "np.repeat"),
        (images(shape=(8, 10, 4)), "8 x 10 x 4", r"images\[\.\.\., :3\]"),
        (images(shape=(8, 10, 5)), "8 x 10 x 5", "Convert them"),
        (images().transpose(0, 3, 1, 2), "3 x 8 x 10", r"transpose\(0, 2, 3, 1\)"),
        (images(shape=(9, 10, 3)), "9 x 10 x 3", "Resize them"),
        (images()[0], r"images.shape=\(8, 10, 3\)", r"images\[None\]"),
        (images()[:0], r"images.shape=\(0, 8, 10, 3\)", "Pass a batch"),
        (images()[0, 0], r"images.shape=\(10, 3\)", "Pass a batch"),
        ("cat.png", "array of <U7", "Pass a batch"),
        (["a.png", "b.png"], "array of <U5", "Pass a batch"),
        (None, "no array of numbers", "Pass a batch"),
        ([images()[0], images()[0, :4]], "no array of numbers", "Pass a batch"),
        (images() * 1j, "array of complex64", "Pass a batch"),
        (images().astype(np.float64) * 1e300, "NaN or infinity", "scaled"),
    ],
)
def test_ask_refuses_what_are_no_such_images(model, given, received, advice):
    """Shapes that the model does not take and what is no image, each with what to do."""
    with (
        warnings.catch_warnings(action="error", category=UnderstandingWarning),
        pytest.raises(UnderstandingError, match=rf"^look: .* Received .*{received}.*{advice}"),
    ):
        ask("look", model, given, 0, 8)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_ask_says_which_image_is_broken(model, value):
    """One pixel that is no number is enough; its image is named."""
    given = images()
    given[1, 2, 3, 0] = value
    with pytest.raises(UnderstandingError, match=r"NaN or infinity in images\[1\]"):
        ask("look", model, given, 0, 8)


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (CLASSES, r"one of 4 classes, 0 to 3\. Received 4\."),
        (-1, r"Received -1\."),
        ([0, 9, 7], r"Received 7, 9\."),
        (1.0, "whole numbers"),
        (True, "whole numbers"),
        ("cat", "whole numbers"),
        ([0, 1], "for 3 images"),
        ([], "for 3 images.* Name the class of each"),
        ([[0], [1], [2]], "for 3 images"),
        ([[0], [1, 2], [3]], "whole numbers"),
        ([[0, 1]], "argmax"),
        (np.eye(4)[:3], r"targets.shape=\(3, 4\) .* targets.argmax"),
        (np.eye(4, dtype=int)[:3], r"targets.shape=\(3, 4\) .* targets.argmax"),
        (10**30, "whole numbers"),
    ],
)
def test_ask_refuses_what_are_no_classes(model, targets, words):
    """Out of range, no whole numbers, another number than images, one-hot rows."""
    with pytest.raises(UnderstandingError, match=rf"(?s)^look: .*{words}"):
        ask("look", model, images(), targets, 8)


@pytest.mark.parametrize("batch_size", [0, -1, 1.5, "8", None, True, 10**400, np.nan])
def test_ask_refuses_batches_of_no_size(model, batch_size):
    """A batch has at least one image."""
    with pytest.raises(UnderstandingError, match=r"^look: batch_size is a whole number from 1"):
        ask("look", model, images(), 0, batch_size)


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.int64])
def test_ask_warns_of_images_that_look_unscaled(model, kind):
    """Pixels of 0 to 255 are taken as they are, with a warning from the caller's own line."""
    given = (images() * 255).astype(kind)
    with pytest.warns(UnderstandingWarning, match="look unscaled .* images / 255") as caught:
        question = ask("look", model, given, 0, 8)
    np.testing.assert_array_equal(question.images, given.astype(np.float32))
    assert __file__ in [each.filename for each in caught if each.category is UnderstandingWarning]


def test_ask_warns_of_images_that_are_scaled_already(scaling):
    """A model that scales pixels itself gets those of 0 to 255, or a warning."""
    with pytest.warns(UnderstandingWarning, match="scaled already .* 'scaling' begins"):
        ask("look", scaling, images(), 0, 8)


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_ask_is_quiet_about_images_as_the_model_takes_them(model, scaling, low):
    """Neither [0, 1], nor [-1, 1], nor 0 to 255 for a model that scales, gives a warning."""
    with warnings.catch_warnings(action="error", category=UnderstandingWarning):
        ask("look", model, images() * (1 - low) + low, 0, 8)
        ask("look", scaling, (images() * 255).astype(np.uint8), 0, 8)


@pytest.mark.parametrize(("scale", "warned"), [(1, 255), (255, 1)])
def test_ask_judges_a_normalization_by_what_it_has_adapted_to(scale, warned):
    """Images of its own scale are taken without a word, of the other one with a warning."""
    normalised = layers.Normalization()
    given = keras.Input(SHAPE)
    model = keras.Model(given, layers.Dense(3)(layers.Flatten()(normalised(given))))
    normalised.adapt(scale * images(6))

    with warnings.catch_warnings(action="error", category=UnderstandingWarning):
        ask("look", model, scale * images(2), 0, 2)
    with pytest.warns(UnderstandingWarning, match="scaled"):
        ask("look", model, warned * images(2), 0, 2)


def test_ask_takes_a_mask_of_whole_numbers_for_what_it_is(model):
    """Pixels of 0 and 1 are in [0, 1], in whatever type; those of 0 to 255 are not."""
    mask = (images() > 0.5).astype(np.uint8)
    with warnings.catch_warnings(action="error", category=UnderstandingWarning):
        ask("look", model, mask, 0, 8)
    with pytest.warns(UnderstandingWarning, match="unscaled"):
        ask("look", model, 255 * mask, 0, 8)
