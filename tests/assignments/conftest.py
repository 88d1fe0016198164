"""What the tests of the Keras assignments share: one warm zygote for all of them."""

from collections.abc import Iterator

import pytest

from dlcnn.grading.worker.pool import Zygote


@pytest.fixture(scope="session")
def keras_zygote() -> Iterator[Zygote]:
    """TensorFlow takes seconds to load, so it is loaded once."""
    with Zygote("keras") as warm:
        yield warm
