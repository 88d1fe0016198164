"""fit: what it trains, what it keeps, and what it refuses in a sentence."""

import json
import resource

import keras
import numpy as np
import pytest
from keras import layers

from dlcnn import models
from dlcnn.data.dataset import Dataset, Split
from dlcnn.data.pipeline import Batches
from dlcnn.training import DivergedError, Run, TrainingError, evaluate, fit
from dlcnn.training.checkpoint import Checkpoint
from dlcnn.training.options import recipe_of
from tests.training.examples import drawn_dataset, small_model

TEST = drawn_dataset().test
QUICK = {"epochs": 2, "batch_size": 16, "verbose": 0}


class At(keras.callbacks.Callback):
    """Does something when an epoch begins."""

    def __init__(self, epoch, action):
        super().__init__()
        self._epoch, self._action = epoch, action

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002  # of Keras
        if epoch == self._epoch:
            self._action(self.model)


def spoil(model):
    """Put a number into the weights that is none."""
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])


def state(run):
    """The checkpoint of a run."""
    return Checkpoint.read(run / "checkpoint" / "state.npz")


def hopeless_dataset():
    """Images with labels that have nothing to do with them: to learn them is to overfit."""
    dataset = drawn_dataset()
    labels = np.random.default_rng(0).permutation(dataset.train.labels)
    return Dataset("hopeless", Split(dataset.train.images, labels), dataset.test, ("a", "b", "c"))


@pytest.mark.parametrize("same_seed", [True, False])
def test_fit_gives_the_weights_of_plain_keras(same_seed):
    """Where plain Keras is given the images in the same order, and only there, bit for bit."""
    dataset = drawn_dataset()
    (images, labels), _ = dataset.arrays()
    keras.utils.set_random_seed(3)
    ours = small_model()
    plain = keras.models.clone_model(ours)
    plain.set_weights(ours.get_weights())

    fit(ours, dataset, recipe=models.Recipe(learning_rate=1e-2), seed=5, **QUICK)
    plain.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
    orders = Batches(images, labels, QUICK["batch_size"], seed=5 if same_seed else 6)
    for epoch in range(QUICK["epochs"]):
        order, _ = orders.order(epoch)
        plain.fit(images[order], labels[order], QUICK["batch_size"], shuffle=False, verbose=0)

    pairs = zip(ours.get_weights(), plain.get_weights(), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs) is same_seed


@pytest.mark.parametrize(
    ("units", "activation", "classes"),
    [(3, "softmax", 3), (3, None, 3), (1, "sigmoid", 2), (1, None, 2), (2, "softmax", 2)],
)
def test_fit_learns_with_the_loss_of_the_output(units, activation, classes):
    """Probabilities, logits, and one unit for two classes: all learn, and evaluate agrees."""
    keras.utils.set_random_seed(3)
    dataset = drawn_dataset(classes=classes)
    model = small_model(units=units, activation=activation)

    history = fit(model, dataset, epochs=15, batch_size=8, learning_rate=0.01, verbose=0)

    assert history.history["accuracy"][-1] > 0.9 > history.history["accuracy"][0]
    again = evaluate(model, dataset.train, dataset.class_names)
    figures = model.evaluate(dataset.arrays()[0][0], dataset.train.labels, verbose=0)
    np.testing.assert_allclose(figures, [again.loss, again.accuracy], rtol=1e-3)


def test_fit_takes_a_layer_as_the_end():
    """A Softmax layer, and a model used as a layer, are read as what they end in."""
    inputs = keras.Input((8, 10, 3))
    inner = keras.Sequential([keras.Input((240,)), keras.layers.Dense(3), keras.layers.Softmax()])
    model = keras.Model(inputs, inner(keras.layers.Flatten()(inputs)))

    fit(model, drawn_dataset(), **QUICK)

    assert model.loss.from_logits is False


def an_end(*ends):
    """A network of layers that give three numbers, or take them."""
    return keras.Sequential([keras.Input((8, 10, 3)), *ends])


