"""Put trained weights into a built network; it knows layers and files, and no network by name.

Two networks belong together when the n-th layer of each kind has weights of the same shapes and
the same settings in both, and the pooling between them is the same. Layers' names do not matter.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from dlcnn.models.architecture import Architecture, registered
from dlcnn.models.errors import ModelError, first_line
from dlcnn.models.outlines import is_outline

__all__ = ["imagenet", "load"]

# Settings that change what the same weights compute. Padding and activations may be layers of
# their own in one of the networks, so they are not compared.
_SETTINGS = ("strides", "dilation_rate", "groups", "epsilon", "pool_size")

_HDF5 = (".h5", ".hdf5")

_Label = tuple[str, int]  # such as ("conv2d", 3) for the third convolution
_Shapes = dict[_Label, list[tuple[int, ...]]]


def load(model: keras.Model, weights: "str | os.PathLike[str] | keras.Model") -> None:
    """Copy all weights into a network.

    Args:
        model: a built network; its weights are replaced.
        weights: a model with the same layers, or a file: .weights.h5, .keras, or the older .h5
            in which Keras publishes weights. A .weights.h5, or an .h5 of weights only, says
            nothing of settings such as strides, so that only the shapes can be compared.

    Raises:
        ModelError: the file cannot be read, or the first layer that does not fit.
    """
    if isinstance(weights, keras.Model):
        _transfer(model, weights, f"the model {weights.name!r}")
        return
    path = Path(weights) if isinstance(weights, str | os.PathLike) else None
    if path is None or not path.is_file():
        raise ModelError(
            f"{model.name}: weights is a file, a model or 'imagenet'. Received weights="
            f"{weights!r}, and there is no such file. Check the path."
        )
    with _explained(model, path):
        if path.suffix == ".keras" or _is_whole_model(path):
            _transfer(model, keras.saving.load_model(path, compile=False), str(path))
        elif path.name.endswith(".weights.h5"):
            ours = {label: shapes for label, shapes in _shapes(_telling(model)).items() if shapes}
            _compare(model, ours, _stored(path), str(path))
            model.load_weights(path)
        elif path.suffix in _HDF5:
            model.load_weights(path)
        else:
            raise ValueError("Its name does not end in .weights.h5, .keras or .h5")


def imagenet(architecture: Architecture, arguments: Mapping[str, Any]) -> keras.Model:
    """The `keras.applications` model of the same layers, with weights that Keras downloads.

    Args:
        architecture: the network to be filled.
        arguments: those it is built with, which must leave the published layers as they are.

    Raises:
        ModelError: nothing is published for this network, or the download failed.
    """
    name, chosen = architecture.name, {**architecture.defaults, **arguments}
    published: dict[str, Any] = {"variant": "keras", "include_preprocessing": True}
    if chosen["include_top"]:
        published["num_classes"] = 1000
    if architecture.application is None:
        others = sorted(other.name for other in registered().values() if other.application)
        raise ModelError(
            f"{name}: Keras publishes no weights for it. Received weights='imagenet'. It does for "
            f"{', '.join(others)}."
        )
    for option, needed in published.items():
        if chosen.get(option, needed) != needed:
            raise ModelError(
                f"{name}: weights='imagenet' needs {option}={needed!r}. Received "
                f"{option}={chosen[option]!r}. Change it, or take the features alone with "
                "include_top=False."
            )
    application = getattr(keras.applications, architecture.application)
    try:
        source: keras.Model = application(weights="imagenet", include_top=chosen["include_top"])
    except Exception as error:  # Keras' downloader raises a bare Exception
        raise ModelError(
            f"{name}: its weights could not be downloaded ({first_line(error)}). Received "
            "weights='imagenet'. Try again when connected, or give a weight file."
        ) from None
    return source


def _is_whole_model(path: Path) -> bool:
    """Whether an .h5 file holds the layers too, not their weights only."""
    if path.suffix not in _HDF5:
        return False
    with h5py.File(path) as file:
        return "model_config" in file.attrs


def _transfer(model: keras.Model, source: keras.Model, origin: str) -> None:
    ours, theirs = _telling(model), _telling(source)
    _compare(model, _shapes(ours), _shapes(theirs), origin)
    for label, layer in ours.items():
        _compare_settings(model, label, layer, theirs[label], origin)
    if is_outline(source):
        raise ModelError(
            f"{model.name}: an outline has no weights to give. Received {origin}. Build it with "
            "models.build."
        )
    for label, layer in ours.items():
        layer.set_weights(theirs[label].get_weights())
        if isinstance(layer, keras.layers.Normalization):
            _fold_rescaling(layer, source)
            layer.finalize_state()


def _fold_rescaling(layer: keras.layers.Normalization, source: keras.Model) -> None:
    """Take over the scale per channel that `keras.applications` puts behind a normalization.

    EfficientNet with downloaded weights has such a layer, which EfficientNet without them lacks.
    """
    for other in source.layers:
        if isinstance(other, keras.layers.Rescaling) and np.ndim(other.scale) == 1:
            layer.adapt_variance.assign(layer.adapt_variance / keras.ops.square(other.scale))


def _telling(model: keras.Model) -> dict[_Label, keras.Layer]:
    """The layers that have weights, and pooling, each by its kind and its number among its kind."""
    seen: Counter[str] = Counter()
    layers = {}
    for layer in model.layers:
        kind = type(layer).__name__.lower()
        seen[kind] += 1
        if layer.weights or hasattr(layer, "pool_size"):
            layers[kind, seen[kind]] = layer
    return layers


def _shapes(layers: Mapping[_Label, keras.Layer]) -> _Shapes:
    return {
        label: [tuple(weight.shape) for weight in layer.weights] for label, layer in layers.items()
    }


def _stored(path: Path) -> _Shapes:
    """The same from a .weights.h5 file, whose groups are called conv2d, conv2d_1 and so on."""
    shapes = {}
    with h5py.File(path) as file:
        for name, group in file["layers"].items():
            kind, _, number = name.rpartition("_")
            label = (kind, int(number) + 1) if number.isdigit() else (name, 1)
            values = group.get("vars", ())
            if len(values):
                stored = [values[str(index)].shape for index in range(len(values))]
                shapes[label[0].replace("_", ""), label[1]] = stored
    return shapes


def _compare(model: keras.Model, ours: _Shapes, theirs: _Shapes, origin: str) -> None:
    """Refuse at the first layer whose weights differ in number or shape."""
    for label in [*ours, *theirs]:
        if ours.get(label) != theirs.get(label):
            kind, number = label
            raise ModelError(
                f"{model.name}: the weights of {origin} are another network's. Received at "
                f"{kind} {number}: {_said(theirs.get(label))}, where {model.name} has "
                f"{_said(ours.get(label))}. Build the network, variant, input shape and "
                "classes they were trained with."
            )


def _said(shapes: list[tuple[int, ...]] | None) -> str:
    return "nothing" if shapes is None else str(shapes or "one without weights")


def _compare_settings(
    model: keras.Model, label: _Label, layer: keras.Layer, given: keras.Layer, origin: str
) -> None:
    """Refuse a layer that would compute something else with the same weights."""
    for setting in _SETTINGS:
        needed, received = getattr(layer, setting, None), getattr(given, setting, None)
        if needed != received:
            raise ModelError(
                f"{model.name}: {label[0]} {label[1]} has {setting}={needed}. Received "
                f"{setting}={received} in {origin}. Build the variant they were trained with."
            )


@contextlib.contextmanager
def _explained(model: keras.Model, path: Path) -> Iterator[None]:
    """Turn whatever a damaged or foreign file causes into a sentence."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # h5py, zipfile, json and Keras each raise their own
        raise ModelError(
            f"{model.name}: the weights cannot be read ({first_line(error)}). Received weights="
            f"{str(path)!r}. Give a .weights.h5, .keras or .h5 file that Keras saved from this "
            "network."
        ) from None
