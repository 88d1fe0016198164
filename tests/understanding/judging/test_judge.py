"""Judging methods: areas worked by hand, planted maxima, and weights that come back."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn.understanding.errors import UnderstandingError, UnderstandingWarning
from dlcnn.understanding.judging.erasing import blurred
from dlcnn.understanding.judging.judge import judge

_COUNTED = np.zeros((4, 5), np.float32)
_COUNTED[1:3, 1:3] = 1  # the four pixels whose sum is the score


def _sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, float)))


@pytest.fixture(scope="module")
def summing():
    """A model whose score is the sum of four pixels of the first channel."""
    model = keras.Sequential(
        [
            keras.Input((4, 5, 2)),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid", use_bias=False),
        ]
    )
    model.layers[-1].set_weights([np.stack([_COUNTED, 0 * _COUNTED], -1).reshape(40, 1)])
    return model


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(1)
    inputs = keras.Input((12, 10, 3))
    x = layers.Conv2D(6, 3, name="low")(inputs)
    x = layers.ReLU()(layers.BatchNormalization(name="norm")(x))
    x = layers.Conv2D(8, 3, activation="relu", name="high")(x)
    x = layers.Dense(4, activation="softmax", name="classes")(layers.Flatten()(x))
    model = keras.Model(inputs, x)
    chance = np.random.default_rng(0)
    for weight in model.weights:
        if len(weight.shape) == 1:  # as after training, no two numbers are equal
            weight.assign(chance.uniform(0.5, 1, weight.shape))
    return model


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).normal(size=(3, 12, 10, 3)).astype(np.float32)


def _edges(_model, images, _targets):
    return np.abs(np.gradient(images.mean(axis=-1), axis=2))


def _constant(values):
    return lambda _model, images, _targets: np.repeat(values[None], len(images), axis=0)


@pytest.fixture(scope="module")
def judged(summing):
    methods = {"perfect": _constant(_COUNTED), "inverted": _constant(-_COUNTED)}
    ones = np.ones((2, 4, 5, 2), np.float32)
    return judge(summing, ones, 1, methods=methods, steps=20, blur=0, stages=0)


def test_judge_deletes_as_worked_by_hand(judged):
    """The perfect map takes the score away in four steps, the inverted one in the last four."""
    fast = _sigmoid([4, 3, 2, 1, 0, *[0] * 16])
    slow = _sigmoid([*[4] * 16, 4, 3, 2, 1, 0])
    np.testing.assert_allclose(judged.deletion[0], [fast, fast], rtol=1e-5)
    np.testing.assert_allclose(judged.deletion[1], [slow, slow], rtol=1e-5)
    by_hand = (fast[0] / 2 + fast[1:20].sum() + fast[20] / 2) / 20
    assert judged.deletion_auc[0] == pytest.approx([by_hand, by_hand], rel=1e-5)
    best, worst, chance = judged.deletion_auc[:, 0]
    assert best < chance < worst


def test_judge_inserts_as_worked_by_hand(judged):
    """From nothing, the perfect map brings the score back in four steps."""
    np.testing.assert_allclose(
        judged.insertion[0, 0], _sigmoid([0, 1, 2, 3, 4, *[4] * 16]), rtol=1e-5
    )
    best, worst, chance = judged.insertion_auc[:, 0]
    assert best > chance > worst


def test_judge_takes_the_other_class_of_one_unit(summing):
    """For class 0 of a single unit the probability is one minus the answer."""
    ones = np.ones((2, 4, 5, 2), np.float32)
    found = judge(summing, ones, 0, methods={"a": _constant(_COUNTED)}, steps=1, stages=0)
    assert found.deletion[0, 0] == pytest.approx(1 - _sigmoid([4, 0]), rel=1e-5)


def test_judge_inserts_into_a_blurred_image(summing):
    """By default insertion starts from the blurred image, and ends at the image itself."""
    images = np.random.default_rng(3).random((2, 4, 5, 2)).astype(np.float32)
    options = {"steps": 2, "stages": 0, "blur": 1.5}
    found = judge(summing, images, 1, methods={"a": _constant(_COUNTED)}, **options)
    start = (blurred(images, 1.5)[..., 0] * _COUNTED).sum(axis=(1, 2))
    whole = (images[..., 0] * _COUNTED).sum(axis=(1, 2))
    np.testing.assert_allclose(found.insertion[0, :, 0], _sigmoid(start), rtol=1e-5)
    np.testing.assert_allclose(found.insertion[0, :, -1], _sigmoid(whole), rtol=1e-5)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "linear"])
def test_judge_begins_with_the_probability_of_the_class(activation):
    """With nothing deleted the probability is the model's own; of logits their softmax."""
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [keras.Input((4, 5, 2)), layers.Flatten(), layers.Dense(3, activation=activation)]
    )
    images = np.random.default_rng(4).normal(size=(2, 4, 5, 2))
    answer = keras.ops.convert_to_numpy(model(images.astype(np.float32)))
    if activation == "linear":
        answer = np.exp(answer) / np.exp(answer).sum(axis=1, keepdims=True)
    found = judge(model, images, [0, 2], methods={"a": _constant(_COUNTED)}, steps=1, stages=0)
    np.testing.assert_allclose(found.deletion[0, :, 0], answer[[0, 1], [0, 2]], rtol=1e-5)


