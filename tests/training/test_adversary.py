"""What `fit` does with an adversary: it is part of the run, and stands in nobody's way."""

from importlib.util import find_spec

import numpy as np
import pytest

from dlcnn.training import TrainingError, fit
from dlcnn.understanding import Adversary, UnderstandingError
from tests.training.examples import drawn_dataset, small_model
from tests.training.programs import answer, start

BACKENDS = [
    pytest.param(name, marks=pytest.mark.skipif(not find_spec(name), reason=f"no {name} here"))
    for name in ("tensorflow", "jax", "torch")
]


@pytest.mark.parametrize("backend", BACKENDS)
def test_fit_against_an_adversary_goes_on_bit_for_bit(backend, tmp_path):
    """Stopped and gone on with, it ends as one never stopped; with another adversary, or none,
    it is refused as another run.
    """
    report = answer(start("train_against_an_adversary", tmp_path, backend=backend))

    assert report["status"] == "interrupted"
    assert report["same"]
    assert "a run of adversary epsilon 0.2, not 0.1. Use" in report["refused"][0]
    assert "not None" in report["refused"][1]


@pytest.mark.parametrize("wrong", [0.03, "fgsm", Adversary])
def test_fit_refuses_what_is_no_adversary(wrong):
    """What to pass instead is said."""
    with pytest.raises(TrainingError, match=r"Pass dlcnn\.understanding\.Adversary"):
        fit(small_model(), drawn_dataset(), adversary=wrong, epochs=1, verbose=0)


def test_fit_refuses_a_model_that_cannot_be_attacked_before_it_makes_a_folder(tmp_path):
    """No gradient leads back to the images: nothing is left behind."""
    import keras

    inputs = keras.Input((8, 10, 3))
    x = keras.layers.Flatten()(keras.ops.sign(inputs - 0.5))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x))

    with pytest.raises(UnderstandingError, match="Sign"):
        fit(model, drawn_dataset(), adversary=Adversary(), epochs=1, run_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_fit_gives_the_model_back_as_it_was_when_it_is_stopped():
    """Ctrl-C too ends the attacks: what Keras trains afterwards is not attacked."""
    import keras

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002  # of Keras
            raise KeyboardInterrupt

    model = small_model()
    with pytest.raises(KeyboardInterrupt):
        fit(model, drawn_dataset(), adversary=Adversary(), epochs=1, callbacks=[Stop()], verbose=0)

    assert "train_step" not in vars(model)
    assert np.isfinite(model.evaluate(np.zeros((2, 8, 10, 3)), np.zeros(2), verbose=0)[0])
