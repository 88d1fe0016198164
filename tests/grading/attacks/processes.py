"""What runs below this process, as /proc has it; and a process whose orphans come to us."""

import ctypes
import os
import signal
import time
from collections.abc import Collection
from pathlib import Path

__all__ = ["adopt_orphans", "descendants", "end_all", "is_stopped_or_gone", "settled"]

_PR_SET_CHILD_SUBREAPER = 36
_CALM_SECONDS = 0.2
_CALM_WITHIN_SECONDS = 10.0


def adopt_orphans(adopt: bool) -> None:
    """Whether a descendant that loses its parent becomes our child, so that none can hide."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0)


def descendants() -> dict[int, str]:
    """The living processes below this one and what each was started as."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (found := _state_and_parent(int(folder.name))):
            state, parent = found
            if state not in "ZX":
                parents[int(folder.name)] = parent
    below: set[int] = {os.getpid()}
    while new := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= new
    return {pid: _command(pid) for pid in sorted(below - {os.getpid()})}


def settled() -> dict[int, str]:
    """The processes below this one once none has come or gone for a moment."""
    found, since = descendants(), time.monotonic()
    deadline = since + _CALM_WITHIN_SECONDS
    while (now := time.monotonic()) < min(deadline, since + _CALM_SECONDS):
        time.sleep(0.01)
        if (after := descendants()) != found:
            found, since = after, now
    return found


def end_all(pids: Collection[int]) -> None:
    """Kill processes that a test found below itself, and reap those that are its children."""
    for pid in pids:
        if pid in descendants():
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 2.0
    while set(pids) & descendants().keys() and time.monotonic() < deadline:
        time.sleep(0.01)
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue


def is_stopped_or_gone(pid: int) -> bool:
    """Whether a process was killed, frozen or taken under control by another."""
    found = _state_and_parent(pid)
    return found is None or found[0] in "TtZX"


def _state_and_parent(pid: int) -> tuple[str, int] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, parent = text.rpartition(")")[2].split()[:2]
    return state, int(parent)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""
