"""Model files that nobody saved: made to run code, to fill memory, or to read other files.

Each is a name, the bytes, and what the student is told. `OF_KERAS` are .keras files, `OF_WEIGHTS`
files of weights; all of them are made from an honest file, so that only one thing is wrong.
"""

import base64
import io
import json
import marshal
import os
import pickle
import stat
import struct
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.grading.worker.model_files import archive, bright_or_dark, changed, members, saved

__all__ = ["MARK", "of_keras", "of_weights"]

MARK = Path(tempfile.gettempdir()) / f"code_of_a_model_file_ran_{os.getpid()}"

Hostile = tuple[str, bytes, str]

_WHOLE_TABLE = 22  # bytes at the end of an archive that say where its table is
_POOLING, _DENSE = 2, 3  # layers of the honest model
_FOREIGN, _REFUSED = "not Keras' own", "could not be loaded"
_NAMED = (
    ("os", "system"),
    ("posix", "system"),
    ("builtins.eval", "eval"),
    ("subprocess", "Popen"),
    ("keras.utils", "get_file"),
    ("keras.src.utils.file_utils", "get_file"),
    ("keras.datasets.mnist", "load_data"),
    ("keras.saving", "load_model"),
    ("tensorflow.io", "read_file"),
    ("tensorflow.python.ops.gen_io_ops", "read_file"),
    ("keras.src.layers.core.lambda_layer.os", "system"),
    ("keras_hub", "Backbone"),
)


@cache
def of_keras() -> list[Hostile]:
    """Hostile .keras files."""
    honest = _honest()
    parts = members(honest)
    return [
        *_code(honest),
        *_modules(honest),
        *_names(honest),
        *_archives(honest, parts),
        *_sizes(honest),
        *(
            (f"weights with {name}", archive(parts | {"model.weights.h5": data}), told)
            for name, data, told in of_weights()
        ),
    ]


@cache
def of_weights() -> list[Hostile]:
    """Hostile files of weights."""
    return [
        ("a dataset of 400 GB", _weights(_huge), "unpacks to 400.0 GB"),
        ("many datasets of 100 MB", _weights(_many), "unpacks to 3.0 GB"),
        ("a dataset packed a thousandfold", _weights(_packed), "unpacks to 800 MB"),
        ("a soft link", _weights(_soft_link), "a link to another place"),
        ("a link to another file", _weights(_external_link), "a link to another place"),
        ("weights that lie in another file", _weights(_external), "from another file"),
        ("weights that are a view of another file", _weights(_virtual), "from another file"),
        ("objects", _weights(_objects), "no weights"),
        ("groups in a circle", _weights(_circle), "a link to another place"),
        ("very many parts", _weights(_crowd), "more than 20000 parts"),
        ("a pickle", pickle.dumps(_Runs()), "is a pickle"),
        ("a torn file", _weights(len)[:900], "cut short or damaged"),
    ]


@cache
def _honest() -> bytes:
    return saved(bright_or_dark())


