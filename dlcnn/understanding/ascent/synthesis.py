"""Images that a class or a filter answers most: what the network takes for it, drawn by itself."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.graph import Place
from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import array_of, batch_of, number
from dlcnn.understanding.ascent.ascend import ascend, by_batches, offsets_of, stepping
from dlcnn.understanding.ascent.options import Options, options_of, start_images
from dlcnn.understanding.ascent.result import Ascent
from dlcnn.understanding.classifier import classifier_of
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.images import expect_size
from dlcnn.understanding.lens import Lens, lens_of
from dlcnn.understanding.questions import targets_for

__all__ = ["class_model", "filter_model"]

_Which: TypeAlias = int | Sequence[int] | npt.NDArray[Any] | None
_HINT = "Begin with images of the size that the model was built for."


def class_model(
    model: keras.Model,
    classes: _Which = None,
    batch_size: int = 64,
    *,
    steps: int = 128,
    step_size: float = 0.02,
    l2: float = 0.0,
    total_variation: float = 0.0,
    blur: float = 0.5,
    jitter: int = 4,
    value_range: tuple[float, float] | None = (0.0, 1.0),
    start: npt.ArrayLike = 0.0,
    noise: float = 0.0,
    seed: int = 0,
    keep_every: int = 8,
) -> Ascent:
    """Draw what a network takes for a class: an image that raises the class's score.

    Each step goes up the gradient of the score less the penalties, divided by its root mean
    square, so that one `step_size` serves every network. Without penalties, blur and jitter the
    images are mostly noise that only the network reads. A blurred image scores less, and is
    seen better.

    Args:
        model: Functional or Sequential, from images to the scores of classes. A softmax or
            sigmoid at its end is left out: the score is the logit.
        classes: one or more; None: all, an image for each.
        batch_size: images at a time.
        steps: how many.
        step_size: how far a pixel moves in a step, on a root mean square, in widths of the range.
        l2: weight of the mean square of pixels; pixels count in widths of the range.
        total_variation: weight of the differences between neighbours, divided by the number of
            values.
        blur: standard deviation in pixels of the Gaussian that blurs every fourth step.
        jitter: in each step the network sees the image shifted by up to so many pixels.
        value_range: the lowest and highest pixel that the model takes; pixels are held within.
            None: no limits, and a range of width 1.
        start: where to begin: a number (0: zeros), one for each channel, an image (H, W, C) such
            as the mean of a data set, or an image for each class.
        noise: standard deviation of noise added to that, in widths of the range.
        seed: of the noise and the shifts.
        keep_every: how many steps lie between the frames that are kept, in a byte for each of
            their values; as many as `steps` leave the first and the last alone.

    Returns:
        The images, the scores on the way and frames of it.

    Raises:
        ModelError, UnderstandingError: the model, a class or an option cannot be; there is NaN
            on the way.

    Warns:
        UnderstandingWarning: an image has no gradient to climb and stays as it began.

    Source: Simonyan, Vedaldi & Zisserman 2013, section 2; blur and its pace: Yosinski et al. 2015;
        total variation: Mahendran & Vedaldi 2015.
    """
    where = "class_model"
    lens, size = classifier_of(model, where), batch_of(batch_size, where)
    options = options_of(
        where,
        steps=steps,
        step_size=step_size,
        l2=l2,
        total_variation=total_variation,
        blur=blur,
        jitter=jitter,
        value_range=value_range,
        seed=seed,
        keep_every=keep_every,
    )
    wanted = np.atleast_1d(np.arange(lens.classes) if classes is None else array_of(classes))
    _expect_some(where, "classes", wanted)
    targets = targets_for(lens.classes, wanted, len(wanted), where, "classes")
    images = _begin(where, lens, start, len(targets), noise, options)
    expect_size(where, lens, images.shape[1:], [lens.output], _HINT)
    lens.expect_differentiable(lens.input, where)

    def score(pixels: Tensor, made_for: Tensor) -> Tensor:
        return ops.cast(lens.scores(lens.logits(pixels), made_for), "float32")

    step = stepping(lens, "class", score, options)
    return _climbed(
        *(where, step, images, targets, options, size),
        method="class models",
        titles=tuple(f"class {each}" for each in targets),
        of_classes=True,
    )


def filter_model(
    model: keras.Model,
    layer: str | keras.Layer,
    filters: _Which = None,
    batch_size: int = 64,
    *,
    steps: int = 128,
    step_size: float = 0.02,
    l2: float = 0.0,
    total_variation: float = 0.0,
    blur: float = 0.5,
    jitter: int = 4,
    value_range: tuple[float, float] | None = (0.0, 1.0),
    start: npt.ArrayLike = 0.0,
    noise: float = 0.0,
    seed: int = 0,
    keep_every: int = 8,
) -> Ascent:
    """Draw what a filter of a layer looks for: an image that raises its mean activation.

    The images may have another size than the model was built for, where the layers up to this
    one are convolutions and the like; they have that of `start`.

    Args:
        model: Functional or Sequential, of images; it needs no head.
        layer: itself, or its name as `models.summary_table` shows it.
        filters: one or more channels of its output, or units; None: all, an image for each.
        batch_size: images at a time.
        steps, step_size, l2, total_variation, blur, jitter, value_range, start, noise, seed,
        keep_every: as in `class_model`.

    Returns:
        The images, the mean activations on the way and frames of it.

    Raises:
        ModelError, UnderstandingError: the model, the layer, a filter or an option cannot be; a
            layer on the way takes no images of this size; there is NaN on the way.

    Warns:
        UnderstandingWarning: a filter answers 0 wherever one goes from the start, so that there
            is nothing to climb.

    Source: Erhan et al. 2009, section 3.2.
    """
    where = "filter_model"
    lens, size = lens_of(model, where), batch_of(batch_size, where)
    options = options_of(
        where,
        steps=steps,
        step_size=step_size,
        l2=l2,
        total_variation=total_variation,
        blur=blur,
        jitter=jitter,
        value_range=value_range,
        seed=seed,
        keep_every=keep_every,
    )
    place = lens.find(layer, where)
    node = lens.nodes[place.node]
    targets = _filters_of(where, node.name, node.output_shape[-1], filters)
    images = _begin(where, lens, start, len(targets), noise, options)
    expect_size(where, lens, images.shape[1:], [place], _HINT)
    step = stepping(lens, ("filter", place), _mean_activation(lens, place), options)
    return _climbed(
        *(where, step, images, targets, options, size),
        method=f"strongest inputs of {node.name}",
        titles=tuple(f"{node.name}[{each}]" for each in targets),
        of_classes=False,
    )


def _mean_activation(lens: Lens, place: Place) -> Any:
    def score(pixels: Tensor, made_for: Tensor) -> Tensor:
        (activations,) = lens.run({lens.input: pixels}, [place])
        activations = ops.cast(activations, "float32")
        over = tuple(range(1, len(activations.shape) - 1))
        means = ops.mean(activations, axis=over) if over else activations
        return ops.sum(means * ops.one_hot(made_for, means.shape[-1], dtype="float32"), axis=-1)

    return score


def _filters_of(where: str, layer: str, count: Any, filters: Any) -> npt.NDArray[np.int32]:
    """(n,) int32 the filters asked for."""
    wanted = np.atleast_1d(np.arange(count) if filters is None else array_of(filters))
    _expect_some(where, "filters", wanted)
    outside = wanted[(wanted < 0) | (wanted >= count)]
    if outside.size:
        raise UnderstandingError(
            f"{where}: a filter is the index of one of the {count} channels of {layer!r}, 0 to "
            f"{count - 1}. Received {', '.join(map(str, outside[:5]))}. Name one of them."
        )
    return wanted.astype(np.int32)


def _expect_some(where: str, name: str, wanted: npt.NDArray[Any]) -> None:
    if wanted.ndim != 1 or not wanted.size or wanted.dtype.kind not in "iu":
        raise UnderstandingError(
            f"{where}: {name} are whole numbers, one or more. Received {name} of shape "
            f"{wanted.shape} and {wanted.dtype}. Pass such as [0, 3]."
        )


def _begin(
    where: str, lens: Lens, start: Any, count: int, noise: Any, options: Options
) -> npt.NDArray[np.float32]:
    spread = number(where, "noise", noise, least=0)
    return start_images(where, lens, "start", start, count, spread, options)


def _climbed(
    where: str,
    step: Any,
    images: npt.NDArray[np.float32],
    targets: npt.NDArray[np.int32],
    options: Options,
    batch_size: int,
    *,
    method: str,
    titles: tuple[str, ...],
    of_classes: bool,
) -> Ascent:
    offsets = offsets_of(options)[0]
    return by_batches(
        where,
        lambda some, made_for: ascend(where, step, some, made_for, options, offsets),
        *(images, targets, batch_size),
        method=method,
        titles=titles,
        of_classes=of_classes,
        value_range=options.value_range,
    )
