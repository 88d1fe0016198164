"""Attacks that survive small rotations, shifts and changes of size, and how often they do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    stepped,
)
from dlcnn.understanding.adversarial.movements import Movements, moved, movements_of
from dlcnn.understanding.adversarial.result import (
    Adversarial,
    answers,
    ask_to_attack,
    attacked,
    hit,
    named,
)
from dlcnn.understanding.arguments import flag, whole
from dlcnn.understanding.attribution.checked import scores_of
from dlcnn.understanding.batches import in_batches, track
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.finite import expect_finite
from dlcnn.understanding.gradients import value_and_gradient
from dlcnn.understanding.questions import Question, ask

__all__ = ["RobustAdversarial", "robust_attack", "survival"]

_Array = npt.NDArray[Any]
_CLIMBING, _FRESH = 0, 1  # streams of random numbers: what is judged by was never climbed with


@dataclass(frozen=True)
class RobustAdversarial(Adversarial):
    """Images that are taken for something else also when they are moved.

    Attributes:
        survival: (N,) the share of fresh movements under which the attack succeeds.
        original_survival: (N,) the same of the originals: what movements do alone.
    """

    survival: npt.NDArray[np.float32]
    original_survival: npt.NDArray[np.float32]

    def _change_captions(self) -> list[str]:
        sizes = zip(super()._change_captions(), self.survival, strict=True)
        return [f"{size}\nholds {share:.0%}" for size, share in sizes]


def robust_attack(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | _Array | None = None,
    batch_size: int = 64,
    *,
    epsilon: float = 16 / 255,
    norm: Norm = "linf",
    rotation: float = 15.0,
    shift: float = 0.1,
    scale: float = 0.1,
    samples: int = 8,
    steps: int = 40,
    step_size: float | None = None,
    targeted: bool = False,
    value_range: tuple[float, float] = (0, 1),
    trials: int = 50,
    seed: int = 0,
) -> RobustAdversarial:
    """Climb the mean loss over random movements of an image, not that of the image alone.

    Args:
        model: Functional or Sequential, from images to the scores of classes.
        images: (N, H, W, C) as the model takes them.
        targets: as in `fgsm`.
        batch_size: moved copies of images at a time.
        epsilon: how far, in the unit of the pixels; before the image is moved.
        norm: as in `pgd`.
        rotation: degrees, either way.
        shift: a share of height and width, either way.
        scale: a share of the size, either way.
        samples: movements that each step takes the mean over.
        steps: how many.
        step_size: how far each goes; by default 2.5 epsilon / steps.
        targeted: lower the loss for the wanted class instead.
        value_range: the smallest and the largest value of a pixel; changed images stay inside.
        trials: fresh movements that the result is judged with.
        seed: of all movements.

    Raises:
        ModelError, UnderstandingError: the model, images, targets or options cannot be; the
            gradient is broken or does not exist.

    Source: Athalye et al. 2018, expectation over transformation.
    """
    where = "robust_attack"
    question = ask_to_attack(where, model, images, targets, batch_size, targeted)
    kind = norm_of(norm, where)
    radius, (low, high) = limits_for(question, epsilon, kind, value_range)
    movements = movements_of(where, rotation, shift, scale)
    count = whole(where, "steps", steps, least=1)
    copies = whole(where, "samples", samples, least=1)
    tries = whole(where, "trials", trials, least=1)
    begin = whole(where, "seed", seed, least=0)
    limits = np.array([radius, length_of(where, step_size, radius, count), low, high], np.float32)
    climb = _climber(
        *(question, kind, movements, limits),
        steps=count,
        samples=copies,
        seed=begin,
        targeted=targeted,
    )
    rows: list[_Array] = [
        question.images,
        question.targets,
        np.arange(len(question.images)),
    ]
    (changed,) = in_batches(climb, rows, max(1, question.batch_size // copies), label=where)
    plain = attacked(question, changed, "robust attack", norm=kind, targeted=targeted)
    held, held_before = (
        _survival(question, each, movements, targeted=targeted, trials=tries, seed=begin)
        for each in (changed, question.images)
    )
    return RobustAdversarial(**vars(plain), survival=held, original_survival=held_before)


def survival(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | _Array,
    batch_size: int = 64,
    *,
    targeted: bool = False,
    rotation: float = 15.0,
    shift: float = 0.1,
    scale: float = 0.1,
    trials: int = 50,
    seed: int = 0,
) -> npt.NDArray[np.float32]:
    """Measure how often images are still mistaken when they are moved at random.

    Args:
        model: Functional or Sequential, from images to the scores of classes.
        images: (N, H, W, C) that an attack gave.
        targets: what the attack was given: the true classes or the wanted ones.
        batch_size: images at a time.
        targeted: whether the targets are the wanted classes.
        rotation: degrees, either way.
        shift: a share of height and width, either way.
        scale: a share of the size, either way.
        trials: movements of each image.
        seed: of the movements, which are not those that `robust_attack` climbs with.

    Returns:
        (N,) the share of movements under which the attack succeeds.

    Raises:
        ModelError, UnderstandingError: the model, images, targets or options cannot be.
    """
    where = "survival"
    question = ask(where, model, images, named(where, "targets", targets), batch_size)
    expect_finite(question.where, question.lens, question.images, scores_of(question))
    return _survival(
        question,
        question.images,
        movements_of(where, rotation, shift, scale),
        targeted=flag(where, "targeted", targeted),
        trials=whole(where, "trials", trials, least=1),
        seed=whole(where, "seed", seed, least=0),
    )


def _climber(
    question: Question,
    norm: str,
    movements: Movements,
    limits: npt.NDArray[np.float32],
    *,
    steps: int,
    samples: int,
    seed: int,
    targeted: bool,
) -> Callable[[_Array, _Array, _Array], _Array]:
    """All steps of a few images, never more than `batch_size` copies at once."""
    lens = question.lens
    gradients_of = lens.program("moved gradient", lambda: _moved_gradient(lens))
    step = lens.program(
        ("step along", norm),
        lambda: lambda *tensors: stepped(norm, *tensors),
    )
    direction = np.float32(-1 if targeted else 1)

    def climb(originals: _Array, targets: _Array, places: _Array) -> _Array:
        images = originals
        shape = (len(images), samples, *images.shape[1:])
        for number_of_step in range(steps):
            matrices = [
                movements.draw((seed, _CLIMBING, int(place), number_of_step, copy), *shape[2:4])
                for place in places
                for copy in range(samples)
            ]
            rows = [np.repeat(images, samples, 0), np.repeat(targets, samples), np.stack(matrices)]
            (found,) = in_batches(gradients_of, rows, question.batch_size)
            mean = direction * found.reshape(shape).mean(axis=1)
            images = step(images, originals, mean, limits)
        return images

    return climb


def _moved_gradient(lens: Classifier) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The gradient of the cross-entropy of moved images with respect to the unmoved ones.

    Here it is the cross-entropy itself: in the mean, movements that already succeed count less.
    """

    def run(images: Tensor, targets: Tensor, matrices: Tensor) -> Tensor:
        def loss(pixels: Tensor) -> Tensor:
            logits = lens.logits(moved(pixels, matrices))
            return ops.softplus(log_odds_against(lens, logits, targets))

        return value_and_gradient(loss)(images)[1]

    return run


def _survival(
    question: Question,
    images: _Array,
    movements: Movements,
    *,
    targeted: bool,
    trials: int,
    seed: int,
) -> npt.NDArray[np.float32]:
    program = question.lens.program("move", lambda: moved)
    height, width = images.shape[1:3]
    held = np.zeros(len(images), np.int64)
    for trial in track(range(trials), "fresh movements"):
        matrices = np.stack(
            [
                movements.draw((seed, _FRESH, place, trial), height, width)
                for place in range(len(images))
            ]
        )
        (elsewhere,) = in_batches(program, [images, matrices], question.batch_size)
        classes, _ = answers(question.lens, elsewhere, question.batch_size)
        held += hit(classes, question.targets, targeted=targeted)
    return (held / trials).astype(np.float32)
