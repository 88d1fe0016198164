"""What the tests of training share: small drawn images, and a small model that learns them."""

import numpy as np

from dlcnn.data.dataset import Dataset, Split


def drawn_split(size, *, classes=3, height=8, width=10, channels=3, seed=0):
    """Noisy images whose class is the third of the picture that is bright."""
    random = np.random.default_rng(seed)
    labels = np.arange(size, dtype=np.int64) % classes
    images = random.integers(0, 100, (size, height, width, channels), dtype=np.uint8)
    edges = np.linspace(0, width, classes + 1).astype(int)
    for image, label in zip(images, labels, strict=True):
        image[:, edges[label] : edges[label + 1]] += 120
    return Split(images, labels)


def drawn_dataset(*, name="thirds", classes=3, seed=0, **shape):
    """Bright left, middle or right: learnt in a moment."""
    return Dataset(
        name,
        drawn_split(60, classes=classes, seed=seed, **shape),
        drawn_split(24, classes=classes, seed=seed + 1, **shape),
        ("left", "middle", "right")[:classes],
        {"source": "drawn in the test"},
    )


def small_model(input_shape=(8, 10, 3), units=3, activation="softmax", name=None):
    """A convolution, a pool and a dense layer."""
    import keras

    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(4, 3, activation="relu")(inputs)
    x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Flatten()(x)
    outputs = keras.layers.Dense(units, activation=activation)(x)
    return keras.Model(inputs, outputs, name=name)
