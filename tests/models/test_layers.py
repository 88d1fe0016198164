"""Layers of historic networks, against their formulas in NumPy."""

import keras
import numpy as np
import pytest

from dlcnn.models.layers import LocalResponseNormalization, RadialBasis, SelectChannels


def _run(layer: keras.Layer, inputs: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(layer(inputs))


def test_local_response_normalization_is_the_papers_formula():
    """Each value is divided by the energy of its neighbours in channel; edges have fewer."""
    inputs = np.random.default_rng(1).standard_normal((2, 3, 4, 7)).astype("float32")
    outputs = _run(LocalResponseNormalization(depth=5, bias=2, alpha=0.5, beta=0.75), inputs)

    for channel in range(7):
        around = inputs[..., max(0, channel - 2) : channel + 3]
        expected = inputs[..., channel] / (2 + 0.5 * np.sum(around**2, axis=-1)) ** 0.75
        np.testing.assert_allclose(outputs[..., channel], expected, rtol=1e-5)
    assert not np.allclose(outputs, inputs / 2**0.75)


def test_select_channels_keeps_order():
    """Channels come out in the order in which they are named."""
    inputs = np.arange(2 * 3 * 4 * 5, dtype="float32").reshape(2, 3, 4, 5)

    np.testing.assert_array_equal(_run(SelectChannels([4, 0]), inputs), inputs[..., [4, 0]])


def test_radial_basis_is_highest_at_the_code_itself():
    """An input equal to a class's code scores 0 there and less at every other class."""
    layer = RadialBasis(10)
    at_zero = _run(layer, np.zeros((1, 84), "float32"))
    # |c|^2 - |x - c|^2 + |x|^2 = 2 x.c shows a code, one input at a time.
    codes = (_run(layer, np.eye(84, dtype="float32")) - at_zero + 1).T / 2
    scores = _run(layer, codes.astype("float32"))

    assert set(np.unique(codes)) == {-1.0, 1.0}
    np.testing.assert_array_equal(np.diag(scores), 0)
    assert scores[~np.eye(10, dtype=bool)].max() < -40
    assert not layer.weights


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (LocalResponseNormalization(3, 1.0, 0.1, 0.5), (2, 3, 4, 5)),
        (SelectChannels((1, 2)), (2, 3, 4, 5)),
        (RadialBasis(4), (2, 5)),
    ],
)
def test_layer_is_rebuilt_from_its_config(layer, shape):
    """Saving keeps all arguments."""
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    inputs = np.random.default_rng(1).random(shape, dtype="float32")

    np.testing.assert_array_equal(_run(again, inputs), _run(layer, inputs))
