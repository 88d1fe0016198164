"""What every method keeps to: batches, memory, models that change, open sizes, half precision."""

import gc
import warnings
import weakref

import keras
import numpy as np
import pytest
from keras import layers, ops

from dlcnn.models.errors import ModelError
from dlcnn.understanding import METHODS, Maps, UnderstandingError, UnderstandingWarning
from tests.understanding.models import SHAPE, classifier, fill_weights, images
from tests.understanding.programs import OPTIONS

TARGETS = [2, 0, 1]
each_method = pytest.mark.parametrize("name", METHODS)


def _maps(name, model, given=None, targets=TARGETS, batch_size=64):
    given = images() if given is None else given
    return METHODS[name](model, given, targets, batch_size, **OPTIONS.get(name, {}))


@pytest.fixture(scope="module")
def usual():
    """The maps of the usual model by every method."""
    model = classifier()
    return {name: np.asarray(_maps(name, model)) for name in METHODS}


@each_method
def test_methods_give_maps_that_draw_themselves(name):
    """(N, H, W) float32, which know their images and scores, and a figure with a title."""
    maps = _maps(name, classifier())
    assert isinstance(maps, Maps)
    assert (maps.shape, maps.dtype) == ((3, *SHAPE[:2]), np.float32)
    logits = ops.convert_to_numpy(classifier(ending="logits")(images()))
    expected = logits[np.arange(3), TARGETS]
    np.testing.assert_allclose(maps.explained.scores, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(maps.explained.targets, TARGETS)
    assert maps.figure().get_suptitle() == maps.explained.method


@pytest.fixture
def eager_tensorflow():
    """TensorFlow runs as it goes, so that sizes can be seen each time."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


class _Watch(layers.Layer):
    """Gives what it gets, and notes how many examples that were."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def call(self, inputs):
        if inputs.shape[0] is not None:
            self.seen.append(inputs.shape[0])
        return inputs


@pytest.mark.usefixtures("eager_tensorflow")
@pytest.mark.parametrize("batch_size", [1, 4])
@each_method
def test_methods_send_no_more_than_a_batch(name, batch_size, usual):
    """Changed copies of images count too: memory is bounded by `batch_size`; results stay."""
    watch = _Watch()
    given = keras.Input(SHAPE)
    plain = classifier()
    tensor = given
    for layer in plain.layers[1:]:
        tensor = layer(watch(tensor) if layer.name == "pool" else tensor)
    model = keras.Model(given, tensor)
    watch.seen.clear()  # of trials while the model was built
    maps = _maps(name, model, batch_size=batch_size)
    assert 1 <= max(watch.seen) <= batch_size
    np.testing.assert_allclose(np.asarray(maps), usual[name], rtol=1e-4, atol=1e-6)


@each_method
def test_methods_explain_a_model_as_it_is_now(name, usual):
    """After other weights or another activation the maps are those of a new model of that kind."""
    model = classifier(nesting="sequential")
    np.testing.assert_allclose(np.asarray(_maps(name, model)), usual[name], rtol=1e-4, atol=1e-6)
    fill_weights(model, 2)
    weighed = np.asarray(_maps(name, model))
    expected = np.asarray(_maps(name, classifier(nesting="sequential", seed=2)))
    np.testing.assert_allclose(weighed, expected, rtol=1e-4, atol=1e-6)
    assert np.abs(weighed - usual[name]).max() > 1e-4
    if name == "guided_backprop":
        return  # without its ReLUs it would be refused
    for layer in model.layers:
        if layer.name in ("first", "second"):
            layer.activation = keras.activations.linear
    assert np.abs(np.asarray(_maps(name, model)) - weighed).max() > 1e-4


@each_method
def test_methods_let_a_model_go(name):
    """Explaining a model does not keep it, nor what was compiled for it."""
    model = classifier()
    _maps(name, model)
    gone = weakref.ref(model)
    variable = weakref.ref(model.layers[1].kernel)
    del model
    for _ in range(2):
        gc.collect()
    assert gone() is None
    assert variable() is None


@each_method
def test_methods_take_images_of_every_size_where_sizes_are_open(name, usual):
    """A model of open sizes gives the maps of one of a fixed size, one size after another."""
    model = classifier(shape=(None, None, 3))
    np.testing.assert_allclose(np.asarray(_maps(name, model)), usual[name], rtol=1e-4, atol=1e-6)
    for shape in [(12, 9, 3), (16, 11, 3)]:
        given = images(2, shape=shape)
        fixed = _maps(name, classifier(shape=shape), given, [2, 0])
        opened = np.asarray(_maps(name, model, given, [2, 0]))
        np.testing.assert_allclose(opened, np.asarray(fixed), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
@each_method
def test_methods_take_networks_of_other_precision(name, dtype, usual):
    """Half and double precision give float32 maps near the usual ones."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # JAX has no float64 by default
        maps = np.asarray(_maps(name, classifier(dtype=dtype)))
    allowed = {"mixed_float16": 0.02, "mixed_bfloat16": 0.3, "float64": 1e-4}[dtype]
    assert maps.dtype == np.float32
    assert np.abs(maps - usual[name]).max() <= allowed * np.abs(usual[name]).max()


@each_method
def test_methods_take_unscaled_images_with_a_warning(name):
    """Whole numbers are taken for what they are, as the same floats are."""
    model = classifier()
    counts = (images() * 255).astype(np.uint8)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        of_counts, of_floats = (
            np.asarray(_maps(name, model, each)) for each in (counts, counts.astype(np.float32))
        )
    np.testing.assert_array_equal(of_counts, of_floats)
    told = [each for each in caught if "look unscaled" in str(each.message)]
    assert [each.category for each in told] == [UnderstandingWarning] * 2
    # The line that asked, of this file and not of the library.
    assert {each.filename for each in told} == {__file__}


@each_method
def test_methods_refuse_in_their_own_name(name):
    """What cannot be is refused by every method in one way."""
    model, method = classifier(), METHODS[name]
    for arguments, words in [
        ((model, images()[..., :2]), "the images have the shape"),
        ((model, images(), 4), "targets are indices"),
        ((model, images(), 0, 0), "batch_size is a whole number"),
    ]:
        with pytest.raises(UnderstandingError, match=f"^{name}: {words}"):
            method(*arguments)
    with pytest.raises(ModelError, match=f"^{name}: it looks into a Keras model"):
        method("model.keras", images())
