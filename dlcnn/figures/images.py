"""Sheets of images, such as a look at a data set or at what a network mistook."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.figures.titles import wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["image_grid"]

_INCHES = 1.25  # from one image to the next beside it
_GAP = 0.06  # inches of it that lie between them
_CAPTION = 0.14  # inches per line of the captions
_TITLE = 0.19  # and of the title


def image_grid(
    images: npt.NDArray[Any],
    captions: Sequence[str] | None = None,
    *,
    columns: int | None = None,
    title: str = "",
) -> "Figure":
    """Draw images in rows, each with its caption below.

    Args:
        images: (n, height, width, channels), channels 1 or 3, uint8 or floating point in [0, 1].
        captions: a text per image, lines separated by a newline, or None.
        columns: images per row; by default about as many as there are rows.
        title: stands above the sheet.

    Raises:
        ValueError: `images` has another rank or channel count, or `captions` another length.
    """
    from dlcnn.figures.figure import Figure

    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise ValueError(
            "image_grid: images are (n, height, width, 1 or 3). "
            f"Received images.shape={images.shape}."
        )
    if captions is not None and len(captions) != len(images):
        raise ValueError(
            f"image_grid: there is a caption per image. Received {len(captions)} captions for "
            f"{len(images)} images."
        )
    columns = columns or max(1, math.ceil(math.sqrt(len(images))))
    rows = max(1, math.ceil(len(images) / columns))
    lines = max((caption.count("\n") + 1 for caption in captions or ()), default=0)
    title = wrapped(title, _INCHES * columns, 11)
    # All in inches: shares of the height would leave a quarter of a single row empty.
    wide = _INCHES - _GAP
    tall = wide * images.shape[1] / images.shape[2]
    below = _CAPTION * lines + 2 * _GAP
    above = _TITLE * (title.count("\n") + 1) + 2 * _GAP if title else _GAP
    width, height = _INCHES * columns, above + (tall + below) * rows
    figure = Figure(figsize=(width, height))
    figure.subplots_adjust(
        left=_GAP / 2 / width,
        right=1 - _GAP / 2 / width,
        bottom=below / height,
        top=1 - above / height,
        wspace=_GAP / wide,
        hspace=below / tall,
    )
    for axes in figure.subplots(rows, columns, squeeze=False).flat:
        axes.axis("off")
    for index, (axes, image) in enumerate(zip(figure.axes, _displayable(images), strict=False)):
        axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        if captions is not None:
            axes.set_title(captions[index], fontsize=8, y=0, va="top", pad=-3)
    if title:
        figure.suptitle(title, fontsize=11, y=1 - _GAP / height, va="top")
    return figure


def _displayable(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Colour as it is, grey without its channel axis: what matplotlib draws."""
    scaled = images / 255.0 if images.dtype == np.uint8 else np.clip(images, 0, 1)
    return scaled[..., 0] if images.shape[-1] == 1 else scaled
