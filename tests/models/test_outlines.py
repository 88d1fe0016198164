"""Networks as shapes only cost no memory, neither when they are built nor afterwards."""

import keras
import numpy as np

from dlcnn.models import build, outline, without_weights
from dlcnn.models.outlines import is_outline, makes_weights
from dlcnn.models.pattern import from_pattern


def test_outline_gets_no_weights_later():
    """What Keras computes afterwards, as for a Lambda layer, does not make them after all."""
    with without_weights():
        large = from_pattern("INPUT -> FC 99999 -> FC 99999 -> FC")
    small = outline("lenet1")

    inputs = keras.Input((7, 5, 3))
    outputs = keras.layers.Lambda(lambda x: keras.ops.maximum(x, 0))(inputs)

    assert keras.Model(inputs, outputs).output_shape == (None, 7, 5, 3)
    assert is_outline(large)
    assert is_outline(small)


def test_without_weights_leaves_what_others_put_off():
    """Weights that were put off by someone else are made when their turn comes."""
    with keras.StatelessScope(initialize_variables=False):
        theirs = build("lenet1")
        outline("lenet1")
    assert is_outline(theirs)

    with keras.StatelessScope():
        pass

    assert not is_outline(theirs)
    assert np.isfinite(theirs(np.zeros((2, 28, 28, 1), "f4"))).all()


def test_without_weights_ends_with_its_block():
    """Inside no weights are made, also in a block within; afterwards they are, as they were."""
    with without_weights():
        with without_weights():
            assert not makes_weights()
        assert is_outline(build("lenet1"))

    assert makes_weights()
    assert not is_outline(build("lenet1"))