def a_keeping_model():
    """A softmax, behind which a model used as a layer keeps its numbers."""
    keeping = keras.Sequential([keras.Input((3,)), layers.Dropout(0.1), layers.Identity()])
    return an_end(layers.Flatten(), layers.Dense(3, activation="softmax"), keeping)


@pytest.mark.parametrize(
    ("build", "activation"),
    [
        (
            lambda: an_end(layers.Conv2D(3, (8, 10), activation="softmax"), layers.Flatten()),
            "softmax",
        ),
        (lambda: an_end(layers.Conv2D(3, (8, 10)), layers.Reshape((3,))), "linear"),
        (lambda: an_end(layers.Conv2D(3, 3), layers.GlobalAveragePooling2D()), "linear"),
        (
            lambda: an_end(
                layers.Flatten(), layers.Dense(3), layers.Softmax(), layers.Dropout(0.1)
            ),
            "softmax",
        ),
        (
            lambda: an_end(
                layers.Flatten(),
                layers.Dense(3, activation="softmax"),
                layers.Activation("linear", dtype="float32"),
            ),
            "softmax",
        ),
        (lambda: an_end(layers.Flatten(), layers.Dense(3, activation=layers.Softmax())), "softmax"),
        (a_keeping_model, "softmax"),
        (lambda: an_end(layers.Flatten(), layers.Dense(3), layers.BatchNormalization()), "linear"),
    ],
)
def test_fit_and_evaluate_read_one_answer(build, activation):
    """Layers that keep the numbers are passed: the loss of both is that of what is before them."""
    keras.utils.set_random_seed(0)
    model, dataset = build(), drawn_dataset()

    fit(model, dataset, **{**QUICK, "epochs": 1})

    assert model.loss.from_logits is (activation == "linear")
    figures = model.evaluate(dataset.arrays()[1][0], dataset.test.labels, verbose=0)
    ours = evaluate(model, dataset.test)
    np.testing.assert_allclose([ours.loss, ours.accuracy], figures, rtol=1e-4)


@pytest.mark.parametrize("end", [layers.ReLU, layers.BatchNormalization, layers.Rescaling])
def test_fit_refuses_an_end_that_is_no_answer(end):
    """A layer that makes something else of the numbers is named, by fit and by evaluate."""
    layer = end(2.0) if end is layers.Rescaling else end()
    kind = None if end is layers.ReLU else "softmax"  # of logits, the others are logits still
    model = an_end(layers.Flatten(), layers.Dropout(0.1), layers.Dense(3, activation=kind), layer)

    for judge in (lambda: fit(model, drawn_dataset(), **QUICK), lambda: evaluate(model, TEST)):
        with pytest.raises(TrainingError, match=rf"of \(3,\) \({end.__name__}\)"):
            judge()


def test_fit_trains_auxiliary_outputs():
    """Further outputs are trained with a weight of 0.3; the accuracy is the first one's."""
    inputs = keras.Input((8, 10, 3))
    x = keras.layers.Flatten()(inputs)
    outputs = [keras.layers.Dense(3, activation="softmax", name=name)(x) for name in ("a", "b")]
    model = keras.Model(inputs, outputs)
    before = model.get_layer("b").get_weights()[0]

    history = fit(model, drawn_dataset(), **QUICK, validation=0.2)

    total = np.array(history.history["a_loss"]) + 0.3 * np.array(history.history["b_loss"])
    np.testing.assert_allclose(history.history["loss"], total, rtol=1e-4)
    assert "a_accuracy" in history.history
    assert not np.allclose(model.get_layer("b").get_weights()[0], before)


def test_fit_takes_what_is_not_given_from_the_recipe():
    """The network of the model's name says how it is trained; what is given goes before."""
    recipe = recipe_of("convolutional_model")
    dataset = drawn_dataset(classes=2)
    model = models.convolutional_model((8, 10, 3), 2)

    def first_rate():
        return model.optimizer.get_config()["learning_rate"]["config"]["initial_learning_rate"]

    fit(model, dataset, epochs=1, verbose=0)

    assert recipe != recipe_of("a network of one's own")
    assert first_rate() == pytest.approx(recipe.learning_rate)
    fit(model, dataset, epochs=1, learning_rate=0.5, verbose=0)
    assert first_rate() == 0.5


