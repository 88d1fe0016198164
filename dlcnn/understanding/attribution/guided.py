"""Guided backpropagation: gradients that only flow where they and the activations are positive."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy.typing as npt

from dlcnn.models.answers import activation_of
from dlcnn.models.graph import Node
from dlcnn.models.shapes import Tensor
from dlcnn.understanding.attribution.checked import checked, gradient_program
from dlcnn.understanding.attribution.saliency import Kind, kind_of, reducing
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.gradients import rectified
from dlcnn.understanding.lens import Lens
from dlcnn.understanding.maps import Maps
from dlcnn.understanding.questions import ask

__all__ = ["guided_backprop"]

_RECTIFIERS = {"relu", "relu6"}


def guided_backprop(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 64,
    *,
    kind: Kind = "absolute",
) -> Maps:
    """Map what excites the units that excite the class.

    On the way back each ReLU passes on only what is positive: that of the gradient, and where its
    own output is. ReLU counts in every style: as a layer, as `activation=` of another, as a
    function of `keras.ops`. The maps are sharp, but say less of the class than others: see
    Adebayo et al. 2018, and `judge`.

    Args:
        model: as for `saliency`, with a ReLU somewhere.
        images: (N, H, W, C) as the model takes them.
        targets: a class for all images or (N,); None: the class that the model prefers.
        batch_size: images at a time.
        kind: how the guided gradient is read, as for `saliency`.

    Returns:
        (N, H, W) float32.

    Raises:
        ModelError, UnderstandingError: as for `saliency`, or there is no ReLU in the model.

    Source: Springenberg et al. 2014, section 3.4.
    """
    question = ask("guided_backprop", model, images, targets, batch_size)
    lens, how = question.lens, kind_of(kind, "guided_backprop")
    rectifiers = _rectifiers(lens)

    def change(step: int, output: Tensor) -> Tensor:
        # Before the derivative of a ReLU itself comes what its output gets from above.
        return rectified(output) if step in rectifiers else output

    program = lens.program(("guided", how), lambda: reducing(gradient_program(lens, change), how))
    arrays = [question.images, question.targets]
    scores, maps = in_batches(program, arrays, question.batch_size, label="guided backprop")
    return checked(question, "guided backprop", maps, scores)


def _rectifiers(lens: Lens) -> set[int]:
    """The nodes that end with a ReLU.

    Raises:
        UnderstandingError: there are none.
    """
    ends = {step: activation_of(lens.nodes[step]) for step in lens.steps()}
    found = {
        step
        for step, name in ends.items()
        if name.lower() in _RECTIFIERS and not _leaks(lens.nodes[step])
    }
    if not found:
        others = sorted({name for name in ends.values() if name.islower() and name != "linear"})
        raise UnderstandingError(
            "guided_backprop: it changes how gradients pass a ReLU. Received "
            f"model={lens.name!r}, which has none"
            + (f" (its activations: {', '.join(others)}). " if others else ". ")
            + "Use saliency or smoothgrad."
        )
    return found


def _leaks(node: Node) -> bool:
    """Whether a ReLU lets something of what is negative through."""
    layer: Any = node.layer
    own = (layer, getattr(layer, "activation", None))
    return any(getattr(each, "negative_slope", 0) for each in own)
