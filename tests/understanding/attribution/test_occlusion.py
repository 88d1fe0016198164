"""Occlusion against a loop by hand, for patches and strides that do not divide the image."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.understanding import UnderstandingError, occlusion
from tests.understanding.models import SHAPE, classifier, images

TARGETS = [2, 0, 1]


@pytest.fixture(scope="module")
def model():
    return classifier()


@pytest.fixture(scope="module")
def scores():
    """From images to the logits of their targets, by Keras alone."""
    logits = classifier(ending="logits")

    def of(given):
        found = ops.convert_to_numpy(logits(np.asarray(given, np.float32)))
        return found[np.arange(3), TARGETS]

    return of


def _starts(size, side, move):
    """Every `move` pixels while a patch fits, and one that ends at the border."""
    return sorted({*range(0, size - side + 1, move), size - side})


def _by_hand(scores, patch, stride, cover):
    """Cover, ask, uncover: one patch after another."""
    sums, counts = np.zeros((3, *SHAPE[:2])), np.zeros(SHAPE[:2])
    for row in _starts(SHAPE[0], patch[0], stride[0]):
        for column in _starts(SHAPE[1], patch[1], stride[1]):
            here = (slice(row, row + patch[0]), slice(column, column + patch[1]))
            covered = images()
            covered[:, *here] = cover(images())
            sums[:, *here] += (scores(images()) - scores(covered))[:, None, None]
            counts[here] += 1
    return sums / np.maximum(counts, 1), counts


def _mean(given):
    return given.mean(axis=(1, 2), keepdims=True)


@pytest.mark.parametrize(
    ("patch", "stride", "fill", "cover"),
    [
        (3, 3, 0.0, lambda _: 0),  # neither side is a multiple
        ((2, 5), (1, 4), 0.5, lambda _: 0.5),
        ([5, 2], [4, 3], "mean", _mean),
        (SHAPE[:2], 1, -1, lambda _: -1),  # all at once
        (1, (7, 9), 0, lambda _: 0),  # with gaps
    ],
)
def test_occlusion_equals_a_loop_by_hand(model, scores, patch, stride, fill, cover):
    """Each pixel has the mean fall of the score over the patches that cover it."""
    maps = np.asarray(occlusion(model, images(), TARGETS, patch=patch, stride=stride, fill=fill))
    sides, moves = (
        (each, each) if isinstance(each, int) else tuple(each) for each in (patch, stride)
    )
    expected, counts = _by_hand(scores, sides, moves, cover)
    np.testing.assert_allclose(maps, expected, rtol=1e-3, atol=1e-6)
    assert np.abs(maps).max() > 1e-3
    assert not maps[:, counts == 0].any()


def test_occlusion_depends_on_what_covers(model):
    """Another patch, stride or fill gives another map."""
    usual = np.asarray(occlusion(model, images(), TARGETS, patch=3, stride=3))
    for options in ({"patch": 4}, {"stride": 2}, {"fill": 1}, {"fill": "mean"}):
        other = occlusion(model, images(), TARGETS, **{"patch": 3, "stride": 3, **options})
        assert np.abs(np.asarray(other) - usual).max() > 1e-4


@pytest.mark.parametrize("batch_size", [1, 5, 16, 1000])
def test_occlusion_does_not_depend_on_batches(model, batch_size):
    """Covered copies are computed with in any number at a time."""
    options = {"patch": 3, "stride": 2}
    whole = np.asarray(occlusion(model, images(), TARGETS, **options))
    parts = np.asarray(occlusion(model, images(), TARGETS, batch_size, **options))
    np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-6)


def test_occlusion_takes_more_images_than_it_holds_together(model):
    """The seventeenth image is explained like the first."""
    given = np.concatenate([images(15), images(), images(15)[:1]])
    maps = np.asarray(occlusion(model, given, 1, patch=4, stride=4))
    np.testing.assert_allclose(maps[18], maps[0], rtol=1e-4, atol=1e-6)
    alone = np.asarray(occlusion(model, given[16:17], 1, patch=4, stride=4))
    np.testing.assert_allclose(maps[16:17], alone, rtol=1e-4, atol=1e-6)


def test_occlusion_needs_no_gradient():
    """A network that rounds can be asked this way."""
    given = keras.Input(SHAPE)
    rounded = ops.round(4 * layers.GlobalAveragePooling2D()(given))
    end = layers.Dense(2, kernel_initializer=keras.initializers.Constant(1.0))
    maps = occlusion(keras.Model(given, end(rounded)), images(), 0)
    assert np.asarray(maps).max() > 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patch": 0}, "patch is a whole number from 1 up to 8"),
        ({"patch": 9}, "patch is a whole number from 1 up to 8"),
        ({"patch": (8, 11)}, "patch is a whole number from 1 up to 10"),
        ({"patch": (1, 2, 3)}, r"patch is a number of pixels, or \(rows, columns\)"),
        ({"patch": 2.5}, "patch is a whole number"),
        ({"patch": "8"}, "patch is a whole number"),
        ({"stride": 0}, "stride is a whole number from 1"),
        ({"stride": None}, "stride is a whole number from 1"),
        ({"fill": "median"}, "fill is a number or 'mean'"),
        ({"fill": np.nan}, "fill is a number"),
        ({"fill": None}, "fill is a number"),
        ({"fill": np.zeros(3)}, "fill is a number"),
    ],
)
def test_occlusion_refuses_options_that_cannot_be(model, options, words):
    """Patches that do not fit, strides that stand still, fills that there are not."""
    with pytest.raises(UnderstandingError, match=rf"^occlusion: {words}"):
        occlusion(model, images(), **options)
