"""How attacks fare: over the distance that they may go, and on a network they were not made for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import keras
import numpy as np
import numpy.typing as npt

from dlcnn.understanding.adversarial.attack import fgsm
from dlcnn.understanding.adversarial.result import Adversarial, answers, hit, named
from dlcnn.understanding.arguments import number
from dlcnn.understanding.calls import takes
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.questions import Question, ask, asked_again

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Attack", "SuccessCurve", "Transfer", "success_curve", "transfer"]

Attack: TypeAlias = Callable[..., Adversarial]
"""Called as `attack(model, images, labels, batch_size, epsilon=…)`, such as `fgsm`, or
`functools.partial(pgd, steps=20)`. With `targeted=True` the labels are the classes it wants."""

_Labels: TypeAlias = int | Sequence[int] | npt.NDArray[Any]
_MISTAKEN = "share of images mistaken"
_REACHED = "share taken for the wanted class"


@dataclass(frozen=True)
class SuccessCurve:
    """How many images an attack succeeds on when they may be changed further and further.

    Attributes:
        model: the name of the network.
        method: of the attack, in words.
        targeted: whether it wants a class, rather than any but the true one.
        epsilons: (E,) rising from 0, which is no attack.
        success: (E, N) whether each image is mistaken, or, of a targeted attack, taken for the
            wanted class; also where it was without the attack.
    """

    model: str
    method: str
    targeted: bool
    epsilons: npt.NDArray[np.float64]
    success: npt.NDArray[np.bool_]

    @property
    def error(self) -> npt.NDArray[np.float64]:
        """(E,): the share of the images on which it succeeds; the first is that without attack."""
        return np.asarray(self.success.mean(axis=1))

    def figure(self) -> "Figure":
        """Draw the curve."""
        from dlcnn.figures import lines

        return lines(
            self.epsilons,
            {self.method: self.error},
            xlabel="epsilon, in the unit of the pixels",
            ylabel=_REACHED if self.targeted else _MISTAKEN,
            title=f"{_titled(self)} on {self.model}",
        )


@dataclass(frozen=True)
class Transfer:
    """What images that were changed for one network do to another, both ways.

    Of a targeted attack, an image counts as mistaken where it is taken for the wanted class.

    Attributes:
        names: of the two networks.
        method: of the attack, in words.
        targeted: whether it wants a class, rather than any but the true one.
        clean: (2, N) whether each network mistakes the images as they were.
        wrong: (2, 2, N) whether an image changed for the first index is mistaken by the second.
    """

    names: tuple[str, str]
    method: str
    targeted: bool
    clean: npt.NDArray[np.bool_]
    wrong: npt.NDArray[np.bool_]

    @property
    def table(self) -> npt.NDArray[np.float64]:
        """(3, 2): a column for each network, the share that it mistakes of the images as they
        were, of those changed for the first network, and of those changed for the second.
        """
        return np.concatenate([self.clean.mean(axis=-1)[None], self.wrong.mean(axis=-1)])

    @property
    def rates(self) -> npt.NDArray[np.float64]:
        """(2,): of the images that neither network mistook, and that now fool the network they
        were changed for, the share that fools the other as well; NaN where there are none.
        """
        right = ~self.clean.any(axis=0)
        fooling = [self.wrong[made, made] & right for made in (0, 1)]
        return np.array(
            [
                self.wrong[made, 1 - made][those].mean() if those.any() else np.nan
                for made, those in enumerate(fooling)
            ]
        )

    def figure(self) -> "Figure":
        """Draw the table; of two networks of one name the other is the second."""
        from dlcnn.figures import shares

        first, second = self.names
        names = [first, f"{second} (second)" if second == first else second]
        return shares(
            self.table,
            ["as they were", *(f"changed for {name}" for name in names)],
            names,
            label=_REACHED if self.targeted else _MISTAKEN,
            title=f"{_titled(self)}, from one network to another",
        )


def _titled(result: SuccessCurve | Transfer) -> str:
    return f"{result.method}, targeted" if result.targeted else result.method


def success_curve(
    model: keras.Model,
    images: npt.ArrayLike,
    labels: _Labels,
    epsilons: Sequence[float] | npt.NDArray[Any] = (2 / 255, 4 / 255, 8 / 255, 16 / 255),
    batch_size: int = 64,
    *,
    attack: Attack = fgsm,
) -> SuccessCurve:
    """Attack the same images over and over, each time with leave to go further.

    Args:
        model: Functional or Sequential, from images to the scores of classes.
        images: (N, H, W, C) as the model takes them.
        labels: the true class of each image, or, if the attack is targeted, the wanted one; one
            class counts for all.
        epsilons: how far, in the unit of the pixels; 0 is put before them.
        batch_size: images at a time.
        attack: `fgsm`, or another with its options: `functools.partial(pgd, steps=20)`.

    Raises:
        ModelError, UnderstandingError: the model, images, labels or epsilons cannot be.
    """
    where = "success_curve"
    question = ask(where, model, images, named(where, "labels", labels), batch_size)
    try:
        given = list(epsilons)
    except TypeError:  # no list of anything
        given = []
    radii = sorted({number(where, "an epsilon", each, least=0) for each in given} - {0.0})
    if not radii:
        raise UnderstandingError(
            f"{where}: there is at least one epsilon above 0. Received epsilons={epsilons!r}. "
            "Name some, such as (2/255, 8/255)."
        )
    results = [_attack(attack, model, question, radius) for radius in radii]
    classes, _ = answers(question.lens, question.images, question.batch_size)
    method, targeted = results[0].method, results[0].targeted
    without = hit(classes, question.targets, targeted=targeted)
    return SuccessCurve(
        question.lens.name,
        method,
        targeted,
        np.array([0.0, *radii]),
        np.stack([without, *(result.success for result in results)]),
    )


def transfer(
    source: keras.Model,
    other: keras.Model,
    images: npt.ArrayLike,
    labels: _Labels,
    batch_size: int = 64,
    *,
    epsilon: float = 8 / 255,
    attack: Attack = fgsm,
) -> Transfer:
    """Change images for each of two networks, and show them to both.

    Args:
        source: Functional or Sequential, from images to the scores of classes.
        other: one of the same images and classes.
        images: (N, H, W, C) as both models take them.
        labels: the true class of each image, or, if the attack is targeted, the wanted one; one
            class counts for all.
        batch_size: images at a time.
        epsilon: how far, in the unit of the pixels.
        attack: `fgsm`, or another with its options: `functools.partial(pgd, steps=20)`.

    Raises:
        ModelError, UnderstandingError: the models, images, labels or options cannot be.
    """
    where = "transfer"
    models, known = (source, other), named(where, "labels", labels)
    asked = [ask(where, model, images, known, batch_size) for model in models]
    lenses = [question.lens for question in asked]
    if lenses[0].classes != lenses[1].classes:
        raise UnderstandingError(
            f"{where}: both networks tell the same classes apart. Received "
            f"{lenses[0].name!r} of {lenses[0].classes} and {lenses[1].name!r} of "
            f"{lenses[1].classes}. Pass two that were trained on the same."
        )
    made = [
        _attack(attack, model, question, epsilon)
        for model, question in zip(models, asked, strict=True)
    ]
    method, targeted = made[0].method, made[0].targeted

    def mistaken(pixels: npt.NDArray[Any]) -> list[npt.NDArray[np.bool_]]:
        classes = [answers(lens, pixels, asked[0].batch_size)[0] for lens in lenses]
        return [hit(each, asked[0].targets, targeted=targeted) for each in classes]

    return Transfer(
        (lenses[0].name, lenses[1].name),
        method,
        targeted,
        np.stack(mistaken(asked[0].images)),
        np.stack([mistaken(result.images) for result in made]),
    )


def _attack(attack: Attack, model: keras.Model, question: Question, epsilon: float) -> Adversarial:
    """Call an attack.

    Raises:
        UnderstandingError: it is none: it cannot be called so, or gives something else.
    """
    arguments = (model, question.images, question.targets, question.batch_size)
    if takes(attack, *arguments, epsilon=epsilon):
        with asked_again():
            result: Any = attack(*arguments, epsilon=epsilon)
        if isinstance(result, Adversarial):
            return result
        received = f"one that gives {type(result).__name__}"
    else:
        received = f"attack={getattr(attack, '__name__', repr(attack))}"
    raise UnderstandingError(
        f"{question.where}: an attack is called as attack(model, images, labels, batch_size, "
        f"epsilon=...), and gives what fgsm gives. Received {received}. Pass fgsm, pgd, or one "
        "of them with options: functools.partial(pgd, steps=20)."
    )
