"""What an attack gives: the changed images, what the network said before and says now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.understanding.arguments import flag
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.finite import expect_finite
from dlcnn.understanding.maps import captions, names_of
from dlcnn.understanding.questions import Question, ask

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

__all__ = ["Adversarial", "answers", "ask_to_attack", "attacked", "hit", "named"]

_Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Adversarial:
    """Images that were changed so that a network takes them for something else.

    Attributes:
        method: its name in words.
        images: (N, H, W, C) changed.
        originals: (N, H, W, C) as they were.
        targets: (N,) the true classes, or, of a targeted attack, the wanted ones.
        targeted: whether the attack was.
        original_classes: (N,) what the network took the originals for.
        original_scores: (N,) the logit of that class.
        classes: (N,) what it takes the changed images for.
        scores: (N,) the logit of that class.
        norm: what the change is measured by: "linf", the largest change of a value; or "l2".
    """

    method: str
    images: npt.NDArray[np.float32]
    originals: npt.NDArray[np.float32]
    targets: npt.NDArray[np.int32]
    targeted: bool
    original_classes: npt.NDArray[np.int32]
    original_scores: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float32]
    norm: str

    @property
    def perturbation(self) -> npt.NDArray[np.float32]:
        """(N, H, W, C): what was added to the originals."""
        return self.images - self.originals

    @property
    def norms(self) -> npt.NDArray[np.float32]:
        """(N,): how large the change is."""
        flat = self.perturbation.reshape(len(self.images), -1)
        lengths = np.abs(flat).max(axis=1) if self.norm == "linf" else np.linalg.norm(flat, axis=1)
        return np.asarray(lengths, np.float32)

    @property
    def success(self) -> npt.NDArray[np.bool_]:
        """(N,): whether the class now is the wanted one, or, untargeted, not the true one.

        It tells of the changed image alone: one that was mistaken already, or taken for the wanted
        class, counts as well. `original_classes` tells which those are.
        """
        return hit(self.classes, self.targets, targeted=self.targeted)

    def figure(self, *, class_names: Iterable[str] | None = None) -> "Figure":
        """Draw each original, what was added, stretched so that it is seen, and the result.

        Over what was added stand its size and, of a targeted attack, the wanted class.

        Args:
            class_names: the name of each class; by default its number.

        Raises:
            UnderstandingError: there are fewer names than classes.
        """
        from dlcnn.figures import triples

        names = None if class_names is None else list(class_names)
        changes = self._change_captions()
        if self.targeted:
            wanted = names_of(self.targets, names)
            changes = [
                f"wanted: {name}\n{size}" for name, size in zip(wanted, changes, strict=True)
            ]
        method = f"{self.method}, targeted" if self.targeted else self.method
        return triples(
            self.originals,
            self.perturbation,
            self.images,
            captions(self.original_classes, self.original_scores, names),
            changes,
            captions(self.classes, self.scores, names),
            title=f"{method}: {self.success.sum()} of {len(self.images)} succeed",
        )

    def _change_captions(self) -> list[str]:
        measure = "largest change" if self.norm == "linf" else "length"
        return [f"{measure} {size:.3g}" for size in self.norms]


def hit(classes: _Array, targets: _Array, *, targeted: bool) -> npt.NDArray[np.bool_]:
    """Whether each class is what an attack wanted."""
    return np.equal(classes, targets) if targeted else np.not_equal(classes, targets)


def named(where: str, name: str, classes: Any) -> Any:
    """Classes that somebody named, where a model's own answers cannot stand for them.

    Raises:
        UnderstandingError: nobody did.
    """
    if classes is None:
        raise UnderstandingError(
            f"{where}: a mistake is another class than the true one. Received {name}=None. "
            "Name the class of each image."
        )
    return classes


def ask_to_attack(
    where: str,
    model: "keras.Model",
    images: npt.ArrayLike,
    targets: int | Sequence[int] | _Array | None,
    batch_size: int,
    targeted: bool,
) -> Question:
    """Check what an attack is given.

    Raises:
        ModelError, UnderstandingError: as `ask`, or nobody said what a targeted attack wants, or
            no gradient leads to the images.
    """
    if flag(where, "targeted", targeted) and targets is None:
        raise UnderstandingError(
            f"{where}: a targeted attack is told the class that it wants. Received targeted=True "
            "and targets=None. Name one for all images or one for each."
        )
    question = ask(where, model, images, targets, batch_size)
    question.lens.expect_differentiable(question.lens.input, question.where)
    return question


def answers(
    lens: Classifier, images: _Array, batch_size: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """(N,) the class that the network prefers for each image, and (N,) its logit."""
    program = lens.program("answers", lambda: lambda batch: lens.logits(batch))
    (logits,) = in_batches(program, [images], batch_size)
    if logits.shape[-1] == 1:
        logits = np.concatenate([-logits, logits], axis=-1)
    return logits.argmax(axis=-1).astype(np.int32), logits.max(axis=-1).astype(np.float32)


def attacked(
    question: Question, images: _Array, method: str, *, norm: str, targeted: bool
) -> Adversarial:
    """Ask the network about the images of a question and about the changed ones.

    Raises:
        UnderstandingError: there is NaN or infinity among scores or changed images.
    """
    before, score_before = answers(question.lens, question.images, question.batch_size)
    expect_finite(question.where, question.lens, question.images, score_before, images)
    after, score_after = answers(question.lens, images, question.batch_size)
    expect_finite(question.where, question.lens, question.images, score_after)
    return Adversarial(
        method=method,
        images=images,
        originals=question.images,
        targets=question.targets,
        targeted=targeted,
        original_classes=before,
        original_scores=score_before,
        classes=after,
        scores=score_after,
        norm=norm,
    )
