"""Climbing: small steps of an image along the gradient of a score, wholly in one program.

It must not know what the score is of.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.ascent.options import Options
from dlcnn.understanding.ascent.regularisers import (
    blurred,
    gaussian,
    mean_square,
    shifted,
    total_variation,
    turns,
)
from dlcnn.understanding.ascent.result import Ascent
from dlcnn.understanding.batches import stretches, track
from dlcnn.understanding.errors import UnderstandingError, warn
from dlcnn.understanding.gradients import value_and_gradient
from dlcnn.understanding.lens import Lens

__all__ = ["Way", "ascend", "by_batches", "offsets_of", "stepping"]

_BLUR_EVERY = 4  # steps, as Yosinski et al. 2015

Score = Callable[[Tensor, Tensor], Tensor]
"""From (N, H, W, C) images and (N,) what each is made for to (N,) scores."""


@dataclass(frozen=True)
class Way:
    """What a climb with one batch leaves behind.

    Attributes:
        images: (N, H, W, C) float32 at its end, as the model takes them.
        scores: (N, S) float32 what was climbed, before each step and at the end.
        objectives: (N, S) float32 the scores less the penalties.
        frames: (N, H, W, C) float32 images on the way, the first and the last among them.
        frame_steps: the step before which each frame was.
        moving: (N,) whether there was anything to climb.
    """

    images: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    objectives: npt.NDArray[np.float32]
    frames: Sequence[npt.NDArray[np.float32]]
    frame_steps: tuple[int, ...]
    moving: npt.NDArray[np.bool_]


def stepping(lens: Lens, key: Hashable, score: Score, options: Options) -> Callable[..., Any]:
    """The program of one step, kept in the lens.

    Args:
        lens: of the model.
        key: what the score depends on.
        score: what to raise.
        options: how to climb. Other weights, ranges and sizes of steps make no other program.
    """
    penalised = options.l2 > 0 or options.total_variation > 0
    flags = (options.jitter > 0, options.blur > 0, penalised)
    return lens.program(("ascent", key, *flags), lambda: _step(score, *flags))  # type: ignore[no-any-return]


def _step(score: Score, jittering: bool, blurring: bool, penalised: bool) -> Callable[..., Any]:
    def run(
        images: Tensor,
        made_for: Tensor,
        numbers: Tensor,
        rows: Tensor,
        columns: Tensor,
        over_rows: Tensor,
        over_columns: Tensor,
    ) -> tuple[Tensor, ...]:
        step, span, low, high, l2, variation = (numbers[i] for i in range(6))
        seen = shifted(images, rows[0], columns[0]) if jittering else images
        scores, gradient = value_and_gradient(lambda pixels: score(pixels, made_for))(seen)
        objectives = scores
        if jittering:
            gradient = shifted(gradient, rows[1], columns[1])
        if penalised:
            # Of the image as it lies: a shifted one has a seam that is none.
            penalties, pull = value_and_gradient(
                lambda pixels: (
                    l2 * mean_square(pixels / span) + variation * total_variation(pixels / span)
                )
            )(images)
            objectives, gradient = scores - penalties, gradient - pull
        peak = ops.max(ops.abs(gradient), axis=(1, 2, 3), keepdims=True)
        # By its largest value first: squares of small gradients are 0 in float32.
        direction = gradient / ops.where(peak > 0, peak, ops.ones_like(peak))
        strength = ops.sqrt(ops.mean(ops.square(direction), axis=(1, 2, 3), keepdims=True))
        direction = direction / ops.where(peak > 0, strength, ops.ones_like(strength))
        moved = images + step * span * direction
        if blurring:
            moved = blurred(moved, over_rows, over_columns)
        return ops.minimum(ops.maximum(moved, low), high), scores, objectives, peak[:, 0, 0, 0]

    return run


def offsets_of(options: Options, stages: int = 1) -> npt.NDArray[np.int64]:
    """(stages, steps, 2): how far the image is shifted down and right in each step."""
    random = np.random.default_rng(options.seed)
    most = options.jitter
    return random.integers(-most, most + 1, (stages, options.steps, 2))


def ascend(
    where: str,
    step: Callable[..., Any],
    images: npt.NDArray[np.float32],
    made_for: npt.NDArray[np.int32],
    options: Options,
    offsets: npt.NDArray[np.int64],
    *,
    look_at_end: bool = True,
) -> Way:
    """Climb with images that fit into one batch.

    Args:
        where: the function that errors name.
        step: what `stepping` gives.
        images: (N, H, W, C) float32 to begin with.
        made_for: (N,) what the score of each is of.
        options: how to climb.
        offsets: (steps, 2) pixels down and right.
        look_at_end: whether to score the last image too.

    Raises:
        UnderstandingError: there is NaN or infinity on the way.
    """
    weights = options.l2, options.total_variation
    numbers = np.array([options.step_size, options.span, *options.limits, *weights], np.float32)
    height, width = images.shape[1:3]
    blurs = [(gaussian(height, s), gaussian(width, s)) for s in (0.0, options.blur)]
    found: list[Sequence[npt.NDArray[Any]]] = []
    frames, frame_steps = [], []
    for number in track(range(options.steps + look_at_end), where):
        last = number == options.steps
        down, right = (0, 0) if last else offsets[number]
        blur = blurs[not last and (number + 1) % _BLUR_EVERY == 0]
        turn = turns(height, down), turns(width, right)
        moved, *values = step(images, made_for, numbers, *turn, *blur)
        _expect_finite(where, number, moved, *values)
        found.append(values)
        if number % options.keep_every == 0 or last:
            frames.append(images)
            frame_steps.append(number)
        if not last:
            images = moved
    scores, objectives, peaks = (np.stack(column, axis=1) for column in zip(*found, strict=True))
    moving = np.any(peaks > 0, axis=1)
    return Way(images, scores, objectives, frames, tuple(frame_steps), moving)


def by_batches(
    where: str,
    climb: Callable[[npt.NDArray[np.float32], npt.NDArray[np.int32]], Way],
    images: npt.NDArray[np.float32],
    targets: npt.NDArray[np.int32],
    batch_size: int,
    *,
    method: str,
    titles: tuple[str, ...],
    of_classes: bool,
    value_range: tuple[float, float] | None,
) -> Ascent:
    """Climb with any number of images, `batch_size` at a time; batches have one size.

    Args:
        where: the function that warnings name.
        climb: from images and what each is made for to their way.
        images: (N, H, W, C) float32 to begin with.
        targets: (N,) what each is made for.
        batch_size: images at a time, at most.
        method, titles, of_classes, value_range: as `Ascent` has them.

    Warns:
        UnderstandingWarning: an image has no gradient to climb.
    """
    count = len(images)
    size, starts = stretches(count, batch_size)
    ways: list[Way] = []
    frames = np.empty(0, np.uint8)
    for start in starts:
        rows = np.minimum(np.arange(start, start + size), count - 1)
        way = climb(images[rows], targets[rows])
        seen = _seen(way.frames, value_range)
        if not ways:
            frames = np.empty((len(seen), count, *seen.shape[2:]), np.uint8)
        frames[:, start : start + size] = seen[:, : count - start]
        ways.append(replace(way, frames=()))  # of all batches they would fill the memory

    moving = np.concatenate([way.moving for way in ways])[:count]
    _warn_of_standstill(where, moving, titles)
    return Ascent(
        method=method,
        titles=titles,
        targets=targets,
        of_classes=of_classes,
        value_range=value_range,
        images=np.concatenate([way.images for way in ways])[:count],
        scores=np.concatenate([way.scores for way in ways])[:count],
        objectives=np.concatenate([way.objectives for way in ways])[:count],
        frames=frames,
        frame_steps=ways[0].frame_steps,
        moving=moving,
    )


def _seen(
    frames: Sequence[npt.NDArray[np.float32]], value_range: tuple[float, float] | None
) -> npt.NDArray[np.uint8]:
    """(F, N, H, W, C): the range as 0 to 255, without one that of each image and its frames."""
    low: Any
    high: Any
    if value_range is None:
        low, high = (
            most([most(frame, axis=(1, 2, 3), keepdims=True) for frame in frames], axis=0)
            for most in (np.min, np.max)
        )
        high = np.where(high > low, high, low + 1)
    else:
        low, high = value_range
    shares = (np.clip((frame - low) / (high - low), 0, 1) for frame in frames)
    return np.stack([np.rint(share * 255).astype(np.uint8) for share in shares])


def _expect_finite(where: str, step: int, *arrays: npt.NDArray[Any]) -> None:
    if all(np.isfinite(array).all() for array in arrays):
        return
    when = "at the start" if step == 0 else f"in step {step}"
    hint = (
        "Look at the weights of the model: understanding.saliency names the layer where it begins."
        if step == 0
        else "Climb with fewer steps, a smaller step_size or within a value_range."
    )
    raise UnderstandingError(
        f"{where}: scores and gradients are finite numbers on the way up. Received NaN or "
        f"infinity {when}. {hint}"
    )


def _warn_of_standstill(where: str, moving: npt.NDArray[np.bool_], titles: Sequence[str]) -> None:
    """Warn of images that no gradient moved."""
    still = [title for title, moves in zip(titles, moving, strict=True) if not moves]
    if still:
        more = f" and {len(still) - 5} more" if len(still) > 5 else ""
        warn(
            f"{where}: {', '.join(still[:5])}{more} had no gradient to climb, and the image is as "
            "it began. Begin elsewhere: noise=0.1, start=0.5 or an image; a dead unit answers 0 "
            "to all of them.",
        )
