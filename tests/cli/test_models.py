"""`dlcnn models`: a list, a description, a picture."""

import subprocess
import sys

import pytest

from dlcnn.cli.main import main


def test_models_lists_every_network(environment):
    """Run as a person would: exit 0, a line for each network with its input and its source."""
    command = [sys.executable, "-m", "dlcnn", "models"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0
    assert "convolutional_model" in done.stdout
    assert "227 x 227 x 3" in done.stdout
    assert "Krizhevsky" in done.stdout
    assert "Traceback" not in done.stderr


def test_models_describes_a_network(capsys):
    """The source, the variants, how it is trained, and a row per layer."""
    assert main(["models", "lenet5", "--variant", "course", "--input-shape", "32x32x3"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("lenet5: ")
    assert "LeCun" in out
    assert "dense, sparse, course" in out
    assert "epochs in batches of" in out
    assert '"sparse" is the paper\'s' in out
    assert "28 x 28 x 6" in out
    assert "62,006 parameters (62,006 trainable)" in out


def test_models_says_what_nobody_measured(capsys):
    """A network without a recorded recipe is not shown with one."""
    assert main(["models", "vgg11", "--input-shape", "32x40x3", "--no-include-top"]) == 0
    out = capsys.readouterr().out
    assert "training  not measured" in out
    assert "epochs" not in out
    assert "Dense" not in out


def test_models_takes_a_pattern(capsys):
    """A pattern in quotes is described like a network of that name."""
    arguments = ["models", "INPUT -> CONV 8@5x5 -> RELU -> POOL -> FC"]
    assert main([*arguments, "--input-shape", "12,10,1", "--num-classes", "4"]) == 0
    out = capsys.readouterr().out
    assert "12 x 10 x 8" in out
    assert f"{8 * 26 + 4 * (6 * 5 * 8 + 1):,} parameters" in out


def test_models_draws_a_diagram(tmp_path, capsys):
    """--diagram leaves a picture in the format of its suffix, and says where."""
    picture = tmp_path / "new" / "lenet1.svg"
    assert main(["models", "lenet1", "--diagram", str(picture)]) == 0
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
    assert f"Drawn: {picture}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["resnet5"], "Did you mean 'resnet50'?"),
        (["VGG16"], "Did you mean 'vgg16'?"),
        (["INPUT -> KONV"], "         ^\nDid you mean 'CONV'?\n"),
        (["INPUT -> CONV -> FC", "--variant", "x"], "Received variant=x"),
        (["INPUT -> CONV", "--no-include-top"], "Received include_top=False"),
        (["vgg16", "--variant", "x"], "there is one form of it only"),
        (["vgg16", "--input-shape", "16x16x3"], "needs 2 x 2 pixels"),
        (["vgg16", "--input-shape", "16x16"], "--input-shape 16x16"),
        (["vgg16", "--num-classes", "0"], "num_classes=0"),
        (["lenet1", "--diagram", "lenet1.gif"], ".pdf, .png, .svg"),
        (["--num-classes", "4"], "without a NAME"),
    ],
)
def test_models_refuses_what_it_cannot_show(arguments, says, capsys, tmp_path, monkeypatch):
    """Exit 2 and a sentence that says what to do, on the error stream."""
    monkeypatch.chdir(tmp_path)
    assert main(["models", *arguments]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert not captured.out  # refused before there is half an answer
