"""Tasks shared among threads while BLAS keeps to one.

NumPy lets go of the interpreter in its loops and in BLAS, so threads of Python compute at the same
time. Each has the columns of its images in its own cache, where a BLAS of many threads would first
wait for one copy of all of them. Which tasks there are is decided by the arrays and never by the
number of threads, so that the results do not depend on it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache
from itertools import count
from threading import Lock
from typing import Any, Generic, TypeVar

__all__ = ["blas_libraries", "in_parts", "one_blas_thread", "share"]

T = TypeVar("T")

_FEWEST_PARTS, _MOST_PARTS = 4, 16


def share(tasks: Sequence[T], work: Callable[[Iterator[T]], None], threads: int) -> None:
    """Have `work` take the tasks, in up to `threads` threads, this one among them.

    Args:
        tasks: what is to be done, in any order.
        work: is called once in each thread with an iterator that gives it tasks while there are
            any, and so can keep what it needs from one to the next.
        threads: at least 1.
    """
    threads = min(threads, len(tasks))
    if threads <= 1:
        work(iter(tasks))
        return
    shared = _Shared(tasks)

    cores = _cores(threads)

    def work_until_one_fails(core: int | None) -> None:
        try:
            with _kept_on(core):
                work(shared)
        except BaseException:
            shared.stop()
            raise

    with ThreadPoolExecutor(threads - 1) as pool:
        # Each in a copy of this context: what np.errstate says here holds there.
        others = [pool.submit(copy_context().run, work_until_one_fails, core) for core in cores[1:]]
        work_until_one_fails(cores[0])
        for other in others:
            other.result()


def in_parts(tasks: Sequence[T], images_bytes: int, sum_bytes: int) -> list[Sequence[T]]:
    """Cut tasks that add to one sum into stretches with a sum each.

    There are as many as threads may want, and as have sums of an eighth of the images' size
    together, but for a few in any case.
    """
    most = min(_MOST_PARTS, max(_FEWEST_PARTS, images_bytes // (8 * sum_bytes)))
    length = -(-len(tasks) // most)
    return [tasks[start : start + length] for start in range(0, len(tasks), length)]


_calls = count(os.getpid())


def _cores(threads: int) -> list[int] | list[None]:
    """A core for each thread, of those that this process may use; None: it may go where it wants.

    One thread that waits for the interpreter is woken by another, and Linux would have it wait for
    that one's core too. Every call begins with another core, so that several share them all.
    """
    if not hasattr(os, "sched_getaffinity"):
        return [None] * threads
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < threads:
        return [None] * threads
    first = next(_calls)
    return [cores[(first + number) % len(cores)] for number in range(threads)]


@contextmanager
def _kept_on(core: int | None) -> Iterator[None]:
    """A `with` block in which this thread stays on one core."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


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


class _OneBlasThread:
    """A `with` block in which NumPy's BLAS computes in the thread that calls it.

    Blocks may lie in one another and in several threads: the first sets it, the last sets it back.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._blocks = 0
        self._before: list[tuple[Any, int]] = []

    def __enter__(self) -> None:
        with self._lock:
            if not self._blocks:
                threads = [(library, library.get_num_threads()) for library in blas_libraries()]
                self._before = [(library, count) for library, count in threads if count != 1]
                for library, _ in self._before:
                    library.set_num_threads(1)
            self._blocks += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._blocks -= 1
            if not self._blocks:
                for library, count in self._before:
                    library.set_num_threads(count)


one_blas_thread = _OneBlasThread()


@cache
def blas_libraries() -> list[Any]:
    """The BLAS libraries of this process, found once: NumPy's first."""
    from threadpoolctl import ThreadpoolController  # on the first large product, not on import

    return list(ThreadpoolController().select(user_api="blas").lib_controllers)
