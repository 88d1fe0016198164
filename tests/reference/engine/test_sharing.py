"""Tasks in threads: at the same time, all of them, and none after an error or Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from dlcnn.reference.engine.sharing import SumInOrder, in_parts, share


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


def test_share_raises_what_a_thread_raised():
    """Whichever it was; the others take no more tasks."""
    met, done = threading.Barrier(2, timeout=10), []

    def work(tasks):
        met.wait()
        for task in tasks:
            if task == 3:
                raise ZeroDivisionError
            done.append(task)

    with pytest.raises(ZeroDivisionError):
        share(range(10_000_000), work, 2)
    assert len(done) < 5_000_000


def test_share_ends_its_threads_at_ctrl_c():
    """A real signal: all threads are gone when it is raised, and no task is begun after it."""
    begun = []

    def work(tasks):
        for task in tasks:
            begun.append(task)
            time.sleep(0.01)

    here = threading.get_ident()
    timer = threading.Timer(0.2, signal.pthread_kill, [here, signal.SIGINT])
    timer.start()
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        share(range(1000), work, 2)
    assert threading.active_count() <= before
    taken = len(begun)
    time.sleep(0.05)
    assert len(begun) == taken < 1000


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores cannot be chosen here")
def test_share_keeps_its_threads_to_a_core_each_and_leaves_ours():
    """Each on one of ours, two on different ones; this thread may still go where it might."""
    ours = os.sched_getaffinity(0)
    cores, met = [], threading.Barrier(min(2, len(ours)), timeout=10)

    def work(tasks):
        for _ in tasks:
            met.wait()
            cores.append(os.sched_getaffinity(0))

    share(range(min(2, len(ours))), work, 2)
    if len(ours) > 1:
        assert [len(each) for each in cores] == [1, 1]
        assert cores[0] != cores[1]
    assert os.sched_getaffinity(0) == ours


def test_share_works_at_the_end_of_a_program():
    """In a thread that outlives the main program, where an executor would start no others."""
    program = """
import threading, time
from dlcnn.reference.engine.sharing import share

def late():
    threading.main_thread().join()
    time.sleep(0.3)
    done = []
    share(range(3), done.extend, 2)
    print(sorted(done))

threading.Thread(target=late).start()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[0, 1, 2]\n", "")


@pytest.mark.parametrize(
    ("images_bytes", "parts"), [(1, 4), (8 * 1000 * 7, 7), (8 * 1000 * 700, 16)]
)
def test_in_parts_are_few_where_sums_are_large(images_bytes, parts):
    """All tasks in their order; sums of an eighth of the images' size, between 4 and 16 of them."""
    cut = in_parts(range(112), images_bytes, 1000)
    assert [task for part in cut for task in part] == list(range(112))
    assert len(cut) == parts
    assert max(map(len, cut)) - min(map(len, cut)) <= max(map(len, cut)) // 2


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


def test_sum_in_order_adds_in_the_order_of_the_numbers():
    """Whatever order the parts come in: the bits of the sum from first to last, not of another."""
    parts = [np.float32([1e8]), np.float32([1]), np.float32([-1e8]), np.float32([0.5])]
    found = []
    for order in ([0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]):
        total = np.full(1, np.nan, "f4")
        sums = SumInOrder(total)
        for number in order:
            sums.add(number, parts[number])
        found.append(total[0])
    assert found == [0.5] * 3
    assert sum(parts[number][0] for number in (0, 2, 1, 3)) == 1.5
