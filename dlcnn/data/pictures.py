"""Pictures in files, such as photographs, as arrays of the size that a network takes.

Pillow reads them. It knows nothing of what they show.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dlcnn.data.errors import DataError

__all__ = ["read_pictures"]

_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
_MODES = {1: "L", 3: "RGB"}  # Pillow's names


def read_pictures(
    paths: Sequence[Path], size: tuple[int | None, int | None], channels: int
) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Read pictures, each stretched to one size.

    A photograph is turned upright as its camera says, opacity is laid on white, and of a film the
    first picture counts.

    Args:
        paths: files, or folders of which each picture counts, by name.
        size: (height, width); None: that of the first picture.
        channels: 1 for grey, 3 for colour.

    Returns:
        (n, height, width, channels) uint8, and the name of each.

    Raises:
        DataError: a file is not there or no picture, a folder has none, or another channel count
            is asked for.
    """
    if channels not in _MODES:
        raise DataError(
            f"pictures: a picture has 1 channel (grey) or 3 (colour). Received {channels}. Pass "
            "arrays to a network that takes others."
        )
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise DataError("pictures: there is at least one. Received none. Name files or a folder.")
    height, width = size
    images = []
    for file in files:
        image = _read(file, (height, width), channels)
        height, width = image.shape[:2]
        images.append(image)
    return np.stack(images), [file.name for file in files]


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = sorted(each for each in path.iterdir() if each.suffix.lower() in _SUFFIXES)
    if not found:
        raise DataError(
            f"{path}: a folder of pictures has files that end in {', '.join(_SUFFIXES)}. Received "
            "one without. Name another."
        )
    yield from found


def _read(file: Path, size: tuple[int | None, int | None], channels: int) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(file) as opened:
            picture = ImageOps.exif_transpose(opened)
            if picture.has_transparency_data:
                above = picture.convert("RGBA")
                picture = Image.alpha_composite(Image.new("RGBA", above.size, "white"), above)
            picture = picture.convert(_MODES[channels])
            height, width = size[0] or picture.height, size[1] or picture.width
            if picture.size != (width, height):
                picture = picture.resize((width, height), Image.Resampling.BILINEAR)
            values = np.asarray(picture, np.uint8)
    except FileNotFoundError:
        raise DataError(f"{file}: a picture is read. Received no such file. Name one.") from None
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        raise DataError(
            f"{file}: it is a picture that Pillow can read, such as .png or .jpg. Received one "
            f"that it cannot ({str(error).splitlines()[0] if str(error) else 'damaged'}). "
            "Save it again, or name another."
        ) from None
    return values.reshape(height, width, channels)
