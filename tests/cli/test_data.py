"""`dlcnn data`: what there is, a look at it, and its files."""

import re

import numpy as np
import pytest

from dlcnn.data import h5, load, names
from tests.data.conftest import make_dataset


@pytest.fixture
def data(dlcnn, tmp_path):
    """Run `dlcnn data` with an empty home."""

    def run(*arguments, **more):
        cache = str(tmp_path / "cache")
        variables = {"HOME": str(tmp_path), "XDG_CACHE_HOME": cache, "DLCNN_DATA": "", **more}
        return dlcnn("data", *arguments, course=False, **variables)

    return run


@pytest.fixture
def real(tmp_path):
    """A folder with files of one's own."""
    folder = tmp_path / "real"
    h5.write(make_dataset("signs"), folder)
    h5.write(make_dataset("cats", ("non-cat", "cat")), folder)
    return folder


def test_list_names_every_data_set(data, tmp_path):
    """Also the cats, with the files that they need; nothing is drawn for it."""
    done = data("list")
    assert done.returncode == 0
    for name in names():
        assert re.search(rf"^{name} ", done.stdout, re.MULTILINE)
    assert re.search(r"^signs +1080 +120 +0, 1, 2, 3, 4, 5 +drawn at first use", done.stdout, re.M)
    assert "needs train_catvnoncat.h5" in done.stdout
    assert not (tmp_path / "cache").exists()


def test_list_of_a_folder(data, real):
    """Sizes and classes from the files' headers, and where they lie."""
    done = data("list", "--data-folder", real, COLUMNS="200")
    assert done.returncode == 0
    lines = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    assert lines[1:] == [
        ["cats", "12", "6", lines[1][3]],
        ["signs", "12", "6", lines[2][3]],
    ]
    assert re.fullmatch(rf"cup, jug, mug +{real}", lines[2][3])


def test_list_of_a_folder_named_by_the_variable(data, real):
    """Real files are listed in the place of drawn ones, beside the others."""
    done = data("list", DLCNN_DATA=str(real), COLUMNS="200")
    assert re.search(rf"^signs +12 +6 +cup, jug, mug +{str(real)[:20]}", done.stdout, re.M)
    assert re.search(rf"^cats +12 +6 +non-cat, cat +{str(real)[:20]}", done.stdout, re.M)


def test_list_tells_of_a_damaged_file(data, real):
    """And still of the others."""
    (real / "train_cats.h5").write_bytes(b"")
    (real / "train_catvnoncat.h5").write_bytes(b"no HDF5")
    done = data("list", "--data-folder", real, COLUMNS="300")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert re.search(r" cats .* a file of another kind", " ".join(done.stdout.split()))
    assert re.search(r"^signs +12 +6", done.stdout, re.M)


def test_show_saves_a_sheet(data, real, tmp_path):
    """A picture named after the data set, and where it lies."""
    done = data("show", "signs", "--data-folder", real)
    assert done.returncode == 0, done.stderr
    assert "Images of each class: signs.png" in done.stdout
    assert (tmp_path / "signs.png").read_bytes().startswith(b"\x89PNG")


def test_show_saves_to_a_file_of_choice(data, tmp_path):
    """Its suffix is its format; the sheet names every class; opacity is left out."""
    h5.write(make_dataset("glass", channels=4), tmp_path / "real")
    done = data("show", "glass", "--data-folder", "real", "--out", "sheets/mine.svg")
    assert done.returncode == 0, done.stderr
    sheet = (tmp_path / "sheets" / "mine.svg").read_text(encoding="utf-8")
    assert all(name in sheet for name in ("cup", "jug", "mug"))


def test_show_and_export_draw_as_they_are_told(data, tmp_path):
    """Another seed, in colour: what `load` gives with these options."""
    done = data("export", "digits", "here", "--colour", "--seed", "3")
    assert done.returncode == 0, done.stderr
    found = load("digits", tmp_path / "here")
    assert found.image_shape == (32, 32, 3)
    kept = {path.name for path in (tmp_path / "cache").rglob("*.npz")}
    assert any("colour=True-seed=3" in name for name in kept)
    done = data("show", "digits", "--colour", "--seed", "3")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "cache").rglob("*.npz")} == kept


def test_show_refuses_a_suffix_before_it_draws(data, tmp_path):
    """Nothing is waited for, and no folder is made."""
    done = data("show", "signs", "--out", "sheets/sheet.txt")
    assert done.returncode == 2
    assert "suffix" in done.stderr
    assert not (tmp_path / "cache").exists()
    assert not (tmp_path / "sheets").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "sings"], "Did you mean 'signs'?"),
        (["show", "SIGNS"], "Did you mean 'signs'?"),
        (["show", "signs", "--colour"], "Received colour=True, which is none of them"),
        (["show", "signs", "--seed", "-1"], "Received seed=-1"),
        (["export", "signs", "--data-folder", "real", "to", "--seed", "1"], "for drawn images"),
        (["show", "cats"], "train_catvnoncat.h5 and test_catvnoncat.h5"),
        (["show", "signs", "--data-folder", "nowhere"], "nowhere: data lie in a folder"),
        (["show", "signs", "--data-folder", "real", "--out", "sheet.txt"], "suffix"),
        (["show", "signs", "--data-folder", "real", "--out", "taken.png"], "names a file"),
        (["list", "--data-folder", "nowhere"], "nowhere: data lie in a folder"),
        (["export", "sings", "to"], "Did you mean 'signs'?"),
        (["export", "signs", "--data-folder", "real", "real"], "nothing of yours is overwritten"),
        (["list"], "nowhere: data lie in a folder"),
    ],
)
def test_data_explains_wrong_usage(data, real, arguments, words):
    """One message, exit code 2, no traceback."""
    (real.parent / "taken.png").mkdir()
    done = data(*arguments, DLCNN_DATA="nowhere" if arguments == ["list"] else "")
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert real.exists()


def test_export_writes_what_load_reads(data, real, tmp_path):
    """The two files, equal when they are read back."""
    done = data("export", "cats", "--data-folder", real, "to/here")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("written: ") == 2
    found = load("cats", tmp_path / "to" / "here")
    assert found.digest() == make_dataset("cats", ("non-cat", "cat")).digest()
    np.testing.assert_array_equal(found.test.labels, [0, 1, 0, 1, 0, 1])
