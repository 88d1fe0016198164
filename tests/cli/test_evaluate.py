"""`dlcnn evaluate` on the run of a small network: one real process, else without its start."""

import json
import shutil

import pytest

from dlcnn.cli.main import main
from dlcnn.data import h5, load
from dlcnn.training.manifest import Manifest
from dlcnn.training.run import Run
from tests.training.examples import drawn_dataset, small_model


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with the h5 files of two data sets, and a run of three epochs on the first."""
    folder = tmp_path_factory.mktemp("trained")
    h5.write(drawn_dataset(), folder / "files")
    h5.write(drawn_dataset(name="wide", width=14), folder / "files")
    h5.write(drawn_dataset(name="others", seed=9), folder / "files")
    dataset = load("thirds", folder / "files")
    (images, labels), _ = dataset.arrays()
    model = small_model(name="small")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=4, epochs=3, verbose=0)
    run = Run.create(
        folder / "run", Manifest.describe(model, dataset, seed=0, options={"epochs": 3})
    )
    run.save_model(model)
    run.update(status="finished")
    return folder


@pytest.fixture
def run_folder(trained, tmp_path):
    """A copy of the run, to change."""
    return shutil.copytree(trained / "run", tmp_path / "run")


@pytest.fixture
def evaluated(capsys, monkeypatch):
    """Call the command in this process; its exit code and what it printed."""
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments):
        code = main(["evaluate", *map(str, arguments)])
        return code, *capsys.readouterr()

    return call


def test_evaluate_prints_the_classes_and_writes_the_results(dlcnn, run_folder):
    """The table is printed; evaluation.json, the pictures and README.md are in the run."""
    result = dlcnn("evaluate", run_folder, course=False)

    assert result.returncode == 0, result.stderr
    assert "of 24 images right: accuracy" in result.stdout
    for name in ("left", "middle", "right", "precision", "recall"):
        assert name in result.stdout
    content = json.loads((run_folder / "evaluation.json").read_text())
    assert content["images"] == 24
    assert (run_folder / "confusion.png").exists()
    assert "Result on the 24 test images" in (run_folder / "README.md").read_text()


def test_evaluate_on_other_images_leaves_the_run_as_it_is(evaluated, trained, run_folder, tmp_path):
    """Another data set's results are printed, and kept only where --out says."""
    other = ["--data", "others", "--data-folder", trained / "files"]

    _, printed, _ = evaluated(run_folder, *other)
    code, _, _ = evaluated(run_folder, *other, "--out", tmp_path / "out")

    assert "name a folder with --out" in printed
    assert not (run_folder / "evaluation.json").exists()
    assert code == 0
    assert (tmp_path / "out" / "evaluation.json").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wide", "Received images of (8, 14, 3) for a model of (8, 10, 3)"),
        ("third", "Did you mean 'thirds'?"),
    ],
)
def test_evaluate_refuses_data_that_does_not_fit(evaluated, trained, name, said):
    """Images of another shape and unknown names are a sentence each, exit code 2."""
    code, _, error = evaluated(trained / "run", "--data", name, "--data-folder", trained / "files")

    assert code == 2
    assert said in error


def test_evaluate_follows_the_one_that_restarts_kept(evaluated, run_folder):
    """The folder of several trainings stands for the kept one, which is named and written to."""
    restarts = run_folder.parent / "several"
    shutil.copytree(run_folder, restarts / "seed-3")
    shutil.copytree(run_folder, restarts / "seed-4")
    (restarts / "restarts.json").write_text(json.dumps({"version": 1, "kept": "seed-4"}))

    code, printed, _ = evaluated(restarts)

    assert code == 0
    assert f"The training that was kept: {restarts / 'seed-4'}" in printed
    assert (restarts / "seed-4" / "evaluation.json").exists()
    assert not (restarts / "seed-3" / "evaluation.json").exists()
    assert not (restarts / "evaluation.json").exists()


def test_evaluate_says_where_data_are_missing(evaluated, run_folder):
    """When the files of the run's data set are gone, the options that name them are told."""
    path = run_folder / "manifest.json"
    content = json.loads(path.read_text())
    content["data"]["source"] = "/nowhere"
    path.write_text(json.dumps(content))

    code, _, error = evaluated(run_folder)

    assert code == 2
    assert "Received /nowhere" in error
    assert "--data-folder" in error


def test_evaluate_refuses_what_is_no_run(evaluated, run_folder):
    """A folder without a manifest, a run without a model, a damaged one: a sentence each."""
    (run_folder / "model.keras").write_bytes(b"PK")
    damaged = evaluated(run_folder)
    (run_folder / "model.keras").unlink()
    untrained = evaluated(run_folder)
    (run_folder / "manifest.json").unlink()
    foreign = evaluated(run_folder)

    for (code, _, error), said in (
        (damaged, "damaged or made of layers"),
        (untrained, "its training was cut off"),
        (foreign, "Received a folder without manifest.json"),
    ):
        assert code == 2
        assert said in error
