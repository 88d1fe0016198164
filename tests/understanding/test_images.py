"""Images of any size for networks that take any, and of no other size than a layer can take."""

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.understanding import (
    UnderstandingError,
    activations,
    distributions,
    invariance,
    saliency,
    strongest,
    tuning,
)


@pytest.fixture(scope="module")
def model():
    """Of images of at least 3 rows and 5 columns."""
    given = keras.Input((None, None, 3))
    x = layers.Conv2D(4, (3, 5), strides=(1, 2), name="maps")(given)
    return keras.Model(given, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


_ASKING = {
    "activations": lambda model, images: activations(model, images),
    "distributions": lambda model, images: distributions(model, images),
    "invariance": lambda model, images: invariance(model, images, "shift", [1]),
    "saliency": lambda model, images: saliency(model, images, 0),
    "strongest": lambda model, images: strongest(model, images, "maps"),
    "tuning": lambda model, images: tuning(model, "maps", size=images.shape[1:3]),
}


@pytest.mark.parametrize("name", _ASKING)
def test_images_that_are_too_small_are_told_with_the_layer(name, model):
    """No framework's own words: the size, the layer that needs another, and what to do."""
    words = rf"^{name}: .*4 x 4 x 3 .* \? x \? x 3, whose Conv2D 'maps' .*larger"
    with pytest.raises(UnderstandingError, match=words):
        _ASKING[name](model, np.ones((2, 4, 4, 3), np.float32))
    images = np.random.default_rng(0).random((2, 4, 5, 3), np.float32)
    assert _ASKING[name](model, images) is not None