class _Runs:
    """Unpickled, it runs a program."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (__import__("os").system, (f"touch {MARK}",))


def _code(honest: bytes) -> list[Hostile]:
    source = f"lambda x: x * (1 + __import__('os').system('touch {MARK}'))"
    code = base64.b64encode(marshal.dumps(eval(source).__code__)).decode()
    function = {
        "class_name": "__lambda__",
        "config": {"code": code, "defaults": None, "closure": None},
    }
    marshalled = _layer("Lambda", {"function": function, "arguments": {}})
    model = _layer("TFSMLayer", {"filepath": "/tmp/elsewhere", "call_endpoint": "serve"})
    bare = {"class_name": "__lambda__", "config": {"value": [code, None, None]}}
    return [
        ("a Lambda with code", changed(honest, _put(marshalled)), "has a Lambda layer"),
        ("a lambda for an activation", changed(honest, _set(activation=bare)), "Lambda layer"),
        ("a TFSMLayer", changed(honest, _put(model)), "would load another file"),
    ]


def _modules(honest: bytes) -> list[Hostile]:
    hostile = []
    for module, name in _NAMED:
        # Keras looks for those of its own folders that are layers, and finds none.
        told = _REFUSED if module.startswith("keras.src.layers") else _FOREIGN
        function = _function(module, name)
        layer = function | {"class_name": name, "config": {"filename": "/etc/passwd"}}
        called = _layer("Lambda", {"function": function, "arguments": {}})
        hostile += [
            (f"{module}.{name} as an activation", changed(honest, _set(activation=function)), told),
            (f"{module}.{name} as a layer", changed(honest, _put(layer)), told),
            (f"{module}.{name} in a Lambda", changed(honest, _put(called)), told),
        ]
    return hostile


def _names(honest: bytes) -> list[Hostile]:
    python = _function("builtins", "eval")
    unknown = _function(None, "system", registered_name="os>system")
    borrowed = _function("os", "system", registered_name="submission>_halved")
    vocabulary = _layer("StringLookup", {"vocabulary": "/etc/passwd", "name": "lookup"})
    return [
        ("eval of Python's own", changed(honest, _set(activation=python)), _REFUSED),
        ("an unknown name", changed(honest, _set(activation=unknown)), _FOREIGN),
        ("a known name for another", changed(honest, _set(activation=borrowed)), _FOREIGN),
        ("a vocabulary in a file", changed(honest, _put(vocabulary)), _REFUSED),
        ("a class that is no layer", changed(honest, _put(_layer("Adam", {}))), _REFUSED),
    ]


def _archives(honest: bytes, parts: dict[str, bytes]) -> list[Hostile]:
    link = zipfile.ZipInfo("assets")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    damaged = "cut short or damaged"
    strange = "which no .keras file has"
    bomb = archive(parts | {"model.weights.h5": bytes(150 << 20)}, zipfile.ZIP_DEFLATED)
    many = {f"assets/{number}": b"" for number in range(3000)}
    return [
        ("a torn archive", honest[: len(honest) // 2], damaged),
        ("an archive without its table", honest[:-_WHOLE_TABLE], damaged),
        ("a pickle", pickle.dumps(_Runs()), "is a pickle"),
        ("a pickle with a model behind it", pickle.dumps(_Runs()) + honest, "is a pickle"),
        ("text with a model behind it", b"#!/bin/sh\n" + honest, "no file that Keras saved"),
        ("HDF5", _weights(len), "HDF5"),
        ("a web page", b"<!DOCTYPE html><html></html>", "a web page"),
        ("a SavedModel", archive({"m/saved_model.pb": b""}), "a SavedModel of TensorFlow"),
        ("a big member", bomb, "unpacks to 157 MB"),
        ("many members", archive(parts | many), "more than 1000 files"),
        ("an archive in an archive", archive(parts | {"inner.zip": honest}), strange),
        ("a path that leads out", archive(parts | {"../../tmp/out": b"x"}), strange),
        ("an absolute path", archive(parts | {"/tmp/out": b"x"}), strange),
        ("a symbolic link", _with_entry(honest, link, b"/etc/passwd"), strange),
        (
            "a second configuration",
            _with_entry(honest, zipfile.ZipInfo("config.json"), b"{}"),
            "does not hold one model",
        ),
        ("sizes that lie", _lying(bomb), damaged),
        ("LZMA", archive(parts, zipfile.ZIP_LZMA), "in a way that Keras does not pack"),
        ("no model", archive(parts | {"config.json": b"[1]"}), "holds no model"),
        (
            "a layer alone",
            archive(parts | {"config.json": json.dumps(_layer("Dense", {"units": 3})).encode()}),
            "holds no model",
        ),
        ("no JSON", archive(parts | {"config.json": b"{" * 9}), damaged),
        ("deep JSON", archive(parts | {"config.json": b"[" * 100_000}), damaged),
        ("a long text", archive(parts | {"config.json": b" " * (5 << 20)}), "of text"),
    ]


def _sizes(honest: bytes) -> list[Hostile]:
    wide = _set(units=10**9, kernel_initializer="zeros")
    return [
        ("a layer of 10^9 units", changed(honest, _set(units=10**9)), "needs 20.0 GB"),
        ("another such layer", changed(honest, wide), "needs 20.0 GB"),
        ("a size that is no size", changed(honest, _set(units=-1)), "could not be loaded"),
        ("a size without end", changed(honest, _set(units=10**40)), "more than 1000 GB"),
    ]


def _function(module: str | None, name: str, registered_name: str = "") -> dict[str, Any]:
    return {
        "module": module,
        "class_name": "function",
        "config": name,
        "registered_name": registered_name or name,
    }


def _layer(name: str, configuration: dict[str, Any]) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": name,
        "config": configuration,
        "registered_name": None,
    }


def _put(layer: dict[str, Any]) -> Callable[[dict[str, Any]], object]:
    """Put something in the place of the pooling."""

    def change(configuration: dict[str, Any]) -> None:
        place = configuration["config"]["layers"][_POOLING]
        place |= {"build_config": None} | layer

    return change


def _set(**settings: Any) -> Callable[[dict[str, Any]], object]:
    """Set something else in the last layer."""

    def change(configuration: dict[str, Any]) -> None:
        configuration["config"]["layers"][_DENSE]["config"] |= settings

    return change


def _with_entry(data: bytes, entry: zipfile.ZipInfo, content: bytes) -> bytes:
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a") as made:
        made.writestr(entry, content)
    return file.getvalue()


def _lying(data: bytes) -> bytes:
    """An archive that says of its largest member that it unpacks to little."""
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        size = max(entry.file_size for entry in found.infolist())
    return data.replace(struct.pack("<I", size), struct.pack("<I", 1000))


def _weights(change: Callable[[h5py.File], object]) -> bytes:
    """A file of weights to which something is done."""
    file = io.BytesIO(members(_honest())["model.weights.h5"])
    with h5py.File(file, "r+") as opened:
        change(opened)
    return file.getvalue()


def _replaced(file: h5py.File) -> tuple[h5py.Group, str]:
    """The place of the last layer's kernel, which is taken out."""
    group = file["layers/dense/vars"]
    del group["0"]
    return group, "0"


