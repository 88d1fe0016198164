"""Data sets by name: real files first, else drawn and kept; every wrong name gets a sentence."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from dlcnn.data import DataError, h5, load, names
from dlcnn.data.library import describe
from tests.data.conftest import make_dataset

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def real(tmp_path):
    """A folder with files of one's own for signs, cats and flowers."""
    folder = tmp_path / "real"
    for name in ("signs", "cats", "flowers"):
        h5.write(make_dataset(name), folder)
    return folder


def test_names_are_those_of_the_renderers_and_the_cats(dots):
    """Found by the files in a folder; their helpers are none."""
    assert {"cats", "dots", "signs"} <= set(names())
    assert not any(name.startswith("_") for name in names())
    assert dots.calls == []


def test_names_in_a_folder(real, monkeypatch):
    """Only those that lie there; the folder of DLCNN_DATA adds to those that are known."""
    assert names(real) == ("cats", "flowers", "signs")
    assert "flowers" not in names()
    monkeypatch.setenv("DLCNN_DATA", str(real))
    assert {"cats", "flowers", "signs"} <= set(names())


@pytest.mark.parametrize("name", ["signs", "cats", "flowers"])
@pytest.mark.parametrize("place", ["", "datasets"])
def test_load_reads_real_files(real, tmp_path, name, place):
    """From the folder or `datasets/` in it; the info says which."""
    if place:
        (tmp_path / "above").mkdir()
        real = real.rename(tmp_path / "above" / place)
    dataset = load(name, real.parent if place else str(real))
    assert dataset.digest() == make_dataset(name).digest()
    assert (dataset.name, dataset.info["source"]) == (name, str(real))
    assert dataset.info["description"].startswith("Read from train_")


def test_load_reads_the_folder_of_the_variable(real, dots, monkeypatch):
    """DLCNN_DATA is used for what is in it; the rest is drawn."""
    monkeypatch.setenv("DLCNN_DATA", str(real))
    assert load("signs").info["source"] == str(real)
    assert load("flowers").info["source"] == str(real)
    assert load("dots").info["source"] == "rendered"
    assert dots.calls == ["7 False"]


def test_load_prefers_the_folder_it_is_given(real, tmp_path, monkeypatch):
    """A named folder is the only one that counts."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("DLCNN_DATA", str(real))
    with pytest.raises(DataError, match=r"empty: .* train_signs\.h5 and test_signs\.h5"):
        load("signs", tmp_path / "empty")
    monkeypatch.setenv("DLCNN_DATA", str(tmp_path / "empty"))
    assert load("signs", real).info["source"] == str(real)


def test_load_draws_once_and_keeps(dots):
    """The second time it comes from the cache, equal to the last bit, with the same info."""
    first, second = load("dots"), load("dots")
    assert dots.calls == ["7 False"]
    assert first.digest() == second.digest()
    assert first.class_names == ("dark", "bright")
    assert first.info == second.info
    assert first.info == {
        "source": "rendered",
        "description": "Dots.",
        "version": 3,
        "seed": 7,
        "colour": False,
    }
    assert [file.name for file in dots.cache.glob("*.npz")] == ["dots-colour=False-seed=7-v3.npz"]


def test_load_keeps_each_choice_of_options(dots):
    """Another seed or colour is another data set; the default by its name is the same one."""
    assert load("dots", colour=True).image_shape == (5, 4, 3)
    assert load("dots", seed=8).digest() != load("dots").digest()
    load("dots", seed=7, colour=False)
    assert dots.calls == ["7 True", "8 False", "7 False"]


def test_load_takes_numbers_of_numpy(dots):
    """They are the same data set, told in the numbers of Python."""
    dataset = load("dots", seed=np.int64(7), colour=np.False_)
    assert (type(dataset.info["seed"]), type(dataset.info["colour"])) == (int, bool)
    load("dots")
    assert dots.calls == ["7 False"]


def test_load_draws_anew_for_another_version(dots):
    """What an older renderer drew is not taken for the new one's."""
    load("dots")
    source = dots.folder / "dots.py"
    source.write_text(source.read_text(encoding="utf-8").replace("VERSION = 3", "VERSION = 4"))
    sys.modules.pop("dlcnn.data.render.dots")
    assert load("dots").info["version"] == 4
    assert len(dots.calls) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"color": True}, "certain options. Received color=True, .*Did you mean 'colour'"),
        ({"size": 3}, "Received size=3, .*There are: seed, colour"),
        ({"colour": 1}, "the option colour is True or False. Received colour=1"),
        ({"seed": -1}, "whole number from 0 .*Received seed=-1"),
        ({"seed": 1.5}, "whole number from 0 .*Received seed=1.5"),
        ({"seed": "../../x"}, "whole number from 0"),
        ({"seed": 10**300}, "whole number from 0"),
    ],
)
def test_load_refuses_other_options(dots, options, words):
    """An unknown one, or a value of another type, before anything is drawn."""
    with pytest.raises(DataError, match=words):
        load("dots", **options)
    assert dots.calls == []


