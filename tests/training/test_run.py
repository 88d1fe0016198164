"""The run folder: whole at every moment, read back exactly, and explained."""

import csv
import json
import resource
import subprocess
import sys

import keras
import numpy as np
import pytest

from dlcnn.training.errors import TrainingError
from dlcnn.training.evaluate import evaluate
from dlcnn.training.explain import explain
from dlcnn.training.manifest import Manifest
from dlcnn.training.run import Run
from tests.training.examples import drawn_dataset, small_model


@pytest.fixture
def manifest():
    """What describes a run of the small model."""
    options = {"epochs": 3, "augmentation": ("flip",)}
    return Manifest.describe(
        small_model(name="small"),
        drawn_dataset(),
        seed=7,
        options=options,
        command="dlcnn train --model small --data thirds --run here",
    )


@pytest.fixture
def run(tmp_path, manifest):
    """A run that has just begun."""
    return Run.create(tmp_path / "run", manifest)


def described(model=None, dataset=None, seed=7, **options):
    """A manifest like the fixture's, with something changed."""
    options = {"epochs": 3, "augmentation": ["flip"], **options}
    return Manifest.describe(
        model or small_model(name="small"), dataset or drawn_dataset(), seed=seed, options=options
    )


def test_manifest_holds_what_the_result_depends_on(run):
    """manifest.json: versions, seed, command, device, data digest; sorted, UTF-8."""
    content = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))

    assert list(content) == sorted(content)
    assert content["versions"]["keras"] == keras.__version__
    assert content["versions"]["backend"].startswith(keras.backend.backend())
    assert content["model"]["input_shape"] == [8, 10, 3]
    assert content["data"]["digest"] == drawn_dataset().digest()
    assert content["data"]["class_names"] == ["left", "middle", "right"]
    assert (content["seed"], content["status"], content["epochs_done"]) == (7, "running", 0)
    assert content["device"]
    assert content["command"].startswith("dlcnn train")


def test_manifest_is_read_back_equal(run):
    """Opening a run gives the manifest that was written."""
    assert Run.open(run.folder).manifest == run.manifest


def test_manifest_of_equal_runs_is_equal():
    """A second model of the same layers, though Keras numbers its layers on, is the same."""
    assert described() == described()
    assert described(small_model()).model.name == "functional"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"model": small_model((8, 10, 3), name="other")}, "model 'small', not 'other'"),
        ({"model": small_model(activation=None, name="small")}, "'small' of other layers"),
        ({"dataset": drawn_dataset(seed=5)}, "'thirds' of other contents"),
        ({"dataset": drawn_dataset(name="halves")}, "data 'thirds', not 'halves'"),
        ({"seed": 8}, "seed 7, not 8"),
        ({"epochs": 5}, "epochs 3, not 5"),
        ({"batch_size": 2}, "batch_size None, not 2"),
    ],
)
def test_run_goes_on_only_with_the_same(run, changed, named):
    """Another model, data set, seed or option in a run's folder is refused by its name."""
    with pytest.raises(TrainingError) as refusal:
        Run.resume_or_create(run.folder, described(**changed))

    assert named in str(refusal.value)


@pytest.mark.parametrize(
    ("adversary", "told"),
    [
        ({"steps": 2, "epsilon": 0.2}, "a run of adversary epsilon 0.1, not 0.2. Use"),
        ({"epsilon": 0.1, "norm": "l2", "steps": 2}, "a run of adversary norm None, not 'l2'. Use"),
        (None, "a run of adversary {'epsilon': 0.1, 'steps': 2}, not None. Use"),
    ],
)
def test_run_tells_of_an_adversary_only_what_differs(tmp_path, adversary, told):
    """One entry of many, whatever order they come in; the whole only where there is none now."""

    def attacked(facts):
        options = {"epochs": 3, "adversary": facts}
        return Manifest.describe(small_model(), drawn_dataset(), seed=7, options=options)

    Run.create(tmp_path / "run", attacked({"epsilon": 0.1, "steps": 2}))

    with pytest.raises(TrainingError) as refusal:
        Run.resume_or_create(tmp_path / "run", attacked(adversary))
    assert told in str(refusal.value)
    Run.resume_or_create(tmp_path / "run", attacked({"steps": 2, "epsilon": 0.1}))


def test_run_goes_on_with_the_same(run, tmp_path):
    """The same run is opened, and a new folder begins a run."""
    run.append_epoch(1, {"loss": 1.0})

    again = Run.resume_or_create(run.folder, described())
    new = Run.resume_or_create(tmp_path / "new", described())

    assert again.manifest.epochs_done == 1
    assert new.manifest.epochs_done == 0


