"""Which files are granted: libraries, and nothing of ours among them."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from dlcnn.grading.sandbox import grants

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux grants files")


@pytest.fixture
def library(tmp_path):
    """A folder of packages in which dlcnn is installed in every way that there is."""
    folder = tmp_path.resolve() / "lib" / "python3.11" / "site-packages"
    for name in (
        "numpy/random/mtrand.so",
        "dlcnn/builtin/graders/checks.py",
        "dlcnn-0.1.0.dist-info/RECORD",
        "_editable_impl_dlcnn.pth",
        "__editable___dlcnn_0_1_0_finder.py",
        "pandas.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "elsewhere").symlink_to(tmp_path)
    return folder.parents[1]


def taken_apart(library: Path, hidden: list[str]) -> set[str]:
    made = grants.Grants([str(library)], hidden, [], {})
    return {os.path.relpath(path, library) for path in made.apart}


def test_what_is_named_like_us_is_hidden(library):
    """The package, its metadata and what links to a checkout, wherever Python keeps packages"""
    packages = library / "python3.11" / "site-packages"
    assert grants._ours(str(library)) == [
        str(packages / name)
        for name in (
            "__editable___dlcnn_0_1_0_finder.py",
            "_editable_impl_dlcnn.pth",
            "dlcnn",
            "dlcnn-0.1.0.dist-info",
        )
    ]


def test_hidden_paths_are_left_out_of_what_is_granted(library):
    """What holds one is granted piece by piece, without links, which could lead anywhere"""
    packages = "python3.11/site-packages"
    hidden = grants._ours(str(library))
    assert taken_apart(library, hidden) == {f"{packages}/numpy", f"{packages}/pandas.py"}


def test_what_hides_nothing_is_granted_whole(library):
    """A folder without anything of ours needs one rule, and can be listed"""
    assert taken_apart(library, []) == {"."}


def test_find_grants_the_interpreter_and_its_packages():
    """Python's own modules, NumPy and shared libraries; no home, no system, no temporary files"""
    found = grants.find()
    for module in (os, np, np.random):
        assert found.include(module.__file__)
    for path in (grants.__file__, Path.home(), "/", "/etc/passwd", "/proc", "/tmp"):
        assert not found.include(str(path))
    assert "/dev/null" in found.devices
    assert not any(
        grants.is_below(path, other) for path in found.readable for other in found.readable
    )


def test_find_grants_no_project_that_is_worked_on(tmp_path, monkeypatch):
    """A folder that is only on Python's path is somebody's work, not a library"""
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not grants.find().include(str(tmp_path))


def test_is_below_compares_whole_names():
    """A folder with a longer name of the same beginning is another one"""
    assert grants.is_below("/lib/python", "/lib")
    assert not grants.is_below("/library", "/lib")
    assert not grants.is_below("/lib", "/lib")
