"""What the tests of attacks share: a small trained network, and images that it has right."""

import numpy as np
import pytest

from tests.training.examples import drawn_dataset
from tests.training.programs import fixed_model

TRAINING = {"epochs": 12, "batch_size": 8, "learning_rate": 0.01, "verbose": 0}


@pytest.fixture(scope="session")
def trained():
    """A network that tells the bright third of a picture, from weights that are always the same."""
    from dlcnn import training

    model = fixed_model()
    training.fit(model, drawn_dataset(), **TRAINING)
    return model


@pytest.fixture(scope="session")
def test_images():
    """(24, 8, 10, 3) images in [0, 1] that it was not trained on, and their classes."""
    test = drawn_dataset().test
    return test.images.astype(np.float32) / 255, test.labels
