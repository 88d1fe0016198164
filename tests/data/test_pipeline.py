"""Batches: their order, their augmentation, their size, and what is unknown."""

import subprocess
import sys

import numpy as np
import pytest

from dlcnn.data import DataError
from dlcnn.data.pipeline import AUGMENTATIONS, Batches, check_augmentation

IMAGES = np.random.default_rng(0).random((23, 12, 14, 3), dtype=np.float32)
LABELS = np.arange(23)


def epoch_of(batches, epoch):
    """The batches of an epoch as arrays, by way of what Keras is given."""
    batches.epoch = epoch
    return [(np.array(images), np.array(labels)) for images, labels in batches.for_keras()]


def order_of(batches, epoch):
    """The labels of an epoch, in the order of its images."""
    return np.concatenate([labels for _, labels in epoch_of(batches, epoch)])


def test_batches_hold_every_image_once_in_an_order_of_the_epoch():
    """Each epoch has all images, each with its label, in its own order; the last batch is small."""
    batches = Batches(IMAGES, LABELS, 8, seed=4)

    first = epoch_of(batches, 0)

    assert [len(labels) for _, labels in first] == [8, 8, 7]
    assert len(batches) == 3
    for images, labels in first:
        np.testing.assert_array_equal(images, IMAGES[labels])
    assert sorted(order_of(batches, 0)) == list(LABELS)
    assert not np.array_equal(order_of(batches, 0), order_of(batches, 1))


def test_batches_follow_from_seed_and_epoch_alone():
    """An epoch can be begun with, and is as it was; another seed has another order."""
    went_there, began_there = Batches(IMAGES, LABELS, 8, seed=4), Batches(IMAGES, LABELS, 8, seed=4)
    for epoch in (0, 1):
        epoch_of(went_there, epoch)

    np.testing.assert_array_equal(order_of(went_there, 2), order_of(began_there, 2))
    other = Batches(IMAGES, LABELS, 8, seed=5)
    assert not np.array_equal(order_of(other, 2), order_of(began_there, 2))


def test_batches_without_a_seed_keep_the_order():
    """What is validated on is not shuffled."""
    np.testing.assert_array_equal(order_of(Batches(IMAGES, LABELS, 8), 3), LABELS)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_augmentation_follows_from_seed_epoch_and_batch(name):
    """Every kind changes images, the same way for the same epoch and batch and no other."""
    options = {"seed": 4, "augmentation": (name,)}
    batches = Batches(IMAGES, np.zeros(23), 4, **options)
    first, again = epoch_of(batches, 1), epoch_of(Batches(IMAGES, np.zeros(23), 4, **options), 1)

    for (images, _), (same, _) in zip(first, again, strict=True):
        np.testing.assert_array_equal(images, same)
    plain = epoch_of(Batches(IMAGES, np.zeros(23), 4, seed=4), 1)
    changed = [not np.array_equal(a, b) for (a, _), (b, _) in zip(first, plain, strict=True)]
    assert sum(changed) >= 4  # of 6; an image may be flipped or not
    assert all(images.min() >= 0 and images.max() <= 1 for images, _ in first)


def test_augmentation_differs_between_batches_and_epochs():
    """The same images are changed in another way each time."""
    same = np.repeat(IMAGES[:1], 8, axis=0)
    batches = Batches(same, np.zeros(8), 4, seed=4, augmentation=("shift", "contrast"))

    results = [images for epoch in (0, 1) for images, _ in epoch_of(batches, epoch)]

    for place, images in enumerate(results):
        for others in results[place + 1 :]:
            assert not np.array_equal(images, others)


def test_augmentation_refuses_what_it_does_not_know():
    """The nearest name is offered."""
    assert check_augmentation(["flip", "shift"]) == ("flip", "shift")
    with pytest.raises(DataError, match=r"Received 'flp'\. Did you mean 'flip'\?"):
        Batches(IMAGES, LABELS, 8, seed=4, augmentation=("flp",))


def test_stream_of_a_training_goes_through_the_epochs_in_turn():
    """No epoch's order is skipped or repeated, whenever the count of epochs moves on; and the
    stream begins with the epoch that training goes on from.
    """
    batches = Batches(IMAGES, LABELS, 8, seed=4)
    batches.epoch = 2
    arguments = batches.fit_arguments()
    assert arguments["steps_per_epoch"] == len(batches)

    labels = []
    for number, (_, some) in enumerate(arguments["x"].take(3 * len(batches))):
        labels.append(np.asarray(some))
        batches.epoch = 2 + (number + 1) // len(batches) + 1  # moved on early
    seen = np.concatenate(labels).reshape(3, -1)

    expected = [LABELS[batches.order(epoch)[0]] for epoch in (2, 3, 4)]
    np.testing.assert_array_equal(seen, expected)


def test_batches_for_several_devices_can_be_divided():
    """The last batch is cut to a multiple; nothing else is lost, and each epoch cuts others."""
    batches = Batches(IMAGES, LABELS, 8, seed=4, multiple_of=4)

    assert [len(labels) for _, labels in epoch_of(batches, 0)] == [8, 8, 4]
    assert set(order_of(batches, 0)) != set(order_of(batches, 1))
    assert [len(each) for _, each in epoch_of(Batches(IMAGES, LABELS, 8, multiple_of=8), 0)] == [
        8,
        8,
    ]


def test_batches_are_shared_among_machines():
    """The parts of two machines make up the batch of one."""
    whole = epoch_of(Batches(IMAGES, LABELS, 8, seed=4, multiple_of=2), 1)
    parts = [
        epoch_of(Batches(IMAGES, LABELS, 8, seed=4, multiple_of=2, share=(part, 2)), 1)
        for part in (0, 1)
    ]

    for (_, labels), (_, left), (_, right) in zip(whole, *parts, strict=True):
        np.testing.assert_array_equal(labels, np.concatenate([left, right]))


def test_batches_repeat_labels_for_each_output():
    """A model of three outputs is given its labels three times."""
    images, labels = next(iter(Batches(IMAGES, LABELS, 8, copies=3).for_keras()))

    assert len(images) == 8
    assert len(labels) == 3
    for each in labels:
        np.testing.assert_array_equal(each, LABELS[:8])


def test_batches_need_no_framework_before_they_are_asked_for():
    """Importing the module loads neither Keras nor TensorFlow."""
    code = (
        "import sys, dlcnn.data.pipeline; "
        "assert not {'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