def test_load_takes_no_options_for_real_files(real):
    """They would be without effect."""
    with pytest.raises(DataError, match=r"options are for drawn images.*Received seed=1"):
        load("signs", real, seed=1)


def test_load_of_cats_says_where_to_put_them():
    """They are never drawn: which files are needed, and where."""
    with pytest.raises(DataError) as caught:
        load("cats")
    message = str(caught.value)
    assert "train_catvnoncat.h5 and test_catvnoncat.h5" in message
    assert "DLCNN_DATA" in message


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("sings", "Did you mean 'signs'?"),
        ("cat", "Did you mean 'cats'?"),
        ("SIGNS", "Did you mean 'signs'?"),
        ("zebra", "There are: cats, digits, happy, signs."),
        (None, "There are: cats, digits, happy, signs."),
        (["signs"], "Did you mean 'signs'?"),
    ],
)
def test_load_offers_the_nearest_name(name, advice):
    """All there are where nothing is near, or where it is no name at all."""
    with pytest.raises(DataError, match=re.escape(f"Received name={name!r}")) as caught:
        load(name)
    assert str(caught.value).endswith(advice)


def test_load_offers_what_is_in_the_folder(real, tmp_path):
    """For a named folder, its own data sets and no others."""
    with pytest.raises(DataError, match=r"Did you mean 'flowers'\?"):
        load("flower", real)
    with pytest.raises(DataError, match=r"There are: cats, flowers, signs\."):
        load("digits", real)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"train_digits\.h5 and test_digits\.h5.*There are: none\."):
        load("digits", tmp_path / "empty")


@pytest.mark.parametrize("name", ["../real/signs", "_hand", "__init__", "", "signs.py"])
def test_load_takes_names_only(name, monkeypatch, real):
    """Paths and the renderers' helpers are no data sets."""
    monkeypatch.setenv("DLCNN_DATA", str(real))
    with pytest.raises(DataError, match="Received name="):
        load(name)


def test_load_of_half_a_data_set(real, monkeypatch):
    """One file of two is told, and nothing is drawn in its place."""
    (real / "test_signs.h5").unlink()
    monkeypatch.setenv("DLCNN_DATA", str(real))
    with pytest.raises(DataError, match=r"Received no test_signs\.h5"):
        load("signs")


def test_load_of_a_damaged_real_file(real):
    """It is told, and nothing is drawn in its place."""
    (real / "train_signs.h5").write_bytes(b"not HDF5")
    with pytest.raises(DataError, match=r"train_signs\.h5: data are in an HDF5 file"):
        load("signs", real)


def test_variable_that_names_no_folder_is_told(monkeypatch, tmp_path):
    """A typing error there would otherwise go unseen."""
    monkeypatch.setenv("DLCNN_DATA", str(tmp_path / "dta"))
    with pytest.raises(DataError, match="dta: data lie in a folder"):
        load("signs")


def test_folders_may_begin_with_the_home(real, monkeypatch):
    """`~` is the home folder, as in a shell."""
    monkeypatch.setenv("HOME", str(real.parent))
    assert load("signs", "~/real").info["source"] == str(real)


def test_describe_draws_and_reads_nothing(dots, real):
    """Sizes, classes and source of a data set that is drawn later, kept, or in files."""
    found = describe("dots")
    assert (found.sizes, found.class_names) == ((6, 4), ("dark", "bright"))
    assert found.source == "drawn at first use"
    assert dots.calls == []
    load("dots")
    assert describe("dots").source.endswith("dots-colour=False-seed=7-v3.npz")
    files = describe("signs", real)
    assert (files.sizes, files.class_names) == ((12, 6), ("cup", "jug", "mug"))
    assert files.source == str(real)


def test_describe_of_cats_says_what_they_need():
    """The list shows them although they cannot be loaded yet."""
    found = describe("cats")
    assert (found.sizes, found.class_names) == (None, None)
    assert found.source == "needs train_catvnoncat.h5 and test_catvnoncat.h5"


def test_describe_of_an_unknown_name():
    """As `load`."""
    with pytest.raises(DataError, match="Did you mean 'signs'"):
        describe("sings")


@pytest.mark.slow
def test_every_renderer_draws_what_it_declares():
    """Sizes and classes as `describe` tells them, the same from the cache as freshly drawn."""
    for name in set(names()) - {"cats"}:
        declared, dataset = describe(name), load(name)
        assert declared.sizes == (len(dataset.train), len(dataset.test))
        assert set(np.unique(dataset.train.labels)) == set(range(dataset.num_classes))
        assert load(name).digest() == dataset.digest()


_IMPORT = """
import sys
import dlcnn.data
from dlcnn.data import load
assert not hasattr(dlcnn.data, "h4")
heavy = {"keras", "tensorflow", "jax", "torch", "matplotlib", "h5py"}
print(*sorted(heavy & set(sys.modules)))
dlcnn.data.h5.write  # as messages name it
"""


def test_importing_data_is_light():
    """No framework, no matplotlib and no h5py until something needs them."""
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ""
