"""Both sides: the frames between grader and student code. Plain data, checked before it is built.

A frame is a prefix (magic, length of the header, length of the body), a JSON header with the value
and what its arrays are, and the arrays' bytes. `plain` says what may be in it. Run by path in the
worker: standard library and NumPy only.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable
from socket import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

if TYPE_CHECKING or __package__:
    from dlcnn.grading.worker.plain import (
        Decoder,
        Encoder,
        Opaque,
        TooLargeError,
        WireError,
        arrays,
    )
else:  # in the worker, where there is no dlcnn
    from plain import Decoder, Encoder, Opaque, TooLargeError, WireError, arrays

__all__ = [
    "EXIT_OUT_OF_MEMORY",
    "MAX_BYTES",
    "Message",
    "Opaque",
    "TooLargeError",
    "WireError",
    "arrays",
    "decode",
    "encode",
    "read",
    "receive",
    "send",
]

EXIT_OUT_OF_MEMORY = 86  # the exit code of a worker that lacks the memory even to say so
MAX_BYTES = 64 << 20
MAX_HEADER_BYTES = 1 << 20

_MAGIC = b"DLC1"
_PREFIX = struct.Struct("<4sIQ")
_CHUNK_BYTES = 1 << 18
_to_json = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class Message:
    """What a frame holds. The slot of an array is its place in `arrays`."""

    __slots__ = ("arrays", "subclasses", "value")

    def __init__(self, value: Any, arrays: list[NDArray[Any]], subclasses: dict[int, str]) -> None:
        self.value = value
        self.arrays = arrays
        self.subclasses = subclasses


def encode(value: object, max_bytes: int = MAX_BYTES) -> bytes:
    """The frame that holds `value`; TooLargeError where it would be over a limit."""
    encoder = Encoder(max_bytes)
    tree = encoder.node(value, 0)
    header = _to_json([encoder.specs, tree]).encode("ascii")
    if len(header) > MAX_HEADER_BYTES:
        raise TooLargeError(f"a header of {len(header)} bytes")
    prefix = _PREFIX.pack(_MAGIC, len(header), max_bytes - encoder.bytes_left)
    return b"".join([prefix, header, *encoder.bodies])


def decode(frame: bytes) -> Any:
    """The value of a frame: its arrays are new, writable and of exactly the type ndarray."""
    return read(frame).value


def read(frame: bytes) -> Message:
    """The value of a frame with its array slots, and the classes of those that had one."""
    if len(frame) < _PREFIX.size:
        raise WireError("the frame is cut short")
    header_bytes, body_bytes = _sizes(frame[: _PREFIX.size], len(frame))
    body_start = _PREFIX.size + header_bytes
    if body_start + body_bytes != len(frame):
        raise WireError("the frame is not as long as it says")
    try:
        header = json.loads(str(frame[_PREFIX.size : body_start], "ascii"))
    except (ValueError, RecursionError) as error:
        raise WireError("the header is not JSON") from error
    if type(header) is not list or len(header) != 2 or type(header[0]) is not list:
        raise WireError("the header is not a list of arrays and a value")
    decoder = Decoder(frame, header[0], body_start)
    value = decoder.node(header[1], 0)
    decoder.finish()
    return Message(value, decoder.arrays, decoder.subclasses)


def send(
    sock: socket,
    frame: bytes,
    deadline: float | None = None,
    wait: Callable[[], None] | None = None,
) -> None:
    """Send a whole frame.

    Args:
        deadline: on the monotonic clock; TimeoutError when the frame is not taken by then.
        wait: for a socket that does not block, in place of a deadline: returns when it takes more.
    """
    if wait is None:
        sock.settimeout(_remaining(deadline))
        sock.sendall(frame)
        return
    left = memoryview(frame)
    while left:
        try:
            left = left[sock.send(left) :]
        except BlockingIOError:
            wait()


def receive(
    sock: socket,
    deadline: float | None = None,
    max_bytes: int = MAX_BYTES,
    wait: Callable[[], None] | None = None,
) -> bytes:
    """Read exactly one frame. Memory grows with what has arrived, never with what is announced.

    Args:
        deadline: on the monotonic clock; TimeoutError after it.
        wait: for a socket that does not block, in place of a deadline: returns when there is more.

    Raises:
        EOFError: the other side is gone. WireError: no frame. TooLargeError: over the limit.
    """
    prefix = _receive_exactly(sock, _PREFIX.size, deadline, wait)
    header_bytes, body_bytes = _sizes(prefix, max_bytes)
    return prefix + _receive_exactly(sock, header_bytes + body_bytes, deadline, wait)


def _receive_exactly(
    sock: socket, size: int, deadline: float | None, wait: Callable[[], None] | None
) -> bytes:
    chunks = []
    while size:
        if wait is None:
            sock.settimeout(_remaining(deadline))
        try:
            chunk = sock.recv(min(size, _CHUNK_BYTES))
        except BlockingIOError:
            if wait is None:
                raise
            wait()
            continue
        except ConnectionError as error:
            raise EOFError from error
        if not chunk:
            raise EOFError
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def _sizes(prefix: bytes, max_bytes: int) -> tuple[int, int]:
    magic, header_bytes, body_bytes = _PREFIX.unpack(prefix)
    if magic != _MAGIC:
        raise WireError("this is no frame")
    if header_bytes > MAX_HEADER_BYTES or body_bytes > max_bytes:
        raise TooLargeError(f"a frame of {header_bytes + body_bytes} bytes")
    return header_bytes, body_bytes


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining
