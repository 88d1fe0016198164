"""Leaving something for an accomplice who is graded next by the same zygote."""

from tests.grading.attacks.attack import Attack, Tier

__all__ = ["ATTACKS"]

_ACCOMPLICE = """
def weapon():
    return recall()
"""
_FIRST = """
def weapon():
    keep()
    return False
"""


def _left(name: str, both: str, tier: Tier = "process", rare: str = "") -> Attack:
    return Attack(name, both + _FIRST, tier=tier, accomplice=both + _ACCOMPLICE, rare=rare)


ATTACKS = (
    _left(
        "state left in NumPy, builtins, the environment and modules",
        """
import builtins
import os
import sys
import types
import numpy as np

def keep():
    np.left = builtins.left = True
    os.environ["LEFT"] = "1"
    sys.modules["left"] = types.ModuleType("left")

def recall():
    return any([hasattr(np, "left"), hasattr(builtins, "left"), "LEFT" in os.environ,
                "left" in sys.modules])
""",
    ),
    _left(
        "a file left in a scratch or public folder",
        """
import os

def places():
    return [f"{folder}/{TARGETS['token']}" for folder in (".", "/tmp", "/var/tmp", "/dev/shm", "/")]

def keep():
    for place in places():
        try:
            open(place, "w").close()
        except OSError:
            continue

def recall():
    found = [place for place in places() if os.path.exists(place)]
    for place in found:
        os.unlink(place)
    return bool(found)
""",
        tier="partial",
    ),
    _left(
        "System V shared memory",
        """
import ctypes

C = ctypes.CDLL(None)

def keep():
    C.shmget(TARGETS["key"], 4096, 0o1600)

def recall():
    return C.shmget(TARGETS["key"], 4096, 0) >= 0
""",
        tier="partial",
        rare="a kernel may be built without it",
    ),
    _left(
        "POSIX shared memory and semaphores",
        """
from multiprocessing import resource_tracker, shared_memory

class Untracked:
    resource_tracker.register = resource_tracker.unregister = lambda *_arguments: None

def keep():
    shared_memory.SharedMemory(TARGETS["token"], create=True, size=64)

def recall():
    shared_memory.SharedMemory(TARGETS["token"]).unlink()
    return True
""",
        tier="partial",
        rare="a container may have no place for it",
    ),
    _left(
        "a key in the user's key ring",
        """
import ctypes

C = ctypes.CDLL(None)
USER = -4

def keep():
    calls = TARGETS["calls"]
    key = C.syscall(calls["add_key"], b"user", TARGETS["token"].encode(), b"left", 4, USER)
    C.syscall(calls["keyctl"], 15, key, 20)  # KEYCTL_SET_TIMEOUT: gone after twenty seconds

def recall():
    search = 10
    name = TARGETS["token"].encode()
    return C.syscall(TARGETS["calls"]["keyctl"], search, USER, b"user", name, 0) > 0
""",
        tier="partial",
        rare="a container may refuse key rings",
    ),
)
