"""Untrusted side: the end of a process and of everything that it started.

Standard library only. On Linux a process that called `adopt` gets back, as children, descendants
that left their process group; elsewhere the group is all that can be found.
"""

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from dlcnn.grading.sandbox import kernel
else:
    import kernel

__all__ = ["adopt", "end"]

_LINUX = sys.platform == "linux"


def adopt() -> None:
    """Become the parent of every descendant whose own parent dies (Linux only)."""
    if _LINUX:
        kernel.adopt_orphans()


def end(pid: int) -> int:
    """Kill the child `pid`, its group and its descendants; return the child's wait status."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if _LINUX:
        _end_adopted()
    return status


def _end_adopted() -> None:
    """Kill the orphans that this process inherited, and theirs, until none is left."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            children = _children()
            if not children:  # /proc shows none of them
                return
            for child in children:
                os.kill(child, signal.SIGKILL)
            os.waitpid(-1, 0)


def _children() -> list[int]:
    """This process's children as /proc has them (the short list there is a kernel option)."""
    parent = os.getpid()
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 pathlib would be in every fork
        if name.isdigit():
            path = f"/proc/{name}/stat"
            with contextlib.suppress(OSError), open(path, "rb") as file:  # noqa: PTH123 as above
                after_name = file.read().rpartition(b")")[2].split()
                if int(after_name[1]) == parent:
                    found.append(int(name))
    return found
