"""How much of the machine the reference may use, and how exact it must be: one context manager."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from math import nan
from numbers import Real
from operator import index

__all__ = ["Settings", "current", "settings"]

_MIB = 1 << 20


@dataclass(frozen=True)
class Settings:
    """What `settings` was told; None leaves the choice to the engine."""

    threads: int | None = None
    memory_mb: float | None = None
    exact: bool = False

    @property
    def cores(self) -> int:
        """Threads that may compute at the same time."""
        if self.threads is not None:
            return self.threads
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1

    def scratch_bytes(self, wanted: int) -> int:
        """Give what one thread may take of `wanted` bytes: the same for any number of threads."""
        return wanted if self.memory_mb is None else int(min(wanted, self.memory_mb * _MIB))

    def allows(self, scratch_bytes: int) -> bool:
        """Whether so much memory may be taken at once."""
        return self.memory_mb is None or scratch_bytes <= self.memory_mb * _MIB

    def threads_with(self, scratch_bytes: int) -> int:
        """Threads that may work at the same time when each takes `scratch_bytes`."""
        if self.memory_mb is None:
            return self.cores
        return max(1, int(min(self.cores, self.memory_mb * _MIB // max(1, scratch_bytes))))


_UNBOUNDED = Settings()
_current = ContextVar("_current", default=_UNBOUNDED)


def current() -> Settings:
    """The settings of the innermost `with settings(…)` block."""
    return _current.get()


@contextmanager
def settings(
    *, threads: int | None = None, memory_mb: float | None = None, exact: bool | None = None
) -> Iterator[None]:
    """A `with` block in which the reference computes within bounds.

    Args:
        threads: threads that may compute at the same time, >= 1. The results do not depend on it.
        memory_mb: megabytes (2**20 bytes) for copies of images beside arguments and results, > 0.
            One row of windows of one image, or one image of a pool, is copied whatever it is, and
            a kernel a few times.
        exact: whether every sum has the very terms of its definition. Else `conv2d` and its
            gradients may use Winograd's algorithm for kernels of 3x3, which adds an error of up to
            1e-5 in float32 and 1e-13 in float64, as parts of the largest sum of |pixel * weight|
            in a window.

    What is left out stays as it was outside of the block: at first all cores of this process, as
    much memory as is fast, and not `exact`. It holds in this thread (`contextvars`). Memory is not
    bounded where `plain` computes: groups, three axes, half precision, gradients of strides with
    dilation, and gradients that hold NaN, infinity or values above 1e18.

    Raises:
        ValueError: `threads` is not an integer of at least 1, or `memory_mb` is not above 0.
    """
    given: dict[str, object] = {}
    if threads is not None:
        given["threads"] = _as_threads(threads)
    if memory_mb is not None:
        given["memory_mb"] = _as_megabytes(memory_mb)
    if exact is not None:
        given["exact"] = bool(exact)
    token = _current.set(replace(_current.get(), **given))  # type: ignore[arg-type]
    try:
        yield
    finally:
        _current.reset(token)


def _as_threads(threads: int) -> int:
    try:
        count = index(threads)
    except TypeError:
        count = 0
    if count < 1:
        raise ValueError(
            f"settings: threads must be an integer, at least 1. Received threads={threads!r}."
        )
    return count


def _as_megabytes(memory_mb: float) -> float:
    megabytes = float(memory_mb) if isinstance(memory_mb, Real) else nan
    if not megabytes > 0:
        raise ValueError(
            f"settings: memory_mb must be a number above 0. Received memory_mb={memory_mb!r}."
        )
    return megabytes
