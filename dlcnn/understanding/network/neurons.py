"""Gradients that begin or end at chosen neurons of a layer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import batch_of, columns_of, number, whole
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.finite import expect_finite
from dlcnn.understanding.gradients import value_and_gradient
from dlcnn.understanding.images import images_for
from dlcnn.understanding.lens import Lens, lens_of
from dlcnn.understanding.maps import captions
from dlcnn.understanding.network.selection import Selected, Units, picked, places_of, units_of
from dlcnn.understanding.questions import ask

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["LayerGradients", "NeuronGradient", "layer_gradients", "neuron_gradient"]

_Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LayerGradients:
    """How the score of a class changes with neurons of a layer.

    Attributes:
        selection: the name of the neurons.
        values: (N, ...) the gradient, of the selection's shape.
        images: (N, H, W, C) that it was computed for.
        targets: (N,) the class of each image.
        scores: (N,) the logit of that class.
    """

    selection: str
    values: _Array
    images: _Array
    targets: npt.NDArray[np.int32]
    scores: _Array

    def figure(
        self, image: int = 0, *, channels: int = 8, class_names: Sequence[str] | None = None
    ) -> "Figure":
        """Draw the image and, of the gradient, the mean over channels and the largest channels.

        Args:
            image: which of the images.
            channels: how many channels to draw at most: those of the largest values.
            class_names: the name of each class; by default its number.

        Raises:
            UnderstandingError: there is no such image, or no name for its class.
        """
        from dlcnn.figures import feature_maps

        last = len(self.images) - 1
        whole("figure", "image", image, least=0, most=last)
        channels = whole("figure", "channels", channels, least=1)
        values, labels = self.values[image], [""]
        if values.ndim == 3:
            largest = np.argsort(-np.abs(values).max(axis=(0, 1)), kind="stable")[:channels]
            labels = ["mean", *(f"channel {each}" for each in sorted(largest))]
            values = np.concatenate(
                [values.mean(axis=-1, keepdims=True), values[..., np.sort(largest)]], axis=-1
            )
        else:
            values = values[..., None] if values.ndim == 2 else values.reshape(-1)
        (caption,) = captions(
            self.targets[image : image + 1], self.scores[image : image + 1], class_names
        )
        return feature_maps(
            {self.selection: values},
            [labels],
            title=f"Gradient of {caption}",
            image=self.images[image],
            signed=True,
        )


@dataclass(frozen=True)
class NeuronGradient:
    """How the activation of neurons changes with the pixels.

    Attributes:
        selection: the name of the neurons.
        values: (N, H, W, C) the gradient of their sum.
        images: (N, H, W, C) that it was computed for.
        activations: (N,) their sum.
    """

    selection: str
    values: _Array
    images: _Array
    activations: _Array

    def figure(self, *, overlay: float = 0.6, columns: int | None = None) -> "Figure":
        """Draw each image beside the gradient over it, summed over the channels.

        Args:
            overlay: how much of the map covers the image, from 0 to 1.
            columns: pairs per row.

        Raises:
            UnderstandingError: they are no such numbers.
        """
        from dlcnn.figures import heatmaps

        return heatmaps(
            self.images,
            self.values.sum(axis=-1),
            [f"activation {value:.3g}" for value in self.activations],
            overlay=number("figure", "overlay", overlay, least=0, most=1),
            columns=columns_of(columns),
            title=f"Gradient of {self.selection}",
        )


def layer_gradients(
    model: keras.Model,
    images: npt.ArrayLike,
    selection: Selected,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 64,
) -> LayerGradients:
    """Compute how the score of a class changes with neurons of a layer.

    Args:
        model: Functional or Sequential, from images to the scores of classes. A softmax or
            sigmoid at its end is left out: the score is the logit.
        images: (N, H, W, C) as the model takes them.
        selection: the neurons, such as `layer["conv2"][..., 5]`, or a layer or its name.
        targets: a class for all images or (N,), one for each; None: the class it prefers.
        batch_size: images at a time.

    Returns:
        `values` of the selection's shape behind the batch axis. What passes the layer on other
        ways, such as shortcuts, is kept as it is.

    Raises:
        ModelError, UnderstandingError: the model, images, selection, targets or batch size cannot
            be; the gradient is broken or does not exist.
    """
    where = "layer_gradients"
    question = ask(where, model, images, targets, batch_size)
    lens = question.lens
    units = units_of(lens, selection, question.images.shape[1:], where)
    if not lens.leads_to_scores(units.place):
        raise UnderstandingError(
            f"{where}: the score is computed behind the neurons. Received {units.name}, which is "
            "the answer itself. Name a layer before it."
        )
    lens.expect_differentiable(units.place, where)
    program = lens.program((where, units.place, units.size), lambda: _onwards(lens, units))
    scores, found = in_batches(
        program,
        [question.images, question.targets],
        question.batch_size,
        label=where,
        shared=[units.flat],
    )
    values = found.reshape(len(found), *units.indices.shape)
    expect_finite(question.where, question.lens, question.images, values, scores)
    return LayerGradients(units.name, values, question.images, question.targets, scores)


def neuron_gradient(
    model: keras.Model, images: npt.ArrayLike, selection: Selected, batch_size: int = 64
) -> NeuronGradient:
    """Compute how the sum of neurons' activations changes with each pixel of the images.

    Args:
        model: Functional or Sequential, of images; it needs no head.
        images: (N, H, W, C) as the model takes them.
        selection: the neurons, such as `layer["conv2"][3, 4, 5]`, or a layer or its name.
        batch_size: images at a time.

    Raises:
        ModelError, UnderstandingError: the model, images, selection or batch size cannot be; the
            gradient is broken or does not exist.
    """
    where = "neuron_gradient"
    lens = lens_of(model, where)
    size = batch_of(batch_size, where)
    places = places_of(lens, [selection], where)
    given = images_for(lens, images, where, places=places)
    units = units_of(lens, selection, given.shape[1:], where)
    program = lens.program((where, units.place, units.size), lambda: _back(lens, units))
    totals, values = in_batches(program, [given], size, label=where, shared=[units.flat])
    expect_finite(where, lens, given, values, totals, places=places)
    return NeuronGradient(units.name, values, given, totals)


def _onwards(lens: Classifier, units: Units) -> Callable[..., tuple[Tensor, Tensor]]:
    def run(images: Tensor, targets: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
        here, onwards = lens.split(images, units.place)
        scores, gradient = value_and_gradient(lambda value: lens.scores(onwards(value), targets))(
            here
        )
        return scores, picked(gradient, indices, units.size)

    return run


def _back(lens: Lens, units: Units) -> Callable[..., tuple[Tensor, Tensor]]:
    def run(images: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
        def total(pixels: Tensor) -> Tensor:
            (output,) = lens.run({lens.input: pixels}, [units.place])
            return ops.sum(picked(output, indices, units.size), axis=1)

        return value_and_gradient(total)(images)

    return run
