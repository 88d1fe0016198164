"""Untrusted side: which system calls a process may make, for good, by seccomp.

Two filters, since the nest must still fork its workers: one refuses what neither needs, and the
worker's adds what the nest alone needs. What is not refused is allowed, but for numbers that are
newer than the table. Refused calls fail with EPERM, and Python raises PermissionError.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Collection
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING or __package__:
    from dlcnn.grading.sandbox import kernel, system_calls
else:
    import kernel
    import system_calls

__all__ = ["Filter", "for_nest", "for_worker"]

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x50000, 0x80000000

# Instructions of the filter machine, and where it finds things.
_LOAD, _RETURN, _AND = 0x20, 0x06, 0x54
_IF_EQUAL, _IF_GREATER = 0x15, 0x25
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ARGUMENT_BYTES = 8  # the low half comes first on both architectures
_SIZE, _VALUE = 8, 4  # of an instruction, and where its value is
_NUMBER_OF_PROCESS = struct.Struct("=I")

# clone: a thread of this process is all that it may make.
_THREAD = 0x10000
_NEW_NAMESPACES = 0x7E020080
# Requests of fcntl (owner, signal, owner) and ioctl (owner twice, typing, pasting) that have the
# kernel signal a process of one's choice, or type at a terminal.
_FCNTL_REFUSED = (8, 10, 15)
_IOCTL_REFUSED = (0x8901, 0x8902, 0x5412, 0x541C)

_NEST_ONLY = ("to start a process",)
_REFUSED = tuple(
    title
    for title in system_calls.SECTIONS
    if title not in _NEST_ONLY and not title.startswith("allowed")
)


class Filter:
    """A filter: assembled once, finished, and put on by children."""

    def __init__(self) -> None:
        """Let through this machine's own calls, as far as the table knows them."""
        self._own: list[int] = []
        architecture = _ARCHITECTURES[os.uname().machine]
        self._code = [
            _instruction(_LOAD, _ARCHITECTURE),
            _instruction(_IF_EQUAL, architecture, 1, 0),
            _instruction(_RETURN, _KILL),
            _instruction(_LOAD, _NUMBER),
            _instruction(_IF_GREATER, system_calls.NEWEST, 0, 1),
            _refusal(errno.ENOSYS),
        ]

    def refuse(self, *names: str, error: int = errno.EPERM) -> None:
        """Let these calls fail; a call that this machine does not have needs nothing."""
        for name in names:
            self._case(name, [_refusal(error)])

    def refuse_requests(self, name: str, argument: int, refused: Collection[int]) -> None:
        """Let the call fail where an argument is one of these."""
        body = [_argument(argument)]
        for value in refused:
            body += [_instruction(_IF_EQUAL, value, 0, 1), _refusal(errno.EPERM)]
        self._case(name, [*body, _instruction(_RETURN, _ALLOW)])

    def require(self, name: str, value: int, mask: int = 0xFFFFFFFF) -> None:
        """Let the call fail unless its first argument, under the mask, is this."""
        body = [_argument(0), _instruction(_AND, mask), _instruction(_IF_EQUAL, value, 0, 1)]
        self._case(name, [*body, _instruction(_RETURN, _ALLOW), _refusal(errno.EPERM)])

    def require_own(self, name: str) -> None:
        """Let the call fail unless its first argument is the process that put the filter on."""
        first = len(self._code)
        self.require(name, 0)
        self._own += [_VALUE + _SIZE * (first + 3)] if len(self._code) > first else []

    def finish(self) -> Self:
        """Lay it out in memory, so that putting it on costs a fork as little as may be."""
        code = b"".join([*self._code, _instruction(_RETURN, _ALLOW)])
        self._buffer = ctypes.create_string_buffer(code, len(code))
        layout = struct.pack("=HxxxxxxQ", len(code) // _SIZE, ctypes.addressof(self._buffer))
        self._program = ctypes.create_string_buffer(layout, len(layout))
        self._address = ctypes.addressof(self._program)
        return self

    def put_on(self) -> None:
        """Hold this process and its children to it; privileges must have been given up."""
        for offset in self._own:
            _NUMBER_OF_PROCESS.pack_into(self._buffer, offset, os.getpid())
        kernel.filter_calls(self._address)

    def _case(self, name: str, body: list[bytes]) -> None:
        number = kernel.NUMBERS.get(name)
        if number is not None:
            self._code += [_instruction(_IF_EQUAL, number, 0, len(body)), *body]


def for_nest() -> Filter:
    """What neither the nest nor its workers have a use for."""
    made = Filter()
    for title in _REFUSED:
        made.refuse(*system_calls.SECTIONS[title])
    made.refuse("clone3", error=errno.ENOSYS)  # the C library then uses clone, which can be judged
    made.require("prlimit64", 0)  # its own limits
    made.refuse_requests("fcntl", 1, _FCNTL_REFUSED)
    made.refuse_requests("ioctl", 1, _IOCTL_REFUSED)
    return made.finish()


def for_worker() -> Filter:
    """What is refused to a worker besides: to be more than one, and to signal others."""
    made = Filter()
    for title in _NEST_ONLY:
        made.refuse(*system_calls.SECTIONS[title])
    made.require("clone", _THREAD, _THREAD | _NEW_NAMESPACES)
    for name in ("kill", "tgkill"):
        made.require_own(name)
    return made.finish()


def _instruction(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def _argument(index: int) -> bytes:
    return _instruction(_LOAD, _ARGUMENTS + _ARGUMENT_BYTES * index)


def _refusal(error: int) -> bytes:
    return _instruction(_RETURN, _REFUSE | error)
