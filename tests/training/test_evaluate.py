"""Figures worked by hand, and the forms that a model's outputs have."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from dlcnn.data.dataset import Split
from dlcnn.training.errors import DivergedError, TrainingError
from dlcnn.training.evaluate import evaluate
from dlcnn.training.evaluation import count
from tests.training.examples import drawn_split, small_model


def split_of(values, labels):
    """Images of 1 x 1 pixel with the given channels."""
    images = np.array(values, np.uint8).reshape(len(labels), 1, 1, -1)
    return Split(images, np.array(labels, np.int64))


def pixel_model(channels, activation, scale=1.0):
    """Its logits are `scale` times the channels of the one pixel, each in [0, 1]."""
    inputs = keras.Input((1, 1, channels))
    x = keras.layers.Flatten()(inputs)
    dense = keras.layers.Dense(channels, activation=activation, use_bias=False)
    model = keras.Model(inputs, dense(x))
    dense.set_weights([scale * np.eye(channels)])
    return model


def counted(labels, predicted, classes, probability=0.9):
    """An evaluation of predictions of one probability each."""
    rest = (1 - probability) / (classes - 1)
    probabilities = np.full((len(labels), classes), rest)
    probabilities[np.arange(len(labels)), predicted] = probability
    names = [f"class {number}" for number in range(classes)]
    return count(probabilities, np.array(labels), names, loss=0.5, mistakes=10)


def test_evaluation_counts_by_hand():
    """Accuracy, confusion, precision and recall are those counted on paper."""
    result = counted([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2], 3)

    assert result.accuracy == 4 / 6
    assert result.confusion.tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert result.precision.tolist() == [1.0, 0.5, 0.5]
    assert result.recall.tolist() == [2 / 3, 0.5, 1.0]
    assert result.support.tolist() == [3, 2, 1]
    assert [(each.index, each.true, each.predicted) for each in result.mistakes] == [
        (2, 0, 1),
        (4, 1, 2),
    ]


def test_evaluation_never_predicted_class_has_no_precision():
    """A class that is never predicted, or never occurs, counts 0 and is shown as a dash."""
    result = counted([0, 0, 1], [0, 0, 0], 3)

    assert result.precision.tolist() == [2 / 3, 0.0, 0.0]
    assert result.recall.tolist() == [1.0, 0.0, 0.0]
    assert result.rows()[1] == ("class 1", "-", "0.0%", "1")
    assert result.rows()[2] == ("class 2", "-", "-", "0")


def test_evaluation_orders_mistakes_by_certainty():
    """The surest mistake comes first, equals by their place, and no more than asked are kept."""
    probabilities = np.array([[0.4, 0.6], [0.1, 0.9], [0.4, 0.6], [0.2, 0.8]])

    result = count(probabilities, np.array([0, 0, 0, 1]), "ab", loss=0.0, mistakes=2)

    assert [(each.index, each.probability) for each in result.mistakes] == [(1, 0.9), (0, 0.6)]


def test_evaluation_words_are_for_people():
    """As text and as a table it names the result, and each class with its figures."""
    result = counted([0, 0, 1, 1], [0, 0, 1, 0], 2)

    lines = str(result).splitlines()
    assert lines[0] == "3 of 4 images right: accuracy 75.00%, loss 0.5000"
    assert lines[1].split() == ["class", "precision", "recall", "images"]
    assert lines[2].split() == ["class", "0", "66.7%", "100.0%", "2"]
    assert result.table().row_count == 2


@pytest.mark.parametrize("activation", ["softmax", None])
def test_evaluate_takes_softmax_and_logits(activation):
    """Probabilities and logits of one network give the same accuracy, loss and probabilities."""
    split = split_of([[255, 0, 0], [0, 255, 0], [255, 0, 0]], [0, 1, 2])

    result = evaluate(pixel_model(3, activation, scale=np.log(2)), split, ["a", "b", "c"])

    # Rows of softmax are (2, 1, 1) / 4: the first two cost ln 2, the third ln 4.
    assert result.accuracy == 2 / 3
    assert result.loss == pytest.approx((np.log(2) + np.log(2) + np.log(4)) / 3, rel=1e-6)
    [mistake] = result.mistakes
    assert (mistake.index, mistake.true, mistake.predicted) == (2, 2, 0)
    assert mistake.probability == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_evaluate_takes_a_single_unit(activation):
    """One unit speaks of the second class: its probability, or its logit, of which 0 is a tie."""
    inputs = keras.Input((1, 1, 1))
    dense = keras.layers.Dense(1, activation=activation)
    model = keras.Model(inputs, dense(keras.layers.Flatten()(inputs)))
    dense.set_weights([np.array([[2 * np.log(3)]]), np.array([-np.log(3)])])
    split = split_of([0, 255, 255], [0, 1, 0])  # logits -ln 3, ln 3: probabilities 1/4, 3/4

    result = evaluate(model, split, ["no", "yes"])

    assert result.confusion.tolist() == [[1, 1], [0, 1]]
    assert result.loss == pytest.approx(-(2 * np.log(0.75) + np.log(0.25)) / 3, rel=1e-6)
    assert result.mistakes[0].probability == pytest.approx(0.75, rel=1e-6)


def test_evaluate_reads_logits_off_the_layers_not_the_numbers():
    """Logits that happen to sum to 1 are logits, also behind layers that keep them."""
    inputs = keras.Input((1, 1, 2))
    sums = keras.layers.Dense(2, kernel_initializer="identity", use_bias=False)(inputs)
    model = keras.Model(inputs, keras.layers.Identity()(keras.layers.Flatten()(sums)))

    result = evaluate(model, split_of([[51, 204], [204, 51]], [1, 0]))

    assert result.accuracy == 1.0
    assert result.loss == pytest.approx(np.log(1 + np.exp(0.2 - 0.8)), rel=1e-6)


@pytest.mark.parametrize(
    "compiled",
    [
        None,
        {"loss": "mse", "steps_per_execution": 4},
        {"optimizer": "adam", "loss": "mse", "jit_compile": True},
        {"loss": "mse", "run_eagerly": True},
    ],
)
def test_evaluate_is_the_same_however_the_model_is_compiled(compiled):
    """A model that was compiled for another loss, or never, has the same results."""
    model, split = small_model(), drawn_split(23)
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    expected = evaluate(twin, split, batch_size=23)
    if compiled is not None:
        model.compile(**compiled)

    result = evaluate(model, split, batch_size=5)

    assert result.confusion.tolist() == expected.confusion.tolist()
    assert result.loss == pytest.approx(expected.loss, rel=1e-5)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", None])
def test_evaluate_agrees_with_keras(activation):
    """Accuracy and loss are those of Keras' own metrics, for any batch size."""
    units = 1 if activation == "sigmoid" else 3
    split = drawn_split(23, classes=max(2, units))
    model = small_model(units=units, activation=activation)
    loss = (
        keras.losses.BinaryCrossentropy()
        if units == 1
        else keras.losses.SparseCategoricalCrossentropy(from_logits=activation is None)
    )
    model.compile(loss=loss, metrics=["accuracy"])
    expected = model.evaluate(split.images / 255.0, split.labels, verbose=0)

    results = [evaluate(model, split, batch_size=size) for size in (5, 64)]

    for result in results:
        assert [result.loss, result.accuracy] == pytest.approx(expected, rel=1e-5)


