"""How to climb, and from where: what callers pass, checked.

It must not know what is climbed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dlcnn.models.shapes import as_text
from dlcnn.understanding.arguments import array_of, number, range_of, whole
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.images import warn_of_range
from dlcnn.understanding.lens import Lens

__all__ = ["Options", "options_of", "start_images"]


@dataclass(frozen=True)
class Options:
    """How to climb.

    Attributes:
        steps: how many.
        step_size: how far a pixel moves in one step, in widths of the range.
        l2: weight of the mean square.
        total_variation: weight of the total variation.
        blur: standard deviation in pixels.
        jitter: pixels that the image is shifted by at most.
        value_range: the lowest and highest pixel; None where there is no limit.
        seed: of the shifts, and of noise.
        keep_every: how many steps lie between frames.
    """

    steps: int
    step_size: float
    l2: float
    total_variation: float
    blur: float
    jitter: int
    value_range: tuple[float, float] | None
    seed: int
    keep_every: int

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and highest pixel."""
        return self.value_range or (-np.inf, np.inf)

    @property
    def span(self) -> float:
        """The width of the range, the unit of pixels; 1 where there is none."""
        return 1.0 if self.value_range is None else self.value_range[1] - self.value_range[0]


def options_of(
    where: str,
    *,
    steps: Any,
    step_size: Any,
    l2: Any,
    total_variation: Any,
    blur: Any,
    jitter: Any,
    value_range: Any,
    seed: Any,
    keep_every: Any,
) -> Options:
    """Check how a caller wants to climb.

    Raises:
        UnderstandingError: an option cannot be.
    """
    return Options(
        steps=whole(where, "steps", steps, least=1),
        step_size=number(where, "step_size", step_size, above=0),
        l2=number(where, "l2", l2, least=0),
        total_variation=number(where, "total_variation", total_variation, least=0),
        blur=number(where, "blur", blur, least=0),
        jitter=whole(where, "jitter", jitter, least=0),
        value_range=None if value_range is None else range_of(where, value_range),
        seed=whole(where, "seed", seed, least=0),
        keep_every=whole(where, "keep_every", keep_every, least=1),
    )


def start_images(
    where: str, lens: Lens, name: str, start: Any, count: int, noise: float, options: Options
) -> npt.NDArray[np.float32]:
    """(count, H, W, C) float32 images to begin at.

    Args:
        where: the function that errors name.
        lens: of the model.
        name: the argument that errors name.
        start: a number, one for each channel, an image, or as many as `count`.
        count: how many are to be made.
        noise: standard deviation of what is added, in widths of the range.
        options: how to climb.

    Raises:
        UnderstandingError: they are no images, or not such as the model takes.
    """
    given = _numbers(where, name, start)
    channels = lens.input_shape[-1]
    shape: tuple[Any, ...] = given.shape[-3:] if given.ndim >= 3 else lens.input_shape[1:]
    if None in shape:
        raise UnderstandingError(
            f"{where}: the size of an image is known before it is made. Received {name} without "
            f"one for {lens.name!r}, which takes {as_text(shape)}. Pass an image (height, width, "
            f"channels) as {name}, such as numpy.zeros((64, 96, 3))."
        )
    fits = given.ndim in (0, 1, 3, 4) and 0 not in shape and given.shape[-1:] in ((), (channels,))
    if not fits or (given.ndim == 4 and len(given) not in (1, count)):
        raise UnderstandingError(
            f"{where}: the pixels of {name} are one number, one for each of {channels} channels, "
            f"an image (height, width, {channels}) or {count} of them. Received {name}.shape="
            f"{given.shape}. Pass one of these."
        )
    if options.jitter > min(shape[:2]):
        raise UnderstandingError(
            f"{where}: an image is shifted by no more than its own size. Received jitter="
            f"{options.jitter} for images of {as_text(shape)}. Name a smaller one."
        )
    images = np.broadcast_to(given.astype(np.float32), (count, *shape))
    low, high = options.limits
    if images.min() < low or images.max() > high:
        raise UnderstandingError(
            f"{where}: the pixels of {name} lie within value_range. Received {images.min():g} to "
            f"{images.max():g} for value_range={options.value_range}. Scale it, or name the range "
            "that the model takes."
        )
    if options.value_range is not None:
        warn_of_range(lens, options.value_range, where)
    if noise:
        random = np.random.default_rng([options.seed, 1])
        added = random.standard_normal(images.shape, np.float32) * np.float32(noise * options.span)
        images = np.clip(images + added, low, high)
    return images.astype(np.float32, copy=False)


def _numbers(where: str, name: str, start: Any) -> npt.NDArray[Any]:
    given = array_of(start)
    if given.dtype.kind not in "fiub" or not np.isfinite(given).all():
        what = "NaN or infinity" if given.dtype.kind == "f" else repr(start)[:60]
        raise UnderstandingError(
            f"{where}: the pixels of {name} are finite numbers. Received {what}. Pass a number "
            "such as 0, or an array of pixels."
        )
    return given
