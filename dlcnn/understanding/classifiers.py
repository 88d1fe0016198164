"""What a model must be so that its decisions can be explained. It runs nothing."""

from collections.abc import Sequence

import keras

from dlcnn.models.graph import Node
from dlcnn.models.shapes import as_text
from dlcnn.understanding.errors import UnderstandingError

__all__ = ["expect_classifier"]


def expect_classifier(model: keras.Model, nodes: Sequence[Node], where: str) -> None:
    """Refuse a model that is not from images to the scores of classes.

    Args:
        model: with a graph.
        nodes: its calls.
        where: the function that an error names.

    Raises:
        UnderstandingError: it has several inputs or outputs, others than images and scores, or
            channels first.
    """
    if len(model.outputs) != 1:
        names = ", ".join(map(repr, model.output_names))
        raise UnderstandingError(
            f"{where}: one answer is explained at a time. Received model={model.name!r} with the "
            f"outputs {names}. Pass one of them: keras.Model(model.inputs, model.outputs[0])."
        )
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 4:
        shapes = " and ".join(as_text(tensor.shape) for tensor in model.inputs)
        raise UnderstandingError(
            f"{where}: a model takes images (batch, height, width, channels), and nothing else. "
            f"Received model={model.name!r}, which takes {shapes}. Pass one of images only."
        )
    if len(model.outputs[0].shape) != 2 or model.outputs[0].shape[-1] is None:
        raise UnderstandingError(
            f"{where}: a model answers with a score for each class, (batch, classes). Received "
            f"model={model.name!r}, which gives {as_text(model.outputs[0].shape)}. End it with a "
            "layer that does, such as GlobalAveragePooling2D and Dense."
        )
    _expect_channels_last(nodes, model.name, where)


def _expect_channels_last(nodes: Sequence[Node], name: str, where: str) -> None:
    """Images are NHWC: so are the layers."""
    first = [node for node in nodes if getattr(node.layer, "data_format", "") == "channels_first"]
    if first:
        raise UnderstandingError(
            f"{where}: images are (batch, height, width, channels). Received model={name!r}, whose "
            f"{first[0].kind} {first[0].name!r} has the channels first. Build it with "
            'data_format="channels_last", the weights are the same.'
        )
