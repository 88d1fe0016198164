"""Model files as students hand them in, and as somebody else would: made in memory."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np

SHAPE = (8, 6, 3)
_SLOPE = 40.0  # steep enough for plain probabilities

Configuration = dict[str, Any]


def bright_or_dark(threshold: float = 0.5) -> keras.Model:
    """A network that calls an image bright, class 1, where its mean is above a threshold."""
    inputs = keras.Input(SHAPE)
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 1)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(mean))
    kernel = np.zeros((1, 1, 3, 4), np.float32)
    kernel[..., 0] = 1 / 3
    dense = np.zeros((4, 2), np.float32)
    dense[0] = (-_SLOPE, _SLOPE)
    bias = np.array([_SLOPE * threshold, -_SLOPE * threshold])
    model.set_weights([kernel, np.zeros(4), dense, bias])
    return model


def images(count: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Dark and bright images in turn, and which they are."""
    labels = np.arange(count) % 2
    noise = np.random.default_rng(3).uniform(-0.1, 0.1, (count, *SHAPE))
    return (labels[:, None, None, None] * 0.6 + 0.2 + noise).astype(np.float32), labels


def saved(model: keras.Model) -> bytes:
    """What `model.save("NAME.keras")` writes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def saved_weights(model: keras.Model) -> bytes:
    """What `model.save_weights("NAME.weights.h5")` writes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.weights.h5"
        model.save_weights(path)
        return path.read_bytes()


def archive(members: dict[str, bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return file.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    """What is in an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return {name: found.read(name) for name in found.namelist()}


def changed(data: bytes, change: Callable[[Configuration], object], **more: bytes) -> bytes:
    """A .keras file whose configuration somebody has edited."""
    parts = members(data)
    configuration = json.loads(parts["config.json"])
    change(configuration)
    return archive(parts | {"config.json": json.dumps(configuration).encode()} | more)