def test_fit_follows_the_cosine_to_zero():
    """The schedule ends at a rate of 0 with the last step; decay spares what is no kernel."""
    model = small_model()

    fit(model, drawn_dataset(), **QUICK, schedule="cosine", optimizer="sgd", weight_decay=0.1)

    assert float(model.optimizer.learning_rate) == pytest.approx(0.0, abs=1e-9)
    assert model.optimizer.momentum == 0.9
    decayed = [model.optimizer._use_weight_decay(weight) for weight in model.trainable_weights]
    assert decayed == [True, False, True, False]


def test_fit_stops_early_with_the_best_weights(tmp_path):
    """Without a better validation loss it stops, says why, and the best weights are the model's."""
    keras.utils.set_random_seed(0)
    dataset = hopeless_dataset()
    options = {
        "learning_rate": 0.02,
        "validation": 0.3,
        "early_stopping": 2,
        "batch_size": 8,
        "epochs": 40,
        "run_dir": tmp_path / "run",
        "verbose": 0,
    }

    history = fit(small_model(), dataset, **options)

    run = Run.open(tmp_path / "run")
    losses = history.history["val_loss"]
    assert len(losses) == run.manifest.epochs_done < 40
    assert run.manifest.status == "stopped"
    assert "Early stopping" in run.manifest.reason
    held_back = dataset.split(0.3, 0).test
    again = evaluate(run.load_model(), held_back).loss
    assert again == pytest.approx(min(losses), rel=1e-3)
    assert again != pytest.approx(losses[-1], rel=1e-3)
    repeated = fit(small_model(), dataset, **options)
    assert repeated.history == history.history


def test_fit_does_not_repeat_a_finished_run(tmp_path):
    """The same call gives the history and the weights back, and writes nothing."""
    model, again = small_model(), small_model()
    history = fit(model, drawn_dataset(), run_dir=tmp_path / "run", **QUICK)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}

    repeated = fit(again, drawn_dataset(), run_dir=tmp_path / "run", **QUICK)

    assert repeated.history == history.history
    assert all(
        np.array_equal(*pair) for pair in zip(model.get_weights(), again.get_weights(), strict=True)
    )
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}


def test_fit_leaves_a_folder_that_explains_itself(tmp_path):
    """Manifest, history, model, results and pictures are there after the last epoch."""
    fit(small_model(), drawn_dataset(), run_dir=tmp_path / "run", command="dlcnn train", **QUICK)

    run = Run.open(tmp_path / "run")
    assert run.manifest.status == "finished"
    assert run.manifest.options["precision"] == "float32"
    assert len(run.history()["loss"]) == 2
    names = {path.name for path in run.folder.iterdir()}
    assert names >= {"model.keras", "evaluation.json", "curves.png", "confusion.png", "README.md"}


