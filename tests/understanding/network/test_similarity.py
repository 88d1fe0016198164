"""Similarity and redundancy of filters."""

import numpy as np
import pytest
from keras import layers

from dlcnn.understanding import UnderstandingError, activations, similarity
from tests.understanding.network.networks import classifier, convolution, photographs, small


@pytest.fixture(scope="module")
def model():
    return small()


def _planted():
    kernel = np.random.default_rng(2).standard_normal((3, 2, 3, 5))
    kernel[..., 3] = 2.5 * kernel[..., 0]
    kernel[..., 4] = 0
    return classifier(convolution(kernel, bias=[0, 1, 0, 0, 0.5])), kernel


def test_similarity_of_duplicates_is_1():
    """A filter that is a multiple of another is the same, and the nearest pair; others are not."""
    model, kernel = _planted()

    found = similarity(model, "conv", photographs(4))

    assert found.cosine[0, 3] == pytest.approx(1)
    assert found.correlation[0, 3] == pytest.approx(1, abs=1e-5)
    first, second, value = found.pairs(1)[0]
    assert ((first, second), value) == ((0, 3), pytest.approx(1))
    rows = kernel.reshape(-1, 5)
    by_hand = rows[:, 0] @ rows[:, 1] / np.linalg.norm(rows[:, 0]) / np.linalg.norm(rows[:, 1])
    assert found.cosine[0, 1] == pytest.approx(by_hand, abs=1e-6)
    assert abs(by_hand) < 0.9


def test_similarity_of_an_empty_filter_is_0():
    """A kernel of zeros is like none and counts as none; its answer does not vary either."""
    model, _ = _planted()

    found = similarity(model, "conv", photographs(4))

    assert not found.cosine[4].any()
    assert not found.correlation[4].any()


def test_similarity_counts_the_filters_that_there_are():
    """Orthogonal filters all count, copies and opposites of one count once."""
    apart = np.eye(12)[:, :4].reshape(2, 2, 3, 4)
    alike = np.repeat(apart[..., :1], 4, axis=-1) * [1, 2, -1, 3]
    both = np.concatenate([apart[..., :2], apart[..., :2]], axis=-1)

    counted = [
        similarity(classifier(convolution(kernel)), "conv").effective
        for kernel in (apart, alike, both)
    ]

    assert counted == pytest.approx([4, 1, 2])


@pytest.mark.parametrize("batch_size", [2, 64])
@pytest.mark.parametrize("name", ["conv2", "dense"])
def test_similarity_correlates_as_numpy(model, batch_size, name):
    """The correlation is NumPy's over all positions of all images, whatever the batches."""
    images = photographs(7)

    found = similarity(model, name, images, batch_size)

    values = activations(model, images, name)[name].astype(np.float64)
    flat = values.reshape(-1, values.shape[-1])
    np.testing.assert_allclose(found.correlation, np.corrcoef(flat.T), atol=1e-5)
    assert np.abs(found.correlation - found.cosine).max() > 0.1
    assert similarity(model, name).correlation is None


def test_similarity_refuses_in_a_sentence(model):
    """A layer without kernels, weights that are no numbers and a count of none are refused."""
    with pytest.raises(UnderstandingError, match="has kernels"):
        similarity(model, "pool")
    broken = classifier(convolution(np.full((1, 1, 3, 2), np.nan)))
    with pytest.raises(UnderstandingError, match=r"^similarity: weights are finite.*in 'conv'"):
        similarity(broken, "conv")
    with pytest.raises(UnderstandingError, match="count"):
        similarity(model, "conv1").pairs(0)


def test_similarity_figure_shows_both_tables():
    """The cosines stand beside the correlations; without images they stand alone."""
    model = classifier(layers.Conv2D(5, 3, name="conv"))
    found = similarity(model, "conv", photographs(3))

    kernels, answers = found.figure().axes[:2]

    np.testing.assert_array_equal(kernels.get_images()[0].get_array(), found.cosine)
    np.testing.assert_array_equal(answers.get_images()[0].get_array(), found.correlation)
    assert kernels.get_title() == f"cosine of kernels, {found.effective:.1f} effective"
    assert len(similarity(model, "conv").figure().axes) == 2  # one and its scale
