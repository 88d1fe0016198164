"""A look as a web page: index.html, and a picture for every image and method beside it.

The page needs no network and no script.
"""

import inspect
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dlcnn import figures
from dlcnn.files import write_atomically
from dlcnn.understanding.attribution.methods import METHODS
from dlcnn.understanding.contact.look import Look, is_signed
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.places import folder_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Picture", "write_page"]

_SHOWN_CLASSES = 3  # of the most probable


@dataclass(frozen=True)
class Picture:
    """A figure that a page ends with.

    Attributes:
        name: of its file, without suffix.
        title: stands above it.
        text: what is seen in it.
        figure: drawn.
    """

    name: str
    title: str
    text: str
    figure: "Figure"


def write_page(
    look: Look,
    folder: Path | str,
    *,
    title: str = "",
    class_names: Sequence[str] | None = None,
    labels: npt.NDArray[Any] | None = None,
    image_names: Sequence[str] | None = None,
    pictures: Sequence[Picture] = (),
    notes: Sequence[str] = (),
) -> Path:
    """Write a look into `folder`: index.html, images/ and the pictures.

    Args:
        look: what to show.
        folder: made where it is missing; files of the same names are replaced.
        title: the heading; by default the model's name.
        class_names: the name of each class; by default its number.
        labels: (N,) what the images show, where that is known.
        image_names: N names, such as those of files.
        pictures: of the network as a whole.
        notes: sentences for whoever reads the page, besides those of the look.

    Returns:
        The path of index.html.

    Raises:
        UnderstandingError: names or labels do not fit, or the folder cannot be written.
    """
    count, classes = look.probabilities.shape
    names = _names(class_names, classes)
    for what, given in (("labels", labels), ("image_names", image_names)):
        if given is not None and len(given) != count:
            raise UnderstandingError(
                f"write_page: there is one for each image. Received {len(given)} {what} for "
                f"{count} images. Pass as many."
            )
    known = np.asarray([] if labels is None else labels)
    if known.size and (known.dtype.kind not in "iu" or known.min() < 0 or known.max() >= classes):
        raise UnderstandingError(
            f"write_page: a label is the index of one of {classes} classes, 0 to {classes - 1}. "
            f"Received labels from {known.min()} to {known.max()}. Pass those of these images."
        )
    folder = folder_of(folder, "write_page")
    rows = [
        {
            "name": image_names[place] if image_names is not None else f"image {place + 1}",
            "label": None if labels is None else names[int(labels[place])],
            "target": names[int(look.targets[place])],
            "guesses": _guesses(look.probabilities[place], names),
            "cells": _write_cells(look, place, folder),
        }
        for place in range(count)
    ]
    for picture in pictures:
        figures.save(picture.figure, folder / f"{picture.name}.png")
    page = (
        _environment()
        .get_template("page.html")
        .render(
            title=title or look.model,
            methods=list(look.titles.values()),
            rows=rows,
            pictures=pictures,
            notes=[*look.notes, *notes],
            meanings=[(title, _meaning(method)) for method, title in look.titles.items()],
            signed=any(map(is_signed, look.maps.values())),
        )
    )
    write_atomically(folder / "index.html", page)
    return folder / "index.html"


def _meaning(method: str) -> str:
    """The first line of what is written about a method."""
    return (inspect.getdoc(METHODS[method]) or method).splitlines()[0]


def _names(class_names: Sequence[str] | None, classes: int) -> Sequence[str]:
    if class_names is None:
        return [f"class {number}" for number in range(classes)]
    class_names = tuple(class_names)
    if len(class_names) != classes:
        raise UnderstandingError(
            f"write_page: there is a name for each class. Received {len(class_names)} class_names "
            f"for {classes} classes. Name them all."
        )
    return class_names


def _guesses(probabilities: npt.NDArray[np.float32], names: Sequence[str]) -> list[dict[str, str]]:
    """The most probable classes, with the width of their bars."""
    best = np.argsort(-probabilities, kind="stable")[:_SHOWN_CLASSES]
    return [
        {"name": names[place], "share": f"{probabilities[place]:.0%}"}
        for place in best
        if probabilities[place] >= 0.005 or place == best[0]
    ]


def _write_cells(look: Look, place: int, folder: Path) -> list[dict[str, str]]:
    """Write the image and its maps; where they lie and what they are."""
    image = look.images[place]
    drawn = {"image": figures.stretched(image)}
    for method, maps in look.maps.items():
        values = np.asarray(maps[place])
        drawn[method] = figures.overlaid(image, values, signed=is_signed(maps))
    cells = []
    for name, pixels in drawn.items():
        path = f"images/{place + 1:03d}_{name}.png"
        write_atomically(folder / path, _png(pixels))
        cells.append({"path": path, "text": look.titles.get(name, name)})
    return cells


def _png(pixels: npt.NDArray[Any]) -> bytes:
    from PIL import Image

    values = np.round(np.broadcast_to(pixels, (*pixels.shape[:2], 3)) * 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, format="PNG")
    return stream.getvalue()


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
