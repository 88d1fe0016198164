"""Tasks shared among threads.

NumPy lets go of the interpreter in its loops and in BLAS, so threads of Python compute at the same
time. Each has the columns of its images in its own cache, where a BLAS of many threads would first
wait for one copy of all of them. Which tasks there are is decided by the arrays and never by the
number of threads, so that the results do not depend on it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from contextvars import copy_context
from itertools import count
from threading import Lock, Thread
from typing import Generic, TypeVar

from dlcnn.reference._arguments import Array
from dlcnn.reference.engine.blas import one_blas_thread_here

__all__ = ["SumInOrder", "in_parts", "share"]

T = TypeVar("T")

_FEWEST_PARTS, _MOST_PARTS = 4, 16


def share(tasks: Sequence[T], work: Callable[[Iterator[T]], None], threads: int) -> None:
    """Have `work` take the tasks, in up to `threads` threads.

    Args:
        tasks: what is to be done, in any order.
        work: is called once in each thread with an iterator that gives it tasks while there are
            any, and so can keep what it needs from one to the next.
        threads: at least 1.

    What one thread raises is raised here; the others then end with the task they have, as they do
    at Ctrl-C.
    """
    threads = min(threads, len(tasks))
    if threads <= 1:
        work(iter(tasks))
        return
    shared = _Shared(tasks)
    raised: list[BaseException] = []

    def help_with(core: int | None) -> None:
        try:
            one_blas_thread_here()
            if core is not None:
                with suppress(OSError):
                    os.sched_setaffinity(0, {core})
            work(shared)
        except BaseException as error:
            shared.stop()
            raised.append(error)

    # Each in a copy of this context: what np.errstate says here holds there.
    helpers = [
        Thread(target=copy_context().run, args=(help_with, core)) for core in _cores(threads)
    ]
    helpers = helpers[: _start(helpers)]
    try:
        if not helpers:
            work(shared)
        _wait_for(helpers)
    except BaseException:
        shared.stop()
        _wait_for(helpers)
        raise
    if raised:
        raise raised[0]


def in_parts(tasks: Sequence[T], images_bytes: int, sum_bytes: int) -> list[Sequence[T]]:
    """Cut tasks that add to one sum into stretches with a sum each.

    There are as many as threads may want, and as have sums of an eighth of the images' size
    together, but for a few in any case.
    """
    most = min(_MOST_PARTS, max(_FEWEST_PARTS, images_bytes // (8 * sum_bytes)))
    length = -(-len(tasks) // most)
    return [tasks[start : start + length] for start in range(0, len(tasks), length)]


class SumInOrder:
    """Adds up what threads found, in the order of the parts' numbers, whichever comes first."""

    def __init__(self, total: Array) -> None:
        self._total = total
        self._total[...] = 0
        self._waiting: dict[int, Array] = {}
        self._next = 0
        self._lock = Lock()

    def add(self, number: int, found: Array) -> None:
        """Add part `number` once all before it are added."""
        with self._lock:
            self._waiting[number] = found
            while self._next in self._waiting:
                self._total += self._waiting.pop(self._next)
                self._next += 1


class _Shared(Generic[T]):
    """An iterator that many threads take from."""

    def __init__(self, tasks: Sequence[T]) -> None:
        self._tasks = iter(tasks)
        self._lock = Lock()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        with self._lock:
            return next(self._tasks)

    def stop(self) -> None:
        """Give no task any more."""
        with self._lock:
            self._tasks = iter(())


_calls = count(os.getpid())


def _cores(threads: int) -> list[int] | list[None]:
    """A core for each thread, of those that this process may use; None: it may go where it wants.

    A thread that waits for the interpreter is woken by another, and Linux would have it wait for
    that one's core too. Every call begins with another core, so that several share them all.
    """
    if not hasattr(os, "sched_getaffinity"):
        return [None] * threads
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < threads:
        return [None] * threads
    first = next(_calls)
    return [cores[(first + number) % len(cores)] for number in range(threads)]


def _start(threads: Sequence[Thread]) -> int:
    """Start threads, and tell how many: at the end of a program there can be none."""
    for started, thread in enumerate(threads):
        try:
            thread.start()
        except RuntimeError:
            return started
    return len(threads)


def _wait_for(threads: Sequence[Thread]) -> None:
    for thread in threads:
        thread.join()
