"""What the tests of data share: a cache of their own, a small drawn data set, real files."""

import os
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from dlcnn.data import Dataset, Split, render

_DOTS = '''
"""A renderer as those of dlcnn/data/render, quick, which keeps a record of its calls."""
import os, time
import numpy as np
from dlcnn.data import Split

VERSION = 3
DESCRIPTION = "Dots."
CLASS_NAMES = ("dark", "bright")
SIZES = (6, 4)

def render(seed: int = 7, *, colour: bool = False):
    with open(os.environ["DOTS_RECORD"], "a") as record:
        record.write(f"{seed} {colour}\\n")
    time.sleep(float(os.environ.get("DOTS_SECONDS", "0")))
    random = np.random.default_rng(seed)
    def draw(count):
        labels = np.arange(count) % 2
        images = random.integers(0, 100, (count, 5, 4, 3 if colour else 1))
        images += labels[:, None, None, None] * 100
        return Split(images.astype(np.uint8), labels)
    return draw(SIZES[0]), draw(SIZES[1])
'''


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """The folder that the user's cache is in; no data folder is named."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.delenv("DLCNN_DATA", raising=False)
    return home / "cache"


class Dots:
    """The renderer `dots`, where the library finds it."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.cache = cache / "dlcnn" / "data"
        self.folder = folder / "renderers"
        self.record = folder / "record.txt"
        self.folder.mkdir()
        (self.folder / "dots.py").write_text(_DOTS, encoding="utf-8")

    @property
    def calls(self) -> list[str]:
        """The options of each time that it drew."""
        return self.record.read_text(encoding="utf-8").splitlines() if self.record.exists() else []


@pytest.fixture
def dots(own_cache, tmp_path, monkeypatch):
    """A data set of that name is drawn by a renderer of the tests, beside those of the library."""
    added = Dots(tmp_path, own_cache)
    monkeypatch.setenv("DOTS_RECORD", str(added.record))
    monkeypatch.setattr(render, "__path__", [*render.__path__, str(added.folder)])
    yield added
    sys.modules.pop(f"{render.__name__}.dots", None)


@pytest.fixture
def small():
    """A data set of 7 x 5 colour images: 12 to train with, 6 to test, three classes."""
    return make_dataset()


def make_dataset(name="small", class_names=("cup", "jug", "mug"), channels=3, counts=(12, 6)):
    """A data set of random pixels."""
    random = np.random.default_rng(5)
    splits = [
        Split(
            random.integers(0, 256, (count, 7, 5, channels), dtype=np.uint8),
            np.arange(count, dtype=np.int64) % len(class_names),
        )
        for count in counts
    ]
    return Dataset(name, *splits, class_names)


@pytest.fixture
def write_h5(tmp_path):
    """Write arrays to an HDF5 file as they are; its path."""

    def write(part="train", name="some.h5", **arrays):
        random = np.random.default_rng(1)
        layout = {
            f"{part}_set_x": random.integers(0, 256, (4, 6, 5, 3), dtype=np.uint8),
            f"{part}_set_y": np.array([0, 2, 1, 2]),
            "list_classes": np.arange(3),
        }
        path = tmp_path / name
        with h5py.File(path, "w") as file:
            for key, values in {**layout, **arrays}.items():
                if values is not None:
                    file[key] = values
        return path

    return write


@pytest.fixture(params=["made", "real"])
def course_happy(request, tmp_path):
    """`test_happy.h5` of the course: a small one in its layout, and the real one of DLCNN_DATA."""
    if request.param == "real":
        path = Path(os.environ.get("DLCNN_DATA", ""), "test_happy.h5")
        if "DLCNN_DATA" not in os.environ or not path.exists():
            pytest.skip("DLCNN_DATA names no folder with the course's test_happy.h5 in it")
        return path
    path = tmp_path / "test_happy.h5"
    with h5py.File(path, "w") as file:
        file["list_classes"] = np.arange(2)
        file["test_set_x"] = np.random.default_rng(2).integers(0, 256, (5, 64, 64, 3), np.uint8)
        file["test_set_y"] = np.array([1, 1, 0, 1, 0])
    return path
