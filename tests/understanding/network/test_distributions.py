"""Distributions of activations over a population."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.understanding import UnderstandingError, UnderstandingWarning, activations, distributions
from dlcnn.understanding import layer as select
from tests.understanding.network.networks import classifier, convolution, photographs, small

LABELS = np.array([0, 2, 0, 2, 2, 0, 0])


@pytest.fixture(scope="module")
def model():
    return small()


def test_distributions_are_those_of_all_activations(model):
    """Means, deviations, bounds, shares and counts are NumPy's over all activations at once."""
    images = photographs(7)
    names = ["conv1", "relu2", "dense"]

    found = distributions(model, images, layers=names, batch_size=3, bins=20)

    assert list(found) == names
    for name, values in activations(model, images, names).arrays.items():
        flat = values.reshape(-1, values.shape[-1]).astype(np.float64)
        one = found[name]
        np.testing.assert_allclose(one.mean, flat.mean(axis=0)[None], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(one.deviation, flat.std(axis=0), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(one.least, flat.min(axis=0))
        np.testing.assert_allclose(one.most, flat.max(axis=0))
        np.testing.assert_allclose(one.active, (flat > 0).mean(axis=0)[None], atol=1e-6)
        assert one.sparsity == pytest.approx((flat <= 0).mean(), abs=1e-6)
        expected = np.histogram(flat, one.edges)[0]
        assert one.counts.sum() == flat.size
        assert np.abs(one.counts[0] - expected).sum() <= 4  # float32 rounds at an edge


def test_distributions_tell_classes_apart(model):
    """With labels each row is what the images of that class alone would give."""
    images = photographs(7)

    found = distributions(model, images, LABELS, "conv1", batch_size=2)

    np.testing.assert_array_equal(found.classes, [0, 2])
    for row, label in enumerate(found.classes):
        values = activations(model, images[label == LABELS], "conv1")["conv1"]
        mean = values.mean(axis=(0, 1, 2))
        np.testing.assert_allclose(found["conv1"].mean[row], mean, rtol=1e-4, atol=1e-6)
        assert found["conv1"].counts[row].sum() == values.size
    assert np.abs(np.diff(found["conv1"].mean, axis=0)).max() > 1e-4
    whole = distributions(model, images, layers="conv1")["conv1"]
    assert found["conv1"].sparsity == pytest.approx(whole.sparsity)


def test_distributions_count_a_relu_with_a_large_negative_bias_as_dead():
    """A ReLU that never fires is dead, one that fires once is not; both are sparse."""
    kernel = np.zeros((1, 1, 3, 3))
    kernel[0, 0, :, :] = 1 / 3
    conv = convolution(kernel, bias=[-100, -0.9, 1], activation="relu")
    images = np.full((5, 10, 12, 3), 0.5, np.float32)
    images[4, 3, 7] = 1  # the one pixel that the second unit sees

    found = distributions(classifier(conv), images, layers="conv", batch_size=2)["conv"]

    assert found.dead.tolist() == [True, False, False]
    assert found.least[2] > 0
    np.testing.assert_allclose(found.active[0], [0, 1 / 600, 1], atol=1e-6)
    alike = distributions(classifier(conv), images[:4], layers="conv")["conv"]
    assert alike.dead.tolist() == [True, True, True]


@pytest.mark.parametrize(
    ("index", "axis"),
    [
        ((3,), -1),
        ((3, 4), -1),
        ((slice(1, 3), 4), -1),
        ((..., [5, 0]), -1),
        ((..., [2, 2]), -1),
        ((3, slice(None), [0, 5, 1]), 1),  # NumPy puts such an axis first
        (([1, 2], [3, 4], [0, 5]), -1),
        ((slice(6), 0), -1),
        ((slice(6), slice(6), 2), None),  # as many units as the one before, of one channel
        ((3, slice(None), 2), None),
        ((..., 2), None),
        ((3, 4, 5), None),
    ],
)
def test_distributions_tell_the_channels_of_a_selection_apart(model, index, axis):
    """A unit is a channel wherever it was selected, and a channel alone is one unit."""
    images = photographs(5)
    selection = select["conv1"][index]

    found = distributions(model, images, layers=selection, batch_size=2)

    values = activations(model, images, selection)[selection]
    values = values[..., None] if axis is None else np.moveaxis(values, axis, -1)
    flat = values.reshape(-1, values.shape[-1]).astype(np.float64)
    one = found[str(selection)]
    np.testing.assert_allclose(one.mean, flat.mean(axis=0)[None], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(one.deviation, flat.std(axis=0), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(one.most, flat.max(axis=0))
    np.testing.assert_array_equal(one.dead, flat.min(axis=0) == flat.max(axis=0))
    assert one.counts.sum() == flat.size
    title = found.figure().axes[0].get_title().replace("\n", " ")
    assert f"{one.dead.sum()} of {flat.shape[1]} dead" in title


def test_distributions_of_one_number_for_each_image():
    """A layer that sums an image up is one unit."""
    inputs = keras.Input((6, 5, 3))
    total = layers.Lambda(lambda images: keras.ops.sum(images, axis=(1, 2, 3)), name="total")
    column = layers.Reshape((1,))(total(inputs))
    model = keras.Model(inputs, layers.Dense(2)(column))
    images = photographs(4, (6, 5, 3))

    found = distributions(model, images, layers="total")["total"]

    np.testing.assert_allclose(found.mean, [[images.sum(axis=(1, 2, 3)).mean()]], rtol=1e-5)


def test_distributions_do_not_depend_on_the_batch_size(model):
    """One image at a time counts as all at once."""
    images = photographs(7)

    single, together = (
        distributions(model, images, LABELS, batch_size=size)["conv2"] for size in (1, 7)
    )

    np.testing.assert_allclose(single.mean, together.mean, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(single.edges, together.edges, rtol=1e-5, atol=1e-6)
    assert np.abs(single.counts - together.counts).sum() <= 4


class _OnDisk:
    """An array that remembers how much of it was asked for at a time."""

    def __init__(self, images):
        self._images, self.shape, self.most = images, images.shape, 0

    def __len__(self):
        return len(self._images)

    def __getitem__(self, rows):
        part = self._images[rows]
        self.most = max(self.most, len(part))
        return part


def test_distributions_read_a_batch_at_a_time(model):
    """Images on disk are never read whole, and give what the array gives."""
    images = photographs(9)
    stored = _OnDisk(images)

    found = distributions(model, stored, layers=select["conv1"][..., 2], batch_size=2)

    assert stored.most == 2
    expected = distributions(model, images, layers="conv1")["conv1"]
    one = found["conv1[..., 2]"]
    np.testing.assert_allclose(one.mean.mean(), expected.mean[0, 2], rtol=1e-5)
    assert one.most.max() == pytest.approx(expected.most[2])


def test_distributions_warn_once_of_images_that_look_unscaled(model):
    """Pixels of 0 to 255 are warned of once, not for every batch of both passes."""
    images = (photographs(6) * 255).astype(np.uint8)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        distributions(model, images, layers="conv1", batch_size=2)

    assert [each.category for each in seen].count(UnderstandingWarning) == 1


def test_distributions_refuse_in_a_sentence(model):
    """Wrong labels, pixels and weights are named with where they are."""
    images = photographs(4)
    with pytest.raises(UnderstandingError, match=r"distributions: labels are whole .*one for each"):
        distributions(model, images, [0, 1])
    with pytest.raises(UnderstandingError, match=r"layers or their names.*int"):
        distributions(model, images, LABELS[:4], 64)
    images[3, 2, 2, 1] = np.nan
    with pytest.raises(UnderstandingError, match=r"^distributions: pixels .* images\[3\]\. "):
        distributions(model, images, batch_size=2)
    with pytest.raises(UnderstandingError, match="one or more"):
        distributions(model, images[:0])
    broken = classifier(convolution(np.ones((1, 1, 3, 2)), "bad", bias=[1, np.nan]))
    with pytest.raises(UnderstandingError, match="'bad'"):
        distributions(broken, images[:2])


def test_distributions_tell_a_dead_layer_from_a_broken_one():
    """A ReLU passes over weights that are no numbers, which are refused; dead units are shown."""
    images = photographs(3)
    for bias, sound in ([-99, -99], True), ([np.nan, np.nan], False):
        conv = convolution(np.ones((3, 2, 3, 2)), bias=bias, activation="relu")
        model = classifier(conv)
        if sound:
            assert distributions(model, images, layers="conv")["conv"].dead.all()
        else:
            with pytest.raises(UnderstandingError, match=r"^distributions: .*'conv'"):
                distributions(model, images, layers="conv")


def test_distributions_figure_has_a_panel_for_each_layer(model):
    """A panel names its layer and its dead units, and has a line for each class."""
    found = distributions(model, photographs(7), LABELS, ["conv1", "relu2"], bins=10)

    figure = found.figure(class_names=iter(["cat", "dog", "owl"]))

    first, second = figure.axes[:2]
    dead = int(found["conv1"].dead.sum())
    assert first.get_title().startswith(f"conv1: {dead} of 6 dead, ")
    assert [text.get_text() for text in first.get_legend().get_texts()] == ["cat", "owl"]
    heights = second.patches[1].get_data().values
    counts = found["relu2"].counts[1]
    np.testing.assert_allclose(heights, counts / counts.sum())
    with pytest.raises(UnderstandingError, match="1 class_names for class 2"):
        found.figure(class_names=["cat"])
