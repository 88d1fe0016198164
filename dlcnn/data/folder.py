"""Which files of a folder a data set lies in: the course's names, found without opening any."""

import os
import re
from pathlib import Path

from dlcnn.data.errors import DataError

__all__ = ["OTHERWISE_NAMED", "file_names", "find_files", "names_in"]

OTHERWISE_NAMED = {"cats": "catvnoncat"}  # what the course calls the files of a data set

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")  # and no path to another folder


def file_names(name: str) -> tuple[str, str]:
    """The files of the data set called `name`: ("train_<name>.h5", "test_<name>.h5")."""
    stem = OTHERWISE_NAMED.get(name, name)
    return f"train_{stem}.h5", f"test_{stem}.h5"


def find_files(name: str, folder: Path) -> tuple[Path, Path] | None:
    """The two files of a data set in `folder`, else in `datasets/` below it; None without them.

    Raises:
        DataError: `folder` is none, or there is only one of the files.
    """
    _expect_folder(folder)
    if not _NAME.fullmatch(name):
        return None
    for place in (folder, folder / "datasets"):
        train, test = (place / file_name for file_name in file_names(name))
        missing = [path.name for path in (train, test) if not path.exists()]
        if not missing:
            return train, test
        if len(missing) == 1:
            raise DataError(
                f"{place}: {name} is in two files, {train.name} and {test.name}. "
                f"Received no {missing[0]}. Put it beside the other one."
            )
    return None


def names_in(folder: Path) -> tuple[str, ...]:
    """The data sets that lie in `folder` or in `datasets/` below it.

    Raises:
        DataError: `folder` is none.
    """
    _expect_folder(folder)
    names = {stem: name for name, stem in OTHERWISE_NAMED.items()}
    places = (folder, folder / "datasets")
    found = {path.stem.removeprefix("train_") for at in places for path in at.glob("train_*.h5")}
    return tuple(sorted(names.get(stem, stem) for stem in found))


def _expect_folder(folder: Path) -> None:
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise DataError(
            f"{folder}: data lie in a folder that can be read. Received {error.strerror}. "
            "Name another, or change its permissions."
        ) from None
