"""Untrusted side: what is in a model file, looked at before Keras opens it.

Keras refuses code in a file; here it is said in the student's words, and what a file would unpack
to is held against a limit before anything is unpacked. Nothing is written to disk, and no other
file is opened. It knows archives, configurations and HDF5, but no models and no assignment.
"""

import codecs
import importlib
import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

__all__ = ["MAX_BYTES", "Contents", "ModelFileError", "hold_weights", "megabytes", "opened"]

MAX_BYTES = 128 << 20  # unpacked; Keras packs nothing, so a file unpacks to its own size

_SAVE = "save the model with model.save('NAME.keras')"
_WEIGHTS = "save the weights with model.save_weights('NAME.weights.h5')"
_ARCHIVE, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"
_OTHER_FORMATS = (
    (_ARCHIVE, "is a zip archive, not weights"),
    (_HDF5, "is an HDF5 file, as older Keras wrote them, not a .keras file"),
    (b"\x80", "is a pickle, which is never opened"),
    (b"version https://git-lfs", "is a pointer of Git LFS, not the file that it stands for"),
    (b"<", "is a web page, not the model"),
)

_CONFIGURATION, _METADATA, _STATE = "config.json", "metadata.json", "model.weights.h5"
_MEMBERS = {_CONFIGURATION, _METADATA, _STATE}
_MAX_TEXT_BYTES = 4 << 20
_ENTRY = b"PK\x01\x02"  # before each entry of an archive's table
_MAX_ENTRIES = 1000
_MAX_OBJECTS = 20_000
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what is unpacked no further than asked for
codecs.lookup("cp437")  # archives name their parts in it; a worker may not be able to import it
_VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){0,3}")

_OWN_MODULES = {
    "builtins",  # Keras' own functions, by their names
    "keras",
    "keras.activations",
    "keras.constraints",
    "keras.initializers",
    "keras.layers",
    "keras.losses",
    "keras.metrics",
    "keras.models",
    "keras.ops",
    "keras.optimizers",
    "keras.optimizers.schedules",
    "keras.quantizers",
    "keras.regularizers",
}
_OWN_FOLDERS = ("keras.src.layers.", "keras.src.models.", "keras.src.ops.")
_FORBIDDEN = {
    "__lambda__": "has a Lambda layer, whose code cannot be trusted: use layers of Keras' own",
    "TFSMLayer": "has a TFSMLayer, which would load another file: use layers of Keras' own",
    "__typespec__": "holds something that is no layer (__typespec__)",
}


class ModelFileError(Exception):
    """A model file that cannot be used: a sentence about it, without its name in front."""


class Contents(NamedTuple):
    """What a .keras file holds: the model's configuration, its weights, who saved it."""

    configuration: dict[str, Any]
    weights: bytes
    version: str


def opened(data: bytes, is_registered: Callable[[str], bool]) -> Contents:
    """What a .keras file holds, every part of it held against the rules.

    Args:
        data: the file.
        is_registered: whether a name is that of a class which the student's code has registered.

    Raises:
        ModelFileError: it is no model, or more than a model.
    """
    _hold_format(data, _ARCHIVE, _SAVE)
    try:
        members = _members(data)
        configuration = json.loads(members[_CONFIGURATION])
        metadata = json.loads(members.get(_METADATA, b"{}"))
    except ModelFileError:
        raise
    except Exception:  # what a torn or made-up archive can raise is not worth telling apart
        raise ModelFileError(f"is cut short or damaged: {_SAVE} and hand it in again") from None
    if not isinstance(configuration, dict) or "class_name" not in configuration:
        raise ModelFileError(f"holds no model: {_SAVE}")
    for part in _objects(configuration):
        _hold_object(part, is_registered)
    hold_weights(members[_STATE])
    said = metadata.get("keras_version") if isinstance(metadata, dict) else None
    version = said if isinstance(said, str) and _VERSION.fullmatch(said) else ""
    return Contents(configuration, members[_STATE], version)


def hold_weights(data: bytes) -> None:
    """Hold the weights of a model, an HDF5 file, against the rules.

    Raises:
        ModelFileError: it is something else, or would unpack to too much, or names other files.
    """
    _hold_format(data, _HDF5, _WEIGHTS)
    h5py: Any = importlib.import_module("h5py")
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            if {"layer_names", "model_config", "keras_version"}.intersection(file.attrs):
                raise ModelFileError(f"was saved by an older Keras or as .h5: {_WEIGHTS}")
            size = sum(_size_of(dataset) for dataset in _datasets(h5py, file))
    except ModelFileError:
        raise
    except Exception:
        raise ModelFileError(f"is cut short or damaged: {_WEIGHTS} and hand it in again") from None
    _hold_size(size)