def test_history_reads_back_the_same_floats(run):
    """Every digit is kept, of 32-bit figures too, and NaN and infinity."""
    third = float(np.float32(1) / np.float32(3))
    run.append_epoch(1, {"accuracy": 0.1 + 0.2, "loss": np.float32(1) / np.float32(3)})
    run.append_epoch(2, {"accuracy": 1e-300, "loss": float("inf")})

    assert Run.open(run.folder).history() == {
        "accuracy": [0.1 + 0.2, 1e-300],
        "loss": [third, float("inf")],
    }
    assert run.history_path.read_text().splitlines()[0] == "epoch,accuracy,loss"


def test_history_never_holds_an_epoch_twice(run):
    """A repeated epoch replaces its row and drops those after it."""
    for epoch in (1, 2, 3, 2):
        run.append_epoch(epoch, {"loss": 10.0 / epoch})

    rows = list(csv.DictReader(run.history_path.read_text().splitlines()))
    assert rows == [{"epoch": "1", "loss": "10.0"}, {"epoch": "2", "loss": "5.0"}]
    assert run.manifest.epochs_done == 2


def test_history_takes_figures_that_come_later(run):
    """A figure that the first epochs do not have is NaN there."""
    run.append_epoch(1, {"loss": 1.0})
    run.append_epoch(2, {"loss": 0.5, "val_loss": 0.75})

    history = run.history()
    assert np.isnan(history["val_loss"][0])
    assert history["val_loss"][1] == 0.75


def test_keep_epochs_drops_what_will_be_repeated(run):
    """Going on from the first epoch forgets the second; a history that is too short is said."""
    run.append_epoch(1, {"loss": 1.0})
    run.append_epoch(2, {"loss": 0.5})

    run.keep_epochs(1)

    assert Run.open(run.folder).manifest.epochs_done == 1
    assert run.history() == {"loss": [1.0]}
    with pytest.raises(TrainingError, match="Received 1 of 2"):
        run.keep_epochs(2)


def test_model_is_loaded_as_it_was_saved(run):
    """model.keras gives back the same outputs."""
    model = small_model()
    images = np.random.default_rng(0).random((2, 8, 10, 3), np.float32)

    run.save_model(model)

    np.testing.assert_array_equal(
        run.load_model().predict(images, verbose=0), model.predict(images, verbose=0)
    )


def test_model_with_our_own_layers_is_loaded_elsewhere(run):
    """A process that has not built such a model knows its layers and initialisers too."""
    from dlcnn.models.initializers import EdgeFilters
    from dlcnn.models.layers import LocalResponseNormalization

    inputs = keras.Input((8, 10, 3))
    x = keras.layers.Conv2D(4, 3, kernel_initializer=EdgeFilters())(inputs)
    run.save_model(keras.Model(inputs, LocalResponseNormalization()(x)))
    lines = (
        "import sys",
        "from dlcnn.training.run import Run",
        "print(Run.open(sys.argv[1]).load_model().layers[-1].name)",
    )

    result = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), run.folder], capture_output=True, text=True
    )

    assert "local_response_normalization" in result.stdout, result.stderr


def test_model_with_code_in_it_is_refused(run):
    """A file with a Python function in it is not run: Keras' safe mode stays on."""
    inputs = keras.Input((2, 3, 1))
    outputs = keras.layers.Lambda(lambda x: x + 1, output_shape=(2, 3, 1))(inputs)
    run.save_model(keras.Model(inputs, outputs))

    with pytest.raises(TrainingError, match="damaged or made of layers it does not know"):
        run.load_model()


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "bytes"])
def test_damaged_model_is_one_sentence(run, damage):
    """A truncated, empty, foreign or scrambled model.keras is told without a traceback."""
    run.save_model(small_model())
    content = run.model_path.read_bytes()
    middle = len(content) // 2
    run.model_path.write_bytes(
        {
            "cut": content[:middle],
            "empty": b"",
            "text": b"no model",
            "bytes": content[: middle - 500] + b"\0" * 1000 + content[middle + 500 :],
        }[damage]
    )

    with pytest.raises(TrainingError, match="Train the run again"):
        run.load_model()


def test_missing_model_says_how_to_get_it(run):
    """A run that was cut off before model.keras was written tells the command that goes on."""
    run.append_epoch(1, {"loss": 1.0})

    with pytest.raises(TrainingError, match="a run of 1 epochs without one") as refusal:
        run.load_model()

    assert str(refusal.value).endswith("dlcnn train --model small --data thirds --run here")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting"),
        ("[1]", "the file"),
        ('{"version": 1}', "model: Field required"),
        ('{"version": 99}', "up to version 1. Received version=99"),
        (b"\xff\xfe", "utf-8"),
    ],
)
def test_damaged_manifest_is_one_sentence(run, text, said):
    """What is no JSON, no manifest or of a newer dlcnn is told by its path."""
    content = text if isinstance(text, bytes) else text.encode()
    (run.folder / "manifest.json").write_bytes(content)

    with pytest.raises(TrainingError, match=said) as refusal:
        Run.open(run.folder)

    assert str(run.folder) in str(refusal.value)


