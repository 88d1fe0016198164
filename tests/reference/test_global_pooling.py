"""Averages in half precision, which ends at 65504: of whole images and of windows."""

import keras
import numpy as np
import pytest

from dlcnn import reference
from dlcnn.reference import average_pool2d, global_average_pool2d

# TensorFlow adds the pixels of a window in half precision, so Keras pools in single here.
KERAS = {
    "global_average_pool1d": keras.layers.GlobalAveragePooling1D(dtype="float16"),
    "global_average_pool2d": keras.layers.GlobalAveragePooling2D(dtype="float16"),
    "average_pool1d": keras.layers.AveragePooling1D(7, 3, "same", dtype="float32"),
    "average_pool2d": keras.layers.AveragePooling2D((7, 5), 3, "same", dtype="float32"),
}
OPTIONS = {
    "average_pool1d": {"pool_size": 7, "strides": 3, "padding": "same"},
    "average_pool2d": {"pool_size": (7, 5), "strides": 3, "padding": "same"},
}
LAST_BIT = 2.0**-10


@pytest.mark.parametrize("name", KERAS)
@pytest.mark.parametrize("largest", [1, 60000])
def test_averages_in_half_precision_agree_with_keras(name, largest):
    """to the last bit, also where the sum of the pixels is beyond half precision"""
    shape = (2, 18, 3) if name.endswith("1d") else (2, 18, 16, 3)
    inputs = np.random.default_rng(1).uniform(0.5 * largest, largest, shape).astype(np.float16)
    outputs = getattr(reference, name)(inputs, **OPTIONS.get(name, {}))
    assert outputs.dtype == np.float16
    expected = KERAS[name](inputs).numpy().astype(np.float16)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(outputs, expected, rtol=LAST_BIT)
    assert not np.allclose(outputs * np.float16(1.01), expected, rtol=LAST_BIT)


def test_averages_in_half_precision_by_hand():
    """400 pixels of 300 have the average 300, though their sum is 120000"""
    inputs = np.full((2, 20, 20, 3), 300, np.float16)
    np.testing.assert_array_equal(global_average_pool2d(inputs), np.full((2, 3), 300, np.float16))
    np.testing.assert_array_equal(average_pool2d(inputs, (20, 10)), inputs[:, :1, :2])
