"""Untrusted side: what every tier has, which is what POSIX gives to every user.

Student code gets a session of its own and resource limits, and dies with the grader. By this alone
it is not kept from the user's files or from the network: for one's own code, not for strangers'.
Standard library only.
"""

import math
import os
import resource
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from dlcnn.grading.sandbox import kernel
else:
    import kernel

__all__ = ["AddressSpace", "die_with", "enter_session", "limit", "limit_worker"]

_LINUX = sys.platform == "linux"

_FILE_BYTES = 16 << 20
_OPEN_FILES = 64


def enter_session(parent: int) -> None:
    """In the nest: a session of its own, closed to the workers that it forks."""
    os.setsid()
    die_with(parent)
    if _LINUX:
        kernel.hide_memory()


def limit_worker(parent: int, memory_bytes: int, cpu_seconds: float) -> Callable[[], None]:
    """In the worker, before student code: limits for good.

    Returns a function that grants `cpu_seconds` from then on, for the start of student code and of
    each call; before its first call there is no limit on them.
    """
    os.setsid()
    die_with(parent)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, _FILE_BYTES)
    limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    if _LINUX:  # macOS takes the limit and does not enforce it
        limit(resource.RLIMIT_AS, memory_bytes)
    grant = math.ceil(cpu_seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]

    def renew() -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = math.ceil(used.ru_utime + used.ru_stime) + grant
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))

    return renew


def limit(kind: int, value: int) -> None:
    """Set soft and hard limit, never above a hard limit that is already there."""
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def die_with(parent: int) -> None:
    """Be killed when the parent dies, also when that has just happened."""
    if _LINUX:
        kernel.die_with_parent()
    if os.getppid() != parent:
        os._exit(1)


class AddressSpace:
    """The bytes that this process has mapped, which a limit on memory starts from (Linux only).

    Opened before the process is confined, it can be asked after that too.
    """

    def __init__(self, proc: int | None = None) -> None:
        """Open it.

        Args:
            proc: a descriptor of /proc, where there is no such folder any more.
        """
        if _LINUX:
            path = "/proc/self/statm" if proc is None else "self/statm"
            self._descriptor = os.open(path, os.O_RDONLY, dir_fd=proc)

    def bytes(self) -> int:
        """How many they are now, 0 where that is not known."""
        if not _LINUX:
            return 0
        return int(os.pread(self._descriptor, 100, 0).split()[0]) * resource.getpagesize()