def test_evaluate_uses_the_first_of_several_outputs():
    """A network with auxiliary heads is judged by its main one."""
    main = small_model()
    model = keras.Model(main.inputs, [main.output, keras.layers.Dense(7)(main.layers[-2].output)])

    result = evaluate(model, drawn_split(6))

    assert result.confusion.shape == (3, 3)


def test_evaluate_uses_the_first_of_named_outputs():
    """Of a dictionary of outputs it takes the one that fit trains as the first."""
    inputs = keras.Input((8, 10, 3))
    x = keras.layers.Flatten()(inputs)
    heads = {"helper": keras.layers.Dense(7)(x), "answer": keras.layers.Dense(3)(x)}

    result = evaluate(keras.Model(inputs, heads), drawn_split(6))  # Keras orders them by name

    assert result.confusion.shape == (3, 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"split": drawn_split(6, width=12)}, r"Received images of \(8, 12, 3\)"),
        ({"class_names": ["left", "right"]}, "a model of 3 classes for 2 class names"),
        ({"split": drawn_split(6, classes=5)}, "labels 0 to 4"),
    ],
)
def test_evaluate_refuses_what_does_not_fit(change, said):
    """Images of another shape, other classes or labels beyond them: a sentence each."""
    arguments = {"split": drawn_split(6), "class_names": None, **change}

    with pytest.raises(TrainingError, match=said):
        evaluate(small_model(), **arguments)


