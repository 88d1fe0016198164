"""Untrusted side: which files a process may open, for good, by Landlock.

A `Rules` object is made once, in the process that is forked; applying it costs a child one system
call. Landlock cannot subtract: what is not granted is refused, and granting a folder grants all
below it. It knows paths and nothing of what they are for.
"""

import os
import stat
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from dlcnn.grading.sandbox import kernel
else:
    import kernel

__all__ = ["Rules", "keeps_length", "version"]

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_FILE, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
_READ = _READ_FILE | _READ_DIR
_SCRATCH = _READ | _WRITE_FILE | _REMOVE_FILE | _MAKE_FILE | _TRUNCATE
_DEVICE = _READ_FILE | _WRITE_FILE

_ASK_VERSION = 1
_BENEATH = 1
# What each version of the interface lets us forbid: rights to files, to TCP ports, and reaching
# out (abstract sockets, signals).
_FILES_UP_TO = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP, _TCP_SINCE = 0b11, 4
_REACH, _REACH_SINCE = 0b11, 6
_KEEPS_LENGTH_SINCE = 3


def version() -> int:
    """The version of the kernel's Landlock, 0 where there is none."""
    try:
        return kernel.call("landlock_create_ruleset", None, 0, _ASK_VERSION)
    except (OSError, KeyError):
        return 0


def keeps_length() -> bool:
    """Whether a file that may not be written is also safe from being cut."""
    return version() >= _KEEPS_LENGTH_SINCE


class Rules:
    """What may be opened: everything else is refused, as are TCP and signals to outsiders."""

    def __init__(
        self, readable: Iterable[str], devices: Iterable[str] = (), scratch: str | None = None
    ) -> None:
        """Grant it.

        Args:
            readable: folders to read with all below them, and files.
            devices: device files to read and to write.
            scratch: a folder in which files, but no folders and links, may be made.
        """
        known = version()
        files = (1 << _FILES_UP_TO[min(known, max(_FILES_UP_TO))]) - 1
        tcp = _TCP if known >= _TCP_SINCE else 0
        reach = _REACH if known >= _REACH_SINCE else 0
        handled = struct.pack("=QQQ", files, tcp, reach)
        size = 8 if known < _TCP_SINCE else 16 if known < _REACH_SINCE else 24
        self._descriptor = kernel.call("landlock_create_ruleset", handled, size, 0)
        for path in readable:
            self._grant(path, _READ)
        for path in devices:
            self._grant(path, _DEVICE)
        if scratch is not None:
            self._grant(scratch, _SCRATCH & files)

    def _grant(self, path: str, rights: int) -> None:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
                rights &= _DEVICE | _TRUNCATE
            rule = struct.pack("=Qi", rights, descriptor)
            kernel.call("landlock_add_rule", self._descriptor, _BENEATH, rule, 0)
        finally:
            os.close(descriptor)

    def apply(self) -> None:
        """Hold this process and its children to the rules; privileges must have been given up."""
        kernel.call("landlock_restrict_self", self._descriptor, 0)
        os.close(self._descriptor)
