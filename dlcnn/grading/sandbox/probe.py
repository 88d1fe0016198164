"""Untrusted side: which tier this machine really gives, found by putting its layers on a canary.

A layer that seems to be there and holds nothing back is worse than none, so the canary must both
succeed in what honest code does and fail in what student code must not do.
"""
# pathlib would be loaded into every fork.
# ruff: noqa: PTH123, PTH208

import os
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING or __package__:
    from dlcnn.grading.sandbox import kernel, landlock, layers
else:
    import kernel
    import landlock
    import layers

__all__ = ["strongest"]

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
_MEMORY_BYTES = 1 << 30
_SECONDS = 10.0
_PASSED = b"passed"
_MAX_WORDS = 300


def strongest(bound: str, honest: Callable[[], object]) -> tuple[layers.Process, str | None]:
    """The strongest tier that works, not yet prepared, and why it is not more.

    Args:
        bound: the tier to be content with: full, partial or process.
        honest: something that code of this profile does and that needs its files.
    """
    tiers: list[type[layers.Partial]] = [layers.Full, layers.Partial]
    wanted = [kind for kind in tiers if bound in ("full", kind.tier)]
    reasons = [] if bound == "full" else [f"no more than {bound} was asked for"]
    lacking = _lacking()
    if lacking and wanted:
        return layers.Process(), f"{lacking}; {_PROCESS_IS}"
    for kind in wanted:
        chosen, problem = _first_that_works(kind, honest)
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
    kind: type[layers.Partial], honest: Callable[[], object]
) -> tuple[layers.Partial | None, str]:
    """With as few powers as the folders of the libraries allow; the first problem if with none."""
    problems = []
    for reads_all in (False, True) if os.geteuid() == 0 else (False,):
        chosen = kind(reads_all)
        said = _trial(chosen, honest)
        if said == _PASSED:
            return chosen, ""
        problems.append(said.decode("utf-8", "replace") or "it ended without a word")
    return None, problems[0]


def _trial(chosen: layers.Partial, honest: Callable[[], object]) -> bytes:
    """Do it all in processes that end: what the last one says, or the first that failed."""
    read, write = os.pipe()
    with open(read, "rb") as heard:
        canary = os.fork()
        if canary == 0:
            _tell(write, lambda: _canary(chosen, honest, write))
        os.close(write)
        said = heard.read()
    os.waitpid(canary, 0)
    return said


def _canary(chosen: layers.Partial, honest: Callable[[], object], write: int) -> None:
    chosen.prepare()
    parent = os.getpid()
    nest = chosen.fork()
    if nest == 0:
        _tell(write, lambda: _nest(chosen, parent, honest, write))
    os.waitpid(nest, 0)


def _nest(chosen: layers.Partial, parent: int, honest: Callable[[], object], write: int) -> None:
    chosen.enter_session(parent)
    chosen.address_space()
    parent = os.getpid()
    worker = os.fork()
    if worker == 0:
        _tell(write, lambda: _worker(chosen, parent, honest, write))
    os.waitpid(worker, 0)
    chosen.clean()


def _worker(chosen: layers.Partial, parent: int, honest: Callable[[], object], write: int) -> None:
    chosen.limit_worker(parent, chosen.address_space() + _MEMORY_BYTES, _SECONDS)
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


def _tell(write: int, job: Callable[[], None]) -> NoReturn:
    """Do a forked child's job and end; an exception is what there is to say."""
    try:
        job()
    except BaseException as error:
        os.write(write, f"{type(error).__name__}: {error}".encode()[:_MAX_WORDS])
    finally:
        os._exit(0)
