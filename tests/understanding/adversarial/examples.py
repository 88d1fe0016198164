"""Networks whose attacks can be worked out by hand."""

import numpy as np

SHAPE = (2, 3, 2)


def linear_model(kernel, bias, activation=None, name="linear"):
    """One dense layer over all values of a (2, 3, 2) image."""
    import keras

    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(len(bias), activation=activation),
        ],
        name=name,
    )
    model.set_weights([np.asarray(kernel, np.float32), np.asarray(bias, np.float32)])
    return model


def grey_images(count=4, seed=0):
    """Images away from the ends of the range."""
    return np.random.default_rng(seed).uniform(0.3, 0.7, (count, *SHAPE)).astype(np.float32)
