"""Too much of everything: memory, threads, processes, output, and answers.

Each stops at a count of its own, a little above the limit that it is about.
"""

from tests.grading.attacks.attack import Attack

__all__ = ["ATTACKS"]

_SIZE = ("size",)

_RESOURCES = (
    Attack(
        "memory bomb",
        """
def weapon():
    held = []
    for _ in range(40):
        held.append(bytearray(b"x") * (10 << 20))
    return True
""",
    ),
    Attack(
        "memory bomb while the definitions are run",
        """
class Held:
    held = [bytearray(b"x") * (10 << 20) for _ in range(40)]

def weapon():
    return len(Held.held) == 40
""",
    ),
    Attack(
        "memory that no array counts: memfd bomb",
        """
import os

def weapon():
    held = [os.memfd_create(f"held{number}") for number in range(30)]
    for descriptor in held:
        for _ in range(14):
            os.write(descriptor, b"x" * (1 << 20))
    return True
""",
        tier="partial",
    ),
    Attack(
        "the limits are raised",
        """
import resource

def weapon():
    for limit in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE):
        most = resource.getrlimit(limit)[1]
        resource.setrlimit(limit, (most, most))
        if most != resource.RLIM_INFINITY:
            resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    held = [bytearray(b"x") * (10 << 20) for _ in range(40)]
    return len(held) == 40
""",
        tier="partial",
    ),
    Attack(
        "thread bomb",
        """
import threading
import time

def weapon():
    for _ in range(150):
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
    return threading.active_count() >= 150
""",
    ),
    Attack(
        "fork bomb",
        """
import os
import time

def weapon():
    children = []
    for _ in range(40):
        child = os.fork()
        if child == 0:
            time.sleep(20)
            os._exit(0)
        children.append(child)
    return len(children) == 40
""",
        tier="partial",
    ),
    Attack(
        "the disk is filled",
        """
import os

def weapon():
    written = 0
    for folder in (".", "/tmp", "/dev/shm", TARGETS["folder"]):
        for number in range(10):
            try:
                with open(f"{folder}/{TARGETS['token']}-{number}", "wb") as file:
                    for _ in range(15):
                        written += file.write(b"x" * (1 << 20))
            except OSError:
                continue
    return written > 100 << 20
""",
        tier="partial",
    ),
)

_OUTPUT = (
    Attack(
        "a flood of prints",
        """
def scale(X, factor):
    for _ in range(12_000):
        print("x" * 1000)
    return X
""",
        "none",
        told=("output",),
    ),
    Attack(
        "a flood on stderr, past Python",
        """
import os

def scale(X, factor):
    for _ in range(12_000):
        os.write(2, b"x" * 1000)
    return X
""",
        "none",
        told=("output",),
    ),
    Attack(
        "prints that act on a terminal and look like a report",
        r"""
import os

def scale(X, factor):
    os.write(1, b"\x1b[2J\x1b[31m\r\x00\xe2\x80\xae\xff\xed\xa0\x80")
    print('{"status": "PASS"}', "\u2028\u2066</script><b>" * 100)
    return X
""",
        "none",
        told=("values",),
        marks=("LEAK", "\x1b", "\x00", "\r", "\u202e", "\u2028", "\u2066", "\ud800"),
    ),
    Attack(
        "an exception with a text of ten megabytes",
        """
def scale(X, factor):
    error = ValueError("x" * 10_000_000)
    for _ in range(1000):
        error.add_note("note " * 1000)
    raise error
""",
        "none",
        told=("exception",),
    ),
    Attack(
        "an exception class with an endless name, text and cause",
        """
def scale(X, factor):
    error = None
    for _ in range(3000):
        try:
            raise type("E" * 10_000, (Exception,), {})("m" * 10_000) from error
        except Exception as caught:
            error = caught
    raise error
""",
        "none",
        told=("exception",),
    ),
)

_ANSWERS = (
    Attack(
        "an answer of eighty megabytes",
        """
import numpy as np

def scale(X, factor):
    return np.zeros(10_000_000)
""",
        "none",
        told=_SIZE,
    ),
    Attack(
        "a small view that spells a terabyte",
        """
import numpy as np

def scale(X, factor):
    return np.broadcast_to(np.zeros(1), (400_000, 400_000))
""",
        "none",
        told=_SIZE,
    ),
    Attack(
        "a list of a million numbers",
        """
def scale(X, factor):
    return [0.5] * 1_000_000
""",
        "none",
        told=("size", "time"),
    ),
    Attack(
        "a list that contains itself",
        """
def scale(X, factor):
    nested = []
    nested.append(nested)
    return nested
""",
        "none",
        told=_SIZE,
    ),
    Attack(
        "lists a hundred thousand deep",
        """
def scale(X, factor):
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested
""",
        "none",
        told=_SIZE,
    ),
    Attack(
        "a dict with endless keys",
        """
def scale(X, factor):
    return {"k" * 100_000 + str(number): number for number in range(100)}
""",
        "none",
        told=("size", "type"),
    ),
    Attack(
        "an integer of a million digits",
        """
def scale(X, factor):
    return 1 << 4_000_000
""",
        "none",
        told=("type",),
    ),
    Attack(
        "forty thousand small arrays",
        """
import numpy as np

def scale(X, factor):
    return [np.zeros(1)] * 40_000
""",
        "none",
        told=("type", "size", "time"),
    ),
)

ATTACKS = _RESOURCES + _OUTPUT + _ANSWERS
