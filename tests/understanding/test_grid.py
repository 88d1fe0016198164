"""Every method on every form of model and every backend: one function has one set of maps."""

from importlib.util import find_spec

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn import understanding
from dlcnn.understanding import METHODS
from tests.understanding.models import SHAPE, fill_weights, forms, images
from tests.understanding.programs import grid, grid_on

FORMS = [f"same: {name}" for name, _ in forms()]
OTHERS = ["branched", "one unit", "two units", "other weights"]

each_method = pytest.mark.parametrize("method", METHODS)


@pytest.fixture(scope="module")
def here():
    """The grid on the backend of this process."""
    return grid()


@pytest.fixture(scope="module", params=["jax", "torch", "tensorflow"])
def there(request, tmp_path_factory):
    """The grid on another backend, by a process of its own."""
    if request.param == keras.backend.backend():
        pytest.skip(f"{request.param} computes in this process")
    if find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return grid_on(request.param, tmp_path_factory.mktemp("grid") / "grid.npz")


def _expect_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@each_method
def test_forms_of_one_function_have_one_map(here, method):
    """ReLU, softmax and backbone can be written in any way."""
    for form in FORMS[1:]:
        _expect_close(here[f"{method}/{form}"], here[f"{method}/{FORMS[0]}"])


@each_method
def test_one_unit_has_the_maps_of_two(here, method):
    """A sigmoid of z is a softmax of (-z, z)."""
    _expect_close(here[f"{method}/one unit"], here[f"{method}/two units"])


@each_method
def test_other_functions_have_other_maps(here, method):
    """Other weights are seen: what is compared above could differ."""
    for other in ("other weights", "branched"):
        usual = here[f"{method}/{FORMS[0]}"]
        assert np.abs(here[f"{method}/{other}"] - usual).max() > 0.2 * np.abs(usual).max()


@each_method
def test_backends_have_one_map(here, there, method):
    """TensorFlow, JAX and PyTorch give the same numbers, whatever the form."""
    for form in [*FORMS, *OTHERS]:
        _expect_close(there[f"{method}/{form}"], here[f"{method}/{form}"])
    assert here.keys() == there.keys()


# What asks for no class

_WITHOUT_A_CLASS = {
    "kernels": lambda model: understanding.kernels(model, "first").values,
    "activations": lambda model: understanding.activations(model, images(), "first")["first"],
    "distributions": lambda model: (
        understanding.distributions(model, images(), [5, 5, 7], layers="first")["first"].mean
    ),
    "strongest": lambda model: (
        understanding.strongest(model, images(), understanding.layer["first"][..., 2]).values
    ),
    "tuning": lambda model: understanding.tuning(model, "first").position.responses,
    "similarity": lambda model: understanding.similarity(model, "first", images()).correlation,
    "neuron_gradient": lambda model: understanding.neuron_gradient(model, images(), "first").values,
    "invariance": lambda model: (
        understanding.invariance(model, images(), "shift", [1], layers=["first"]).equivariance_error
    ),
    "filter_model": lambda model: understanding.filter_model(model, "first", [1], steps=2).images,
    "deep_dream": lambda model: (
        understanding.deep_dream(model, images(), "first", octaves=1, steps=2).images
    ),
}


@pytest.mark.parametrize("heads", [0, 2])
@pytest.mark.parametrize("name", _WITHOUT_A_CLASS)
def test_what_asks_for_no_class_needs_no_answer(name, heads):
    """A backbone alone, or one with several heads, can be looked into as below a classifier."""
    given = keras.Input(SHAPE)
    maps = layers.Conv2D(4, 3, strides=(1, 2), activation="relu", name="first")(given)
    model = fill_weights(keras.Model(given, layers.Dense(3)(layers.Flatten()(maps))), 5)
    ends = [layers.Dense(2)(layers.Flatten()(maps)) for _ in range(heads)] or maps
    _expect_close(_WITHOUT_A_CLASS[name](keras.Model(given, ends)), _WITHOUT_A_CLASS[name](model))
    with pytest.raises(understanding.UnderstandingError):
        understanding.saliency(keras.Model(given, ends), images(), 0)
