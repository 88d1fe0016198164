"""DeepDream: images in which a network sees more of what it sees already, large things first."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.graph import Place
from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import batch_of, number, whole
from dlcnn.understanding.ascent.ascend import Way, ascend, by_batches, offsets_of, stepping
from dlcnn.understanding.ascent.options import Options, options_of, start_images
from dlcnn.understanding.ascent.result import Ascent
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.images import expect_size, images_for
from dlcnn.understanding.lens import Lens, lens_of

__all__ = ["deep_dream"]

_OCTAVES = 16  # more are smaller than a pixel
_Images = npt.NDArray[np.float32]


def deep_dream(
    model: keras.Model,
    images: npt.ArrayLike,
    layers: str | keras.Layer | Sequence[str | keras.Layer],
    batch_size: int = 64,
    *,
    octaves: int = 3,
    octave_scale: float = 1.4,
    steps: int = 20,
    step_size: float = 0.01,
    l2: float = 0.0,
    total_variation: float = 0.0,
    blur: float = 0.0,
    jitter: int = 8,
    value_range: tuple[float, float] | None = (0.0, 1.0),
    seed: int = 0,
    keep_every: int = 4,
) -> Ascent:
    """Change images so that layers answer more strongly, whatever they answer to.

    It climbs with a small copy of each image first. What came into it is enlarged and added to
    the next larger copy, up to the image itself: an octave each.

    Images of any size will do, where the layers up to those named are convolutions and the like.
    A layer that needs the size that the model was built for, such as Dense after Flatten, must not
    stand before them, unless `octaves=1`.

    Args:
        model: Functional or Sequential, of images; it needs no head.
        images: (N, H, W, C) as the model takes them.
        layers: one or more; the score is the sum of their mean squared activations.
        batch_size: images at a time.
        octaves: copies of different size, the image itself among them.
        octave_scale: how many times as large as the one before each is, above 1.
        steps: of each octave.
        step_size, l2, total_variation, blur, jitter, value_range, seed, keep_every: as in
            `class_model`.

    Returns:
        The images, the scores on the way through all octaves, and frames of it in the size of
        the images. A score jumps where an octave begins: it is that of another size.

    Raises:
        ModelError, UnderstandingError: the model, images, a layer or an option cannot be; a
            layer on the way does not take the size of an octave; there is NaN on the way.

    Warns:
        UnderstandingWarning: an image has no gradient to climb and stays as it is.

    Source: Mordvintsev, Olah & Tyka 2015, "Inceptionism", and the notebook published with it.
    """
    where = "deep_dream"
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
    count = whole(where, "octaves", octaves, least=1, most=_OCTAVES)
    scale = number(where, "octave_scale", octave_scale, above=1)
    places = _places_of(lens, layers, where)
    given = images_for(lens, images, where, any_size=True)
    begun = start_images(where, lens, "images", given, len(given), 0.0, options)
    sizes = _sizes_of(begun.shape[1], begun.shape[2], count, scale)
    for height, width in sizes:
        hint = "Name layers before it, or fewer octaves; octaves=1 keeps the size of the images."
        expect_size(where, lens, (height, width, begun.shape[3]), places, hint)
    step = stepping(lens, ("dream", places), _liveliness(lens, places), options)
    targets = np.arange(len(begun), dtype=np.int32)
    return by_batches(
        where,
        _dreaming(where, step, sizes, options),
        *(begun, targets, size),
        method="DeepDream of " + ", ".join(lens.nodes[place.node].name for place in places),
        titles=tuple(f"images[{each}]" for each in targets),
        of_classes=False,
        value_range=options.value_range,
    )


def _places_of(lens: Lens, layers: Any, where: str) -> tuple[Place, ...]:
    named = layers if isinstance(layers, list | tuple) else [layers]
    if not named:
        raise UnderstandingError(
            f"{where}: a dream is of one layer or more. Received layers={layers!r}. Name a layer."
        )
    return tuple(lens.find(layer, where) for layer in named)


def _sizes_of(height: int, width: int, octaves: int, scale: float) -> list[tuple[int, int]]:
    """(height, width) of each octave, the smallest first."""
    smaller = [scale**power for power in reversed(range(octaves))]
    return [(max(1, round(height / by)), max(1, round(width / by))) for by in smaller]


def _liveliness(lens: Lens, places: tuple[Place, ...]) -> Callable[[Tensor, Tensor], Tensor]:
    def score(pixels: Tensor, made_for: Tensor) -> Tensor:  # noqa: ARG001  # all layers are for all
        total = 0.0
        for activations in lens.run({lens.input: pixels}, places):
            answers = ops.cast(activations, "float32")
            over = tuple(range(1, len(answers.shape)))
            total = total + ops.mean(ops.square(answers), axis=over)
        return total

    return score


def _dreaming(
    where: str, step: Any, sizes: Sequence[tuple[int, int]], options: Options
) -> Callable[[_Images, npt.NDArray[np.int32]], Way]:
    """Climbing through the octaves with one batch."""
    offsets = offsets_of(options, len(sizes))
    low, high = options.limits

    def dream(originals: _Images, made_for: npt.NDArray[np.int32]) -> Way:
        stages: list[Way] = []
        change = np.zeros_like(originals)
        for octave, size in enumerate(sizes):
            base = _resized(originals, size)
            begun = np.clip(base + _resized(change, size), low, high)
            last = octave == len(sizes) - 1
            way = ascend(where, step, begun, made_for, options, offsets[octave], look_at_end=last)
            change = way.images - base
            stages.append(way)
        full = sizes[-1]
        return Way(
            images=stages[-1].images,
            scores=np.concatenate([way.scores for way in stages], axis=1),
            objectives=np.concatenate([way.objectives for way in stages], axis=1),
            frames=[_resized(frame, full) for way in stages for frame in way.frames],
            frame_steps=tuple(
                octave * options.steps + at
                for octave, way in enumerate(stages)
                for at in way.frame_steps
            ),
            moving=np.any([way.moving for way in stages], axis=0),
        )

    return dream


def _resized(images: _Images, size: tuple[int, int]) -> _Images:
    if images.shape[1:3] == size:
        return images
    smaller = size[0] < images.shape[1]
    resized = ops.image.resize(images, size, antialias=smaller, data_format="channels_last")
    return np.asarray(ops.convert_to_numpy(resized), np.float32)
