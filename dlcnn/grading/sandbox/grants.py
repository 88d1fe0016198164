"""Untrusted side: which files student code may read: the interpreter, its packages, nothing else.

Found by looking at this process, so it must be asked before anything is confined. Granted are
folders of libraries only; whatever in them is named like us is held back, wherever it is installed.
"""
# pathlib would be loaded into every fork.
# ruff: noqa: PTH110, PTH114, PTH118, PTH119, PTH120, PTH123, PTH208

import os
import sys
from collections.abc import Iterator

__all__ = ["Grants", "find"]

_PACKAGE_FOLDERS = ("site-packages", "dist-packages")
_MODULE_FOLDERS = (*_PACKAGE_FOLDERS, "lib-dynload")
_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")

_OWN_FOLDER = os.path.realpath(__file__).rsplit(os.sep, 3)[0]
_OWN_NAME = os.path.basename(_OWN_FOLDER).lower()


class Grants:
    """What may be read.

    `readable` are files and whole folders, `hidden` the paths below them that are held back, and
    `apart` is `readable` taken apart so that nothing of it holds any of `hidden`. All are real
    paths; `links` are the other names by which Python knows some of them.
    """

    __slots__ = ("apart", "devices", "hidden", "links", "readable")

    def __init__(
        self, readable: list[str], hidden: list[str], devices: list[str], links: dict[str, str]
    ) -> None:
        self.readable = readable
        self.hidden = hidden
        self.devices = devices
        self.links = links
        self.apart = [part for path in readable for part in _without(path, hidden)]

    def include(self, path: str) -> bool:
        """Whether a path is readable, as a whole or for the most part."""
        real = os.path.realpath(path)
        return real in self.readable or any(is_below(real, each) for each in self.readable)


def find() -> Grants:
    """The grants of this interpreter."""
    names = [path for path in (*_modules(), *_libraries(), *_FILES) if os.path.exists(path)]
    real = {path: os.path.realpath(path) for path in names}
    readable = sorted(
        path
        for path in set(real.values())
        if not any(is_below(path, other) for other in real.values())
    )
    hidden = sorted({path for folder in readable for path in _ours(folder)})
    devices = [path for path in _DEVICES if os.path.exists(path)]
    links = {path: target for path, target in real.items() if path != target}
    return Grants(readable, hidden, devices, links)


def is_below(path: str, folder: str) -> bool:
    """Whether a path is in a folder, at any depth; a folder is not below itself."""
    return path.startswith(folder + os.sep)


def _modules() -> list[str]:
    """Where Python finds modules that were installed, not those of a project that is worked on."""
    installed = [path for path in sys.path if os.path.basename(path) in _MODULE_FOLDERS]
    return [os.path.dirname(os.__file__), *installed]


def _libraries() -> list[str]:
    """The folders of the shared libraries that are loaded, and of the interpreter's own."""
    folders = {os.path.join(sys.base_prefix, "lib")}
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        for line in maps:
            path = line.rstrip("\n")[line.find("/") :]
            if ".so" in os.path.basename(path):
                folders.add(os.path.dirname(path))
    return sorted(folders)


def _ours(granted: str) -> list[str]:
    """What below a granted folder belongs to us: the package, its metadata, its editable links."""
    checkout = os.path.dirname(_OWN_FOLDER)
    found = [path for path in (_OWN_FOLDER, checkout) if is_below(path, granted)]
    if os.path.basename(checkout) in _PACKAGE_FOLDERS:
        found = found[:1]  # installed, in a folder that is everybody's
    for folder in _package_folders(granted):
        names = [name for name in _names(folder) if _OWN_NAME in name.lower()]
        found += [os.path.join(folder, name) for name in names]
    return found


def _package_folders(folder: str) -> Iterator[str]:
    """The folder and what in it may hold installed packages, such as python3/dist-packages."""
    yield folder
    for name in _names(folder):
        if name in _PACKAGE_FOLDERS or name.startswith("python"):
            yield from _package_folders(os.path.join(folder, name))


def _without(path: str, hidden: list[str]) -> list[str]:
    """A path, or what is in it, and so on, so that nothing hidden is left; links are left out."""
    if path in hidden or os.path.islink(path):
        return []
    inside = [each for each in hidden if is_below(each, path)]
    if not inside:
        return [path]
    parts = [_without(os.path.join(path, name), inside) for name in _names(path)]
    return [part for each in parts for part in each]


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:  # no folder, or one that is not ours to list
        return []