def test_evaluate_refuses_a_model_it_cannot_read():
    """An end that is no answer, a second input, no graph: a sentence each, as from fit."""
    image, other = keras.Input((8, 10, 3)), keras.Input((8, 10, 3))
    flat = keras.layers.Flatten()
    for model, said in (
        (small_model(activation="relu"), r"evaluate: .* \(relu\)"),
        (keras.Model(image, flat(image)), r"\(InputLayer\)"),
        (keras.Model([image, other], flat(image + other)), "2 inputs"),
        (keras.Sequential([keras.layers.Dense(3)]), "is built"),
    ):
        with pytest.raises(TrainingError, match=said):
            evaluate(model, drawn_split(6))


def test_evaluate_refuses_a_model_that_gives_no_numbers():
    """NaN among the outputs is said, not counted as a class."""
    model = small_model()
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])

    with pytest.raises(DivergedError, match="Received NaN"):
        evaluate(model, drawn_split(6))


def test_evaluation_writes_json(tmp_path):
    """evaluation.json holds the figures to the last digit."""
    result = counted([0, 0, 1], [0, 1, 1], 2, probability=0.7)

    result.write(tmp_path / "evaluation.json")

    content = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert content["accuracy"] == 2 / 3
    assert content["confusion"] == [[1, 1], [0, 1]]
    assert content["classes"][1] == {
        "name": "class 1",
        "precision": 0.5,
        "recall": 1.0,
        "images": 1,
    }
    assert content["mistakes"] == [{"index": 1, "true": 0, "predicted": 1, "probability": 0.7}]


def test_save_pictures_shows_mistakes_and_removes_old_ones(tmp_path):
    """Both pictures open as images; where nothing is wrong no sheet of an older model stays."""
    split = drawn_split(3)
    wrong, right = counted([0, 1, 2], [0, 2, 2], 3), counted([0, 1, 2], [0, 1, 2], 3)

    paths = wrong.save_pictures(tmp_path, split)
    sizes = [Image.open(path).size for path in paths]
    left = right.save_pictures(tmp_path, split)

    assert [path.name for path in paths] == ["confusion.png", "misclassified.png"]
    assert min(map(min, sizes)) > 100
    assert [path.name for path in left] == ["confusion.png"]
    assert not paths[1].exists()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_evaluate_is_the_same_on_every_backend(backend, tmp_path):
    """A model of one backend has the same results on another."""
    pytest.importorskip(backend)
    model, split = small_model(), drawn_split(23)
    model.save(tmp_path / "model.keras")
    here = evaluate(model, split, batch_size=8)
    lines = (
        "import sys, json, pathlib",
        "from dlcnn.training.evaluate import evaluate",
        "from dlcnn.training.run import load_model",
        "from tests.training.examples import drawn_split",
        "model = load_model(pathlib.Path(sys.argv[1]))",
        "print(json.dumps(evaluate(model, drawn_split(23), batch_size=8).as_json()))",
    )

    result = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), tmp_path / "model.keras"],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=True,
    )

    there = json.loads(result.stdout)
    assert there["confusion"] == here.confusion.tolist()
    assert there["loss"] == pytest.approx(here.loss, rel=1e-5)
