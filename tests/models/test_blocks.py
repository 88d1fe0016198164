"""The repeated parts by themselves, against the NumPy reference and shapes worked by hand."""

import keras
import numpy as np
import pytest

from dlcnn import reference
from dlcnn.models import blocks

_SHAPE = (9, 12, 8)


def _model(block, *args, **options) -> keras.Model:
    inputs = keras.Input(_SHAPE)
    return keras.Model(inputs, block(inputs, *args, **options))


def _count(model: keras.Model, kind: type) -> int:
    return sum(type(layer) is kind for layer in model.layers)


@pytest.mark.parametrize(
    ("block", "arguments", "shape"),
    [
        (blocks.identity_block, (3, (4, 5, 8)), (9, 12, 8)),
        (blocks.convolutional_block, (3, (4, 5, 6)), (5, 6, 6)),
        (blocks.convolutional_block, (3, (4, 5, 6), 3), (3, 4, 6)),
        (blocks.basic_block, (8,), (9, 12, 8)),
        (blocks.basic_block, (6, 2), (5, 6, 6)),
        (blocks.bottleneck_block, (2,), (9, 12, 8)),
        (blocks.bottleneck_block, (3, 2), (5, 6, 12)),
        (blocks.inception_block, (2, (3, 4), (5, 6), 7), (9, 12, 19)),
        (blocks.inverted_residual_block, (8, 5), (9, 12, 8)),
        (blocks.inverted_residual_block, (6, 5, 2), (5, 6, 6)),
    ],
)
def test_block_gives_the_documented_shape(block, arguments, shape):
    """Rows, columns and channels are those that the docstring promises."""
    assert _model(block, *arguments).output_shape == (None, *shape)


def test_block_of_a_shape_that_cannot_be_added_is_refused():
    """An identity block whose last filters are not the input's channels cannot add."""
    with pytest.raises(ValueError, match="shape"):
        _model(blocks.identity_block, 3, (4, 5, 6))


def _convolve(images, layer, normalization, strides, padding):
    """A convolution and its normalization in NumPy, from the weights of two Keras layers."""
    kernel, *bias = layer.get_weights()
    values = reference.conv2d(images, kernel, *bias, strides=strides, padding=padding)
    gamma, beta, mean, variance = normalization.get_weights()
    return (values - mean) / np.sqrt(variance + normalization.epsilon) * gamma + beta


def _layers(model: keras.Model, kind: type) -> list[keras.Layer]:
    return [layer for layer in model.layers if type(layer) is kind]


def _randomized(model: keras.Model) -> keras.Model:
    rng = np.random.default_rng(5)
    model.set_weights([rng.uniform(0.2, 0.6, weight.shape) for weight in model.weights])
    return model


def _run(model: keras.Model, images: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(images))


def _images() -> np.ndarray:
    return np.random.default_rng(4).standard_normal((2, *_SHAPE)).astype("float32")


def test_basic_block_computes_what_the_paper_draws():
    """Two convolutions padded on all sides, plus the projected input, then ReLU."""
    model = _randomized(_model(blocks.basic_block, 6, 2))
    by_filters = {
        layer.kernel.shape[:3]: pair
        for pair in zip(
            _layers(model, keras.layers.Conv2D),
            _layers(model, keras.layers.BatchNormalization),
            strict=True,
        )
        for layer in pair[:1]
    }
    images, around = _images(), ((1, 1), (1, 1))

    x = np.maximum(_convolve(images, *by_filters[3, 3, 8], 2, around), 0)
    x = _convolve(x, *by_filters[3, 3, 6], 1, around)
    shortcut = _convolve(images, *by_filters[1, 1, 8], 2, "valid")
    np.testing.assert_allclose(
        _run(model, images), np.maximum(x + shortcut, 0), rtol=1e-4, atol=1e-4
    )
    assert not np.allclose(_run(model, images), np.maximum(x, 0), rtol=1e-2)