def test_judge_tells_maps_that_ignore_the_network(network, images):
    """Saliency changes with the weights; a detector of edges does not, and has correlation 1."""
    found = judge(network, images, methods={"edges": _edges, "saliency": _saliency}, steps=1)
    assert found.stages == ("classes", "high", "norm", "low")
    assert (found.randomisation[0] == 1).all()
    assert np.abs(found.randomisation[1, -1]).max() < 0.7
    assert found.randomisation[1, 0].max() < 1
    assert [row["randomisation"] == 1 for row in found.rows()] == [True, False, True]


def _saliency(model, images, targets):
    from dlcnn.understanding.attribution.saliency import saliency

    return saliency(model, images, targets)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_judge_puts_all_weights_back(network, images, error):
    """Bit for bit the same weights afterwards, also when a method stops with an error."""
    before = [np.array(weight) for weight in network.get_weights()]
    seen = []

    def failing(model, images, _targets):
        seen.append([np.array(weight) for weight in model.get_weights()])
        if len(seen) == 4:
            raise error
        return images[..., 0]

    with pytest.raises(error):
        judge(network, images, methods={"failing": failing}, steps=1)
    changed = [not np.array_equal(old, new) for old, new in zip(before, seen[-1], strict=True)]
    assert changed[2:] == [True] * (len(before) - 2)  # all but those of "low" were random
    assert all(
        old.tobytes() == new.tobytes()
        for old, new in zip(before, network.get_weights(), strict=True)
    )
    judge(network, images, methods={"edges": _edges}, steps=1)
    assert all(map(np.array_equal, before, network.get_weights()))


def test_judge_gathers_layers_in_stages(network, images):
    """Two stages for four layers, each named by its lowest; none for stages=0."""
    found = judge(network, images, methods={"edges": _edges}, steps=1, stages=2)
    assert found.stages == ("high", "low")
    none = judge(network, images, methods={"edges": _edges}, steps=1, stages=0)
    assert none.randomisation.shape == (2, 0, 3)
    assert none.rows()[0]["randomisation"] is None


def test_judge_takes_methods_by_name_and_boxes(network, images):
    """Names of methods, the pointing game, a table and curves; the same for other batches."""
    boxes = [(0, 0, 12, 5), (0, 0, 12, 10), (3, 2, 9, 8)]
    options = {"methods": ("saliency", "grad_cam"), "boxes": boxes, "steps": 4, "stages": 2}
    found = judge(network, images, **options)
    other = judge(network, images, batch_size=2, **options)
    assert found.methods == ("saliency", "grad_cam", "random")
    assert (found.hits[:, 1] == 1).all()
    np.testing.assert_allclose(found.deletion, other.deletion, atol=1e-5)
    np.testing.assert_allclose(found.randomisation, other.randomisation, atol=1e-2)
    table = str(found).splitlines()
    assert table[0].split() == ["method", "deletion", "insertion", "pointing", "randomisation"]
    assert table[3].startswith("saliency")
    assert table[3].split()[1] == f"{found.deletion_auc[0].mean():.3f}"
    assert len(table) == 6


def test_judge_draws_a_curve_per_method(network, images):
    """Three panels, a curve per method in each; two without random weights."""
    found = judge(network, images, methods={"edges": _edges}, steps=4)
    assert found.model == network.name
    figure = found.figure()
    assert figure.get_suptitle() == f"{network.name}: mean of {len(images)} images"
    deletion, insertion, random = figure.axes
    assert [line.get_label() for line in insertion.lines] == ["edges", "random"]
    np.testing.assert_allclose(
        np.asarray(deletion.lines[0].get_ydata()), found.deletion[0].mean(axis=0)
    )
    assert [tick.get_text() for tick in random.get_xticklabels()] == ["none", *found.stages]
    without = judge(network, images, methods={"edges": _edges}, steps=4, stages=0)
    assert len(without.figure().axes) == 2
    assert "-" in str(without).splitlines()[3].split()


