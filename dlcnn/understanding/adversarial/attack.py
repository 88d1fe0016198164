"""FGSM and PGD: one step, and many, up the gradient of the loss with respect to the pixels."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.adversarial.ball import (
    Norm,
    length_of,
    limits_for,
    log_odds_against,
    norm_of,
    start_in,
    stepped,
)
from dlcnn.understanding.adversarial.result import Adversarial, ask_to_attack, attacked
from dlcnn.understanding.arguments import flag, whole
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.errors import warn
from dlcnn.understanding.gradients import value_and_gradient
from dlcnn.understanding.questions import Question

__all__ = ["attack_step", "fgsm", "pgd"]


def fgsm(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 64,
    *,
    epsilon: float = 8 / 255,
    targeted: bool = False,
    value_range: tuple[float, float] = (0, 1),
) -> Adversarial:
    """Change every value of an image by epsilon, in the direction that raises the loss.

    Args:
        model: Functional or Sequential, from images to the scores of classes.
        images: (N, H, W, C) as the model takes them.
        targets: the true class of each image, or, if `targeted`, the wanted ones; one class
            counts for all. None: the class that the model prefers, away from which it goes.
        batch_size: images at a time.
        epsilon: how far, in the unit of the pixels.
        targeted: lower the loss for the wanted class instead.
        value_range: the smallest and the largest value of a pixel; changed images stay inside.

    Raises:
        ModelError, UnderstandingError: the model, images, targets or options cannot be; the
            gradient is broken or does not exist.

    Source: Goodfellow, Shlens & Szegedy 2014, section 4.
    """
    question = ask_to_attack("fgsm", model, images, targets, batch_size, targeted)
    radius, (low, high) = limits_for(question, epsilon, "linf", value_range)
    limits = np.array([radius, radius, low, high], np.float32)
    changed = _climbed(question, "linf", limits, steps=1, targeted=targeted)
    if radius and np.array_equal(changed, question.images):
        warn(
            "fgsm: no image is changed: the loss does not depend on these images, or they cannot "
            "go further in their range. Dead units are the usual reason.",
        )
    return attacked(question, changed, "FGSM", norm="linf", targeted=targeted)


def pgd(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 64,
    *,
    epsilon: float = 8 / 255,
    norm: Norm = "linf",
    steps: int = 10,
    step_size: float | None = None,
    random_start: bool = True,
    targeted: bool = False,
    value_range: tuple[float, float] = (0, 1),
    seed: int = 0,
) -> Adversarial:
    """Climb the loss in steps, and come back into the ball of radius epsilon after each.

    Args:
        model: Functional or Sequential, from images to the scores of classes.
        images: (N, H, W, C) as the model takes them.
        targets: as in `fgsm`.
        batch_size: images at a time.
        epsilon: the radius, in the unit of the pixels. In "l2" it is the length of the whole
            change, not of one value's.
        norm: "linf" bounds the change of each value, "l2" the root of the sum of their squares.
        steps: how many.
        step_size: how far each goes; by default 2.5 epsilon / steps.
        random_start: begin somewhere in the ball rather than at the image.
        targeted: lower the loss for the wanted class instead.
        value_range: the smallest and the largest value of a pixel; changed images stay inside.
        seed: of the random start, which follows from it and the place of the image.

    Raises:
        ModelError, UnderstandingError: the model, images, targets or options cannot be; the
            gradient is broken or does not exist.

    Source: Madry et al. 2017, section 2.1.
    """
    question = ask_to_attack("pgd", model, images, targets, batch_size, targeted)
    kind = norm_of(norm, "pgd")
    radius, (low, high) = limits_for(question, epsilon, kind, value_range)
    count = whole("pgd", "steps", steps, least=1)
    length = length_of("pgd", step_size, radius, count)
    first = whole("pgd", "seed", seed, least=0)
    begin = first if flag("pgd", "random_start", random_start) else None
    limits = np.array([radius, length, low, high], np.float32)
    changed = _climbed(question, kind, limits, steps=count, targeted=targeted, seed=begin)
    return attacked(question, changed, f"PGD, {count} steps", norm=kind, targeted=targeted)


def _climbed(
    question: Question,
    norm: str,
    limits: npt.NDArray[np.float32],
    *,
    steps: int,
    targeted: bool,
    seed: int | None = None,
) -> npt.NDArray[np.float32]:
    """The images after all steps; with a seed they begin in a random place."""
    program = question.lens.program(("attack step", norm), lambda: attack_step(question.lens, norm))
    sign = np.float32(-1 if targeted else 1)
    epsilon, _, low, high = map(float, limits)

    def climb(
        originals: npt.NDArray[Any], targets: npt.NDArray[Any], places: npt.NDArray[Any]
    ) -> npt.NDArray[Any]:
        images = originals
        if seed is not None:
            seeds = [(seed, int(place)) for place in places]
            images = start_in(norm, originals, epsilon, (low, high), seeds)
        for _ in range(steps):
            images = program(images, originals, targets, sign, limits)
        return images

    rows: list[npt.NDArray[Any]] = [
        question.images,
        question.targets,
        np.arange(len(question.images)),
    ]
    (changed,) = in_batches(climb, rows, question.batch_size, label=question.where)
    return changed


def attack_step(lens: Classifier, norm: str) -> Callable[..., Tensor]:
    """One step of an attack, from (images, originals, targets, sign, limits) to images.

    The sign is 1 to go away from the targets and -1 to go towards them; for limits see `stepped`.
    """

    def run(
        images: Tensor, originals: Tensor, targets: Tensor, sign: Tensor, limits: Tensor
    ) -> Tensor:
        def loss(pixels: Tensor) -> Tensor:
            odds = log_odds_against(lens, lens.logits(pixels), targets)
            return ops.cast(sign, odds.dtype) * odds

        _, gradients = value_and_gradient(loss)(images)
        return stepped(norm, images, originals, gradients, limits)

    return run
