"""Both sides: which values are plain data, and how they become a JSON tree and arrays, and back.

`wire` makes frames of it. Run by path in the worker: standard library and NumPy only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Decoder", "Encoder", "Opaque", "TooLargeError", "WireError", "arrays"]

MAX_TEXT = 1 << 20
MAX_NODES = 50_000
MAX_DEPTH = 32
MAX_DIMENSIONS = 32
MAX_INTEGER_BITS = 2048

_MAX_NAME = 100
_MAX_LENGTH = 1 << 48
_SIZED = ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
_DTYPES = {code: np.dtype(code) for code in ("|b1", "|i1", "|u1", *("<" + each for each in _SIZED))}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}
_ATOMS = frozenset({type(None), bool, float})


class WireError(Exception):
    """The bytes are no frame, or hold a value that no frame may hold."""


class TooLargeError(WireError):
    """The value, or what the frame announces, is over the limit."""


class Opaque:
    """An object of type `type_name`: it could not be sent, only named."""

    __slots__ = ("type_name",)

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque) and other.type_name == self.type_name

    def __hash__(self) -> int:
        return hash(self.type_name)

    def __repr__(self) -> str:
        return f"Opaque({self.type_name!r})"


def arrays(value: Any) -> list[NDArray[Any]]:
    """The arrays of a value in the order in which frames number them: its array slots."""
    kind = type(value)
    if issubclass(kind, np.ndarray):
        return [value] if _code_of(value) is not None else []
    if issubclass(kind, dict) and _has_plain_keys(value):
        value = value.values()
    elif not issubclass(kind, (list, tuple)):
        return []
    return [array for item in value for array in arrays(item)]


class Encoder:
    """Turns a value into a JSON tree: scalars as they are, everything else as [tag, ...]."""

    def __init__(self, max_bytes: int) -> None:
        self.specs: list[tuple[object, ...]] = []
        self.bodies: list[memoryview] = []
        self.bytes_left = max_bytes
        self._nodes_left = MAX_NODES
        self._characters_left = MAX_TEXT

    def node(self, value: Any, depth: int) -> object:
        self._nodes_left -= 1
        if self._nodes_left < 0:
            raise TooLargeError(f"more than {MAX_NODES} values")
        kind = type(value)
        if kind in _ATOMS:
            return value
        method = _METHODS.get(kind)
        if method is None:
            method = next(each for base, each in _METHODS.items() if issubclass(kind, base))
        return method(self, value, kind, depth)

    def _array(self, value: NDArray[Any], kind: type, _depth: int, tag: str = "a") -> object:
        code = _code_of(value)
        if code is None:
            return ["o", f"{_name_of(kind)} of dtype {str(value.dtype)[:_MAX_NAME]}"]
        if value.nbytes > self.bytes_left:  # before it is copied: a broadcast view is small
            raise TooLargeError(f"an array of {value.nbytes} bytes")
        self.bytes_left -= value.nbytes
        if kind is np.ndarray:
            self.specs.append((code, value.shape))
        else:
            self.specs.append((code, value.shape, _name_of(kind)))
        self.bodies.append(np.asarray(value, _DTYPES[code], "C").data)
        return [tag]

    def _numpy_scalar(self, value: Any, kind: type, depth: int) -> object:
        return self._array(np.asarray(value), kind, depth, "g")

    def _list(self, value: Any, _kind: type, depth: int) -> object:
        return ["l", self._nodes(value, depth)]

    def _tuple(self, value: Any, _kind: type, depth: int) -> object:
        return ["t", self._nodes(value, depth)]

    def _dict(self, value: Any, kind: type, depth: int) -> object:
        if not _has_plain_keys(value):
            return ["o", _name_of(kind)]
        return ["d", self._nodes(value, depth), self._nodes(value.values(), depth)]

    def _nodes(self, values: Iterable[Any], depth: int) -> list[object]:
        if depth == MAX_DEPTH:
            raise TooLargeError(f"more than {MAX_DEPTH} levels")
        return [self.node(each, depth + 1) for each in values]

    # A scalar's subclass is sent as the plain scalar in it.

    def _text(self, value: str, _kind: type, _depth: int) -> object:
        self._characters_left -= len(value)
        if self._characters_left < 0:
            raise TooLargeError(f"more than {MAX_TEXT} characters of text")
        return str.__str__(value)

    def _integer(self, value: int, _kind: type, _depth: int) -> object:
        number = int.__int__(value)
        return number if _is_bounded(number) else ["o", "int of many hundred digits"]

    def _float(self, value: float, _kind: type, _depth: int) -> object:
        return float.__float__(value)

    def _complex(self, value: complex, _kind: type, _depth: int) -> object:
        return ["c", value.real, value.imag]

    def _opaque(self, value: Any, kind: type, _depth: int) -> object:
        return ["o", value.type_name if kind is Opaque else _name_of(kind)]


# In this order for subclasses: numpy.float64 is a float too, and everything is an object.
_METHODS: dict[type, Callable[[Encoder, Any, type, int], object]] = {
    np.ndarray: Encoder._array,
    np.generic: Encoder._numpy_scalar,
    tuple: Encoder._tuple,
    list: Encoder._list,
    dict: Encoder._dict,
    str: Encoder._text,
    int: Encoder._integer,
    float: Encoder._float,
    complex: Encoder._complex,
    object: Encoder._opaque,
}


class Decoder:
    """Builds the value of a JSON tree, trusting nothing in it."""

    def __init__(self, frame: bytes, specs: list[Any], offset: int) -> None:
        self.arrays: list[NDArray[Any]] = []
        self.subclasses: dict[int, str] = {}
        self._frame = frame
        self._specs = iter(specs)
        self._offset = offset
        self._nodes_left = MAX_NODES

    def node(self, tree: Any, depth: int) -> object:
        self._nodes_left -= 1
        if self._nodes_left < 0:
            raise WireError(f"more than {MAX_NODES} values")
        kind = type(tree)
        if kind is str or kind in _ATOMS or _is_bounded(tree):
            return tree
        if kind is list and tree and type(tree[0]) is str:
            if len(tree) == 1:
                return self._without_content(tree[0])
            if len(tree) == 2:
                return self._with_content(tree[0], tree[1], depth)
            if len(tree) == 3:
                return self._pair(tree[0], tree[1], tree[2], depth)
        raise WireError("a value of no known kind")

    def finish(self) -> None:
        if next(self._specs, None) is not None or self._offset != len(self._frame):
            raise WireError("arrays that belong to no value")

    def _without_content(self, tag: str) -> object:
        array, subclass = self._array()
        if tag == "a":
            if subclass is not None:
                self.subclasses[len(self.arrays)] = subclass
            self.arrays.append(array)
            return array
        if tag == "g" and array.ndim == 0:
            return array[()]
        raise WireError("a value of no known kind")

    def _with_content(self, tag: str, content: Any, depth: int) -> object:
        if tag == "t":
            return tuple(self._list(content, depth))
        if tag == "l":
            return self._list(content, depth)
        if tag == "o" and type(content) is str:
            return Opaque(content)
        raise WireError("a value of no known kind")

    def _pair(self, tag: str, first: Any, second: Any, depth: int) -> object:
        if tag == "d":
            values = self._list(second, depth)
            return _dict(first, values)
        if tag == "c" and type(first) is float and type(second) is float:
            return complex(first, second)
        raise WireError("a value of no known kind")

    def _list(self, trees: Any, depth: int) -> list[object]:
        if type(trees) is not list or depth >= MAX_DEPTH:
            raise WireError("a list of no known kind")
        return [self.node(tree, depth + 1) for tree in trees]

    def _array(self) -> tuple[NDArray[Any], str | None]:
        dtype, shape, subclass = _checked(next(self._specs, None))
        count = prod(shape)
        end = self._offset + count * dtype.itemsize
        if end > len(self._frame):
            raise WireError("an array longer than its frame")
        flat = np.frombuffer(self._frame, dtype, count, self._offset)
        self._offset = end
        if dtype.kind == "b":  # other bytes than 0 and 1 would make booleans that compare oddly
            flat = flat.view(np.uint8) != 0
        try:
            return flat.reshape(shape).copy(), subclass
        except ValueError as error:
            raise WireError("an array of no possible shape") from error


def _dict(keys: Any, values: list[object]) -> dict[str | int, object]:
    if type(keys) is not list or len(keys) != len(values):
        raise WireError("a dict of no known kind")
    if not _has_plain_keys(keys):
        raise WireError("a key that is neither text nor integer")
    pairs = dict(zip(keys, values, strict=True))
    if len(pairs) != len(keys):
        raise WireError("a key given twice")
    return pairs


def _checked(spec: Any) -> tuple[np.dtype[Any], list[int], str | None]:
    """Dtype, shape and class of an array, all of them possible ones."""
    if type(spec) is not list or not 2 <= len(spec) <= 3:
        raise WireError("a value without its array")
    code, shape, *subclass = spec
    if type(code) is not str or code not in _DTYPES:
        raise WireError("an array of a dtype that is not sent")
    if type(shape) is not list or len(shape) > MAX_DIMENSIONS:
        raise WireError("an array of no possible shape")
    if not all(type(length) is int and 0 <= length <= _MAX_LENGTH for length in shape):
        raise WireError("an array of no possible shape")
    if any(type(name) is not str for name in subclass):
        raise WireError("an array of no possible class")
    return _DTYPES[code], shape, subclass[0] if subclass else None


def _code_of(array: Any) -> str | None:
    """The code of an array's dtype on the wire, None where it cannot be sent."""
    if array.ndim > MAX_DIMENSIONS:
        return None
    return _CODES.get(array.dtype) or _CODES.get(array.dtype.newbyteorder("<"))


def _is_bounded(value: object) -> bool:
    return type(value) is int and value.bit_length() <= MAX_INTEGER_BITS


def _has_plain_keys(keys: Collection[object]) -> bool:
    kinds = set(map(type, keys))
    return kinds <= {str} or (kinds <= {str, int} and all(map(_is_bounded_key, keys)))


def _is_bounded_key(key: object) -> bool:
    return type(key) is str or _is_bounded(key)


def _name_of(kind: type) -> str:
    return kind.__name__[:_MAX_NAME]