def test_fit_trains_in_the_precision_of_the_model(tmp_path):
    """A model built under mixed precision keeps float32 weights, learns, and its run says so."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = small_model()
    finally:
        keras.config.set_dtype_policy("float32")

    history = fit(model, drawn_dataset(), run_dir=tmp_path / "run", **QUICK)

    assert Run.open(tmp_path / "run").manifest.options["precision"] == "mixed_bfloat16"
    assert np.isfinite(history.history["loss"]).all()
    assert {weight.dtype for weight in model.weights} == {"float32"}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"epochs": 3}, "epochs 2, not 3"),
        ({"augmentation": ("flip",)}, "augmentation"),
        ({"seed": 4}, "seed 0, not 4"),
        ({"dataset": drawn_dataset(seed=9)}, "other contents"),
        ({"model": "wider"}, "other layers"),
    ],
)
def test_fit_refuses_the_run_folder_of_another_training(tmp_path, change, names):
    """Other options, data or layers: what differs is named, and nothing is changed."""
    fit(small_model(), drawn_dataset(), run_dir=tmp_path / "run", **QUICK)
    before = state(tmp_path / "run")
    model = small_model() if "model" not in change else small_model_with_dropout()
    dataset = change.get("dataset", drawn_dataset())
    options = {name: value for name, value in change.items() if name not in ("model", "dataset")}

    with pytest.raises(TrainingError, match=names):
        fit(model, dataset, run_dir=tmp_path / "run", **{**QUICK, **options})

    after = state(tmp_path / "run")
    assert after.epochs == before.epochs
    assert all(map(np.array_equal, after.variables, before.variables))


def small_model_with_dropout():
    """The small model, but for one layer."""
    inputs = keras.Input((8, 10, 3))
    x = keras.layers.Dropout(0.1)(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x))


def test_fit_stops_at_a_loss_that_is_no_number(tmp_path):
    """NaN ends it with epoch, batch, learning rate and causes; the last good checkpoint stays."""
    run = tmp_path / "run"
    model = small_model()
    options = {**QUICK, "epochs": 5, "run_dir": run, "learning_rate": 0.01}

    with pytest.raises(DivergedError) as caught:
        fit(model, drawn_dataset(), callbacks=[At(2, spoil)], **options)

    message = str(caught.value)
    for words in ("loss=nan", "epoch 3", "rate of 0.01", "of epoch 2, is kept", str(run)):
        assert words in message
    kept = state(run)
    assert kept.epochs == 2
    assert kept.is_finite()
    assert np.isfinite(model.get_weights()[0]).all()
    assert np.isfinite(Run.open(run).load_model().get_weights()[0]).all()
    manifest = Run.open(run).manifest
    assert (manifest.status, manifest.epochs_done) == ("stopped", 2)
    assert "learning rate" in manifest.reason


def test_fit_stops_without_a_folder_too():
    """A rate that is far too high is named; there is no checkpoint to speak of."""
    with pytest.raises(DivergedError, match="rate of 1e\\+30") as caught:
        fit(
            small_model(activation=None),
            drawn_dataset(),
            learning_rate=1e30,
            optimizer="sgd",
            **QUICK,
        )

    assert "checkpoint" not in str(caught.value)


def test_fit_keeps_the_last_checkpoint_on_a_full_disk(tmp_path):
    """A limit that the system sets on files: one sentence, and training goes on once it is gone."""
    run = tmp_path / "run"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(_model):
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))  # less than a checkpoint

    def make_room(_model):
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    options = {**QUICK, "epochs": 4, "run_dir": run}
    try:
        with pytest.raises(TrainingError) as caught:
            fit(small_model(), drawn_dataset(), callbacks=[At(2, fill)], **options)
    finally:
        make_room(None)

    message = str(caught.value)
    assert "File too large" in message
    assert "of epoch 2, is kept" in message
    assert state(run).epochs == 2
    assert not list(run.rglob(".*"))  # no halves lie about
    history = fit(small_model(), drawn_dataset(), callbacks=[At(9, make_room)], **options)
    assert len(history.history["loss"]) == 4


def test_fit_leaves_an_interrupted_run_that_goes_on(tmp_path):
    """KeyboardInterrupt: model and folder are those of the last full epoch, and can go on."""

    def interrupt(model):
        spoil(model)
        raise KeyboardInterrupt

    model, run = small_model(), tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        fit(model, drawn_dataset(), callbacks=[At(1, interrupt)], run_dir=run, **QUICK)

    manifest = Run.open(run).manifest
    assert (manifest.status, manifest.epochs_done) == ("interrupted", 1)
    assert np.isfinite(model.get_weights()[0]).all()
    history = fit(small_model(), drawn_dataset(), callbacks=[At(9, spoil)], run_dir=run, **QUICK)
    assert len(history.history["loss"]) == 2
    assert Run.open(run).manifest.status == "finished"


def test_fit_refuses_a_damaged_checkpoint(tmp_path):
    """Half a file is told from a whole one, and named."""
    run = tmp_path / "run"
    fit(small_model(), drawn_dataset(), run_dir=run, **QUICK)
    path = run / "checkpoint" / "state.npz"
    path.write_bytes(path.read_bytes()[:1000])

    with pytest.raises(TrainingError, match=r"state\.npz.*damaged"):
        fit(small_model(), drawn_dataset(), run_dir=run, **QUICK)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"epochs": 0}, "epochs is a whole number from 1"),
        ({"batch_size": 2.5}, "batch_size is a whole number"),
        ({"learning_rate": -1}, "learning_rate is a number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is a number above 0"),
        ({"weight_decay": -1.0}, "weight_decay"),
        ({"validation": 1.0}, "validation is a share"),
        ({"early_stopping": 0}, "early_stopping"),
        ({"schedule": "linear"}, "schedule is 'constant' or 'cosine'"),
        ({"optimizer": "adamm"}, "optimizer is a name of Keras"),
        ({"jit_compile": "yes"}, "jit_compile is True, False or 'auto'"),
        ({"tensorboard": True}, "Name a run_dir"),
    ],
)
def test_fit_refuses_an_option_that_cannot_be(options, rule):
    """The rule, what was received, and nothing trained."""
    with pytest.raises(TrainingError, match=rule):
        fit(small_model(), drawn_dataset(), **{**QUICK, **options})


@pytest.mark.parametrize(
    ("model", "dataset", "words"),
    [
        (
            lambda: small_model((8, 12, 3)),
            drawn_dataset(),
            ["(8, 10, 3)", "(8, 12, 3)", "input_shape"],
        ),
        (lambda: small_model(units=2), drawn_dataset(), ["(2,)", "3 classes", "num_classes=3"]),
        (lambda: small_model(units=1, activation="sigmoid"), drawn_dataset(), ["(1,) (sigmoid)"]),
        (lambda: small_model(units=1), drawn_dataset(classes=2), ["(1,) (softmax)"]),
        (lambda: small_model(activation="relu"), drawn_dataset(), ["(relu)"]),
        (lambda: keras.Sequential([keras.layers.Dense(3)]), drawn_dataset(), ["is built"]),
        (
            lambda: models.build("efficientnet_b0", (32, 40, 3), 3),
            drawn_dataset(),
            ["[0, 1]", "include_preprocessing=False"],
        ),
    ],
)
def test_fit_refuses_a_model_that_does_not_fit_the_data(model, dataset, words):
    """Image shape and classes of both are named, and how to build a model that fits."""
    with pytest.raises(TrainingError) as caught:
        fit(model(), dataset, **QUICK)

    for each in words:
        assert each in str(caught.value)


def test_fit_refuses_several_inputs():
    """A network of two inputs is left to Keras."""
    inputs = [keras.Input((8, 10, 3)), keras.Input((8, 10, 3))]
    x = keras.layers.Flatten()(keras.layers.Add()(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x))

    with pytest.raises(TrainingError, match="2 inputs"):
        fit(model, drawn_dataset(), **QUICK)


def test_fit_takes_images_of_any_size_where_the_model_does():
    """A model with an open size is not refused."""
    inputs = keras.Input((None, None, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x))

    assert len(fit(model, drawn_dataset(), **QUICK).history["loss"]) == 2


def test_fit_takes_many_steps_at_once_only_for_small_networks():
    """A small network does not wait on Python; a large one shows every step."""
    small = small_model()
    fit(small, drawn_dataset(), **QUICK)
    assert small.steps_per_execution == 4  # a whole epoch

    inputs = keras.Input((8, 10, 3))
    x = keras.layers.Conv2D(2048, 3, padding="same")(inputs)
    x = keras.layers.Conv2D(1024, 3, padding="same")(x)
    large = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.GlobalMaxPooling2D()(x)))
    one = Dataset("few", *[drawn_dataset().split(0.05, 0).test] * 2, ("a", "b", "c"))
    fit(large, one, epochs=1, batch_size=3, verbose=0)
    assert large.steps_per_execution == 1


def test_checkpoint_gives_callbacks_their_counts_back(tmp_path):
    """What early stopping and the plateau have counted and kept is in the file."""
    model = small_model()
    model.compile("adam", "mse")
    stopping = keras.callbacks.EarlyStopping("loss", restore_best_weights=True)
    stopping.wait, stopping.best, stopping.best_weights = 3, 0.25, model.get_weights()
    plateau = keras.callbacks.ReduceLROnPlateau("loss")
    plateau.wait, plateau.cooldown_counter = 2, 1
    Checkpoint.of(model, [stopping, plateau], epochs=4).write(tmp_path / "state.npz")

    fresh = [keras.callbacks.EarlyStopping("loss"), keras.callbacks.ReduceLROnPlateau("loss")]
    kept = Checkpoint.read(tmp_path / "state.npz")
    kept.restore_callbacks(fresh)

    assert kept.epochs == 4
    assert (fresh[0].wait, fresh[0].best) == (3, 0.25)
    assert all(map(np.array_equal, fresh[0].best_weights, stopping.best_weights))
    assert (fresh[1].wait, fresh[1].cooldown_counter) == (2, 1)


def test_manifest_holds_every_option(tmp_path):
    """What a result depends on is in the folder under the names of the arguments."""
    fit(small_model(), drawn_dataset(), run_dir=tmp_path / "run", **QUICK, validation=0.25)

    options = json.loads((tmp_path / "run" / "manifest.json").read_text())["options"]
    assert options["validation"] == 0.25
    assert options.keys() >= {"epochs", "batch_size", "optimizer", "learning_rate", "backend"}


def test_fit_writes_logs_for_tensorboard(tmp_path):
    """The run folder then has event files."""
    fit(small_model(), drawn_dataset(), **QUICK, run_dir=tmp_path / "run", tensorboard=True)

    assert list((tmp_path / "run" / "logs").rglob("events.out.tfevents*"))


@pytest.mark.parametrize("damage", [b"", b"no model", None])
def test_fit_restores_a_model_file_that_was_lost(tmp_path, damage):
    """A finished run that has lost its model gets it back from its checkpoint."""
    folder = tmp_path / "run"
    fit(small_model(), drawn_dataset(), **QUICK, run_dir=folder)
    weights = Run.open(folder).load_model().get_weights()
    if damage is None:
        (folder / "model.keras").unlink()
    else:
        (folder / "model.keras").write_bytes(damage)

    fit(small_model(), drawn_dataset(), **QUICK, run_dir=folder)

    for ours, theirs in zip(Run.open(folder).load_model().get_weights(), weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_fit_refuses_a_history_without_its_checkpoint(tmp_path):
    """Epochs that were recorded are not thrown away in silence."""
    folder = tmp_path / "run"
    fit(small_model(), drawn_dataset(), **QUICK, run_dir=folder)
    (folder / "checkpoint" / "state.npz").unlink()

    with pytest.raises(TrainingError, match="Put it back"):
        fit(small_model(), drawn_dataset(), **QUICK, run_dir=folder)
    assert len(Run.open(folder).history()["loss"]) == QUICK["epochs"]


def test_fit_begins_where_a_killed_one_left_half_a_manifest(tmp_path):
    """What a process killed at its first write left behind is not in the way."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / ".0a1b2c3d.manifest.json").write_text("{", encoding="utf-8")

    fit(small_model(), drawn_dataset(), **QUICK, run_dir=folder)

    assert Run.open(folder).manifest.status == "finished"
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_fit_refuses_a_seed_that_no_generator_takes(seed):
    """A seed out of range is refused in a sentence."""
    with pytest.raises(TrainingError, match="whole number from 0"):
        fit(small_model(), drawn_dataset(), **QUICK, seed=seed)
