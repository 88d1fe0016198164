"""NumPy's BLAS: held to one thread while threads of ours compute, and what it is good at."""

import os
from functools import cache
from threading import Lock
from typing import Any

__all__ = ["one_blas_thread", "one_blas_thread_here", "takes_small_products"]

_AVX512 = {"SkylakeX", "Cooperlake", "SapphireRapids"}  # as OpenBLAS names what it was built for


class _OneBlasThread:
    """A `with` block in which BLAS computes in the thread that calls it.

    Blocks may lie in one another and in several threads: the first sets it, the last sets it back.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._blocks = 0
        self._before: list[tuple[Any, int]] = []

    def __enter__(self) -> None:
        with self._lock:
            if not self._blocks and not self._before:  # some are left where Ctrl-C came in __exit__
                self._before = [(each, each.get_num_threads()) for each in _libraries()]
            if not self._blocks:
                for library, count in self._before:
                    if count != 1:
                        _set_threads(library, 1)
            self._blocks += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._blocks -= 1
            if not self._blocks:
                for library, count in self._before:
                    if count != 1:
                        _set_threads(library, count)
                self._before = []


one_blas_thread = _OneBlasThread()
if hasattr(os, "register_at_fork"):  # a child has none of its parent's blocks, and maybe its lock
    os.register_at_fork(after_in_child=one_blas_thread.__init__)  # type: ignore[misc]


def one_blas_thread_here() -> None:
    """Say it once more in a new thread: on OpenMP a limit holds for the thread that sets it."""
    for library in _libraries():
        if getattr(library, "threading_layer", None) == "openmp":
            library.set_num_threads(1)


@cache
def takes_small_products() -> bool:
    """Whether BLAS multiplies small matrices as they lie, without copying them into panels."""
    numpys = [each for each in _libraries() if "numpy" in (each.filepath or "")]
    return bool(numpys) and getattr(numpys[0], "architecture", None) in _AVX512


@cache
def _libraries() -> list[Any]:
    """The BLAS libraries of this process, found once."""
    from threadpoolctl import ThreadpoolController  # on the first large product, not on import

    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def _set_threads(library: Any, count: int) -> None:
    # threadpoolctl ignores all threads but the first that set a limit, for as long as that lives.
    # Here blocks are counted, so each may; and whoever comes later is not shut out.
    free = getattr(library, "clear_controlling_thread", None)
    if free:
        free(force=True)
    library.set_num_threads(count)
    if free:
        free(force=True)