def test_identity_block_computes_what_the_course_draws():
    """Three convolutions with bias, plus the input itself, then ReLU."""
    model = _randomized(_model(blocks.identity_block, 3, (4, 5, 8)))
    images = x = _images()
    convolutions = _layers(model, keras.layers.Conv2D)
    normalizations = _layers(model, keras.layers.BatchNormalization)

    for convolution, normalization in zip(convolutions, normalizations, strict=True):
        if x is not images:
            x = np.maximum(x, 0)
        x = _convolve(x, convolution, normalization, 1, "same")
    np.testing.assert_allclose(_run(model, images), np.maximum(x + images, 0), rtol=1e-4, atol=1e-3)
    assert not np.allclose(_run(model, images), np.maximum(x, 0), rtol=1e-5, atol=1e-3)


def test_bottleneck_block_strides_in_the_middle_and_convolutional_block_at_once():
    """The two published forms of the same block differ in where pixels are passed over."""

    def strides(model: keras.Model) -> dict[tuple[int, ...], tuple[int, int]]:
        return {layer.kernel.shape: layer.strides for layer in _layers(model, keras.layers.Conv2D)}

    middle = strides(_model(blocks.bottleneck_block, 3, 2))
    first = strides(_model(blocks.convolutional_block, 3, (3, 3, 12)))
    assert (middle[1, 1, 8, 3], middle[3, 3, 3, 3]) == ((1, 1), (2, 2))
    assert (first[1, 1, 8, 3], first[3, 3, 3, 3]) == ((2, 2), (1, 1))


def test_inception_block_lays_its_branches_side_by_side():
    """Changing the pooling branch changes the last channels of the output only."""
    model = _randomized(_model(blocks.inception_block, 2, (3, 4), (5, 6), 7))
    images = _images()
    before = _run(model, images)
    last = next(
        layer for layer in _layers(model, keras.layers.Conv2D) if layer.kernel.shape == (1, 1, 8, 7)
    )
    last.set_weights([2 * weight for weight in last.get_weights()])
    after = _run(model, images)

    np.testing.assert_array_equal(before[..., :12], after[..., :12])
    assert not np.allclose(before[..., 12:], after[..., 12:])


def test_inception_block_kernel_sizes_are_those_asked_for():
    """5 x 5 as in the paper, 3 x 3 and normalized as in torchvision."""
    paper = _model(blocks.inception_block, 2, (3, 4), (5, 6), 7)
    torchvision = _model(
        blocks.inception_block,
        *(2, (3, 4), (5, 6), 7),
        largest_kernel_size=3,
        batch_normalization=True,
    )

    def sizes(model: keras.Model) -> list[int]:
        return sorted(layer.kernel_size[0] for layer in _layers(model, keras.layers.Conv2D))

    assert sizes(paper) == [1, 1, 1, 1, 3, 5]
    assert sizes(torchvision) == [1, 1, 1, 1, 3, 3]
    assert _count(paper, keras.layers.BatchNormalization) == 0
    assert _count(torchvision, keras.layers.BatchNormalization) == 6


def test_inverted_residual_block_adds_its_input_only_where_it_fits():
    """With a stride or other filters there is no shortcut and nothing to skip."""
    kept = _model(blocks.inverted_residual_block, 8, 3, drop_rate=0.1)
    strided = _model(blocks.inverted_residual_block, 8, 3, 2, drop_rate=0.1)
    narrowed = _model(blocks.inverted_residual_block, 4, 3, drop_rate=0.1)

    for kind in (keras.layers.Add, keras.layers.Dropout):
        assert [_count(model, kind) for model in (kept, strided, narrowed)] == [1, 0, 0]


def test_inverted_residual_block_layers_start_differently():
    """Two blocks of the same shape do not begin with the same numbers."""
    inputs = keras.Input(_SHAPE)
    x = blocks.inverted_residual_block(inputs, 8, 3)
    model = keras.Model(inputs, blocks.inverted_residual_block(x, 8, 3))
    first, second = (
        layer.get_weights()[0]
        for layer in _layers(model, keras.layers.Conv2D)
        if layer.kernel.shape == (1, 1, 8, 48) and not layer.use_bias
    )

    assert not np.array_equal(first, second)
