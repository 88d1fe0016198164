"""Adversarial training: what `training.fit(…, adversary=…)` is given.

It knows nothing of how training is done beyond a batch that is about to be learnt from.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import keras
import numpy as np
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.adversarial.attack import attack_step
from dlcnn.understanding.adversarial.ball import Norm, length_of, norm_of
from dlcnn.understanding.arguments import number, whole
from dlcnn.understanding.classifier import Classifier, classifier_of, first_answer
from dlcnn.understanding.train_steps import changed_batches

__all__ = ["Adversary"]

_PRECISE = 1000  # shares are thousandths at the finest, so that they are counted in integers


@dataclass(frozen=True)
class Adversary:
    """Attacks a share of every batch on the weights of the moment, before it is learnt from.

    Steps begin at the image itself, so that nothing is random, and a training that goes on gives
    the numbers of one that was never stopped. Against networks that learn to hide their gradient
    from a single step (the error under `pgd` rises again while that under `fgsm` falls), take
    more of them.

    Attributes:
        epsilon: how far, for images in [0, 1].
        steps: 1 is FGSM, more is PGD.
        norm: as in `pgd`.
        share: of a batch that is attacked, the others are learnt from as they are.
        step_size: how far each step goes; None: epsilon for one, else 2.5 epsilon / steps.

    Source: Goodfellow, Shlens & Szegedy 2014, section 6; Madry et al. 2017.
    """

    epsilon: float = 8 / 255
    steps: int = 1
    norm: Norm = "linf"
    share: float = 0.5
    step_size: float | None = None

    def __post_init__(self) -> None:
        """Check the options, and keep them as Python's own numbers.

        Raises:
            UnderstandingError: one of them cannot be.
        """
        where = "Adversary"
        norm_of(self.norm, where)
        plain: dict[str, Any] = {
            "epsilon": number(where, "epsilon", self.epsilon, above=0, most=1),
            "steps": whole(where, "steps", self.steps, least=1),
            "share": number(where, "share", self.share, least=1 / _PRECISE, most=1),
        }
        if self.step_size is not None:
            plain["step_size"] = number(where, "step_size", self.step_size, above=0)
        for name, value in plain.items():
            object.__setattr__(self, name, value)

    def as_facts(self) -> dict[str, Any]:
        """Plain data for a run's manifest."""
        return asdict(self)

    def attacking(self, model: keras.Model) -> AbstractContextManager[None]:
        """What to train a compiled model within. Nothing is changed before it is entered.

        Args:
            model: of images in [0, 1], with labels that are classes or one-hot rows; of several
                outputs the first is attacked.

        Raises:
            ModelError, UnderstandingError: the model is no classifier of images, or no gradient
                leads back to them.
        """
        lens = classifier_of(first_answer(model), "fit")
        lens.expect_differentiable(lens.input, "fit")
        return changed_batches(model, self._attack(lens))

    def _attack(self, lens: Classifier) -> Callable[[Tensor, Tensor], Tensor]:
        """From images and labels to the images, the first ones of them attacked."""
        step = attack_step(lens, self.norm)
        length = self.epsilon
        if self.steps > 1 or self.step_size is not None:
            length = length_of("Adversary", self.step_size, self.epsilon, self.steps)
        limits = np.array([self.epsilon, length, 0, 1], np.float32)
        part = Fraction(self.share).limit_denominator(_PRECISE)

        def change(images: Tensor, labels: Tensor) -> Tensor:
            # Rounded up, in integers: the size of a batch may be a tensor itself.
            count = -(ops.shape(images)[0] * -part.numerator // part.denominator)
            originals = ops.cast(images[:count], "float32")
            targets = _classes_of(labels[:count])
            attacked = originals
            for _ in range(self.steps):
                attacked = step(attacked, originals, targets, 1.0, ops.convert_to_tensor(limits))
            return ops.concatenate([ops.cast(attacked, images.dtype), images[count:]])

        return change


def _classes_of(labels: Tensor) -> Tensor:
    """(N,) int32 of a row or column of classes, or of one-hot rows, as Keras' accuracy does."""
    if len(labels.shape) > 1 and labels.shape[-1] != 1:
        return ops.cast(ops.argmax(labels, axis=-1), "int32")
    return ops.cast(ops.reshape(labels, (-1,)), "int32")
