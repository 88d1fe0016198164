"""BLAS keeps to one thread within a block, whichever thread's it is, and not afterwards."""

import os
import threading

import pytest
from threadpoolctl import ThreadpoolController

from dlcnn.reference.engine import blas
from dlcnn.reference.engine.blas import one_blas_thread


@pytest.fixture
def threads():
    """What tells how many threads BLAS may use, now two."""
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    assert found, "NumPy's BLAS was not found"
    before = [each.get_num_threads() for each in found]
    for each in found:
        blas._set_threads(each, 2)
    yield lambda: {each.get_num_threads() for each in found}
    for each, count in zip(found, before, strict=True):
        blas._set_threads(each, count)


def _fail_within():
    with one_blas_thread:
        raise KeyError


def test_one_blas_thread_sets_back_what_was(threads):
    """Within, also in a block within and after an error, one; afterwards as many as before."""
    with one_blas_thread:
        with pytest.raises(KeyError):
            _fail_within()
        assert threads() == {1}
    assert threads() == {2}


def test_one_blas_thread_holds_in_every_thread(threads):
    """Two blocks that overlap: the second keeps it at one, and the last sets it back."""
    entered, leave = threading.Event(), threading.Event()
    seen = []

    def other():
        with one_blas_thread:
            entered.set()
            leave.wait(10)
            seen.append(threads())
        seen.append(threads())
        done.wait(10)  # alive, so that it is not for its end that others may set limits again

    done = threading.Event()
    thread = threading.Thread(target=other)
    with one_blas_thread:
        thread.start()
        assert entered.wait(10)
    assert threads() == {1}
    leave.set()
    while len(seen) < 2:
        pass
    assert seen == [{1}, {2}]
    with one_blas_thread:
        assert threads() == {1}
    assert threads() == {2}
    done.set()
    thread.join()


def test_one_blas_thread_leaves_others_free_to_set_limits(threads):
    """What somebody sets afterwards, in another thread too, holds."""
    with one_blas_thread:
        pass
    seen = []

    def other():
        limits = ThreadpoolController().limit(limits=1, user_api="blas")
        seen.append(threads())
        limits.restore_original_limits()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [{1}]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.usefixtures("threads")
def test_one_blas_thread_starts_afresh_in_a_forked_child():
    """A child of a process that computes counts no block of its parent's."""
    with one_blas_thread:
        child = os.fork()
        if not child:
            with one_blas_thread:
                pass
            os._exit(0 if one_blas_thread._blocks == 0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
