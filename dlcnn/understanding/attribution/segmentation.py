"""The object cut out along its edges: GrabCut, told by a map where to begin."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from dlcnn.figures.heatmaps import heatmaps, stretched
from dlcnn.understanding.arguments import array_of, columns_of, number, whole
from dlcnn.understanding.errors import UnderstandingError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Segments", "segment"]

_WHERE = "segment"
_SEEDS = 5  # GrabCut describes object and ground by five colours each


@dataclass(frozen=True)
class Segments:
    """Objects cut out of images.

    Attributes:
        images: (N, H, W, C) as they were passed.
        masks: (N, H, W) true on the object.
    """

    images: npt.NDArray[Any]
    masks: npt.NDArray[np.bool_]

    def figure(self, *, overlay: float = 0.6, columns: int | None = None) -> "Figure":
        """Draw each image beside the object found on it, with its share of the pixels.

        Args:
            overlay: how much of the mask covers the image, from 0 to 1.
            columns: pairs per row.

        Raises:
            UnderstandingError: they are no such numbers.
        """
        shares = self.masks.mean(axis=(1, 2))
        return heatmaps(
            self.images,
            self.masks.astype(np.float32),
            [f"object: {share:.0%} of the pixels" for share in shares],
            overlay=number("figure", "overlay", overlay, least=0, most=1),
            columns=columns_of(columns),
            title="segmentation (GrabCut)",
        )


def segment(
    images: npt.ArrayLike,
    maps: npt.ArrayLike,
    *,
    foreground: float = 0.95,
    background: float = 0.3,
    iterations: int = 5,
) -> Segments:
    """Cut out the object that maps point at, along edges of colour.

    Pixels of a map above a high quantile are taken for object, those below a low one for ground;
    GrabCut, of OpenCV, learns the colours of both and decides on the rest. Some ground is kept
    in any case: an object that fills the image is not found whole.

    Args:
        images: (N, H, W, C) of 1, 3 or 4 channels (the fourth is left out), or (N, H, W) grey, of
            any range.
        maps: (N, H, W), larger where a pixel counts more, as `saliency` gives them.
        foreground: the quantile of each map from which on pixels are object.
        background: the quantile up to which they are ground.
        iterations: how often colours and edges are fitted in turn.

    Raises:
        UnderstandingError: images, maps or options cannot be, or a map tells no places apart.

    Source: Simonyan, Vedaldi & Zisserman 2013, section 3.2; Rother, Kolmogorov & Blake 2004.
    """
    high = number(_WHERE, "foreground", foreground, above=0, most=1)
    low = number(_WHERE, "background", background, least=0, most=1)
    if low >= high:
        raise UnderstandingError(
            f"{_WHERE}: background is a smaller quantile than foreground. Received "
            f"background={background!r}, foreground={foreground!r}. Pass such as 0.3 and 0.95."
        )
    rounds = whole(_WHERE, "iterations", iterations, least=1)
    pictures, values = _checked(images, maps)
    masks = np.zeros(values.shape, bool)
    for index, (picture, each) in enumerate(zip(pictures, values, strict=True)):
        seeds = _seeds(each, high, low, index)
        colours = np.round(stretched(picture) * 255).astype(np.uint8)
        if colours.shape[-1] == 1:
            colours = np.repeat(colours, 3, axis=-1)
        masks[index] = _cut(np.ascontiguousarray(colours), seeds, rounds)
    return Segments(pictures, masks)


def _checked(
    images: npt.ArrayLike, maps: npt.ArrayLike
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """Images with a channel axis and maps of their size, all finite."""
    pictures, values = _numbers("images", images), _numbers("maps", maps)
    if pictures.ndim == 3:
        pictures = pictures[..., None]
    if pictures.ndim != 4 or pictures.shape[-1] not in (1, 3, 4) or 0 in pictures.shape:
        raise UnderstandingError(
            f"{_WHERE}: images are (batch, height, width, channels) of 1, 3 or 4 channels. "
            f"Received images.shape={np.shape(images)}. Pass a batch of such."
        )
    if values.shape != pictures.shape[:3]:
        passed = np.shape(images)
        single = {
            "images[None]": len(passed) == 3 and passed[:2] == values.shape[-2:],
            "maps[None]": values.ndim == 2,
        }
        hint = "Pass the maps of these images."
        if any(single.values()):
            hint = f"Add the batch axis: {', '.join(each for each in single if single[each])}."
        raise UnderstandingError(
            f"{_WHERE}: there is a map for each image, of its size. Received "
            f"maps.shape={values.shape} for images.shape={passed}. {hint}"
        )
    return pictures, values.astype(np.float64)


def _numbers(name: str, given: npt.ArrayLike) -> npt.NDArray[Any]:
    values = array_of(given)
    if values.dtype.kind not in "fiub" or not np.isfinite(values).all():
        what = "NaN or infinity" if values.dtype.kind == "f" else f"an array of {values.dtype}"
        raise UnderstandingError(
            f"{_WHERE}: {name} are finite numbers. Received {what}. Look at how they were made."
        )
    return values


def _seeds(
    values: npt.NDArray[np.float64], high: float, low: float, index: int
) -> npt.NDArray[np.uint8]:
    """What GrabCut begins with: sure object, sure ground, and between them probable ground."""
    least, most = np.quantile(values, [low, high])
    ground = values <= least
    thing = (values >= most) & ~ground
    for name, found in (("object", thing), ("ground", ground)):
        if found.sum() < _SEEDS:
            raise UnderstandingError(
                f"{_WHERE}: a map tells at least {_SEEDS} pixels of object and of ground apart. "
                f"Received {int(found.sum())} of {name} on maps[{index}], of {values.shape[0]} x "
                f"{values.shape[1]} pixels with values {values.min():.3g} to {values.max():.3g}. "
                "A map that is the same almost everywhere shows no object; for small images, "
                "move foreground and background towards each other."
            )
    seeds = np.full(values.shape, cv2.GC_PR_BGD, np.uint8)
    seeds[ground] = cv2.GC_BGD
    seeds[thing] = cv2.GC_FGD
    return seeds


def _cut(
    colours: npt.NDArray[np.uint8], seeds: npt.NDArray[np.uint8], rounds: int
) -> npt.NDArray[np.bool_]:
    cv2.setRNGSeed(0)  # it draws the colours that it begins with
    models = np.zeros((2, 1, 65))
    cv2.grabCut(colours, seeds, (0, 0, 0, 0), models[0], models[1], rounds, cv2.GC_INIT_WITH_MASK)
    return np.asarray((seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD))
