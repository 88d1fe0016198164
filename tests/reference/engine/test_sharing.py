"""Tasks in threads: at the same time, all of them, and none after an error; BLAS keeps to one."""

import threading

import numpy as np
import pytest

from dlcnn.reference.engine import sharing
from dlcnn.reference.engine.sharing import one_blas_thread, share


@pytest.mark.parametrize("threads", [1, 2, 3, 9])
def test_share_does_every_task_once(threads):
    """Whatever the number of threads; no task, no work."""
    done = []

    def work(tasks):
        done.extend(tasks)

    share(range(50), work, threads)
    assert sorted(done) == list(range(50))
    share([], work, threads)
    assert len(done) == 50


def test_share_works_at_the_same_time():
    """Two tasks that wait for each other end; a third thread is not started for them."""
    meeting = threading.Barrier(2, timeout=10)
    threads = set()

    def work(tasks):
        for _ in tasks:
            meeting.wait()
            threads.add(threading.get_ident())

    share(range(2), work, 3)
    assert len(threads) == 2
    assert threading.get_ident() in threads


@pytest.mark.parametrize("first", [True, False])
def test_share_raises_what_a_thread_raised(first):
    """In this thread or in another; the others take no more tasks."""
    here = threading.get_ident()
    met, done = threading.Barrier(2, timeout=10), []

    def work(tasks):
        mine = threading.get_ident() == here
        for number, task in enumerate(tasks):
            if number == 0:
                met.wait()
            if mine is first:
                raise ZeroDivisionError
            done.append(task)

    with pytest.raises(ZeroDivisionError):
        share(range(10_000_000), work, 2)
    assert len(done) < 5_000_000


def test_share_hands_on_what_errstate_says():
    """An overflow that the caller wants raised is raised in every thread."""
    met = threading.Barrier(2, timeout=10)

    def work(tasks):
        for _ in tasks:
            met.wait()
            with pytest.raises(FloatingPointError):
                np.float32(3e38) * np.float32(10)
            seen.append(threading.get_ident())

    seen = []
    with np.errstate(over="raise"):
        share(range(2), work, 2)
    assert len(set(seen)) == 2


def _fail_within_one_blas_thread():
    with one_blas_thread:
        raise KeyError


def test_one_blas_thread_sets_back_what_was():
    """Within, also in a block within and after an error, one; afterwards as many as before."""
    libraries = sharing.blas_libraries()
    assert libraries, "NumPy's BLAS was not found"
    before = [library.get_num_threads() for library in libraries]
    for library in libraries:
        library.set_num_threads(2)
    try:
        with one_blas_thread:
            with pytest.raises(KeyError):
                _fail_within_one_blas_thread()
            assert {library.get_num_threads() for library in libraries} == {1}
        assert {library.get_num_threads() for library in libraries} == {2}
    finally:
        for library, threads in zip(libraries, before, strict=True):
            library.set_num_threads(threads)
