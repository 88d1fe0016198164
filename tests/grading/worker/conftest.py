"""A zygote for all tests of the worker, and submissions written in a few lines."""

import textwrap
from collections.abc import Callable, Iterator

import pytest

from dlcnn.grading.worker.pool import Limits, Program, Reply, Session, Worker, Zygote

SHORT = Limits(wall_seconds=0.6, memory_mb=128, answer_bytes=4 << 20)


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    with Zygote() as started:
        yield started


@pytest.fixture
def open_session(zygote: Zygote) -> Iterator[Callable[..., Session]]:
    """`open_session(source, limits)`: a session for a one-cell submission, closed at the end."""
    opened = []

    def open_one(source: str, limits: Limits = SHORT, **options: object) -> Session:
        for each in opened:
            each.close()
        cell = ("cell 1", 1, textwrap.dedent(source).lstrip("\n"))
        opened[:] = [zygote.session(Program((cell,), **options), limits)]
        return opened[0]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def load(open_session: Callable[..., Session]) -> Callable[..., Worker]:
    """`load(source)`: a worker that has run a one-cell submission."""
    return lambda *args, **options: open_session(*args, **options).worker()


@pytest.fixture
def outcome(load: Callable[..., Worker]) -> Callable[..., Reply]:
    """`outcome(source, *args)`: the reply of `answer(*args)` in a fresh worker."""

    def call(source: str, *args: object, limits: Limits = SHORT) -> Reply:
        worker = load(source, limits)
        assert worker.load_failure is None
        return worker.call("answer", args)

    return call
