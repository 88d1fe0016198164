"""The frames: what goes in comes out, and what is no frame is refused before it costs anything."""

import contextlib
import json
import socket
import struct
import threading
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from dlcnn.grading.worker import wire
from dlcnn.grading.worker.wire import Opaque, TooLargeError, WireError

CODES = (
    "?",
    "i1",
    "u1",
    "i2",
    "i4",
    "i8",
    "u2",
    "u4",
    "u8",
    "f2",
    "f4",
    "f8",
    "c8",
    "c16",
    ">f4",
    ">i8",
)
DTYPES = [np.dtype(code) for code in CODES]

plain_arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: nps.arrays(dtype, nps.array_shapes(min_dims=0, max_dims=4, min_side=0))
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**2000), 2**2000)
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=20)
    | plain_arrays
)
keys = st.text(max_size=5) | st.integers()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=8,
)


def same(left: object, right: object) -> bool:
    """Equal in type and content, NaN included; arrays byte for byte."""
    if isinstance(left, np.ndarray | np.generic):
        return (
            type(left) is type(right)
            and left.dtype.newbyteorder("<") == right.dtype
            and left.shape == right.shape
            and left.astype(right.dtype).tobytes() == right.tobytes()
        )
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return repr(left) == repr(right)


def frame(header: object, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<4sIQ", b"DLC1", len(text), len(body)) + text + body


@given(values)
@settings(max_examples=150, deadline=None)
def test_decode_gives_back_what_was_encoded(value):
    """Plain data keeps its types, its dtypes and every bit of its arrays"""
    assert same(value, wire.decode(wire.encode(value)))


@given(values)
@settings(max_examples=50, deadline=None)
def test_read_numbers_array_slots_as_arrays_does(value):
    """Both sides mean the same array by a slot"""
    slots = wire.read(wire.encode(value)).arrays
    assert all(map(same, wire.arrays(value), slots))
    assert len(wire.arrays(value)) == len(slots)


@pytest.mark.parametrize("value", [np.float32(1.5), np.int8(-3), np.bool_(True), np.complex64(1j)])
def test_encode_keeps_numpy_scalars(value):
    """A NumPy scalar keeps its dtype and does not become an array"""
    assert same(value, wire.decode(wire.encode(value)))


def test_decode_gives_arrays_that_can_be_written():
    """What arrives belongs to the receiver"""
    array = wire.decode(wire.encode(np.zeros((2, 3))))
    array[0, 0] = 1
    assert array.flags.owndata


class Renamed(np.ndarray):
    def __eq__(self, other):
        return True

    __hash__ = None


def test_read_makes_subclasses_plain_and_names_them():
    """An array subclass arrives as a plain array, with the name of its class beside it"""
    subclass = np.arange(3.0).view(Renamed)
    masked = np.ma.masked_array([1.0, 2.0], mask=[True, False])
    message = wire.read(wire.encode([np.zeros(1), subclass, masked]))
    assert [type(array) for array in message.arrays] == [np.ndarray] * 3
    assert message.subclasses == {1: "Renamed", 2: "MaskedArray"}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (object(), "object"),
        ({1, 2}, "set"),
        ((x for x in ()), "generator"),
        (np.array([object()]), "ndarray of dtype object"),
        (np.array(["a"]), "ndarray of dtype <U1"),
        (np.zeros(2, dtype=[("a", "f8")]), "ndarray of dtype [('a', '<f8')]"),
        (np.str_("a"), "str_ of dtype <U1"),
        (2**5000, "int of many hundred digits"),
        ({1.5: 2}, "dict"),
        ({True: 2}, "dict"),
        (b"bytes", "bytes"),
    ],
)
def test_encode_names_what_is_not_plain(value, name):
    """What cannot be sent arrives as its type's name"""
    assert wire.decode(wire.encode([value])) == [Opaque(name)]


def test_encode_takes_subclasses_of_containers_as_what_they_are():
    """A named tuple is a tuple, an ordered dict a dict"""
    from collections import OrderedDict, namedtuple

    pair = namedtuple("pair", "left right")(1, 2)
    assert wire.decode(wire.encode([pair, OrderedDict(a=1)])) == [(1, 2), {"a": 1}]


def test_encode_refuses_what_is_too_large():
    """Limits hold before anything is copied: a broadcast view of 2 GB costs nothing"""
    huge = np.broadcast_to(np.zeros(1), (1 << 28,))
    endless: list[object] = []
    endless.append(endless)
    for value in (huge, endless, "x" * (1 << 21), [0] * 60_000):
        with pytest.raises(TooLargeError):
            wire.encode(value, 1 << 20)
    with pytest.raises(TooLargeError):
        wire.encode(np.zeros(200), 1000)
    assert len(wire.encode(np.zeros(100), 1000)) > 800


GOOD = wire.encode({"a": np.arange(6.0).reshape(2, 3), "b": [1, "x", None]})


