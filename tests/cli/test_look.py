"""`dlcnn look` on the run of a small network and on files, pages read back."""

import re
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
from PIL import Image

from dlcnn.cli.main import main
from dlcnn.data import h5
from dlcnn.training import fit
from dlcnn.understanding import METHODS
from tests.training.examples import drawn_dataset, small_model


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with h5 files, a run of one epoch on them, and the model in a file."""
    folder = tmp_path_factory.mktemp("trained")
    h5.write(drawn_dataset(), folder / "files")
    from dlcnn.data import load

    dataset = load("thirds", folder / "files")
    keras.utils.set_random_seed(0)
    model = small_model(name="small")
    fit(model, dataset, epochs=2, batch_size=16, run_dir=folder / "run", verbose=0)
    model.save(folder / "small.keras")
    random = np.random.default_rng(0)
    for name in ("one.png", "two.png"):
        pixels = random.integers(0, 255, (20, 30, 3), np.uint8)
        Image.fromarray(pixels).save(folder / name)
    return folder


def _look(*arguments):
    return main(["look", *map(str, arguments)])


def _page(folder):
    return (folder / "index.html").read_text(encoding="utf-8")


def test_look_shows_test_images_of_a_run(trained, tmp_path, capsys):
    """Without pictures an image of each class is shown, then mistakes or others, with names."""
    assert _look(trained / "run", "--out", tmp_path, "--count", 5) == 0

    page = _page(tmp_path)
    for words in ("small on thirds", "shows left", "shows middle", "shows right", "Grad-CAM"):
        assert words in page
    assert len(list((tmp_path / "images").glob("*_image.png"))) == 5
    assert (tmp_path / "kernels.png").is_file()
    assert (tmp_path / "activations.png").is_file()
    assert str(tmp_path / "index.html") in capsys.readouterr().out


def test_look_shows_pictures_to_a_model_in_a_file(trained, tmp_path):
    """Pictures of any size, only the named methods, and class names that the command gives."""
    arguments = ["--method", "occlusion", "grad_cam", "--layer", "conv2d", "--also"]
    names = ["--classes", "one", "two", "three", "--target", "two"]
    model = keras.saving.load_model(trained / "small.keras")
    arguments[4] = next(each.name for each in model.layers if "conv" in each.name)

    assert (
        _look(
            trained / "small.keras",
            trained / "one.png",
            trained / "two.png",
            "--out",
            tmp_path,
            *arguments,
            *names,
        )
        == 0
    )

    page = _page(tmp_path)
    assert page.count("explained: two") == 2
    assert "two.png" in page
    assert "shows" not in page
    written = sorted(path.name for path in (tmp_path / "images").iterdir())
    kinds = ("grad_cam", "image", "occlusion")
    assert written == [f"{number:03d}_{kind}.png" for number in (1, 2) for kind in kinds]
    assert not (tmp_path / "kernels.png").exists()


def test_look_adds_pictures_of_the_network(trained, tmp_path):
    """Class models and a judgement of the maps are drawn when asked for."""
    also = ["--also", "class_models", "judgement"]

    assert _look(trained / "run", "--out", tmp_path, "--count", 3, *also) == 0

    assert (tmp_path / "class_models.png").is_file()
    assert (tmp_path / "judgement.png").is_file()
    assert "How far the maps can be trusted" in _page(tmp_path)


def test_look_draws_class_models_of_any_size(tmp_path, trained):
    """A network that takes images of every size gets class models of the size of these."""
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu")(inputs)
    outputs = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(x))
    keras.Model(inputs, outputs).save(tmp_path / "open.keras")
    arguments = [tmp_path / "open.keras", trained / "one.png", "--method", "saliency"]

    assert _look(*arguments, "--also", "class_models", "--out", tmp_path / "page") == 0

    assert (tmp_path / "page" / "class_models.png").is_file()


def test_look_gives_a_run_images_as_training_gave_them(tmp_path, capsys):
    """A run that begins with a Normalization was trained on [0, 1], and is shown so."""
    dataset = drawn_dataset()
    h5.write(dataset, tmp_path / "files")
    normalised = keras.layers.Normalization()
    normalised.adapt(dataset.arrays()[0][0])
    plain = small_model()
    inputs = keras.Input((8, 10, 3))
    model = keras.Model(inputs, plain(normalised(inputs)), name="normalised")
    from dlcnn.data import load

    fit(model, load("thirds", tmp_path / "files"), epochs=1, run_dir=tmp_path / "run", verbose=0)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _look(tmp_path / "run", "--out", tmp_path / "page", "--method", "saliency") == 0

    expected = model.predict(dataset.arrays()[1][0][:1], verbose=0)[0]
    shown = re.search(r"<b>(\d+)%</b>", _page(tmp_path / "page"))[1]
    assert int(shown) == round(100 * float(expected.max()))
    capsys.readouterr()


def test_look_judges_a_network_without_relu(tmp_path, trained):
    """What no method can explain is left out of the page, and of the judgement."""
    inputs = keras.Input((8, 10, 3))
    x = keras.layers.Conv2D(4, 3, activation="tanh")(inputs)
    outputs = keras.layers.Dense(3)(keras.layers.Flatten()(x))
    keras.Model(inputs, outputs).save(tmp_path / "tanh.keras")
    arguments = [tmp_path / "tanh.keras", trained / "one.png", "--also", "judgement"]

    assert _look(*arguments, "--out", tmp_path / "page") == 0

    assert (tmp_path / "page" / "judgement.png").is_file()
    assert "ReLU" in _page(tmp_path / "page")


@pytest.mark.parametrize("shapes", [[(8, 10, 3), (8, 10, 3)], [(7,)]])
def test_look_refuses_a_model_that_takes_no_images(tmp_path, trained, capsys, shapes):
    """Two inputs, and vectors, are refused in a sentence."""
    inputs = [keras.Input(shape) for shape in shapes]
    flat = [keras.layers.Flatten()(each) for each in inputs]
    joined = keras.layers.Concatenate()(flat) if len(flat) > 1 else flat[0]
    keras.Model(inputs, keras.layers.Dense(3)(joined)).save(tmp_path / "other.keras")

    assert _look(tmp_path / "other.keras", trained / "one.png", "--out", tmp_path / "page") == 2

    assert "takes images" in capsys.readouterr().err


def test_look_explains_the_first_of_several_outputs(trained, tmp_path, capsys):
    """The others help in training; this is told."""
    model = small_model(name="several")
    helper = keras.layers.Dense(3)(model.layers[-2].output)
    keras.Model(model.inputs, [*model.outputs, helper]).save(tmp_path / "several.keras")

    code = _look(tmp_path / "several.keras", trained / "one.png", "--out", tmp_path / "page")

    assert code == 0
    assert "the first one is explained" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("pixels", "low", "high"), [("unit", 0, 1), ("symmetric", -1, 1), ("pixels", 0, 255)]
)
def test_look_scales_pictures_as_the_network_takes_them(tmp_path, pixels, low, high):
    """A network that adds up its pixels prefers the class that the scale leads to."""
    inputs = keras.Input((2, 3, 1))
    model = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Flatten()(inputs)))
    ends = np.array([low, (low + high) / 2, high])
    # Of -(x - end)², which is largest for the nearest end, what depends on the end: 2x·end - end².
    model.set_weights([np.tile(2 * ends / 6, (6, 1)), -(ends**2)])
    model.save(tmp_path / "nearest.keras")
    for place, value in enumerate((0, 128, 255)):
        Image.fromarray(np.full((2, 3), value, np.uint8)).save(tmp_path / f"{place}.png")
    pictures = [tmp_path / f"{place}.png" for place in range(3)]
    names = ["--method", "saliency", "--also", "--classes", "low", "middle", "high"]

    code = _look(
        tmp_path / "nearest.keras", *pictures, "--pixels", pixels, "--out", tmp_path, *names
    )

    assert code == 0
    page = _page(tmp_path)
    places = [page.index(f"explained: {name}") for name in ("low", "middle", "high")]
    assert places == sorted(places)


@pytest.mark.parametrize("counts", [True, False])
def test_look_finds_the_scale_that_a_network_takes(tmp_path, counts):
    """Arithmetic in the graph counts as a layer does, and what scales [0, 1] is given that."""
    inputs = keras.Input((2, 3, 1))
    x = inputs / 127.5 - 1 if counts else keras.layers.Rescaling(2.0, -1.0)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(x)))
    model.set_weights([np.tile([-1.0, 1.0], (6, 1)), np.zeros(2)])
    model.save(tmp_path / "signs.keras")
    for name, value in (("dark", 60), ("light", 200)):
        Image.fromarray(np.full((2, 3), value, np.uint8)).save(tmp_path / f"{name}.png")
    pictures = [tmp_path / "dark.png", tmp_path / "light.png"]
    names = ["--method", "saliency", "--also", "--classes", "below", "above"]

    assert _look(tmp_path / "signs.keras", *pictures, "--out", tmp_path, *names) == 0

    page = _page(tmp_path)
    assert page.index("explained: below") < page.index("explained: above")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.keras"], "Train a run"),
        (["{small}"], "--data signs"),
        (["{small}", "{one}", "--method", "saliencey"], "Did you mean 'saliency'?"),
        (["{small}", "{one}", "--layer", "conv2"], "no such layer"),
        (
            ["{small}", "{one}", "--target", "seven"],
            "number. Received --target seven. Name a numbe",
        ),
        (["{small}", "{one}", "--target", "seven"], "Name a number, 0 to 2."),
        (["{run}", "{one}", "--target", "midle"], "Did you mean 'middle'?"),
        (["{small}", "{one}", "--target", "7"], "0 to 2"),
        (["{small}", "{one}", "--classes", "a"], "Name them all"),
        (["{small}", "nowhere.png"], "no such file"),
        (["{run}", "--count", "0"], "at least one image"),
        (["{run}", "--batch-size", "0"], "batch_size"),
        (["{run}", "{one}", "--out", "{one}"], "a folder"),
    ],
)
def test_look_refuses_in_a_sentence(trained, tmp_path, capsys, monkeypatch, arguments, words):
    """What cannot be looked at is told in one line, with exit code 2."""
    monkeypatch.chdir(tmp_path)
    places = {
        "small": trained / "small.keras",
        "one": trained / "one.png",
        "run": trained / "run",
    }

    assert _look(*(str(each).format(**places) for each in arguments)) == 2

    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
    assert not (tmp_path / "look").exists()


def test_look_leaves_nothing_where_it_fails(trained, tmp_path):
    """A folder made for the page goes again, with those above it; what was there, or holds
    something, stays.
    """
    inner = tmp_path / "new" / "page"
    assert _look(trained / "small.keras", "nowhere.png", "--out", inner) == 2
    assert not inner.parent.exists()
    inner.mkdir(parents=True)
    assert _look(trained / "small.keras", "nowhere.png", "--out", inner) == 2
    assert inner.exists()
    assert _look(trained / "small.keras", trained / "one.png", "--out", inner, "--also") == 0
    assert _look(trained / "small.keras", "nowhere.png", "--out", inner) == 2
    assert (inner / "index.html").is_file()


def test_look_helps_with_every_method(capsys):
    """The help, which loads no Keras, names all that can be chosen."""
    with pytest.raises(SystemExit):
        main(["look", "--help"])

    words = capsys.readouterr().out.split()
    assert set(METHODS) <= set(words)


def test_look_is_a_command_that_speaks_little(trained, tmp_path, environment):
    """As a real process it prints where the page is, and nothing of the libraries."""
    command = [sys.executable, "-m", "dlcnn", "look", trained / "run", "--out", tmp_path]
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)  # which other tests may have set
    done = subprocess.run(
        [*map(str, command), "--count", "3", "--method", "saliency", "--also"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"The page: {tmp_path / 'index.html'}\n"
    assert done.stderr == ""
