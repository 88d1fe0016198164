"""A look as a web page: index.html, and a picture for every image and method beside it.

The page needs no network and no script.
"""

import inspect
import io
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dlcnn import figures
from dlcnn.files import write_atomically
from dlcnn.understanding.arguments import array_of
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
    class_names: Iterable[str] | None = None,
    labels: Iterable[int] | npt.NDArray[Any] | None = None,
    image_names: Iterable[str] | None = None,
    pictures: Iterable[Picture] = (),
    notes: Iterable[str] = (),
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
        UnderstandingError: the look, names, labels or pictures cannot be, or do not fit; or the
            folder cannot be written.
    """
    if not isinstance(look, Look):
        raise UnderstandingError(
            f"write_page: it writes what several methods say. Received a {type(look).__name__}. "
            "Pass understanding.look(model, images)."
        )
    count, classes = look.probabilities.shape
    names = [f"class {number}" for number in range(classes)]
    if class_names is not None:
        names = _as_many(class_names, "class_names", classes, "classes")
    called = [f"image {number}" for number in range(1, count + 1)]
    if image_names is not None:
        called = _as_many(image_names, "image_names", count, "images")
    known = None if labels is None else _labels(labels, count, classes)
    shown, told = _pictures(pictures), _listed(notes, "notes")
    folder = folder_of(folder, "write_page")
    rows = [
        {
            "name": called[place],
            "label": None if known is None else names[known[place]],
            "target": names[int(look.targets[place])],
            "guesses": _guesses(look.probabilities[place], names),
            "cells": _write_cells(look, place, folder),
        }
        for place in range(count)
    ]
    for picture in shown:
        figures.save(picture.figure, folder / f"{picture.name}.png")
    page = (
        _environment()
        .get_template("page.html")
        .render(
            title=title or look.model,
            methods=list(look.titles.values()),
            rows=rows,
            pictures=shown,
            notes=[*look.notes, *told],
            meanings=[(title, _meaning(method)) for method, title in look.titles.items()],
            signed=any(map(is_signed, look.maps.values())),
        )
    )
    write_atomically(folder / "index.html", page)
    return folder / "index.html"


def _meaning(method: str) -> str:
    """The first line of what is written about a method."""
    return (inspect.getdoc(METHODS[method]) or method).splitlines()[0]


def _listed(given: Any, name: str) -> list[Any]:
    """What an iterable gives; a text is none, as its letters are not meant."""
    if not isinstance(given, Iterable) or isinstance(given, str):
        raise UnderstandingError(
            f"write_page: {name} are listed. Received {name}={given!r}. Pass a list of them."
        )
    return list(given)


def _pictures(given: Any) -> list[Picture]:
    listed = _listed(given, "pictures")
    for each in listed:
        if not isinstance(each, Picture):
            raise UnderstandingError(
                f"write_page: a picture is a Picture. Received one of type {type(each).__name__}. "
                "Pass understanding.Picture(name, title, text, figure)."
            )
    return listed


def _as_many(given: Any, name: str, count: int, things: str) -> list[Any]:
    """As many as there are classes, or images."""
    found = _listed(given, name)
    if len(found) != count:
        raise UnderstandingError(
            f"write_page: there are as many {name} as {things}. Received {len(found)} {name} for "
            f"{count} {things}. Pass as many."
        )
    return found


def _labels(given: Any, count: int, classes: int) -> list[int]:
    """The class that each image shows, by its index."""
    listed = _as_many(given, "labels", count, "images")
    labels = array_of(listed)
    good = labels.dtype.kind in "iu" and labels.shape == (count,)
    if not good or labels.min() < 0 or labels.max() >= classes:
        raise UnderstandingError(
            f"write_page: a label is the index of one of {classes} classes, 0 to {classes - 1}. "
            f"Received {textwrap.shorten(', '.join(map(str, listed)), 60)}. Pass those of these "
            "images."
        )
    return [int(label) for label in labels]


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