def megabytes(size: int) -> str:
    """A size in the unit that reads best."""
    if size >= 10**12:
        return "more than 1000 GB"
    return f"{size / 10**9:.1f} GB" if size >= 10**9 else f"{size / 10**6:.0f} MB"


def _hold_format(data: bytes, magic: bytes, advice: str) -> None:
    if data.startswith(magic):
        return
    for other, told in _OTHER_FORMATS:
        if data.startswith(other):
            raise ModelFileError(f"{told}: {advice}")
    raise ModelFileError(f"is no file that Keras saved: {advice}")


def _hold_size(size: int) -> None:
    if size > MAX_BYTES:
        raise ModelFileError(
            f"unpacks to {megabytes(size)}; a model file may have {megabytes(MAX_BYTES)}"
        )


def _members(data: bytes) -> dict[str, bytes]:
    """The parts of the archive, unpacked no further than it says, once that is little enough."""
    if data.count(_ENTRY) > _MAX_ENTRIES:
        raise ModelFileError(f"is an archive of more than {_MAX_ENTRIES} files: {_SAVE}")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if any(name.rpartition("/")[2] == "saved_model.pb" for name in names):
            raise ModelFileError(f"is a SavedModel of TensorFlow, not a .keras file: {_SAVE}")
        strange = next((name for name in names if name not in _MEMBERS), None)
        if strange is not None:
            raise ModelFileError(f"holds {strange[:80]!r}, which no .keras file has: {_SAVE}")
        if len(set(names)) < len(names) or not {_CONFIGURATION, _STATE} <= set(names):
            raise ModelFileError(f"does not hold one model: {_SAVE}")
        _hold_size(sum(entry.file_size for entry in entries))
        return {entry.filename: _unpacked(archive, entry) for entry in entries}


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.compress_type not in _PACKED:
        raise ModelFileError(f"is packed in a way that Keras does not pack: {_SAVE}")
    if entry.filename != _STATE and entry.file_size > _MAX_TEXT_BYTES:
        raise ModelFileError(f"describes a model in {megabytes(entry.file_size)} of text: {_SAVE}")
    with archive.open(entry) as stream:
        return stream.read(entry.file_size)  # `read()` would unpack what the entry does not tell


def _objects(configuration: object) -> Iterator[dict[str, Any]]:
    """Every object of a configuration; not recursive, since a hostile one may be very deep."""
    waiting = [configuration]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "class_name" in value:
                yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _hold_object(part: dict[str, Any], is_registered: Callable[[str], bool]) -> None:
    """Refuse what is no layer or setting of Keras' own, nor a class of the student's own code."""
    name, module = part["class_name"], part.get("module")
    if name in _FORBIDDEN:
        raise ModelFileError(_FORBIDDEN[name])
    called = part.get("config") if name == "function" else name
    registered = called if name == "function" else part.get("registered_name")
    if isinstance(registered, str) and is_registered(registered):
        return
    if module is None and (not registered or registered == name):
        return  # a plain value, or a setting that Keras looks up among its own
    own = isinstance(module, str) and (module in _OWN_MODULES or module.startswith(_OWN_FOLDERS))
    if not own:
        raise ModelFileError(
            f"needs {str(called)[:60]!r} of {str(module)[:60]!r}, which is not Keras' own: use "
            "layers of Keras' own, or register your class in the notebook with "
            "@keras.saving.register_keras_serializable()"
        )


def _datasets(h5py: Any, file: Any) -> Iterator[Any]:
    """Every dataset that is really in the file."""
    waiting, seen = [file], {_place(h5py, file)}
    while waiting:
        group = waiting.pop()
        for name in group:
            linked = group.get(name, getclass=True, getlink=True) is not h5py.HardLink
            found = None if linked else group[name]
            if linked or _place(h5py, found) in seen:
                raise ModelFileError("has a link to another place, which no saved model has")
            seen.add(_place(h5py, found))
            if len(seen) > _MAX_OBJECTS:
                raise ModelFileError(f"has more than {_MAX_OBJECTS} parts")
            if isinstance(found, h5py.Group):
                waiting.append(found)
            else:
                yield found


def _place(h5py: Any, found: Any) -> int:
    return int(h5py.h5o.get_info(found.id).addr)


def _size_of(dataset: Any) -> int:
    """The bytes that a dataset takes in memory, by what it says of itself."""
    if dataset.external or dataset.is_virtual:
        raise ModelFileError("takes weights from another file, which no saved model does")
    if dataset.dtype.hasobject or dataset.dtype.names:
        raise ModelFileError("holds something that is no weights")
    return math.prod(dataset.shape or ()) * int(dataset.dtype.itemsize)
