"""Layers in NumPy, in the words of Keras: `Conv2D(8, 4, padding="same")(images)`.

Each is constructed with a configuration and called with data, and carries a gradient back. What
they compute are the operations of `dlcnn.reference`; they know no network and no framework.
"""

from collections.abc import Mapping
from inspect import signature
from typing import Any

from dlcnn.reference.layers.activation import Activation, ReLU, Sigmoid, Softmax
from dlcnn.reference.layers.base import Gradients, Layer, Seed, WeightedLayer
from dlcnn.reference.layers.convolution import Conv1D, Conv2D, DepthwiseConv2D
from dlcnn.reference.layers.dense import Dense
from dlcnn.reference.layers.historic import (
    LocalResponseNormalization,
    RadialBasis,
    SelectChannels,
)
from dlcnn.reference.layers.merging import Add, Concatenate
from dlcnn.reference.layers.normalization import BatchNormalization
from dlcnn.reference.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
)
from dlcnn.reference.layers.reshaping import Dropout, Flatten, ZeroPadding2D

__all__ = [
    "Activation",
    "Add",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "Gradients",
    "Layer",
    "LocalResponseNormalization",
    "MaxPooling1D",
    "MaxPooling2D",
    "RadialBasis",
    "ReLU",
    "SelectChannels",
    "Sigmoid",
    "Softmax",
    "ZeroPadding2D",
    "layer_names",
    "layer_settings",
    "make_layer",
]


def layer_names() -> tuple[str, ...]:
    """The names of the layers there are."""
    return tuple(name for name in __all__ if name[0].isupper() and name not in _NO_LAYERS)


def layer_settings(class_name: str) -> frozenset[str]:
    """The configuration that a layer takes, by name.

    Raises:
        ValueError: there is no such layer.
    """
    return frozenset(signature(_find(class_name)).parameters) - {"seed"}


def make_layer(class_name: str, config: Mapping[str, Any], seed: Seed = None) -> Layer[Any]:
    """Construct a layer from plain data: its name and its configuration.

    Args:
        class_name: such as "Conv2D".
        config: such as {"filters": 8, "kernel_size": 4}.
        seed: draws the weights at the first call.

    Raises:
        ShapeError: as the layer.
        ValueError: there is no such layer, or it has no such settings, or as the layer.
    """
    constructor = _find(class_name)
    drawn = {"seed": seed} if issubclass(constructor, WeightedLayer) else {}
    try:
        signature(constructor).bind(**config, **drawn)
    except TypeError as error:
        known = ", ".join(sorted(layer_settings(class_name))) or "none"
        raise ValueError(
            f"{class_name}: its settings are {known}. Received config={dict(config)!r}: {error}."
        ) from None
    return constructor(**config, **drawn)


_NO_LAYERS = ("Gradients", "Layer")


def _find(class_name: str) -> type[Layer[Any]]:
    if class_name not in layer_names():
        raise ValueError(
            f"layers: a layer is one of {', '.join(layer_names())}. "
            f"Received class_name={class_name!r}."
        )
    found: type[Layer[Any]] = globals()[class_name]
    return found
