"""Untrusted side: what is asked of the Linux kernel and Python has no words for, by ctypes.

Each function is one request, and raises OSError where the kernel refuses it; none decides anything.
The handles are made at import, so that a fork finds them ready. Standard library only.
"""

import ctypes
import os
import signal
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from dlcnn.grading.sandbox import system_calls
else:
    import system_calls

__all__ = [
    "BIND",
    "CAN_READ_ALL",
    "NEW_HOST_NAME",
    "NEW_IPC",
    "NEW_MOUNTS",
    "NEW_NETWORK",
    "NEW_PROCESSES",
    "NEW_USERS",
    "NO_DEVICES",
    "NO_PROGRAMS",
    "NO_SET_USER",
    "NUMBERS",
    "PRIVATE",
    "READ_ONLY",
    "RECURSIVE",
    "adopt_orphans",
    "call",
    "die_with_parent",
    "filter_calls",
    "fork_into",
    "give_up_privileges",
    "hide_memory",
    "keep_capabilities",
    "keep_over_identity",
    "mount",
    "pivot_root",
    "set_host_name",
    "set_mount_flags",
    "unmount",
    "unshare",
]

NUMBERS = system_calls.numbers(os.uname().machine) if sys.platform == "linux" else {}
"""System calls by name; empty on a machine that is not in the table."""

# Namespaces (clone, unshare).
NEW_MOUNTS, NEW_HOST_NAME, NEW_IPC = 0x20000, 0x4000000, 0x8000000
NEW_USERS, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000

# Flags of a mount.
READ_ONLY, NO_SET_USER, NO_DEVICES, NO_PROGRAMS = 1, 2, 4, 8
BIND, RECURSIVE, PRIVATE = 1 << 12, 1 << 14, 1 << 18

CAN_READ_ALL = 1 << 2  # the capability CAP_DAC_READ_SEARCH: reading whatever permissions say

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS = 1, 4, 8
_PR_SET_SECCOMP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 22, 36, 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION = 0x20080522
_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000

_C_LIBRARY = ctypes.CDLL(None, use_errno=True)
_C_LIBRARY.syscall.restype = ctypes.c_long
if sys.platform == "linux":
    _C_LIBRARY.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    _C_LIBRARY.mount.argtypes = [*[ctypes.c_char_p] * 3, ctypes.c_ulong, ctypes.c_char_p]

# A fork must happen under the interpreter's lock, which PyDLL does not let go of.
_PYTHON = ctypes.PyDLL(None, use_errno=True)
_PYTHON.syscall.restype = ctypes.c_long
for _hook in ("PyOS_BeforeFork", "PyOS_AfterFork_Child", "PyOS_AfterFork_Parent"):
    getattr(_PYTHON, _hook).restype = None


def call(name: str, *arguments: int | bytes | None) -> int:
    """A system call by its name in the table."""
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result: int = _C_LIBRARY.syscall(ctypes.c_long(NUMBERS[name]), *words)
    return _checked(result, name)


def fork_into(namespaces: int) -> int:
    """`os.fork` whose child is in new namespaces from its first instruction on.

    The same hooks run as in `os.fork`. The C library's own bookkeeping is left out: it is about
    other threads, of which there must be none.
    """
    flags = ctypes.c_long(namespaces | signal.SIGCHLD)
    zeros = [ctypes.c_long(0)] * 4
    _PYTHON.PyOS_BeforeFork()
    pid: int = _PYTHON.syscall(ctypes.c_long(NUMBERS["clone"]), flags, *zeros)
    if pid == 0:
        _PYTHON.PyOS_AfterFork_Child()
    else:
        _PYTHON.PyOS_AfterFork_Parent()
    return _checked(pid, "clone")


def unshare(namespaces: int) -> None:
    """Leave the present namespaces of these kinds for new ones."""
    _checked(_C_LIBRARY.unshare(namespaces), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Put a file system, or with BIND another folder, in the place of a folder."""
    words = [os.fsencode(each) for each in (source, target, kind)]
    _checked(_C_LIBRARY.mount(*words, flags, options.encode()), f"mount {target}")


def set_mount_flags(target: str, flags: int) -> None:
    """Set READ_ONLY, NO_SET_USER, NO_DEVICES or NO_PROGRAMS on a mount and all below it."""
    attributes = struct.pack("=QQQQ", flags, 0, 0, 0)
    path = os.fsencode(target)
    call("mount_setattr", _AT_FDCWD, path, _AT_RECURSIVE, attributes, len(attributes))


def pivot_root() -> None:
    """Make the current folder, which must be a mount, the root, and drop the old root."""
    call("pivot_root", b".", b".")
    unmount(".")


def unmount(target: str) -> None:
    """Take a mount away; what is still open of it stays open."""
    _checked(_C_LIBRARY.umount2(os.fsencode(target), _DETACH), f"umount {target}")


def set_host_name(name: str) -> None:
    """Set the name of the machine, as this namespace sees it."""
    _checked(_C_LIBRARY.sethostname(name.encode(), ctypes.c_size_t(len(name))), "sethostname")


def give_up_privileges() -> None:
    """Never gain any again, by whatever program is run."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def keep_capabilities(kept: int) -> None:
    """Have these capabilities (bits of a word) from now on and no other."""
    low, high = kept & 0xFFFFFFFF, kept >> 32
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    call("capset", header, struct.pack("=6I", low, low, 0, high, high, 0))


def keep_over_identity() -> None:
    """Let the next change of user keep the capabilities that are permitted."""
    _prctl(_PR_SET_KEEPCAPS, 1)


def die_with_parent() -> None:
    """Be killed when the parent dies. A change of user undoes this."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> None:
    """Let nobody of the same user trace this process or read its memory."""
    _prctl(_PR_SET_DUMPABLE, 0)


def filter_calls(program: int) -> None:
    """Put on a filter of system calls, which lies at this address."""
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program)


def _prctl(option: int, value: int, more: int = 0) -> None:
    _checked(_C_LIBRARY.prctl(option, value, more, 0, 0), f"prctl {option}")


def _checked(result: int, what: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result
