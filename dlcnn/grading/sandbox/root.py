"""Untrusted side: a file system of one's own, with what was granted in it and nothing else.

Built once, in a mount namespace of its own; those that are forked from it copy it and add their
scratch folder. Libraries only to be read; of the rest of the machine not even names are left.
"""
# pathlib would be loaded into every fork.
# ruff: noqa: PTH103, PTH112, PTH120, PTH123, PTH208, PTH211

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from dlcnn.grading.sandbox import kernel
    from dlcnn.grading.sandbox.grants import Grants
else:
    import kernel
    from grants import Grants

__all__ = ["PRIVATE", "SCRATCH", "enter", "mount_scratch"]

PRIVATE = "/private"  # nothing is in it but the place of the scratch folder
SCRATCH = "/private/scratch"

_MOUNT_POINT = "/proc"  # a folder that every Linux has, that holds no library, and that is not kept
_EMPTY = "/private/empty"
_SCRATCH_OPTIONS = "size=16m,nr_inodes=256,mode=700"
_SAFE = kernel.NO_SET_USER | kernel.NO_DEVICES


def enter(grants: Grants) -> None:
    """Make the file system and go there; the mounts must be this process's own already."""
    kernel.mount("none", "/", "none", kernel.RECURSIVE | kernel.PRIVATE)  # nothing gets out
    kernel.mount("tmpfs", _MOUNT_POINT, "tmpfs", _SAFE, "size=1m,mode=755")
    for folder in (SCRATCH, _EMPTY):
        os.makedirs(_MOUNT_POINT + folder)
    for path in grants.readable:
        _bind(path)
    _link(grants)
    for path in grants.devices:
        _touch(path)
    kernel.set_mount_flags(_MOUNT_POINT, kernel.READ_ONLY | _SAFE)
    for path in grants.hidden:
        _mask(path)
    for path in grants.devices:  # after the flags: on a mount without devices they do not work
        kernel.mount(path, _MOUNT_POINT + path, "none", kernel.BIND)
    os.chdir(_MOUNT_POINT)
    kernel.pivot_root()
    os.chdir("/")


def mount_scratch(user: int, group: int) -> None:
    """In the child: an empty folder of this user's, in memory, and go there."""
    options = f"{_SCRATCH_OPTIONS},uid={user},gid={group}"
    kernel.mount("tmpfs", SCRATCH, "tmpfs", _SAFE | kernel.NO_PROGRAMS, options)
    os.chdir(SCRATCH)


def _bind(path: str) -> None:
    """Show a granted path at its own place."""
    if os.path.isdir(path):
        os.makedirs(_MOUNT_POINT + path)
    else:
        _touch(path)
    kernel.mount(path, _MOUNT_POINT + path, "none", kernel.BIND | kernel.RECURSIVE)


def _mask(path: str) -> None:
    """Show nothing at the place of a path that was bound with the folder it is in."""
    empty = _MOUNT_POINT + _EMPTY if os.path.isdir(path) else "/dev/null"
    kernel.mount(empty, _MOUNT_POINT + path, "none", kernel.BIND)


def _link(grants: Grants) -> None:
    """The other names of what was granted, and those of the machine's top folders."""
    top = {"/" + name: os.path.realpath("/" + name) for name in os.listdir("/")}
    for path, target in {**top, **grants.links}.items():
        place = _MOUNT_POINT + path
        if path != target and not os.path.lexists(place):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.symlink(target, place)


def _touch(path: str) -> None:
    """Make an empty file to mount another one on."""
    os.makedirs(os.path.dirname(_MOUNT_POINT + path), exist_ok=True)
    with open(_MOUNT_POINT + path, "x", encoding="utf-8"):
        pass
