"""Data sets by name: a person's own files where they are, else drawn once and kept.

Renderers are discovered in `dlcnn/data/render` by file name; nothing is registered.
"""

import importlib
import inspect
import os
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from dlcnn.data import cache, render
from dlcnn.data.dataset import Dataset, Split
from dlcnn.data.errors import DataError
from dlcnn.data.folder import OTHERWISE_NAMED, file_names, find_files, names_in
from dlcnn.data.values import seed_from
from dlcnn.errors import nearest

__all__ = ["Description", "describe", "load", "names"]

_VARIABLE = "DLCNN_DATA"


class _Renderer(Protocol):
    """What a module of `dlcnn/data/render` has."""

    VERSION: int
    DESCRIPTION: str
    CLASS_NAMES: tuple[str, ...]
    SIZES: tuple[int, int]
    render: Callable[..., tuple[Split, Split]]


@dataclass(frozen=True)
class Description:
    """A data set, told without reading or drawing its images.

    Attributes:
        name: as `load` takes it.
        sizes: how many images to train with and to test with; None where nobody can know.
        class_names: what they show; None where nobody can know.
        source: where the images would come from.
    """

    name: str
    sizes: tuple[int, int] | None
    class_names: tuple[str, ...] | None
    source: str


def names(folder: str | os.PathLike[str] | None = None) -> tuple[str, ...]:
    """The data sets that lie in `folder`; without one, all that `load` knows by name.

    Raises:
        DataError: the folder, or the one that DLCNN_DATA names, is none.
    """
    place = _place(folder)
    found = names_in(place) if place else ()
    return tuple(sorted({*found, *(() if folder else {*_renderers(), *OTHERWISE_NAMED})}))


def load(name: str, folder: str | os.PathLike[str] | None = None, **options: object) -> Dataset:
    """Load a data set: real images where there are some, else drawn ones.

    The files `train_<name>.h5` and `test_<name>.h5` (cats: `train_catvnoncat.h5`) are looked for
    in `folder`, else in the folder that the variable DLCNN_DATA names, there or in `datasets/`.
    Without them the data set is drawn, once, and kept in the user's cache.

    Args:
        name: one of `names()`, or the name of files of one's own.
        folder: where the files are; it must hold them.
        **options: of the drawn images, such as `seed=1`, or `colour=True` for digits.

    Raises:
        DataError: there is no such data set, a file is damaged, or an option is unknown.
    """
    files = _find(name, folder)
    if files is None:
        return _drawn(name, options)
    if options:
        raise DataError(
            f"{name}: options are for drawn images; these are real ones in {files[0].parent}. "
            f"Received {', '.join(f'{key}={value!r}' for key, value in options.items())}. "
            f"Leave them out, or unset {_VARIABLE}."
        )
    from dlcnn.data import h5  # here, so that who draws needs no h5py

    return h5.read(name, *files)


def describe(name: str, folder: str | os.PathLike[str] | None = None) -> Description:
    """Tell what `load` would give, and from where.

    Raises:
        DataError: as `load`, but for what only the images and labels themselves show.
    """
    files = _find(name, folder)
    if files is not None:
        from dlcnn.data import h5

        train, test = h5.read_header(files[0], "train"), h5.read_header(files[1], "test")
        sizes = train.count, test.count
        return Description(name, sizes, train.class_names, str(files[0].parent))
    if name not in _renderers():
        return Description(name, None, None, f"needs {' and '.join(file_names(name))}")
    renderer = _renderer(name)
    kept = cache.path_of(name, renderer.VERSION, _options(name, renderer, {}))
    source = str(kept) if kept.is_file() else "drawn at first use"
    return Description(name, renderer.SIZES, renderer.CLASS_NAMES, source)


def _find(name: str, folder: str | os.PathLike[str] | None) -> tuple[Path, Path] | None:
    """The files of a data set; None where a name that dlcnn knows has none."""
    if not isinstance(name, str):
        raise DataError(
            f"load: a data set is called by its name, a text. Received name={name!r}. "
            f"{nearest(name, names(folder))}"
        )
    place = _place(folder)
    files = find_files(name, place) if place else None
    if files is None and (folder or name not in names()):
        raise DataError(
            f"{place if folder else 'data'}: a data set lies in files of its name, "
            f"{' and '.join(file_names(name))}. Received name={name!r}, and no such files. "
            f"{nearest(name, names(folder))}"
        )
    return files


def _place(folder: str | os.PathLike[str] | None) -> Path | None:
    """The folder in which to look for files, if any."""
    named = folder or os.environ.get(_VARIABLE)
    return Path(named).expanduser().absolute() if named else None


def _drawn(name: str, options: Mapping[str, object]) -> Dataset:
    if name not in _renderers():
        raise DataError(
            f"{name}: it is never drawn, only read from {' and '.join(file_names(name))}. "
            f"Received neither. Put both into a folder, and name it as `folder` or in {_VARIABLE}."
        )
    renderer = _renderer(name)
    chosen = _options(name, renderer, options)
    path = cache.path_of(name, renderer.VERSION, chosen)
    train, test = cache.fetch(path, lambda: renderer.render(**chosen))
    info = {
        "source": "rendered",
        "description": renderer.DESCRIPTION,
        "version": renderer.VERSION,
        **chosen,
    }
    return Dataset(name, train, test, renderer.CLASS_NAMES, info)


def _options(name: str, renderer: _Renderer, given: Mapping[str, object]) -> dict[str, object]:
    """Every option of a renderer: as given, else its default."""
    parameters = inspect.signature(renderer.render).parameters
    chosen = {key: parameter.default for key, parameter in parameters.items()}
    for key, value in given.items():
        if key not in chosen:
            raise DataError(
                f"{name}: its images are drawn with certain options. Received {key}={value!r}, "
                f"which is none of them. {nearest(key, chosen)}"
            )
        chosen[key] = seed_from(name, value) if key == "seed" else _switch(name, key, value)
    return chosen


def _switch(name: str, key: str, value: object) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise DataError(
            f"{name}: the option {key} is True or False. Received {key}={value!r}. Give either."
        )
    return bool(value)


def _renderers() -> set[str]:
    modules = {module.name for module in pkgutil.iter_modules(render.__path__)}
    return {name for name in modules if not name.startswith("_")}


def _renderer(name: str) -> _Renderer:
    return cast(_Renderer, importlib.import_module(f"{render.__name__}.{name}"))