def _huge(file: h5py.File) -> None:
    group, name = _replaced(file)
    group.create_dataset(name, (10**6, 10**5), "f4", chunks=(1000, 1000))


def _many(file: h5py.File) -> None:
    for number in range(30):
        file.create_dataset(f"more/{number}", (25_000_000,), "f4", chunks=(1000,))


def _packed(file: h5py.File) -> None:
    group, name = _replaced(file)
    zeros = {"chunks": (1_000_000,), "compression": "gzip", "compression_opts": 9}
    dataset = group.create_dataset(name, (200_000_000,), "f4", **zeros)
    dataset[:3_000_000] = np.zeros(3_000_000, "f4")


def _soft_link(file: h5py.File) -> None:
    group, name = _replaced(file)
    group[name] = h5py.SoftLink("/layers/conv2d/vars/0")


def _external_link(file: h5py.File) -> None:
    group, name = _replaced(file)
    group[name] = h5py.ExternalLink("/tmp/other.h5", "/layers/dense/vars/0")


def _external(file: h5py.File) -> None:
    group, name = _replaced(file)
    group.create_dataset(name, (4, 2), "f4", external=[("/etc/passwd", 0, 32)])


def _virtual(file: h5py.File) -> None:
    group, name = _replaced(file)
    layout = h5py.VirtualLayout((4, 2), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "data", (4, 2))
    group.create_virtual_dataset(name, layout)


def _objects(file: h5py.File) -> None:
    group, name = _replaced(file)
    group.create_dataset(name, data=["text"] * 8, dtype=h5py.string_dtype())


def _crowd(file: h5py.File) -> None:
    for number in range(20_000):
        file.create_group(f"more/{number}")


def _circle(file: h5py.File) -> None:
    for number in range(3):
        file["layers"][f"again{number}"] = file["layers"]
