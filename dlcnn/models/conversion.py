"""A Keras model written down as plain data, for the NumPy reference to run.

It knows which layers the reference has and what of their configuration matters in use; it must not
know what they compute.
"""

from collections.abc import Mapping
from typing import Any

import keras

from dlcnn.models import layers as own_layers
from dlcnn.models.errors import ModelError, first_line
from dlcnn.models.graph import Node, layer_calls
from dlcnn.models.outlines import is_outline
from dlcnn.reference import layers, network

__all__ = ["to_reference"]

# What Keras' configurations say of learning, of saving and of randomness: nothing when used.
_OF_NO_MATTER = {"dtype", "name", "noise_shape", "renorm_momentum", "seed", "trainable"}
_OF_LEARNING = ("_constraint", "_initializer", "_regularizer")


def to_reference(model: keras.Model, where: str = "to_reference") -> network.Network:
    """Write a model down as a network of the NumPy reference, with copies of its weights.

    Args:
        model: Functional, or Sequential that knows its input shape; nested models are opened, and
            a layer that is called several times stays one.
        where: the function that an error names.

    Returns:
        A network whose nodes have the names of `summary_table`, and whose inputs are in the order
        of the model's.

    Raises:
        ModelError: the model has no graph or no weights, or a layer that the reference has not.
    """
    nodes, outputs = layer_calls(model, where)
    if is_outline(model):
        raise ModelError(
            f"{where}: an outline has no weights to compute with. Received {model.name!r}. Build "
            "it with models.build."
        )
    written: list[network.Node] = []
    first_names: dict[int, str] = {}
    for node in nodes:
        if not isinstance(node.layer, keras.layers.InputLayer):
            shares = first_names.get(id(node.layer))
            reads = tuple(nodes[parent].name for parent in node.parents)
            written.append(_written(node, reads, shares, where))
            first_names.setdefault(id(node.layer), node.name)
    inputs = [tensor._keras_history.operation.name for tensor in model.inputs]
    try:
        return network.Network(written, inputs, [nodes[output.node].name for output in outputs])
    except ValueError as error:
        raise ModelError(
            f"{where}: the reference cannot build this model ({first_line(error)}). Received "
            f"{model.name!r}. Its layers may take only what dlcnn.reference.layers takes."
        ) from None


def _written(node: Node, reads: tuple[str, ...], shares: str | None, where: str) -> network.Node:
    layer: Any = node.layer
    theirs = getattr(keras.layers, node.kind, None) or getattr(own_layers, node.kind, None)
    if type(layer) is not theirs or node.kind not in layers.layer_names():
        raise ModelError(
            f"{where}: what runs in NumPy are the layers {', '.join(layers.layer_names())}. "
            f"Received {node.kind} {node.name!r}. Replace it, or take a part of the model without "
            "it."
        )
    if shares is not None:
        return network.Node(node.name, node.kind, inputs=reads, shares=shares)
    config = _config(node, layer.get_config(), where)
    weights = {each.name: each.numpy().copy() for each in layer.weights}
    return network.Node(node.name, node.kind, config, reads, weights)


def _config(node: Node, config: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The settings that the reference takes; the others must have nothing to say."""
    known = layers.layer_settings(node.kind)
    for name, value in config.items():
        silent = name in _OF_NO_MATTER or name.endswith(_OF_LEARNING)
        if name not in known and not silent and value not in (None, False):
            raise ModelError(
                f"{where}: {node.kind} takes {', '.join(sorted(known))} in NumPy. "
                f"Received {name}={value!r} in {node.name!r}. Leave it out."
            )
    return {name: value for name, value in config.items() if name in known}
