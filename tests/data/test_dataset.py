"""What a data set promises: arrays to train on, shares that are kept, one digest."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.data import DataError, Dataset, Split
from tests.data.conftest import make_dataset


def _split_of(labels):
    images = np.arange(len(labels), dtype=np.uint8)[:, None, None, None]
    return Split(np.tile(images, (1, 2, 3, 1)), np.array(labels, np.int64))


def _dataset_of(labels, num_classes):
    split = _split_of(labels)
    return Dataset("made", split, split, tuple(f"class {index}" for index in range(num_classes)))


def test_dataset_tells_its_shape(small):
    """Classes, image shape and lengths are those of the arrays."""
    assert (small.num_classes, small.image_shape) == (3, (7, 5, 3))
    assert (len(small.train), len(small.test)) == (12, 6)


def test_arrays_are_plain_numbers_in_the_unit_interval(small):
    """By default: float32 NHWC from 0 to 1, integer labels, exactly pixel / 255."""
    (x_train, y_train), (x_test, y_test) = small.arrays()
    assert x_train.dtype == np.float32
    np.testing.assert_array_equal(x_train, small.train.images / np.float32(255))
    np.testing.assert_array_equal(x_test, small.test.images / np.float32(255))
    np.testing.assert_array_equal(y_train, small.train.labels)
    np.testing.assert_array_equal(y_test, small.test.labels)
    assert y_train.dtype == np.int64


def test_arrays_reach_both_ends_of_their_interval():
    """0 and 255 become exactly the ends, as integers worked by hand."""
    split = Split(np.array([0, 51, 255], np.uint8).reshape(1, 1, 3, 1), np.zeros(1, np.int64))
    dataset = Dataset("ends", split, split, ("only",))

    def values(normalisation):
        return dataset.arrays(normalisation=normalisation)[0][0].ravel().tolist()

    assert values("unit") == [0, np.float32(0.2), 1]
    assert values("symmetric") == [-1, np.float32(-0.6), 1]
    assert values("pixels") == [0, 51, 255]


def test_arrays_standardise_by_the_training_split_alone(small):
    """Zero mean and unit deviation per channel in train; the test split gets the same numbers."""
    (x_train, _), (x_test, _) = small.arrays(normalisation="standard")
    np.testing.assert_allclose(x_train.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(x_train.std(axis=(0, 1, 2)), 1, atol=1e-6)
    pixels = small.train.images.astype(np.float64)
    mean, deviation = pixels.mean(axis=(0, 1, 2)), pixels.std(axis=(0, 1, 2))
    np.testing.assert_allclose(x_test, (small.test.images - mean) / deviation, atol=1e-5)


def test_arrays_standardise_a_channel_of_one_value():
    """It becomes 0, not a division by 0."""
    split = Split(np.full((2, 3, 2, 3), 9, np.uint8), np.array([0, 1]))
    (inputs, _), _ = Dataset("flat", split, split, ("a", "b")).arrays(normalisation="standard")
    np.testing.assert_array_equal(inputs, np.zeros((2, 3, 2, 3)))


def test_arrays_give_one_hot_labels(small):
    """A row per image with a single 1 at the index of its class."""
    (_, y_train), (_, y_test) = small.arrays(labels="one_hot")
    np.testing.assert_array_equal(y_train, np.eye(3)[small.train.labels])
    np.testing.assert_array_equal(y_test, np.eye(3)[small.test.labels])
    assert y_train.dtype == np.float32


def test_arrays_are_copies(small):
    """What a person does to them leaves the data set as it was."""
    digest = small.digest()
    (x_train, y_train), _ = small.arrays(normalisation="pixels")
    x_train[:], y_train[:] = 0, 0
    assert small.digest() == digest


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": "onehot"}, "labels='onehot'"),
        ({"normalisation": "0-1"}, "unit, symmetric, standard, pixels"),
    ],
)
def test_arrays_name_the_options_there_are(small, options, words):
    """An unknown option is told from the known ones."""
    with pytest.raises(DataError, match=words):
        small.arrays(**options)


@given(
    st.lists(st.integers(20, 60), min_size=2, max_size=5),
    st.floats(0.1, 0.9),
    st.integers(0, 2**32),
)
def test_split_keeps_the_share_of_every_class(counts, fraction, seed):
    """Each class is within one image of its share, all together within half of one, none is lost"""
    labels = np.repeat(np.arange(len(counts)), counts)
    dataset = _dataset_of(labels, len(counts))
    parts = dataset.split(fraction, seed)
    train, validation = parts.train, parts.test
    taken = np.bincount(validation.labels, minlength=len(counts))
    assert (np.abs(taken - np.array(counts) * fraction) < 1).all()
    assert abs(len(validation) - len(labels) * fraction) <= 0.5 + 1e-9
    both = np.concatenate([train.images[:, 0, 0, 0], validation.images[:, 0, 0, 0]])
    np.testing.assert_array_equal(np.sort(both), np.sort(dataset.train.images[:, 0, 0, 0]))


def test_split_rounds_by_largest_remainder():
    """Shares 2.1, 2.8 and 3.5 make 8 images: 2, 2 and 3, and the one left is for 2.8."""
    labels = np.repeat([0, 1, 2], [21, 28, 35])
    validation = _dataset_of(labels, 3).split(0.1, seed=0).test
    assert np.bincount(validation.labels).tolist() == [2, 3, 3]


def test_split_keeps_images_with_their_labels_and_order():
    """A part is the images of the whole in their order, each with its own label."""
    labels = np.random.default_rng(3).integers(0, 3, 50)
    parts = _dataset_of(labels, 3).split(0.3, seed=1)
    for part in (parts.train, parts.test):
        places = part.images[:, 0, 0, 0]
        assert (np.diff(places.astype(int)) > 0).all()
        np.testing.assert_array_equal(part.labels, labels[places])


def test_split_follows_its_seed():
    """The same seed divides in the same way, another one differently."""
    dataset = _dataset_of(np.arange(60) % 3, 3)
    first, again, other = (dataset.split(0.5, seed).test.images for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_split_leaves_the_test_images_alone(small):
    """Only images to learn from are divided."""
    parts = small.split(0.5, seed=0)
    assert len(parts.train) + len(parts.test) == len(small.train)


def test_split_gives_a_data_set_to_train_and_validate_on(small):
    """Its arrays are what `keras.Model.fit` takes; name, classes and source stay."""
    parts = small.split(0.5, seed=0)
    (x_train, y_train), (x_validation, y_validation) = parts.arrays(labels="one_hot")
    assert x_train.shape == x_validation.shape == (6, 7, 5, 3)
    assert y_train.shape == y_validation.shape == (6, 3)
    assert (parts.name, parts.class_names, parts.info) == ("small", small.class_names, small.info)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.2, 1.5, float("nan"), "x", None])
def test_split_takes_a_share(small, fraction):
    """Everything, nothing and what is no number are no shares."""
    with pytest.raises(DataError, match=f"between 0 and 1.*fraction={fraction!r}"):
        small.split(fraction, seed=0)


@pytest.mark.parametrize("fraction", [0.05, 0.95])
def test_split_leaves_no_class_without_images(fraction):
    """A share so small, or so large, that a class would be missing is refused by its name."""
    dataset = _dataset_of(np.repeat([0, 1], [40, 4]), 2)
    with pytest.raises(DataError, match="leaves class 'class 1', of 4 images"):
        dataset.split(fraction, seed=0)
    dataset.split(0.25, seed=0)


def test_split_allows_a_class_that_never_had_images():
    """A class without any image is in neither part."""
    parts = _dataset_of([0, 0, 2, 2], 3).split(0.5, seed=0)
    assert sorted(parts.train.labels) == sorted(parts.test.labels) == [0, 2]


@pytest.mark.parametrize("seed", [-1, "x", 1.5])
def test_split_refuses_what_is_no_seed(small, seed):
    """In a sentence, before NumPy does."""
    with pytest.raises(DataError, match=f"seed={seed!r}"):
        small.split(0.5, seed=seed)


def test_split_takes_numbers_of_numpy(small):
    """They are numbers like Python's."""
    parts = small.split(np.float32(0.5), np.int64(3))
    assert parts.digest() == small.split(0.5, 3).digest()


