"""Grad-CAM and Grad-CAM++: the last feature maps, weighted by what they do for the class."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy.typing as npt
from keras import ops

from dlcnn.models.graph import Node, Place
from dlcnn.models.shapes import Tensor, as_text
from dlcnn.understanding.attribution.checked import checked
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.errors import UnderstandingError, warn
from dlcnn.understanding.gradients import value_and_gradient
from dlcnn.understanding.maps import Maps
from dlcnn.understanding.questions import ask

__all__ = ["grad_cam", "grad_cam_plus_plus"]

_Weights = Callable[[Tensor, Tensor], Tensor]
# Behind these, features are the same or coarser.
_PASSED = {"ActivityRegularization", "Dropout", "SpatialDropout2D", "Identity"}
_PASSED |= {"Cropping2D", "ZeroPadding2D"}
_PREPARING = {"Rescaling", "Normalization", "BatchNormalization", "CenterCrop", "Resizing"}
_PREPARING |= {"Add", "Subtract", "Multiply", "TrueDivide", "GetItem", "Stack", "Cast", "Lambda"}


def grad_cam(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 128,
    *,
    layer: str | keras.Layer | None = None,
) -> Maps:
    """Map where the features are that speak for a class.

    Args:
        model: as for `saliency`, with a layer of feature maps.
        images: (N, H, W, C) as the model takes them.
        targets: a class for all images or (N,); None: the class that the model prefers.
        batch_size: images at a time; twice as many as elsewhere, as only the end of the network is
            gone through backwards.
        layer: whose feature maps, itself or its name; by default the last that has positions and
            that every way to the answer passes, before pools and whatever keeps no position,
            nested models included.

    Returns:
        (N, H, W) float32, not negative, enlarged to the size of the images.

    Raises:
        ModelError: there is no such layer.
        UnderstandingError: as for `saliency`, or the layer has no positions or does not lead to
            the answer.

    Source: Selvaraju et al. 2016, equations 1 and 2; bilinear enlargement.
    """
    return _cam("grad_cam", "Grad-CAM", _mean_gradient, model, images, targets, batch_size, layer)


def grad_cam_plus_plus(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 128,
    *,
    layer: str | keras.Layer | None = None,
) -> Maps:
    """Map where the features are that speak for a class, every instance of an object alike.

    Arguments, result and errors are those of `grad_cam`.

    Source: Chattopadhay et al. 2018, equations 10 and 19, for the exponential of the score, whose
    factor falls out.
    """
    where, title = "grad_cam_plus_plus", "Grad-CAM++"
    return _cam(where, title, _weighted_gradient, model, images, targets, batch_size, layer)


def _mean_gradient(gradient: Tensor, features: Tensor) -> Tensor:  # noqa: ARG001  # one form
    return ops.mean(gradient, axis=(1, 2), keepdims=True)


def _weighted_gradient(gradient: Tensor, features: Tensor) -> Tensor:
    total = ops.sum(features, axis=(1, 2), keepdims=True)
    # Equation 19 with its squares cancelled: those of small gradients would be 0.
    below = 2 + total * gradient
    share = 1 / ops.where(below == 0, ops.ones_like(below), below)
    return ops.sum(share * ops.relu(gradient), axis=(1, 2), keepdims=True)


def _cam(
    where: str,
    title: str,
    weights: _Weights,
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None,
    batch_size: int,
    layer: str | keras.Layer | None,
) -> Maps:
    question = ask(where, model, images, targets, batch_size)
    lens = question.lens
    place = _last_features(lens, where) if layer is None else _chosen(lens, layer, where)
    lens.expect_differentiable(place, where)
    program = lens.program((where, place), lambda: _program(lens, place, weights))
    arrays = [question.images, question.targets]
    scores, maps = in_batches(program, arrays, question.batch_size, label=title)
    name = lens.nodes[place.node].name
    nothing = f"no feature of {name!r} speaks for the classes asked about. Ask about others."
    return checked(question, f"{title} ({name})", maps, scores, nothing=nothing)


def _program(
    lens: Classifier, place: Place, weights: _Weights
) -> Callable[..., tuple[Tensor, Tensor]]:
    def run(images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        features, onwards = lens.split(images, place)
        score = value_and_gradient(lambda values: lens.scores(onwards(values), targets))
        scores, gradient = score(features)
        features, gradient = (ops.cast(each, "float32") for each in (features, gradient))
        maps = ops.relu(ops.sum(features * weights(gradient, features), axis=-1, keepdims=True))
        size = tuple(ops.shape(images))[1:3]
        if tuple(ops.shape(maps))[1:3] != size:
            maps = ops.image.resize(maps, size, interpolation="bilinear")
        return scores, maps[..., 0]

    return run


def _last_features(lens: Classifier, where: str) -> Place:
    """The output of the last layer that makes features with positions, and has all of them.

    Where none has, as in an ensemble, it is the last of those that have some.

    Warns:
        UnderstandingWarning: it is one of several branches.
    """
    answers = {lens.output.node}
    if lens.activation != "linear":
        answers.add(lens.answer.node)
    features = {step for step in lens.steps() if _makes_features(lens.nodes[step])}
    last = None
    for place in (Place(step, 0) for step in reversed(lens.steps()) if step not in answers):
        if _may_be_last(lens.nodes[place.node]) and features.intersection(lens.steps(place)):
            if lens.holds_all(place):
                return place
            last = last or place
    if last is None:
        raise UnderstandingError(
            f"{where}: it needs a layer with positions, whose outputs are (batch, height, width, "
            f"channels). Received model={lens.name!r}, which has none before its answer. Use "
            "saliency."
        )
    warn(
        f"{where}: one layer has all features. Received model={lens.name!r}, whose answer follows "
        f"from several branches. The maps are of {lens.nodes[last.node].name!r} alone. Name "
        "another by layer=…, or explain the networks one by one."
    )
    return last


def _may_be_last(node: Node) -> bool:
    passed = node.kind in _PASSED or "Pooling" in node.kind
    return not passed and _has_positions(node.output_shape)


def _makes_features(node: Node) -> bool:
    """Whether what a layer gives is no longer the pixels, scaled or moved."""
    keeps = node.kind in _PASSED | _PREPARING or node.kind.startswith("Random")
    return bool(node.reads) and not keeps and "Pooling" not in node.kind


def _has_positions(shape: Sequence[int | None]) -> bool:
    return len(shape) == 4 and any(side is None or side > 1 for side in shape[1:3])


def _chosen(lens: Classifier, layer: str | keras.Layer, where: str) -> Place:
    place = lens.find(layer, where)
    node = lens.nodes[place.node]
    if not _has_positions(node.output_shape) or not node.reads:
        raise UnderstandingError(
            f"{where}: a layer has feature maps, (batch, height, width, channels). Received "
            f"layer={node.name!r}, which gives {as_text(node.output_shape)}. Name a convolution."
        )
    if not lens.leads_to_scores(place):
        raise UnderstandingError(
            f"{where}: the scores follow from the layer. Received layer={node.name!r}, which "
            "does not lead to it. Name one that does."
        )
    return place
