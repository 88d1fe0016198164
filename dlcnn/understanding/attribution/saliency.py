"""Saliency: the gradient of a class's score with respect to the pixels, and ways to read it."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Literal, TypeAlias, get_args

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import choice
from dlcnn.understanding.attribution.checked import checked, gradient_program
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.maps import Maps
from dlcnn.understanding.questions import ask

__all__ = ["Kind", "gradient", "kind_of", "reduced", "reducing", "saliency"]

Kind: TypeAlias = Literal["absolute", "plain", "times_input"]


def saliency(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 64,
    *,
    kind: Kind = "absolute",
) -> Maps:
    """Map how strongly the score of a class reacts to each pixel.

    Args:
        model: Functional or Sequential, from images to the scores of classes. A softmax or
            sigmoid at its end is left out: the score is the logit.
        images: (N, H, W, C) as the model takes them.
        targets: a class for all images or (N,), one for each; None: the class it prefers.
        batch_size: images at a time.
        kind: "absolute", the maximum over channels of the gradient without its sign; "plain", its
            sum over channels with the sign, the effect of brightening a pixel; "times_input", the
            same after multiplying with the image, which counts what is there.

    Returns:
        (N, H, W) float32.

    Raises:
        ModelError, UnderstandingError: the model, images, targets or options cannot be; the
            gradient is broken or does not exist.

    Source: Simonyan, Vedaldi & Zisserman 2013, section 3; "times_input": Shrikumar et al. 2016.
    """
    question = ask("saliency", model, images, targets, batch_size)
    how = kind_of(kind, "saliency")
    program = question.lens.program(
        ("saliency", how),
        lambda: reducing(gradient_program(question), how),
    )
    scores, maps = in_batches(
        program, [question.images, question.targets], question.batch_size, label="saliency"
    )
    return checked(question, f"saliency ({how.replace('_', ' ')})", maps, scores)


def gradient(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 64,
) -> npt.NDArray[np.float32]:
    """The gradient itself that `saliency` is made of: (N, H, W, C) float32, channels and signs.

    Arguments and errors are those of `saliency`.
    """
    question = ask("gradient", model, images, targets, batch_size)
    program = question.lens.program("gradient", lambda: gradient_program(question))
    scores, found = in_batches(
        program, [question.images, question.targets], question.batch_size, label="gradient"
    )
    checked(question, "gradient", found, scores)
    return found


def kind_of(kind: str, where: str) -> str:
    """A kind of reading, checked."""
    return choice(where, "kind", kind, get_args(Kind))


def reduced(gradients: Tensor, images: Tensor, kind: str) -> Tensor:
    """(N, H, W) of (N, H, W, C) gradients."""
    # Channel by channel: reductions over an axis of 3 take frameworks three times as long.
    if kind == "absolute":
        return reduce(ops.maximum, ops.unstack(ops.abs(gradients), axis=-1))
    counted = gradients * images if kind == "times_input" else gradients
    return reduce(ops.add, ops.unstack(counted, axis=-1))


def reducing(
    program: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], kind: str
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """A gradient program whose gradients are read in this way."""

    def run(images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        scores, gradients = program(images, targets)
        return scores, reduced(gradients, images, kind)

    return run
