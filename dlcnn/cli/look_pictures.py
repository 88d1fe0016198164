"""The pictures of a network as a whole that `dlcnn look` puts on its page."""

import argparse
from typing import TYPE_CHECKING, Any

from dlcnn.cli.looked_at import Subject

if TYPE_CHECKING:
    import keras

    from dlcnn.understanding import Look, Picture

__all__ = ["ALSO", "picture"]

ALSO = ("kernels", "activations", "class_models", "judgement")
"""Their names."""

_ROWS = 6  # layers of which activations are shown


def picture(name: str, subject: Subject, found: "Look", options: argparse.Namespace) -> "Picture":
    """A picture of the network as a whole."""
    from dlcnn import understanding

    model, images, size = subject.model, found.images, options.batch_size
    titled: dict[str, tuple[str, str]] = {
        "kernels": (
            "What the first layer looks for",
            "The kernels of the first convolution: each is compared with every place.",
        ),
        "activations": (
            f"What layers give for {subject.names[0]}",
            "The mean over the channels of a layer, then the channels that answer most.",
        ),
        "class_models": (
            "What the network takes for each class",
            "Images that were changed, from grey on, until the score of a class was high.",
        ),
        "judgement": (
            "How far the maps can be trusted",
            "The class's probability as the pixels are deleted, or put in, in the order of each "
            "map; and how much of a map is left when the weights are made random.",
        ),
    }

    def figure() -> Any:
        import numpy as np

        if name == "kernels":
            return understanding.kernels(model).figure(filters=32)
        if name == "activations":
            layers = [options.layer] if options.layer else _some_convolutions(model)
            return understanding.activations(model, images[:1], layers, size).figure()
        if name == "class_models":
            low, high = float(images.min()), float(images.max())
            ends = (min(low, 0.0), max(high, 1.0))
            grey = np.full(images.shape[1:], sum(ends) / 2, np.float32)
            made = understanding.class_model(model, None, size, value_range=ends, start=grey)
            return made.figure(class_names=subject.classes)
        methods = tuple(found.maps)
        return understanding.judge(model, images, found.targets, size, methods=methods).figure()

    title, text = titled[name]
    return understanding.Picture(name, title, text, figure())


def _some_convolutions(model: "keras.Model") -> list[str] | None:
    """Some of the network's convolutions, from the first to the last; None if it has none."""
    import numpy as np

    from dlcnn.models import summary_table

    names = [row.name for row in summary_table(model).rows if "Conv" in row.kind]
    places = np.unique(np.linspace(0, len(names) - 1, _ROWS).round().astype(int))
    return [names[place] for place in places] if names else None
