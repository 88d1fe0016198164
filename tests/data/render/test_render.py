"""What every drawn data set promises: sizes, one seed one set of bytes, no class told by colour."""

import hashlib
import importlib
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from tests.data.render._linear import linear_accuracy

NAMES = ("signs", "happy", "digits")
SHAPES = {"signs": (64, 64, 3), "happy": (64, 64, 3), "digits": (32, 32, 1)}
SIZES = {"signs": (1080, 120), "happy": (600, 150), "digits": (2000, 400)}
# Drawings of one version never change: caches go by it, and figures in notes refer to it.
DRAWN = {
    ("signs", 1): "ec5951a1735859183676f54f25a9f82d69036ccca3a3594a411ac8b06fc36c34",
    ("happy", 1): "69aa030be6a73c532b319f75351f0023a6d66bed7a8a8926cd5b8ebed6339301",
    ("digits", 1): "7fa4293f308b424ba8b427b258e55bbb1b6a23727cfcd46a5423150a3570be7f",
}


def renderer(name):
    return importlib.import_module(f"dlcnn.data.render.{name}")


@cache
def drawn(name):
    """The data set, drawn once for all tests, which do not change it."""
    return renderer(name).render()


def digest(splits):
    return hashlib.sha256(b"".join(s.images.tobytes() + s.labels.tobytes() for s in splits))


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_render_gives_the_promised_splits(name):
    """Sizes, shape and types are those that the module names."""
    train, test = drawn(name)
    assert (len(train), len(test)) == renderer(name).SIZES == SIZES[name]
    assert train.images.shape[1:] == test.images.shape[1:] == SHAPES[name]
    assert {train.images.dtype, test.images.dtype} == {np.dtype(np.uint8)}
    assert {train.labels.dtype, test.labels.dtype} == {np.dtype(np.int64)}


def test_render_shows_all_classes_equally_often(name):
    """Each split holds every class equally often, in no order."""
    num_classes = len(renderer(name).CLASS_NAMES)
    for split in drawn(name):
        counts = np.bincount(split.labels, minlength=num_classes)
        assert counts.tolist() == [len(split) // num_classes] * num_classes
        assert (np.diff(split.labels) < 0).mean() > 0.15


def test_render_shows_no_image_twice(name):
    """No image is in a split twice, and none of the test images is in the training split."""
    images = np.concatenate([split.images for split in drawn(name)])
    assert len({image.tobytes() for image in images}) == len(images)


def test_render_uses_the_whole_range_of_brightness(name):
    """Images are neither flat nor burnt out: each has contrast, all together use dark and light."""
    images = drawn(name)[0].images
    assert images.std(axis=(1, 2, 3)).min() > 4
    assert np.quantile(images, 0.02) < 40
    assert np.quantile(images, 0.98) > 215
    assert ((images == 0) | (images == 255)).mean() < 0.1


def test_render_gives_the_same_bytes_in_another_process():
    """One seed, one set of bytes, wherever it is drawn."""
    code = (
        "import hashlib, importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    splits = importlib.import_module(f'dlcnn.data.render.{name}').render()\n"
        "    parts = [s.images.tobytes() + s.labels.tobytes() for s in splits]\n"
        "    print(hashlib.sha256(b''.join(parts)).hexdigest())\n"
        "assert not {'keras', 'tensorflow', 'matplotlib', 'h5py'} & set(sys.modules)\n"
    )
    command = [sys.executable, "-c", code, *NAMES]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == [digest(drawn(name)).hexdigest() for name in NAMES]


def test_render_changes_its_version_with_its_images(name):
    """The images of a version are those that were published under its number."""
    assert digest(drawn(name)).hexdigest() == DRAWN[name, renderer(name).VERSION]


def test_render_draws_other_images_from_another_seed(name):
    """Another seed gives other images and another order, of the same sizes."""
    module = renderer(name)
    train, test = module.render(module.SEED + 1)
    assert (len(train), len(test)) == module.SIZES
    known = {image.tobytes() for split in drawn(name) for image in split.images}
    assert not known & {image.tobytes() for split in (train, test) for image in split.images}
    assert not np.array_equal(train.labels, drawn(name)[0].labels)


def test_render_gives_no_class_away_by_colour(name):
    """The mean colour of an image says next to nothing of its class."""
    train, test = (
        (np.stack([split.images.mean(axis=(1, 2)), split.images.std(axis=(1, 2))], 1), split.labels)
        for split in drawn(name)
    )
    chance = 1 / len(renderer(name).CLASS_NAMES)
    three_deviations = 3 * np.sqrt(chance * (1 - chance) / len(test[1]))
    assert linear_accuracy(train, test) < chance + three_deviations + 0.05


@pytest.mark.parametrize(("name", "most"), [("signs", 0.65), ("happy", 0.8)])
def test_render_is_too_much_for_a_linear_classifier(name, most):
    """Position, pose, light and background defeat a classifier that weighs single pixels."""
    train, test = ((split.images / np.float32(255), split.labels) for split in drawn(name))
    accuracy = linear_accuracy(train, test)
    assert 1.3 / len(renderer(name).CLASS_NAMES) < accuracy <= most