@pytest.mark.parametrize("size", range(0, len(GOOD), 7))
def test_decode_refuses_truncated_frames(size):
    """A frame cut anywhere is no frame"""
    with pytest.raises(WireError):
        wire.decode(GOOD[:size])


def test_decode_refuses_trailing_bytes():
    """Nothing may follow a frame, in it or in its body"""
    with pytest.raises(WireError):
        wire.decode(GOOD + b"x")
    with pytest.raises(WireError, match="belong to no value"):
        wire.decode(frame([[], 1], b"x"))


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_decode_of_a_damaged_frame_gives_a_value_or_a_wire_error(index, byte):
    """Whatever the bytes, nothing else than WireError comes out"""
    damaged = bytearray(GOOD)
    damaged[index] = byte
    with contextlib.suppress(WireError):
        wire.decode(bytes(damaged))


@pytest.mark.parametrize(
    "header",
    [
        b"not json",
        b"\xff\xfe",
        b"[[],1",
        b"[" * 100_000,
        {"a": 1},
        [[]],
        [[], {"a": 1}],
        [[], []],
        [[], ["z"]],
        [[], [1]],
        [[], ["l", 1]],
        [[], ["d", ["a"], []]],
        [[], ["d", ["a", "a"], [1, 2]]],
        [[], ["d", [1.5], [2]]],
        [[], ["d", [None], [2]]],
        [[], ["c", 1, 2]],
        [[], ["o", 1]],
        [[], ["a"]],
        [[["<f8", []], ["<f8", []]], ["a"]],
        [[["|O8", [1]]], ["a"]],
        [[["<U1", [1]]], ["a"]],
        [[[["<f8"], [1]]], ["a"]],
        [[["<f8", [-1]]], ["a"]],
        [[["<f8", [1.0]]], ["a"]],
        [[["<f8", [True]]], ["a"]],
        [[["<f8", [0] * 40]], ["a"]],
        [[["<f8", [0, 1 << 48, 1 << 48]]], ["a"]],
        [[["<f8", [1 << 60]]], ["a"]],
        [[["<f8", [2, 2]]], ["g"]],
        [[["<f8", [], 1]], ["a"]],
        [[["<f8"]], ["a"]],
        [[], 10**700],
    ],
)
def test_decode_refuses_headers_of_no_known_kind(header):
    """A header that is wrong in any way is refused"""
    with pytest.raises(WireError):
        wire.decode(frame(header, b"\0" * 32 if b"2, 2" in str(header).encode() else b"\0" * 8))


def test_decode_refuses_deep_and_long_trees():
    """Depth and number of values are limited on arrival too"""
    deep: object = 1
    for _ in range(40):
        deep = ["l", [deep]]
    for tree in (deep, ["l", [0] * 60_000]):
        with pytest.raises(WireError):
            wire.decode(frame([[], tree]))


def test_decode_makes_booleans_of_odd_bytes():
    """A boolean that is neither 0 nor 1 would compare oddly and does not get in"""
    array = wire.decode(frame([[["|b1", [3]]], ["a"]], b"\x00\x01\x07"))
    assert array.view(np.uint8).tolist() == [0, 1, 1]


def test_receive_allocates_nothing_for_sizes_that_lie():
    """A prefix that announces much costs nothing: over the limit it is refused, under it awaited"""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        tracemalloc.start()
        for header, body in ((1 << 31, 0), (10, 1 << 40), (10, 1 << 62)):
            theirs.sendall(struct.pack("<4sIQ", b"DLC1", header, body))
            with pytest.raises(TooLargeError):
                wire.receive(ours, time.monotonic() + 1)
        theirs.sendall(struct.pack("<4sIQ", b"DLC1", 1000, 60 << 20))
        with pytest.raises(TimeoutError):
            wire.receive(ours, time.monotonic() + 0.05)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
        tracemalloc.stop()


def test_receive_refuses_what_is_no_frame():
    """The first four bytes tell"""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"hello, this is no frame at all")
        with pytest.raises(WireError):
            wire.receive(ours, time.monotonic() + 1)


def test_receive_keeps_frames_apart():
    """Exactly one frame is read, however the bytes arrive, up to the end of the stream"""
    ours, theirs = socket.socketpair()
    frames = [wire.encode(np.arange(100_000)), wire.encode("second")]

    def trickle() -> None:
        data = b"".join(frames)
        for start in range(0, len(data), 50_001):
            theirs.sendall(data[start : start + 50_001])
        theirs.close()

    sender = threading.Thread(target=trickle)
    sender.start()
    with ours:
        assert [wire.receive(ours, time.monotonic() + 5) for _ in frames] == frames
        with pytest.raises(EOFError):
            wire.receive(ours, time.monotonic() + 1)
    sender.join()


def test_send_gives_up_at_the_deadline():
    """A receiver that does not read cannot hold the sender"""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            wire.send(ours, wire.encode(np.zeros(1 << 20)), started + 0.1)
        assert time.monotonic() - started < 10
