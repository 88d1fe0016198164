"""Fixtures of the attacks: a zygote with something to lose, and a fresh world for each test."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from dlcnn.grading.worker.pool import Zygote
from tests.grading.attacks.arena import Arena, Outside, WarmOutside
from tests.grading.attacks.attack import Tier
from tests.grading.attacks.processes import adopt_orphans
from tests.grading.attacks.world import World


class Held(NamedTuple):
    """What the process that starts the zygote holds: a file, and the secret in it."""

    descriptor: int
    secret: str


@pytest.fixture(autouse=True)
def _linux_only() -> None:
    if sys.platform != "linux":
        pytest.skip("the attacks are on the layers that Linux has, and are watched through /proc")


def _less(tier: Tier) -> object:
    """A tier below the strongest, which `make test` leaves to `make test-all`."""
    return pytest.param(tier, marks=pytest.mark.slow)


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """A secret in an open file that a child could inherit."""
    secret = "CANARY-" + secrets.token_hex(16)
    path = tmp_path_factory.mktemp("held") / "open.txt"
    path.write_text(secret, encoding="utf-8")
    descriptor = os.open(path, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    yield Held(descriptor, secret)
    os.close(descriptor)


_TIERS = ["full", _less("partial"), _less("process")]

# The Keras course is the same but for its profile, the time that a first operation may take and,
# for attacks that use TensorFlow, the memory that its threads may take: too little would stop them.
_KERAS = {'profile = "numpy"': 'profile = "keras"', "wall_seconds = 1.0": "wall_seconds = 2.0"}
_ROOMY = {**_KERAS, "memory_mb = 300": "memory_mb = 1024"}


@pytest.fixture(scope="session", params=_TIERS)
def zygote(request: pytest.FixtureRequest, held: Held) -> Iterator[Zygote]:
    """A zygote started by a process that has secrets, in the strongest tier and in each below."""
    yield from _started("numpy", request.param, held)


@pytest.fixture(scope="session", params=_TIERS)
def keras_zygote(request: pytest.FixtureRequest, held: Held) -> Iterator[Zygote]:
    """The same with Keras."""
    yield from _started("keras", request.param, held)


def _started(profile: str, tier: Tier, held: Held) -> Iterator[Zygote]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLCNN_CANARY", held.secret)
        started = Zygote(profile, tier=tier)
        second = started.second
    with started:
        assert second.isolation == started.isolation
        if tier not in ("full", started.isolation.tier):
            pytest.skip(f"this machine gives {started.isolation.tier} at most")
        yield started


def _world(folder: Path, settings: Mapping[str, str]) -> Iterator[World]:
    made = World(folder, settings)
    yield made
    made.close()


def _arena(zygote: Zygote, held: Held, world: World) -> Iterator[Arena]:
    adopt_orphans(True)
    yield Arena(zygote, world, held.secret)
    adopt_orphans(False)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Canaries of one test."""
    yield from _world(tmp_path, {})


@pytest.fixture
def arena(zygote: Zygote, held: Held, world: World) -> Iterator[Arena]:
    """Where attacks are graded."""
    yield from _arena(zygote, held, world)


@pytest.fixture
def outside(held: Held, world: World) -> Iterator[Outside]:
    """Where attacks are shown to be attacks."""
    adopt_orphans(True)
    yield Outside(world, held.descriptor, held.secret)
    adopt_orphans(False)


@pytest.fixture
def keras_world(tmp_path: Path) -> Iterator[World]:
    """Canaries of one test, around a course whose workers have Keras."""
    yield from _world(tmp_path, _KERAS)


@pytest.fixture
def keras_arena(keras_zygote: Zygote, held: Held, keras_world: World) -> Iterator[Arena]:
    """Where attacks are graded beside Keras."""
    yield from _arena(keras_zygote, held, keras_world)


@pytest.fixture
def roomy_world(tmp_path: Path) -> Iterator[World]:
    """The same with memory for TensorFlow's threads."""
    yield from _world(tmp_path, _ROOMY)


@pytest.fixture
def roomy_arena(keras_zygote: Zygote, held: Held, roomy_world: World) -> Iterator[Arena]:
    """Where attacks by way of Keras are graded."""
    yield from _arena(keras_zygote, held, roomy_world)


@pytest.fixture(scope="session")
def warm() -> Iterator["subprocess.Popen[str]"]:
    """A process that has loaded TensorFlow, and does with it what it is told."""
    with WarmOutside.start("numpy", "tensorflow", "keras") as started:
        yield started


@pytest.fixture
def keras_outside(
    held: Held, roomy_world: World, warm: "subprocess.Popen[str]"
) -> Iterator[Outside]:
    """Where attacks by way of Keras are shown to be attacks."""
    adopt_orphans(True)
    yield WarmOutside(roomy_world, held, warm)
    adopt_orphans(False)
