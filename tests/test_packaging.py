"""What `pip install` brings: the library, the built-in course, and nothing that is secret."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "submissions" / "forgotten_stride.ipynb"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet"]
    built = subprocess.run(
        [*command, "--no-build-isolation", "--wheel-dir", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("dlcnn-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with the wheel unpacked in it, as an installation has it."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def _dlcnn(installed, folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "dlcnn", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
    )


def test_wheel_carries_the_course_and_no_secret(wheel):
    """Templates and graders are in the wheel; the secret of hidden checks and caches are not."""
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "dlcnn/builtin/assignments/conv_step_by_step/template.ipynb",
        "dlcnn/builtin/assignments/conv_step_by_step/README.md",
        "dlcnn/builtin/graders/conv_step_by_step/checks.py",
        "dlcnn/builtin/graders/conv_step_by_step/solution.py",
        "dlcnn/grading/worker/zygote.py",
        "dlcnn/py.typed",
    ):
        assert name in names
    assert not [name for name in names if ".secret" in name or "__pycache__" in name]
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"dlcnn"}


def test_installed_command_checks_with_the_built_in_course(installed, tmp_path):
    """Far from any checkout, the installed package lists, starts and checks its own course."""
    assert "conv_step_by_step" in _dlcnn(installed, tmp_path, "list").stdout
    assert _dlcnn(installed, tmp_path, "start", "conv_step_by_step").returncode == 0
    assert (tmp_path / "conv_step_by_step" / "conv_step_by_step.ipynb").is_file()
    checked = _dlcnn(
        installed, tmp_path, "check", str(EXAMPLE), "--assignment", "conv_step_by_step"
    )
    assert checked.returncode == 1, checked.stderr
    assert "176 of 192 values differ" in checked.stdout
