"""Workers of each tier that this machine gives, and scripts run as an ordinary user."""

import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlcnn.grading.worker.pool import Limits, Program, Reply, Session, Zygote

LIMITS = Limits(wall_seconds=5, memory_mb=512)
REPOSITORY = Path(__file__).resolve().parents[3]
NOBODY = 65534


@pytest.fixture(scope="session")
def zygotes() -> Iterator[dict[str, Zygote]]:
    """A zygote for each tier that is asked for more than once."""
    started: dict[str, Zygote] = {}
    yield started
    for each in started.values():
        each.close()


@pytest.fixture(params=["full", "partial"])
def zygote(request: pytest.FixtureRequest, zygotes: dict[str, Zygote]) -> Zygote:
    """A zygote of each of the two tiers that are for strangers' code."""
    return of_tier(request.param, zygotes)


@pytest.fixture
def full(zygotes: dict[str, Zygote]) -> Zygote:
    return of_tier("full", zygotes)


def of_tier(tier: str, zygotes: dict[str, Zygote]) -> Zygote:
    if tier not in zygotes:
        zygotes[tier] = Zygote(tier=tier)
    if zygotes[tier].isolation.tier != tier:
        pytest.skip(f"no {tier} isolation here: {zygotes[tier].isolation.reason}")
    return zygotes[tier]


def session_of(zygote: Zygote, source: str, limits: Limits = LIMITS) -> Session:
    """A session for a one-cell submission."""
    return zygote.session(Program((("cell 1", 1, textwrap.dedent(source)),)), limits)


def answer_of(zygote: Zygote, source: str, *args: object) -> Reply:
    """The reply of `answer(*args)` in a fresh worker, which must have loaded."""
    with session_of(zygote, source) as session:
        worker = session.worker()
        assert worker.load_failure is None
        return worker.call("answer", args)


@pytest.fixture
def as_ordinary_user(tmp_path: Path) -> Callable[[str], str]:
    """`as_ordinary_user(script)`: what a Python script prints that is not run by root."""
    if os.geteuid() != 0:
        return lambda script: _printed([sys.executable, "-c", textwrap.dedent(script)])
    needed = [Path(sys.base_prefix), Path(sys.prefix), REPOSITORY]
    blocked = sorted({folder for path in needed for folder in _closed_parents(path)})
    wrapper = tmp_path / "as_ordinary_user.py"
    wrapper.write_text(_WRAPPER, encoding="utf-8")
    arguments = [sys.executable, str(wrapper), repr((list(map(str, needed)), blocked, NOBODY))]

    def run(script: str) -> str:
        try:
            return _printed([*arguments, textwrap.dedent(script)])
        except subprocess.CalledProcessError as error:
            if "cannot open up" in error.stderr:
                pytest.skip(f"only root may enter {blocked}, where Python or dlcnn are installed")
            raise

    return run


def _closed_parents(path: Path) -> list[str]:
    return [str(each) for each in path.parents if not each.stat().st_mode & stat.S_IXOTH][-1:]


def _printed(command: list[str]) -> str:
    environment = {"PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    if result.returncode:
        raise subprocess.CalledProcessError(
            result.returncode, command, result.stdout, result.stderr
        )
    return result.stdout


# In mounts of its own, folders that only root may enter are replaced by open ones that hold
# nothing but what is needed; then it becomes an ordinary user and a fresh Python.
_WRAPPER = """
import ast, os, sys
from dlcnn.grading.sandbox import kernel
(needed, blocked, user), script = ast.literal_eval(sys.argv[1]), sys.argv[2]
try:
    kernel.unshare(kernel.NEW_MOUNTS)
    kernel.mount("none", "/", "none", kernel.RECURSIVE | kernel.PRIVATE)
    held = {path: os.open(path, os.O_PATH) for path in needed}
    for folder in blocked:
        kernel.mount("none", folder, "tmpfs", 0, "mode=755")
    for path, descriptor in held.items():
        if any(path.startswith(folder + "/") for folder in blocked):
            os.makedirs(path)
            kernel.mount(f"/proc/self/fd/{descriptor}", path, "none", kernel.BIND)
except OSError as error:
    sys.exit(f"cannot open up {blocked}: {error}")
os.chdir("/")
os.setgroups([])
os.setresgid(user, user, user)
os.setresuid(user, user, user)
os.execv(sys.executable, [sys.executable, "-c", script])
"""
