"""Untrusted side: which tier this machine really gives, found by putting its layers on a canary.

A layer that seems to be there and holds nothing back is worse than none, so the canary must both
succeed in what honest code does and fail in what student code must not do.
"""
# pathlib would be loaded into every fork.
# ruff: noqa: PTH123, PTH208

import os
import select
import socket
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING or __package__:
    from dlcnn.grading.sandbox import kernel, landlock, layers, process, tree
else:
    import kernel
    import landlock
    import layers
    import process
    import tree

__all__ = ["hangs_in_fork", "mapped_by", "strongest"]

_PROCESS_IS = (
    "student code runs in a process of its own with limits on time, memory and output, but it can "
    "read your files and use the network"
)
_HOW_TO = {
    "full": "it needs user namespaces: on Ubuntu allow them by "
    "'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0', in Docker by "
    "'--security-opt seccomp=unconfined --security-opt apparmor=unconfined'",
    "partial": "it needs Linux 6.2 or newer, with Landlock switched on",
}
_MEMORY_BYTES = 4 << 30
_SECONDS = 20.0
_PASSED = b"passed"
_HANGS = b"it did not end"
_MAX_WORDS = 300


def hangs_in_fork(honest: Callable[[], object]) -> bool:
    """Whether a fork of this process, with nothing put on it, waits for ever where it does this.

    So it is where the process has had threads: a fork does not have them, but has their locks.
    """
    return _said_by(lambda _write: honest()) == _HANGS


def mapped_by(load: Callable[[], object]) -> int:
    """The bytes of memory that it maps, found by a process that does it and ends."""

    def measure(write: int) -> None:
        space = process.AddressSpace()
        before = space.bytes()
        load()
        os.write(write, str(space.bytes() - before).encode())

    said = _said_by(measure)
    return int(said) if said.isdigit() else 0


def strongest(
    bound: str, honest: Callable[[], object], loaded_bytes: int = 0
) -> tuple[layers.Process, str | None]:
    """The strongest tier that works, not yet prepared, and why it is not more.

    Args:
        bound: the tier to be content with: full, partial or process.
        honest: something that code of this profile does and that needs its files.
        loaded_bytes: the memory of what it loads before.
    """
    tiers: list[type[layers.Partial]] = [layers.Full, layers.Partial]
    wanted = [kind for kind in tiers if bound in ("full", kind.tier)]
    reasons = [] if bound == "full" else [f"no more than {bound} was asked for"]
    lacking = _lacking()
    if lacking and wanted:
        return layers.Process(), f"{lacking}; {_PROCESS_IS}"
    for kind in wanted:
        chosen, problem = _first_that_works(kind, honest, loaded_bytes)
        if chosen is not None:
            return chosen, "; ".join(reasons) or None
        reasons.append(f"{kind.tier} isolation failed its trial ({problem}); {_HOW_TO[kind.tier]}")
    return layers.Process(), "; ".join([*reasons, _PROCESS_IS])


def _lacking() -> str | None:
    """What this system does not have at all."""
    if sys.platform != "linux":
        return f"{sys.platform} has no means to confine a process as Linux can"
    if not kernel.NUMBERS:
        return f"system calls are not known for {os.uname().machine}, only for x86_64 and aarch64"
    if not landlock.version():
        return "this kernel has no Landlock, which is in Linux 5.13 and newer if it is switched on"
    return None


def _first_that_works(
    kind: type[layers.Partial], honest: Callable[[], object], loaded_bytes: int
) -> tuple[layers.Partial | None, str]:
    """With as few powers as the folders of the libraries allow; the first problem if with none."""
    problems = []
    for reads_all in (False, True) if os.geteuid() == 0 else (False,):
        chosen = kind(reads_all)
        said = _trial(chosen, honest, loaded_bytes)
        if said == _PASSED:
            return chosen, ""
        problems.append(said.decode("utf-8", "replace") or "it ended without a word")
    return None, problems[0]


def _trial(chosen: layers.Partial, honest: Callable[[], object], loaded_bytes: int = 0) -> bytes:
    """Put it all on in processes that end: what the last one says, or the first that failed."""

    def worker(parent: int, write: int) -> None:
        memory_bytes = chosen.address_space() + loaded_bytes + _MEMORY_BYTES
        chosen.limit_worker(parent, memory_bytes, _SECONDS)
        _judge(honest, write)

    def nest(parent: int, write: int) -> None:
        chosen.enter_session(parent)
        chosen.address_space()
        parent = os.getpid()
        _do_in(os.fork(), write, lambda: worker(parent, write))
        chosen.clean()

    def canary(write: int) -> None:
        chosen.prepare()
        parent = os.getpid()
        _do_in(chosen.fork(), write, lambda: nest(parent, write))

    return _said_by(canary)


def _judge(honest: Callable[[], object], write: int) -> None:
    """In the worker: what must work does, and what must not does not."""
    honest()
    with open(os.devnull, "r+b", buffering=0) as null:
        null.write(null.read(1))
    for what, attempt in _FORBIDDEN.items():
        try:
            attempt()
        except OSError:
            continue
        raise RuntimeError(f"student code could {what}")
    os.write(write, _PASSED)


def _start_process() -> None:
    if os.fork() == 0:
        os._exit(0)


_FORBIDDEN: dict[str, Callable[[], object]] = {
    "read a file of the grader": lambda: os.open(__file__, os.O_RDONLY),
    "look at other processes": lambda: os.listdir("/proc"),
    "write a file": lambda: os.open("/canary", os.O_CREAT | os.O_WRONLY),
    "reach the network": socket.socket,
    "start a process": _start_process,
    "signal another process": lambda: os.kill(os.getppid(), 0),
}


def _said_by(job: Callable[[int], object]) -> bytes:
    """What a child says that does a job and ends, with all below it, at the latest in a while."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _tell(write, lambda: job(write))
    os.close(write)
    try:
        return _heard(read)
    finally:
        tree.end(child)
        os.close(read)


def _heard(read: int) -> bytes:
    """Everything that is said until nobody is left to say more."""
    said = b""
    deadline = time.monotonic() + _SECONDS
    while select.select([read], [], [], max(0.0, deadline - time.monotonic()))[0]:
        chunk = os.read(read, _MAX_WORDS)
        if not chunk:
            return said
        said += chunk
    return _HANGS


def _do_in(child: int, write: int, job: Callable[[], object]) -> None:
    """What a fork goes on with: the job in the child, the end of the child in its parent."""
    if child == 0:
        _tell(write, job)
    os.waitpid(child, 0)


def _tell(write: int, job: Callable[[], object]) -> NoReturn:
    """Do a forked child's job and end; an exception is what there is to say."""
    try:
        job()
    except BaseException as error:
        os.write(write, f"{type(error).__name__}: {error}".encode()[:_MAX_WORDS])
    finally:
        os._exit(0)