def test_repr_tells_what_there_is_without_pixels(small):
    """A line: name, counts, shape and classes, however many."""
    assert repr(small.train) == "<Split: 12 images of (7, 5, 3)>"
    assert repr(small) == (
        "<Dataset 'small': 12 train and 6 test images of (7, 5, 3), "
        "3 classes ('cup', 'jug', 'mug')>"
    )
    many = make_dataset(class_names=tuple(map(str, range(500))))
    assert "500 classes ('0', '1', " in repr(many)
    assert len(repr(many)) < 150


_DIGEST = """
from tests.data.conftest import make_dataset
print(make_dataset().digest())
"""


def test_digest_is_the_same_in_another_process(small):
    """It depends on the contents alone, whatever Python's hash seed."""
    done = subprocess.run(
        [sys.executable, "-c", _DIGEST],
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == small.digest()


def test_digest_is_of_the_contents(small):
    """Strides and the name do not matter; a pixel, a label, a class name and the shape do."""
    turned = Split(np.asfortranarray(small.train.images), small.train.labels)
    assert Dataset("other", turned, small.test, small.class_names).digest() == small.digest()

    pixel, label = small.train.images.copy(), small.train.labels.copy()
    pixel[3, 2, 1, 0] ^= 1
    label[3] = (label[3] + 1) % 3
    wide = small.train.images.reshape(12, 5, 7, 3), small.test.images.reshape(6, 5, 7, 3)
    others = [
        Dataset("a", Split(pixel, small.train.labels), small.test, small.class_names),
        Dataset("b", Split(small.train.images, label), small.test, small.class_names),
        Dataset("c", small.train, small.test, ("cup", "jug", "vase")),
        Dataset(
            "d",
            Split(wide[0], small.train.labels),
            Split(wide[1], small.test.labels),
            small.class_names,
        ),
    ]
    assert len({small.digest(), *(other.digest() for other in others)}) == 5


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (np.zeros((2, 3, 4), np.uint8), np.zeros(2, np.int64), "images.shape=\\(2, 3, 4\\)"),
        (np.zeros((2, 3, 4, 1)), np.zeros(2, np.int64), "images.dtype=float64"),
        (np.zeros((0, 3, 4, 1), np.uint8), np.zeros(0, np.int64), "none of them 0"),
        (np.zeros((2, 3, 4, 1), np.uint8), np.zeros(3, np.int64), "labels.shape=\\(3,\\)"),
        (np.zeros((2, 3, 4, 1), np.uint8), np.zeros((2, 1), np.int64), "labels.shape=\\(2, 1\\)"),
        (np.zeros((2, 3, 4, 1), np.uint8), np.zeros(2), "labels.dtype=float64"),
    ],
)
def test_split_of_other_arrays_is_refused(images, labels, words):
    """Pixels are uint8 on four axes, labels one int64 each."""
    with pytest.raises(DataError, match=words):
        Split(images, labels)


@pytest.mark.parametrize("labels", [[0, 1, 3], [0, -1, 2]])
def test_dataset_refuses_labels_outside_its_classes(labels):
    """A label that names no class is found at once."""
    with pytest.raises(DataError, match="one of 3 classes"):
        _dataset_of(labels, 3)


def test_dataset_refuses_splits_of_different_images(small):
    """What is learned on one shape cannot be judged on another."""
    grey = make_dataset(channels=1)
    with pytest.raises(DataError, match=r"\(7, 5, 3\) in train and \(7, 5, 1\) in test"):
        Dataset("mixed", small.train, grey.test, small.class_names)
