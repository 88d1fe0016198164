"""Untrusted side: who student code runs as: on its own, where root grades, or without any powers.

A user id that nobody else has keeps it from the files of all users and makes the limit on processes
its own. Standard library only.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from dlcnn.grading.sandbox import kernel
else:
    import kernel

__all__ = ["become", "running_threads", "spare"]

_ALL_IDENTITIES = (1 << 32) - 2
_FIRST_SPARE = 1 << 29  # far above what systems give to users and containers
_FEW_SPARE = 1000


def spare() -> int | None:
    """A user and group id that nobody has, the same for as long as this process lives.

    None where this process may not change its own, or has only one to choose from.
    """
    if os.geteuid() != 0:
        return None
    with open("/proc/self/uid_map", encoding="ascii") as file:  # noqa: PTH123 pathlib would be in every fork
        ranges = [[int(word) for word in line.split()] for line in file]
    highest = max(first + count for first, _, count in ranges) - 1
    if highest >= _ALL_IDENTITIES:
        return _FIRST_SPARE + os.getpid()
    if highest <= _FEW_SPARE:
        return None
    return highest - 3 - os.getpid() % _FEW_SPARE  # a container's: below its nobody


def become(user: int | None, capabilities: int) -> None:
    """Be that user, if one is given, with these capabilities and no other."""
    if user is not None:
        os.setgroups([])
        if capabilities:
            kernel.keep_over_identity()
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    kernel.keep_capabilities(capabilities)


def running_threads() -> int:
    """How many threads this user has on the machine, as limits count them."""
    total = 0
    for name in os.listdir("/proc"):  # noqa: PTH208 pathlib would be in every fork
        if name.isdigit():
            try:
                folder = f"/proc/{name}/task"
                if os.stat(folder).st_uid == os.getuid():  # noqa: PTH116 as above
                    total += len(os.listdir(folder))  # noqa: PTH208 as above
            except OSError:  # it has just ended
                continue
    return total
