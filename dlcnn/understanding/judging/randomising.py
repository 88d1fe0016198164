"""Making a network's weights random from the top down, and putting every one of them back.

It knows weights, and nothing of maps.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.errors import UnderstandingError

__all__ = ["Stage", "kept_weights", "make_random", "stages_of"]

Stage = tuple[str, tuple[keras.layers.Layer, ...]]
"""The name of the lowest layer, and the layers that are made random in one go."""

_Saved = list[tuple[keras.Variable, npt.NDArray[Any]]]


def stages_of(lens: Classifier, at_most: int) -> list[Stage]:
    """The layers with weights from the top down, in stages of about as many layers.

    Args:
        lens: of the model.
        at_most: how many stages there are, if there are layers enough.

    Raises:
        UnderstandingError: there are no weights.
    """
    layers: dict[int, tuple[str, keras.layers.Layer]] = {}
    for step in reversed(lens.steps()):
        node = lens.nodes[step]
        if _weights(node.layer):
            layers.setdefault(id(node.layer), (node.name, node.layer))
    if not layers:
        raise UnderstandingError(
            f"judge: a network has weights to make random. Received model={lens.name!r} without. "
            "Pass stages=0 to leave that out."
        )
    parts = np.array_split(np.arange(len(layers)), min(at_most, len(layers)))
    known = list(layers.values())
    return [(known[part[-1]][0], tuple(known[i][1] for i in part)) for part in parts]


def _weights(layer: Any) -> list[keras.Variable]:
    """What a layer has learnt; the scale of the pixels, and counters, are not of that kind."""
    if isinstance(layer, keras.layers.Normalization):
        return []
    return [
        weight
        for weight in getattr(layer, "weights", ())
        if keras.backend.standardize_dtype(weight.dtype).startswith(("float", "bfloat"))
    ]


def _numbers(weight: keras.Variable) -> npt.NDArray[Any]:
    # Copied: on some backends the array is the weight's own memory.
    return np.array(weight.numpy())


def make_random(stage: Stage, seed: Sequence[int]) -> None:
    """Put random weights into the layers of a stage.

    A kernel is drawn from a normal distribution of the mean square that it has, and what is one
    number per channel is put into a random order: so outputs keep their size, and maps change for
    what was learnt and not for how large it was.
    """
    chance = np.random.default_rng(seed)
    for layer in stage[1]:
        for weight in _weights(layer):
            old = _numbers(weight).astype(np.float64)
            if old.ndim > 1:
                new = chance.normal(scale=float(np.sqrt(np.mean(old**2))), size=old.shape)
            else:
                new = chance.permutation(old) if old.ndim else old
            weight.assign(new)


@contextmanager
def kept_weights(stages: Sequence[Stage]) -> Iterator[None]:
    """Leave all weights bit for bit as they were before, whatever ends the block."""
    saved: _Saved = [
        (weight, _numbers(weight))
        for _, layers in stages
        for layer in layers
        for weight in _weights(layer)
    ]
    try:
        yield
    finally:
        try:
            _put_back(saved)
        except KeyboardInterrupt:  # an impatient second Ctrl-C
            _put_back(saved)
            raise


def _put_back(saved: _Saved) -> None:
    for weight, value in saved:
        weight.assign(value)
