"""Moving pictures of images that change, as GIF; computes nothing."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.errors import DlcnnError
from dlcnn.files import replacing

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["save_gif"]

_GAP = 2  # pixels between images
_SIDE = 160  # pixels that the shorter side of a sheet has at least
_HELD = 10  # times as long is the last frame shown


def save_gif(
    frames: npt.NDArray[Any],
    path: str | Path,
    *,
    columns: int | None = None,
    milliseconds: int = 80,
) -> None:
    """Write images that change together as one GIF that begins again at its end.

    Small images are enlarged by a whole number. The same frames give the same bytes. A frame that
    equals the one before only makes that stay longer.

    Args:
        frames: (frames, n, height, width, channels), channels 1 or 3, uint8 or floating point in
            [0, 1].
        path: ends in .gif; written whole or not at all.
        columns: images per row; by default about as many as there are rows.
        milliseconds: how long a frame is shown, 20 or more; the last ten times as long.

    Raises:
        DlcnnError: another suffix, a file that cannot be written, no number of columns, or a time
            that no GIF can tell.
        ValueError: `frames` has another rank or channel count.
    """
    if not isinstance(path, str | Path) or Path(path).suffix.lower() != ".gif":
        received = repr(str(path)) if isinstance(path, str | Path) else f"path={path!r}"
        raise DlcnnError(
            f"save_gif: the file is a GIF. Received {received}. Name it with .gif at the end."
        )
    if columns is not None and not (isinstance(columns, int | np.integer) and columns >= 1):
        raise DlcnnError(
            f"save_gif: columns is a whole number from 1. Received columns={columns!r}. Leave it "
            "out for about as many as rows."
        )
    if not isinstance(milliseconds, int | float) or not 20 <= milliseconds <= 60_000:
        raise DlcnnError(
            "save_gif: a frame is shown for 20 to 60000 milliseconds. Received "
            f"milliseconds={milliseconds!r}. Name another."
        )
    if frames.ndim != 5 or frames.shape[-1] not in (1, 3) or 0 in frames.shape:
        raise ValueError(
            "save_gif: frames are (frames, n, height, width, 1 or 3). "
            f"Received frames.shape={frames.shape}."
        )
    pictures = [_picture(_sheet(images, columns)) for images in frames]
    times = [milliseconds] * (len(pictures) - 1) + [min(_HELD * milliseconds, 60_000)]
    try:
        with replacing(Path(path)) as temporary:
            pictures[0].save(
                temporary,
                format="GIF",
                save_all=True,
                append_images=pictures[1:],
                duration=times,
                loop=0,
            )
    except OSError as error:
        raise DlcnnError(
            f"save_gif: the file can be written. Received {str(path)!r}: "
            f"{error.strerror or error}. Name a file in a folder of your own."
        ) from None


def _sheet(images: npt.NDArray[Any], columns: int | None) -> npt.NDArray[np.uint8]:
    """(height, width, channels) of (n, height, width, channels): all in rows, enlarged."""
    count, height, width, channels = images.shape
    columns = columns or max(1, math.ceil(math.sqrt(count)))
    rows = math.ceil(count / columns)
    times = math.ceil(_SIDE / min(rows * height, columns * width))
    pixels = images
    if images.dtype != np.uint8:
        pixels = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    pixels = pixels.repeat(times, axis=1).repeat(times, axis=2)
    tall, wide = height * times + _GAP, width * times + _GAP
    sheet = np.full((rows * tall - _GAP, columns * wide - _GAP, channels), 255, np.uint8)
    for place, picture in enumerate(pixels):
        top, left = (place // columns) * tall, (place % columns) * wide
        sheet[top : top + tall - _GAP, left : left + wide - _GAP] = picture
    return sheet


def _picture(sheet: npt.NDArray[np.uint8]) -> "Image":
    """In at most 256 colours, without a pattern of dots that would flicker."""
    from PIL.Image import Dither, Quantize, fromarray

    if sheet.shape[-1] == 1:
        return fromarray(sheet[..., 0])
    return fromarray(sheet).quantize(256, Quantize.MEDIANCUT, dither=Dither.NONE)
