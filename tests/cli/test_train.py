"""`dlcnn train`, as a person runs it."""

import json
import shlex
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from dlcnn.cli.main import main
from tests.training.examples import drawn_split

MODEL = ("--model", "INPUT -> CONV(4, 3x3) -> RELU -> POOL -> FC", "--data", "thirds")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a small data set in the course's files, in `files`."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "files"
    place.mkdir()
    for part, size, seed in (("train", 60, 0), ("test", 24, 1)):
        split = drawn_split(size, seed=seed)
        with h5py.File(place / f"{part}_thirds.h5", "w") as file:
            file[f"{part}_set_x"], file[f"{part}_set_y"] = split.images, split.labels[None]
            file["list_classes"] = np.array([b"left", b"middle", b"right"])
    return tmp_path


def manifest_of(run):
    """What the run says of itself."""
    return json.loads((run / "manifest.json").read_text())


def test_train_leaves_a_run_and_says_where(folder, capsys):
    """The folder, the accuracy on the test images and what to do next are printed; a second
    training gets a folder of its own; the run can be evaluated.
    """
    common = ["train", *MODEL, "--data-folder", "files", "--epochs", "12", "--batch-size", "8"]
    assert main([*common, "--learning-rate", "0.01", "--augment"]) == 0

    printed = capsys.readouterr().out
    assert "Run folder: runs/pattern-thirds-1" in printed
    assert "of 24 images right: accuracy" in printed
    assert "dlcnn evaluate runs/pattern-thirds-1" in printed
    manifest = manifest_of(folder / "runs" / "pattern-thirds-1")
    assert manifest["status"] == "finished"
    assert manifest["options"]["augmentation"] == []
    assert manifest["command"].endswith("--run runs/pattern-thirds-1")
    assert main(["evaluate", "runs/pattern-thirds-1"]) == 0
    assert "accuracy" in capsys.readouterr().out
    assert main([*common[:-4], "--epochs", "1"]) == 0
    assert "Run folder: runs/pattern-thirds-2" in capsys.readouterr().out


def test_train_keeps_the_best_of_several(folder, capsys):
    """--restarts trains with several seeds and shows how the results spread."""
    command = ["train", *MODEL, "--data-folder", "files", "--epochs", "1", "--restarts", "2"]
    assert main([*command, "--run", "several", "--seed", "3"]) == 0

    printed = capsys.readouterr().out
    assert "Kept of 2 trainings: seed" in printed
    assert "deviation" in printed
    assert {path.name for path in (folder / "several").iterdir()} >= {"seed-3", "seed-4"}


def test_train_attacks_the_batches_and_goes_on_so(folder, capsys, monkeypatch):
    """--adversarial is part of the run: it is recorded, the command that the run keeps goes on with
    it, and without it the run is another one.
    """
    command = ["train", *MODEL, "--data-folder", "files", "--epochs", "2", "--adversarial", "0.1"]
    monkeypatch.setattr(sys, "argv", ["dlcnn", *command])
    assert main(command) == 0

    run = folder / "runs" / "pattern-thirds-1"
    assert manifest_of(run)["options"]["adversary"]["epsilon"] == 0.1
    assert main(shlex.split(manifest_of(run)["command"])[1:]) == 0
    capsys.readouterr()
    assert main([*command[:-2], "--run", str(run)]) == 2
    assert "adversary" in capsys.readouterr().err


def test_train_can_be_stopped_and_goes_on(folder, environment):
    """Ctrl-C: exit 130, a run that is interrupted, and the command that goes on with it, which
    does; the end is that of a training that nobody stopped.
    """
    options = [*MODEL, "--data-folder", "files", "--batch-size", "8", "--epochs", "30"]
    command = [sys.executable, "-m", "dlcnn", "train", *options, "--deterministic"]
    command += ["--validation", "0.2", "--augment", "flip"]
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)  # which other tests may have set
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    history = folder / "runs" / "pattern-thirds-1" / "history.csv"
    while process.poll() is None and (not history.exists() or len(history.open().readlines()) < 3):
        time.sleep(0.01)  # until two epochs are done
    process.send_signal(signal.SIGINT)
    printed, complaints = (text.decode() for text in process.communicate(timeout=200))

    assert process.returncode == 130, complaints
    assert "Traceback" not in complaints
    manifest = manifest_of(history.parent)
    assert manifest["status"] == "interrupted"
    assert 1 <= manifest["epochs_done"] < 30
    go_on = printed.split("Go on with: ")[1].strip()
    assert go_on == manifest["command"]
    again = [sys.executable, "-m", *shlex.split(go_on)]
    finished = subprocess.run(again, cwd=folder, env=environment, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert "Epoch 30/30" in finished.stdout
    assert "Epoch 1/30" not in finished.stdout
    assert finished.stderr == ""  # TensorFlow's own messages are held back
    whole = subprocess.run(
        [*command, "--run", "whole"], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert whole.returncode == 0, whole.stderr
    assert (folder / "whole" / "history.csv").read_bytes() == history.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--model", "convolutonal_model", "--data", "thirds"],
            "Did you mean 'convolutional_model'",
        ),
        (["--model", "INPUT -> CNV -> FC", "--data", "thirds"], "CNV"),
        (["--model", "convolutional_model", "--data", "thrids"], "Did you mean 'thirds'?"),
        ([*MODEL, "--epochs", "0"], "epochs is a whole number from 1"),
        ([*MODEL, "--adversarial", "-1"], "epsilon is a number above 0 up to 1"),
        ([*MODEL, "--augment", "flop"], "Did you mean 'flip'"),
        ([*MODEL, "--distribute", "machines"], "Name the folder with --run"),
        (
            [*MODEL, "--distribute", "machines", "--run", "r", "--restarts", "2"],
            "--distribute machines and --restarts 2",
        ),
        ([*MODEL, "--variant", "keras"], "Leave it out"),
        ([*MODEL, "--restarts", "0"], "times=0"),
        ([*MODEL, "--run", "files"], "a new or empty folder"),
        (["--model", "vgg11", "--data", "thirds"], "vgg11"),
    ],
)
def test_train_refuses_in_a_sentence(folder, capsys, arguments, words):
    """Names, patterns, options and folders that cannot be: exit 2, and what to do instead."""
    assert main(["train", *arguments, "--data-folder", str(folder / "files")]) == 2

    assert words in capsys.readouterr().err
    assert not list((folder / "files").glob("manifest.json"))


def test_train_refuses_a_backend_that_is_not_installed(folder, capsys, monkeypatch):
    """The package to install is named, before anything is loaded."""
    monkeypatch.setattr("dlcnn.cli.backend.find_spec", lambda _name: None)

    assert main(["train", *MODEL, "--data-folder", str(folder / "files"), "--backend", "jax"]) == 2

    assert "pip install jax" in capsys.readouterr().err
