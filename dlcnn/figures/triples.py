"""Before, what was added, and after: three pictures side by side for each image."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.figures.heatmaps import stretched

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["triples"]

_INCHES = 1.7  # the side of an image: wide enough for a caption
_CAPTION = 0.28  # inches of a line of text, and of each below it the half


def triples(
    images: npt.NDArray[Any],
    changes: npt.NDArray[Any],
    results: npt.NDArray[Any],
    captions: Sequence[str],
    change_captions: Sequence[str],
    result_captions: Sequence[str],
    *,
    columns: int | None = None,
    title: str = "",
) -> "Figure":
    """Draw each image, the change added to it, and the result.

    A change is stretched so that its largest value can just be shown; grey is no change.

    Args:
        images: (n, height, width, channels) of any range; each is stretched to be seen.
        changes: of the same shape.
        results: of the same shape; each is stretched like its image.
        captions: n texts over the images.
        change_captions: n texts over the changes.
        result_captions: n texts over the results.
        columns: images per row; by default one, and two from 6 on.
        title: stands above the figure.

    Raises:
        ValueError: lengths or shapes differ.
    """
    from dlcnn.figures.figure import Figure

    texts = (captions, change_captions, result_captions)
    if not images.shape == changes.shape == results.shape or {len(images)} != set(map(len, texts)):
        raise ValueError(
            f"triples: images, changes and results have one shape, and three captions each. "
            f"Received shapes {images.shape}, {changes.shape}, {results.shape} and "
            f"{len(captions)}, {len(change_captions)}, {len(result_captions)} captions."
        )
    columns = columns or (1 if len(images) < 6 else 2)
    rows = math.ceil(len(images) / columns)
    below = max(text.count("\n") for each in texts for text in each)
    height = _INCHES * images.shape[1] / images.shape[2] + _CAPTION * (1 + below / 2)
    figure = Figure(figsize=(3 * _INCHES * columns, height * rows + (0.5 if title else 0.1)))
    figure.set_layout_engine("constrained", w_pad=0.03, h_pad=0.03, wspace=0, hspace=0)
    trios = figure.subplots(rows, 3 * columns, squeeze=False).reshape(-1, 3)
    for axes in trios.flat:
        axes.axis("off")
    pictures = zip(images, changes, results, strict=True)
    for trio, (image, change, result), text in zip(
        trios, pictures, zip(*texts, strict=True), strict=False
    ):
        both = stretched(np.concatenate([image, result]))  # one scale for the two
        most = float(np.abs(change).max()) or 1.0
        shown = (both[: len(image)], stretched(0.5 + change / (2 * most)), both[len(image) :])
        for axes, picture, caption in zip(trio, shown, text, strict=True):
            _draw(axes, picture, caption)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _draw(axes: "Axes", picture: npt.NDArray[Any], caption: str) -> None:
    seen = picture if picture.shape[-1] == 3 else picture[..., 0]
    axes.imshow(seen, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(caption, fontsize=7, loc="left", pad=2)
