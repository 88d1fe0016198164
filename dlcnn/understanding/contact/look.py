"""Several methods asked about the same images: what a contact page shows.

It must not know how a page is laid out.
"""

import inspect
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt

from dlcnn.errors import DlcnnError
from dlcnn.models.shapes import Tensor
from dlcnn.understanding.attribution.methods import METHODS, USUAL, names_of
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.errors import UnderstandingWarning
from dlcnn.understanding.maps import Maps, captions
from dlcnn.understanding.questions import Question, ask, asked_again

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Look", "is_signed", "look"]


@dataclass(frozen=True)
class Look:
    """Images, what the model takes them for, and maps of several methods.

    Attributes:
        model: its name.
        images: (N, H, W, C) as the model takes them.
        targets: (N,) the class that the maps speak of.
        probabilities: (N, classes) float32.
        maps: for each method, by its name.
        notes: why a method has no maps, and what methods warn of, a sentence each.
    """

    model: str
    images: npt.NDArray[np.float32]
    targets: npt.NDArray[np.int32]
    probabilities: npt.NDArray[np.float32]
    maps: Mapping[str, Maps]
    notes: tuple[str, ...]

    @property
    def titles(self) -> dict[str, str]:
        """What each method is called in words, with what it was asked."""
        return {
            name: name if maps.explained is None else maps.explained.method
            for name, maps in self.maps.items()
        }

    def figure(self, *, class_names: Sequence[str] | None = None) -> "Figure":
        """Draw a row for each image: itself, then its maps laid over it."""
        from dlcnn.figures import image_grid, overlaid, stretched

        first = next(iter(self.maps.values())).explained
        scores = np.zeros(len(self.images)) if first is None else first.scores
        names = captions(self.targets, scores, class_names)
        cells, texts = [], []
        for place, image in enumerate(self.images):
            shown = stretched(image)
            cells.append(np.broadcast_to(shown, (*shown.shape[:2], 3)))
            texts.append(names[place].replace(", ", "\n"))
            for method, values in self.maps.items():
                cells.append(overlaid(image, np.asarray(values[place]), signed=is_signed(values)))
                what, _, how = self.titles[method].partition(" (")
                texts.append(f"{what}\n{how and '(' + how}")
        columns = len(self.maps) + 1
        return image_grid(np.stack(cells), texts, columns=columns, title=self.model)


def look(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 64,
    *,
    methods: Iterable[str] = USUAL,
    layer: str | keras.Layer | None = None,
) -> Look:
    """Ask several methods which pixels the scores of images come from.

    Args:
        model: Functional or Sequential, from images to the scores of classes.
        images: (N, H, W, C) as the model takes them.
        targets: a class for all images or (N,); None: the class that the model prefers.
        batch_size: images at a time.
        methods: names in `METHODS`, from any iterable, or one name.
        layer: whose feature maps Grad-CAM weighs, itself or its name; by default the last.

    Returns:
        A `Look`. A method that cannot explain this model, such as guided backprop without a
        ReLU, leaves a note in place of maps, and what a method warns of is a note, too.

    Raises:
        ModelError, UnderstandingError: the model, images, targets or names cannot be; none of
            the methods can explain the model.
    """
    functions = [METHODS[name] for name in names_of(methods, "look")]
    question = ask("look", model, images, targets, batch_size)
    if layer is not None:
        question.lens.find(layer, "look")
    asked = (model, question.images, question.targets, question.batch_size)
    maps, notes, reasons = {}, [], []
    for function in functions:
        takes_layer = "layer" in inspect.signature(function).parameters
        options = {"layer": layer} if layer is not None and takes_layer else {}
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", UnderstandingWarning)
            try:
                with asked_again():
                    maps[function.__name__] = function(*asked, **options)
            except DlcnnError as error:
                reasons.append(error)
        for each in told:
            if issubclass(each.category, UnderstandingWarning):
                notes.append(str(each.message))
            else:
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    if not maps:
        raise reasons[0]
    return Look(
        model=question.lens.name,
        images=question.images,
        targets=question.targets,
        probabilities=_probabilities(question),
        maps=maps,
        notes=(*map(str, reasons), *notes),
    )


def is_signed(maps: npt.NDArray[Any]) -> bool:
    """Whether maps tell what speaks against a class, too."""
    return bool((np.asarray(maps) < 0).any())


def _probabilities(question: Question) -> npt.NDArray[np.float32]:
    lens: Classifier = question.lens

    def run(images: Tensor) -> Tensor:
        return lens.probabilities(lens.logits(images))

    program = lens.program("probabilities", lambda: run)
    (found,) = in_batches(program, [question.images], question.batch_size)
    return found
