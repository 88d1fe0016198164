"""Untrusted side: the tiers of isolation, and when each of their layers is put on.

    zygote (prepare, fork) → nest (enter_session, clean) → worker (limit_worker)

Each tier is the one before it and more. What costs time is prepared once in the zygote; a nest puts
on what its workers have in common, a worker what would keep the nest from forking. A layer that
cannot be put on is an exception, never skipped. Nothing here reads student code.
"""
# pathlib would be loaded into every fork.
# ruff: noqa: PTH108, PTH118, PTH123, PTH208

import os
import resource
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from dlcnn.grading.sandbox import grants, identity, kernel, landlock, process, root, seccomp
else:
    import grants
    import identity
    import kernel
    import landlock
    import process
    import root
    import seccomp

__all__ = ["Full", "Partial", "Process"]

_THREADS = 64
_HOST_NAME = "worker"
_ONCE = kernel.NEW_MOUNTS | kernel.NEW_NETWORK | kernel.NEW_HOST_NAME
_PER_NEST = kernel.NEW_MOUNTS | kernel.NEW_PROCESSES | kernel.NEW_IPC


class Process:
    """Limits and certain ends, on every system."""

    tier = "process"

    def prepare(self) -> None:
        """In the zygote, once, when all that it needs of the machine has been loaded."""

    def fork(self) -> int:
        """A nest: 0 in the child, which then calls `enter_session`."""
        return os.fork()

    def enter_session(self, parent: int) -> None:
        """In the nest, before it is sent anything."""
        self._measure()
        process.enter_session(parent)

    def clean(self) -> None:
        """In the nest, when a worker has ended: leave nothing of it to the next."""

    def address_space(self) -> int:
        """In the nest: the bytes that it has mapped."""
        return self._address_space.bytes()

    def limit_worker(
        self, parent: int, memory_bytes: int, cpu_seconds: float
    ) -> Callable[[], None]:
        """In the worker, before student code; gives a function that grants it its seconds."""
        return process.limit_worker(parent, memory_bytes, cpu_seconds)

    def _measure(self, proc: int | None = None) -> None:
        self._address_space = process.AddressSpace(proc)


class Partial(Process):
    """No file but the libraries, no folder to write in, few system calls, no powers."""

    tier = "partial"

    def __init__(self, reads_all: bool = False) -> None:
        """Choose.

        Args:
            reads_all: keep root's power to read, where the libraries are in a folder of root's;
                Landlock still says which files that may be.
        """
        self._capabilities = kernel.CAN_READ_ALL if reads_all else 0

    def prepare(self) -> None:
        """In the zygote: find out and make ready all that a nest then only puts on."""
        self._grants = grants.find()
        self._user = identity.spare()
        self._threads = (
            _THREADS if self._user is not None else _THREADS + identity.running_threads()
        )
        self._nest_filter, self._worker_filter = seccomp.for_nest(), seccomp.for_worker()
        _know_modules(self._grants)
        self._prepare_files()
        kernel.hide_memory()  # not earlier: a process that is hidden cannot map its users

    def enter_session(self, parent: int) -> None:
        """In the nest: every layer that still lets it fork."""
        self._measure()
        os.setsid()
        os.chdir("/")
        identity.become(self._user, self._capabilities)
        process.die_with(parent)  # not earlier: a change of user undoes it
        self._confine()

    def limit_worker(
        self, parent: int, memory_bytes: int, cpu_seconds: float
    ) -> Callable[[], None]:
        """In the worker: the limits, and no process besides itself."""
        renew = process.limit_worker(parent, memory_bytes, cpu_seconds)
        process.limit(resource.RLIMIT_NPROC, self._threads)
        self._worker_filter.put_on()
        return renew

    def _prepare_files(self) -> None:
        if not landlock.keeps_length():
            raise RuntimeError("this kernel's Landlock lets files be cut that may not be written")
        self._rules = landlock.Rules(self._grants.apart, self._grants.devices)

    def _confine(self) -> None:
        kernel.hide_memory()
        kernel.give_up_privileges()  # first, or the kernel refuses the others to ordinary users
        self._rules.apply()
        self._nest_filter.put_on()


class Full(Partial):
    """A file system, network and process tree of its own besides, and a scratch folder."""

    tier = "full"

    def fork(self) -> int:
        """A nest in namespaces of its own: the first process of a tree that dies with it."""
        return kernel.fork_into(_PER_NEST)

    def enter_session(self, _parent: int) -> None:
        """In the nest: as in `Partial`, with a scratch folder to work in."""
        self._measure(self._proc)
        os.setsid()
        user, group = (os.getuid(), os.getgid()) if self._user is None else (self._user,) * 2
        root.mount_scratch(user, group)
        identity.become(self._user, self._capabilities)
        kernel.die_with_parent()  # whose number is not known in here; it is in the grader's hands
        self._confine()

    def clean(self) -> None:
        """In the nest: empty the scratch folder, which can hold nothing but files."""
        for name in os.listdir(root.SCRATCH):
            os.unlink(os.path.join(root.SCRATCH, name))

    def _prepare_files(self) -> None:
        self._proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
        self._leave_namespaces()
        kernel.set_host_name(_HOST_NAME)
        root.enter(self._grants)
        self._rules = landlock.Rules(self._grants.apart, self._grants.devices, root.PRIVATE)

    def _leave_namespaces(self) -> None:
        """Namespaces for good, as root or, for everybody else, as root of a new set of users."""
        try:
            kernel.unshare(_ONCE)
        except PermissionError:
            user, group = os.geteuid(), os.getegid()
            kernel.unshare(kernel.NEW_USERS | _ONCE)
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"{user} {user} 1")
            _write("/proc/self/gid_map", f"{group} {group} 1")
            self._user = None
            self._threads = _THREADS  # counted in each set of users by itself


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _know_modules(granted: grants.Grants) -> None:
    """Look only where modules can be read, and remember which are there: listing may be refused."""
    sys.path[:] = [path for path in sys.path if granted.include(path)]
    PathFinder.find_spec("a module that there is not")