@pytest.mark.parametrize(
    "change",
    [{"status": "asleep"}, {"epochs_done": "many"}, {"options": []}, {"secret": 1}, {"model": {}}],
)
def test_manifest_with_wrong_entries_is_refused(run, change):
    """A known entry of another kind, or an unknown one, is named."""
    path = run.folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    with pytest.raises(TrainingError, match=next(iter(change))):
        Run.open(run.folder)


@pytest.mark.parametrize(
    "text",
    ["", "epoch,loss\n1\n", "epoch,loss\n1,low\n", "epoch,loss\n2,0.5\n", "loss\n1\n", "\ud800"],
)
def test_damaged_history_is_one_sentence(run, text):
    """Rows that are short, out of order or no numbers are refused, not guessed at."""
    run.history_path.write_bytes(text.encode("utf-8", "surrogatepass"))

    with pytest.raises(TrainingError, match=r"history\.csv"):
        run.history()


def test_folder_that_is_no_run_is_refused(tmp_path):
    """Opening needs a run; beginning one needs a new or empty folder."""
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(TrainingError, match="without manifest"):
        Run.open(tmp_path)
    with pytest.raises(TrainingError, match="no folder"):
        Run.open(tmp_path / "missing")
    with pytest.raises(TrainingError, match="other files"):
        Run.create(tmp_path, described())
    with pytest.raises(TrainingError, match="notes"):
        Run.create(tmp_path / "notes.txt", described())
    Run.create(tmp_path / "seed-3", described())
    with pytest.raises(TrainingError, match="with the runs seed-3 in it"):
        Run.open(tmp_path)


@pytest.mark.parametrize("room", [0, 1000, 9000])
def test_full_disk_is_one_sentence_and_keeps_what_was_there(run, room):
    """When there is no room for a new file the old one stays whole, and nothing is left about."""
    run.save_model(small_model())
    before = run.model_path.read_bytes()
    assert len(before) > room
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(TrainingError, match="training writes its results there"):
            run.save_model(small_model())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert run.model_path.read_bytes() == before
    assert not list(run.folder.glob(".*"))


def test_unwritable_picture_is_one_sentence(run):
    """A path that cannot be written is named."""
    (run.folder / "curves.png").mkdir()  # nothing takes a folder's place, whoever runs the tests
    run.append_epoch(1, {"loss": 1.0})

    with pytest.raises(TrainingError, match=r"curves\.png: training writes its results there"):
        run.save_curves()


def test_readme_explains_the_run(run):
    """In sentences: what on what, how far, the result, the files, and how to go on."""
    run.append_epoch(1, {"accuracy": 0.5, "loss": 1.25})
    run.update(status="interrupted", reason="Ctrl-C was pressed.")

    text = (run.folder / "README.md").read_text(encoding="utf-8")

    assert text.startswith("# small on thirds\n")
    assert "3 classes (left, middle, right) in images of 8 x 10 x 3" in text
    assert "Ctrl-C was pressed. 1 of 3 epochs are done." in text
    assert "accuracy 0.5, loss 1.25" in text
    assert "    dlcnn train --model small --data thirds --run here" in text
    assert "model.keras" not in text


def test_readme_words_an_adversary(run):
    """What attacked the batches stands there in words, and what was not chosen is left out."""
    adversary = {"epsilon": 8 / 255, "steps": 1, "norm": "linf", "share": 0.5, "step_size": None}
    manifest = described(epochs=3, adversary=adversary)

    text = explain(run.folder, manifest, {})

    words = "adversary: epsilon 0.0314, steps 1, norm linf, share 0.5; seed"
    assert words in text


def test_readme_of_a_finished_run_shows_the_result(run):
    """With an evaluation there are its figures, the pictures and the command to repeat it."""
    dataset = drawn_dataset()
    model = small_model()
    run.append_epoch(1, {"loss": 1.25})
    run.save_model(model)
    run.save_curves()
    run.save_evaluation(evaluate(model, dataset.test, dataset.class_names), dataset.test)
    run.update(status="finished")

    text = (run.folder / "README.md").read_text(encoding="utf-8")

    assert "**Result on the 24 test images: accuracy" in text
    for name in ("curves.png", "confusion.png", "evaluation.json", "model.keras", "history.csv"):
        assert (run.folder / name).exists()
        assert f"]({name})" in text
    assert "dlcnn evaluate ." in text
    assert "To go on" not in text


def test_equal_runs_leave_equal_files(tmp_path, manifest):
    """Two folders of the same run differ in no byte: no time, no path."""
    dataset = drawn_dataset()
    keras.utils.set_random_seed(3)
    model = small_model()
    folders = [tmp_path / name for name in ("one", "another")]
    for folder in folders:
        run = Run.create(folder, manifest)
        run.append_epoch(1, {"loss": 1.25})
        run.save_curves()
        run.save_evaluation(evaluate(model, dataset.test, dataset.class_names), dataset.test)
        run.update(status="finished")

    names = sorted(path.name for path in folders[0].iterdir())
    assert names == sorted(path.name for path in folders[1].iterdir())
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name