def test_judge_warns_of_nothing_that_only_a_random_network_has(network, images):
    """Warnings of a method count for the trained network only."""
    calls = []

    def warning(_model, images, _targets):
        calls.append(1)
        if len(calls) > 1:
            warnings.warn("dead", UnderstandingWarning, stacklevel=2)
        return images[..., 0]

    with warnings.catch_warnings():
        warnings.simplefilter("error", UnderstandingWarning)
        judge(network, images, methods={"warning": warning}, steps=1)
    assert len(calls) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": ("salency",)}, "saliency"),
        ({"methods": ()}, "one or more"),
        ({"methods": {"a": 3}}, "functions by name"),
        ({"methods": {"a": lambda: 1}}, r"called as method\(model, images, targets\).* 'a'"),
        ({"methods": {"edges": _edges, "b": np.abs}}, "called as .* Received 'b'"),
        ({"methods": {"random": _edges}}, "name of the baseline"),
        ({"methods": {"a": lambda _m, images, _t: images}}, r"\(3, 12, 10\) for these images"),
        ({"methods": {"a": lambda _m, images, _t: images[..., 0] / 0.0}}, "NaN or infinity"),
        ({"boxes": [(0, 0, 2, 2)]}, "each of 3 images"),
        ({"boxes": [(0, 0, 13, 2)] * 3}, "within the image"),
        ({"boxes": np.zeros((3, 12, 10))}, "none on images"),
        ({"boxes": [(0.1, 0.2, 0.5, 1)] * 3}, r"\(12, 10, 12, 10\)\) for each in boxes"),
        ({"steps": 0}, "steps is"),
        ({"stages": -1}, "stages is"),
        ({"blur": -1}, "blur is"),
        ({"seed": 0.5}, "seed is"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_judge_refuses_what_cannot_be(network, images, options, message):
    """Methods, boxes and options that cannot be are refused in a sentence."""
    with pytest.raises(UnderstandingError, match=message):
        judge(network, images, **{"methods": {"edges": _edges}, "steps": 1, **options})


def test_judge_leaves_out_what_cannot_explain_the_network(images):
    """By default guided backprop is left out of a network without ReLU, with a warning; who asks
    for it is refused.
    """
    given = keras.Input(images.shape[1:])
    x = keras.layers.Flatten()(keras.layers.Conv2D(3, 3, activation="tanh")(given))
    model = keras.Model(given, keras.layers.Dense(2)(x))

    with pytest.warns(UnderstandingWarning, match="ReLU"):
        found = judge(model, images, steps=1, stages=1)

    assert found.methods == ("saliency", "smoothgrad", "integrated_gradients", "grad_cam", "random")
    assert found.deletion.shape[0] == found.randomisation.shape[0] == 5
    with pytest.raises(UnderstandingError, match="ReLU"):
        judge(model, images, methods="guided_backprop", steps=1)


def _broken(layer):
    given = keras.Input((12, 10, 3))
    x = keras.layers.Conv2D(3, 3, activation="relu", name="low")(given)
    x = keras.layers.Dense(4, name="classes")(keras.layers.Flatten()(x))
    model = keras.Model(given, x)
    kernel = model.get_layer(layer).kernel
    kernel.assign(np.full(kernel.shape, np.nan))
    return model


@pytest.mark.parametrize("methods", [None, ["saliency"], {"edges": _edges}])
@pytest.mark.parametrize("layer", ["low", "classes"])
def test_judge_refuses_a_broken_network(images, layer, methods):
    """NaN in its weights is told with the layer, whoever makes the maps, and of nothing is warned;
    a ReLU that takes NaN for 0 hides it not.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnderstandingWarning)
        with pytest.raises(UnderstandingError, match=f"NaN or infinity .* in layer '{layer}'"):
            judge(_broken(layer), images, 1, methods=methods, steps=2, stages=1)


def test_judge_tells_how_many_images_there_were(network, images):
    """One image is one, also in the title."""
    found = judge(network, images[:1], methods={"edges": _edges}, steps=1, stages=0)
    assert found.figure().get_suptitle() == f"{network.name}: mean of 1 image"


def test_judge_lets_a_method_fail_in_its_own_words(network, images):
    """An error within a method is not taken for one of how it is called."""

    def broken(_model, _images, _targets, *, power=2):
        raise TypeError(f"broken at {power}")

    with pytest.raises(TypeError, match="broken at 2"):
        judge(network, images, methods={"broken": broken}, steps=1)


def test_judge_warns_once_of_the_scale_of_images(network, images):
    """Each method asks about the images again; who called hears of it once."""
    with pytest.warns(UnderstandingWarning) as told:
        judge(network, 255 * np.abs(images), methods=("saliency", "grad_cam"), steps=1, stages=1)

    assert [str(each.message).split(":")[0] for each in told if "look un" in str(each.message)] == [
        "judge"
    ]
