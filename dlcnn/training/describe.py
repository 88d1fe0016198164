"""What a result depends on, in plain words: a model's layers, the versions, the device.

It asks Keras and its backend, and knows nothing of manifests and run folders.
"""

import hashlib
import json
import os
import platform
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

__all__ = ["describe_device", "describe_versions", "model_digest", "model_name"]


def model_name(model: "keras.Model") -> str:
    """The model's name, without the number that Keras gives to a second nameless one."""
    name: str = model.name
    return re.sub(r"^(functional|sequential)_\d+$", r"\1", name)


def model_digest(model: "keras.Model") -> str:
    """SHA-256 of a model's configuration, in hex; names that Keras counts up do not matter."""
    import keras

    config = keras.saving.serialize_keras_object(model)["config"]
    text = json.dumps(_without_names(config, {}), sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _without_names(value: Any, numbers: dict[str, int]) -> Any:
    """A configuration with each layer's name, and each mention of it, replaced by its number."""
    if isinstance(value, Mapping):
        if str(value.get("class_name", "")).endswith("DTypePolicy"):
            return dict(value)  # "float32" is its name, and matters
        return {
            key: numbers.setdefault(item, len(numbers))
            if key == "name" and isinstance(item, str)
            else _without_names(item, numbers)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        if len(value) == 3 and isinstance(value[0], str):  # a tensor: its layer, node and place
            return [numbers.setdefault(value[0], len(numbers)), *value[1:]]
        return [_without_names(item, numbers) for item in value]
    return value


def describe_versions() -> dict[str, str]:
    """The versions of what a result depends on."""
    from importlib.metadata import PackageNotFoundError, version

    import keras
    import numpy as np

    backend = keras.backend.backend()
    try:
        ours = version("dlcnn")
    except PackageNotFoundError:
        ours = "a checkout"
    return {
        "dlcnn": ours,
        "keras": keras.__version__,
        "backend": f"{backend} {version(backend)}",
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def describe_device() -> str:
    """What Keras computes on, in words: the names of the GPUs, or the processor."""
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        devices = tf.config.list_physical_devices("GPU")
        names = [
            tf.config.experimental.get_device_details(each).get("device_name", "GPU")
            for each in devices
        ]
    elif backend == "jax":
        import jax

        names = [each.device_kind for each in jax.local_devices() if each.platform != "cpu"]
    else:
        import torch

        names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    counted = [f"{names.count(name)} x {name}" for name in dict.fromkeys(names)]
    return ", ".join(counted) or f"CPU ({platform.machine()}, {os.cpu_count()} cores)"
