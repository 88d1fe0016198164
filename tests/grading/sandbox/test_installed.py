"""dlcnn installed among the packages that student code reads, as most people have it."""

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path

import numpy as np
import pytest

from tests.grading.sandbox.conftest import REPOSITORY

SCRIPT = """
import json, os, sys
from pathlib import Path
import dlcnn
from dlcnn.grading.worker.pool import Limits, Program, Zygote

packages = Path(dlcnn.__file__).parents[1]
assert packages.name == "site-packages"
ours = sorted(map(str, packages.glob("*dlcnn*/**/*.py"))) + sorted(map(str, packages.glob("*.pth")))
source = '''
import os, sys

def answer(paths, project):
    import numpy.random, numpy.fft, json.tool, sqlite3
    readable = []
    for path in paths:
        try:
            with open(path) as file:
                if file.read(1):
                    readable.append(path)
        except OSError:
            continue
    imported = []
    for name in ("dlcnn.errors", "dlcnn.reference", "worked_on"):
        try:
            __import__(name)
        except (ImportError, PermissionError):
            continue
        imported.append(name)
    return readable, imported, project in sys.path, float(numpy.random.rand())

def names(folder):
    return sorted(os.listdir(folder))
'''
results = []
for tier in "full", "partial", "process":
    with Zygote(tier=tier) as zygote:
        program = Program((("cell 1", 1, source),))
        with zygote.session(program, Limits(10, 512)) as session:
            worker = session.worker()
            reply = worker.call("answer", (ours, sys.argv[1]))
            assert reply.failure is None, reply.failure
            inside = worker.call("names", (str(packages / "dlcnn"),))
            results.append((zygote.isolation.tier, reply.value, inside.value or []))
print(json.dumps([ours, results]))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with NumPy and dlcnn in it, and a project that is worked on beside it."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", symlinks=True)
    packages = next((folder / "venv").glob("lib/python*/site-packages"))
    for source in Path(np.__file__).parents[1].glob("numpy*"):
        shutil.copytree(source, packages / source.name, copy_function=_link)
    shutil.copytree(REPOSITORY / "dlcnn", packages / "dlcnn")
    graders = packages / "dlcnn" / "builtin" / "graders"
    shutil.copytree(REPOSITORY / "graders", graders, ignore=shutil.ignore_patterns(".secret"))
    project = folder / "project"
    project.mkdir()
    (project / "worked_on.py").write_text("")
    (packages / "_dlcnn_editable.pth").write_text(f"{project}\n")
    return folder / "venv" / "bin" / "python", project


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # on another disk
        shutil.copy2(source, target)


def test_installed_package_and_course_are_out_of_sight(environment):
    """Neither can be read, imported or listed; NumPy's neighbours load as ever"""
    python, project = environment
    command = [python, "-I", "-c", SCRIPT, str(project)]
    result = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    ours, results = json.loads(result.stdout)
    assert len(ours) > 50
    assert any("graders" in path for path in ours)
    for expected, (tier, value, names) in zip(("full", "partial", "process"), results, strict=True):
        if tier != expected:
            pytest.skip(f"no {expected} isolation here")
        readable, imported, project_known, number = value
        assert 0 <= number < 1
        if tier == "process":
            assert set(readable) >= {path for path in ours if Path(path).stat().st_size}
            assert imported == ["dlcnn.errors", "dlcnn.reference", "worked_on"]
            assert "builtin" in names
        else:
            assert (readable, imported, project_known, names) == ([], [], False, [])
