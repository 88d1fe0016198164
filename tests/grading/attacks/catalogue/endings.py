"""Not coming back: dying in ways that take others along, and hanging where nobody looks."""

from tests.grading.attacks.attack import Attack

__all__ = ["ATTACKS"]

_TIME = ("time",)

_DEATHS = (
    Attack(
        "os._exit while the definitions are run",
        """
import os

class Exits:
    os._exit(0)

def scale(X, factor):
    return X
""",
        "death",
        told=("crash",),
    ),
    Attack(
        "sys.exit while the definitions are run",
        """
import sys

class Exits:
    sys.exit(0)

def scale(X, factor):
    return X
""",
        "death",
    ),
    Attack(
        "os._exit in a call, after printing a result",
        """
import os

def scale(X, factor):
    print('{"status": "PASS", "score": 10, "max_score": 10}', flush=True)
    os._exit(0)
""",
        "death",
        told=("crash",),
    ),
    Attack(
        "sys.exit in a call",
        """
import sys

def scale(X, factor):
    sys.exit(0)
""",
        "death",
        told=("exit",),
    ),
    Attack(
        "an exception that is no Exception",
        """
def scale(X, factor):
    raise KeyboardInterrupt
""",
        "death",
        told=("exception",),
    ),
    Attack(
        "a segmentation fault",
        """
import ctypes

def scale(X, factor):
    ctypes.string_at(1)
""",
        "death",
        told=("crash",),
    ),
    Attack(
        "recursion without a limit",
        """
import sys

def scale(X, factor):
    sys.setrecursionlimit(10**9)
    class Deep:
        def __getattr__(self, name):
            return getattr(self, name + "x" if len(name) < 9 else name)
    return Deep().a
""",
        "death",
        told=("crash", "memory", "exception", "time"),
    ),
    Attack(
        "the worker's descriptors are closed",
        """
import os

def scale(X, factor):
    os.closerange(0, 1024)
    return X
""",
        "none",
        told=("crash", "exception", "protocol"),
    ),
    Attack(
        "the parent is killed",
        """
import os
import signal
import time

def weapon():
    parent = os.getppid()
    os.kill(TARGETS["victim"] if parent == TARGETS["tester"] else parent, signal.SIGKILL)
    time.sleep(0.2)
    return True
""",
    ),
)

_HANGS = (
    Attack(
        "a loop that is deaf to every signal",
        """
import signal

def scale(X, factor):
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
    while factor > 0:
        pass
    return X
""",
        "hang",
        told=_TIME,
    ),
    Attack(
        "a loop that swallows every exception",
        """
def scale(X, factor):
    while factor > 0:
        try:
            while True:
                pass
        except BaseException:
            continue
        finally:
            continue
    return X
""",
        "hang",
        told=_TIME,
    ),
    Attack(
        "sleep while the definitions are run",
        """
import time

class Sleeps:
    time.sleep(100)

def scale(X, factor):
    return X
""",
        "hang",
        told=_TIME,
    ),
    Attack(
        "time runs out in __del__",
        """
import time

class Heavy:
    def __del__(self):
        time.sleep(100)

def scale(X, factor):
    return Heavy() if factor > 0 else X
""",
        "hang",
        told=_TIME,
    ),
    Attack(
        "time runs out in an exception's text",
        """
import time

class Slow(Exception):
    def __str__(self):
        time.sleep(100)

def scale(X, factor):
    if factor > 0:
        raise Slow
    return X
""",
        "hang",
        told=_TIME,
    ),
    Attack(
        "time runs out while the answer is looked at",
        """
import time
import numpy as np

class Slow(np.ndarray):
    @property
    def dtype(self):
        time.sleep(100)

def scale(X, factor):
    return X.view(Slow) if factor > 0 else X
""",
        "hang",
        verdict="scale(X, 3.0).dtype == X.dtype",
        told=_TIME,
    ),
    Attack(
        "the worker stops itself",
        """
import os
import signal

def scale(X, factor):
    if factor > 0:
        os.kill(os.getpid(), signal.SIGSTOP)
    return X
""",
        "hang",
        told=_TIME,
    ),
)

ATTACKS = _DEATHS + _HANGS
