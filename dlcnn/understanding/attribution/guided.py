"""Guided backpropagation: gradients that only flow where they and the activations are positive."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy.typing as npt
from keras import ops

from dlcnn.models.answers import activation_of
from dlcnn.models.shapes import Tensor
from dlcnn.understanding.attribution.checked import checked, gradient_program
from dlcnn.understanding.attribution.rectifiers import rectifiers_of
from dlcnn.understanding.attribution.saliency import Kind, kind_of, reducing
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.errors import UnderstandingError, warn
from dlcnn.understanding.gradients import rectified
from dlcnn.understanding.maps import Maps
from dlcnn.understanding.questions import ask

__all__ = ["guided_backprop"]


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
    own output is. A ReLU is told by what it does, in every style: a layer, an `activation=`, an
    operation of `keras.ops` or several together, a function of one's own, or a wrapper around one
    of these. The maps are sharp, but say less of the class than others: see Adebayo et al. 2018,
    and `judge`.

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

    Warns:
        UnderstandingWarning: code of one's own, or a recurrent layer, may have a ReLU inside,
            before its end, which is not guided.

    Source: Springenberg et al. 2014, section 3.4.
    """
    question = ask("guided_backprop", model, images, targets, batch_size)
    lens, how = question.lens, kind_of(kind, "guided_backprop")
    steps = _rectified_steps(lens)

    def change(step: int, output: Tensor) -> Tensor:
        # Before the derivative of a ReLU itself comes what its output gets from above. At 0, where
        # functions such as a maximum have another derivative, that of ReLU counts.
        return rectified(ops.relu(output)) if step in steps else output

    program = lens.program(
        ("guided", how), lambda: reducing(gradient_program(question, change), how)
    )
    arrays = [question.images, question.targets]
    scores, maps = in_batches(program, arrays, question.batch_size, label="guided backprop")
    return checked(question, "guided backprop", maps, scores)


def _rectified_steps(lens: Classifier) -> frozenset[int]:
    """The nodes that end with a ReLU.

    Raises:
        UnderstandingError: there are none.

    Warns:
        UnderstandingWarning: there may be others, which cannot be seen.
    """
    found = rectifiers_of(lens)
    inside = ", ".join(map(repr, found.unseen))
    if not found.steps:
        ends = {activation_of(lens.nodes[step]) for step in lens.steps()}
        others = sorted(name for name in ends if name.islower() and name != "linear")
        raise UnderstandingError(
            "guided_backprop: it changes how gradients pass a ReLU. Received "
            f"model={lens.name!r}, which has none"
            + (f" outside of {inside}" if inside else "")
            + (f" (its activations: {', '.join(others)}). " if others else ". ")
            + "Use saliency or smoothgrad."
        )
    if inside:
        warn(
            f"guided_backprop: it cannot look into {inside}. If there is a ReLU inside, gradients "
            "pass it as in saliency. Make each ReLU a layer of the model to have it guided."
        )
    return found.steps
