"""Untrusted side: the tier `process`, which is what POSIX gives to every user.

Student code gets a session of its own and resource limits, and dies with the grader. It is not
kept from the user's files or from the network: for one's own code, not for strangers'. Standard
library only.
"""

import ctypes
import math
import os
import resource
import signal
import sys
from collections.abc import Callable

__all__ = ["address_space", "enter_session", "limit_worker", "probe"]

_LINUX = sys.platform == "linux"
_C_LIBRARY = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4

_FILE_BYTES = 16 << 20
_OPEN_FILES = 64


def probe() -> tuple[str, str]:
    """The tier that this machine gives, and why it is not more."""
    return (
        "process",
        "student code runs in a process of its own with limits on time, memory and output, "
        "but it can read your files and use the network",
    )


def enter_session(parent: int) -> None:
    """In the nest: a session of its own, closed to the workers that it forks."""
    os.setsid()
    _die_with(parent)
    if _LINUX:
        _prctl(_PR_SET_DUMPABLE, 0)  # nobody of the same user may trace it or read its memory


def limit_worker(parent: int, memory_bytes: int, cpu_seconds: float) -> Callable[[], None]:
    """In the worker, before student code: limits for good.

    Returns a function that grants `cpu_seconds` from now on, for the start of each call.
    """
    os.setsid()
    _die_with(parent)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, _FILE_BYTES)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    if _LINUX:  # macOS takes the limit and does not enforce it
        _limit(resource.RLIMIT_AS, memory_bytes)
    grant = math.ceil(cpu_seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]

    def renew() -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = math.ceil(used.ru_utime + used.ru_stime) + grant
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))

    renew()
    return renew


def _limit(kind: int, value: int) -> None:
    """Set soft and hard limit, never above a hard limit that is already there."""
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def address_space() -> int:
    """The bytes that this process has mapped, which a limit on memory starts from (Linux only)."""
    if not _LINUX:
        return 0
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 pathlib would be in every fork
        return int(file.read().split()[0]) * resource.getpagesize()


def _die_with(parent: int) -> None:
    """Be killed when the parent dies, also when that has just happened."""
    if _LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _prctl(option: int, value: int) -> None:
    if _C_LIBRARY.prctl(option, value, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"prctl({option}): {os.strerror(error)}")
