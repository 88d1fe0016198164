"""Living on: what goes on after its call, its worker or its submission has ended."""

from tests.grading.attacks.attack import Attack

__all__ = ["ATTACKS"]

ATTACKS = (
    Attack(
        "a daemon outlives the submission",
        """
import os
import time

def weapon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1.0)
            open(TARGETS["survivor"], "w").close()
        os._exit(0)

def scale(X, factor):
    if factor > 0:
        weapon()
    return X
""",
        "survivor",
        linger=1.3,
    ),
    Attack(
        "a process that is never the same for long outlives the submission",
        """
import os
import time

def scale(X, factor):
    if factor > 0 and os.fork() == 0:
        for _ in range(100):
            if os.fork():
                os._exit(0)
            os.setsid()
            time.sleep(0.01)
        open(TARGETS["survivor"], "w").close()
        os._exit(0)
    return X
""",
        "survivor",
        linger=1.8,
    ),
    Attack(
        "the worker kills its parent and goes on alone",
        """
import ctypes
import os
import signal
import time

def scale(X, factor):
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # PR_SET_PDEATHSIG: no longer die with the parent
    if os.getppid() != TARGETS["tester"]:
        os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(0.8)
    open(TARGETS["survivor"], "w").close()
    return X
""",
        "survivor",
        tier="partial",
        linger=1.0,
    ),
    Attack(
        "an exit handler writes results",
        """
import atexit

class Registers:
    atexit.register(lambda: open(TARGETS["survivor"], "w").close())

def scale(X, factor):
    return X
""",
        "survivor",
    ),
    Attack(
        "a thread goes on after the call and talks in its place",
        """
import os
import threading
import time

def chatter():
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        os.write(3, b"DLC1" + bytes(12))

def scale(X, factor):
    threading.Thread(target=chatter, daemon=True).start()
    return X
""",
        "none",
    ),
)
