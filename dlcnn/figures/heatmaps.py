"""Maps of how much each pixel counts, laid over the images they belong to."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.figures.colours import DIVERGING, SEQUENTIAL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["heatmaps", "overlaid", "stretched"]

_INCHES = 1.5  # the side of an image
_CAPTION = 0.28


def heatmaps(
    images: npt.NDArray[Any],
    maps: npt.NDArray[Any],
    captions: Sequence[str],
    *,
    overlay: float = 0.6,
    columns: int | None = None,
    title: str = "",
) -> "Figure":
    """Draw each image beside the same image in grey with its map laid over it.

    Maps without negative values go from nothing to their largest value, others from blue (less)
    to red (more) around zero; each map has a scale of its own, cut at its 99th percentile.

    Args:
        images: (n, height, width, channels) of any range; each is stretched to be seen.
        maps: (n, height, width).
        captions: n texts.
        overlay: how much of the map covers the image, from 0 to 1.
        columns: pairs per row; by default as many as make the figure about square.
        title: stands above the figure.

    Raises:
        ValueError: lengths or sizes differ.
    """
    from dlcnn.figures.figure import Figure

    if images.shape[:3] != maps.shape or len(captions) != len(images):
        raise ValueError(
            f"heatmaps: there is a map and a caption for each image, of its size. Received "
            f"images.shape={images.shape}, maps.shape={maps.shape}, {len(captions)} captions."
        )
    columns = columns or max(1, round(math.sqrt(len(images) / 2)))
    rows = math.ceil(len(images) / columns)
    height = _INCHES * images.shape[1] / images.shape[2] + _CAPTION
    size = (2 * _INCHES * columns + 0.2, height * rows + (0.5 if title else 0.1))
    figure = Figure(figsize=size)
    figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.03, wspace=0, hspace=0)
    pairs = figure.subplots(rows, 2 * columns, squeeze=False).reshape(-1, 2)
    for axes in pairs.flat:
        axes.axis("off")
    signed = bool((maps < 0).any())
    for (left, right), image, values, caption in zip(pairs, images, maps, captions, strict=False):
        shown = stretched(image)
        left.imshow(shown if shown.shape[-1] == 3 else shown[..., 0], cmap="gray", vmin=0, vmax=1)
        right.imshow(overlaid(image, values, signed=signed, overlay=overlay))
        left.set_title(caption, fontsize=7, loc="left", pad=2)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def overlaid(
    image: npt.NDArray[Any], values: npt.NDArray[Any], *, signed: bool, overlay: float = 0.6
) -> npt.NDArray[np.float64]:
    """(height, width, 3) in [0, 1]: an image in grey with its map in colour laid over it.

    Args:
        image: (height, width, channels) of any range.
        values: (height, width).
        signed: whether 0 is the middle of the colours, or their beginning.
        overlay: how much of the map covers the image, from 0 to 1.
    """
    from matplotlib import colormaps

    grey = stretched(image).mean(axis=-1, keepdims=True)
    # The few largest values would leave all others pale.
    most = float(np.percentile(np.abs(values), 99)) or float(np.abs(values).max()) or 1.0
    shares = np.clip(values / most, -1 if signed else 0, 1)
    colours = colormaps[DIVERGING]((shares + 1) / 2) if signed else colormaps[SEQUENTIAL](shares)
    mixed: npt.NDArray[np.float64] = overlay * colours[..., :3] + (1 - overlay) * grey
    return mixed


def stretched(image: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """(height, width, 1 or 3) in [0, 1]: as it is if it lies there, else its range fills it."""
    pixels = image.astype(np.float64)
    pixels = pixels[..., :3] if pixels.shape[-1] >= 3 else pixels[..., :1]
    low, high = float(pixels.min()), float(pixels.max())
    if low >= 0 and high <= 1:
        return pixels
    if low >= 0 and high <= 255 and high > 2:
        return pixels / 255
    return (pixels - low) / ((high - low) or 1.0)
