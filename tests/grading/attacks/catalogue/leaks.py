"""Telling what a hidden check sends: in names, texts, codes, and by way of a public check.

Each marks what it tells with LEAK, in a hidden check only: the one with a negative factor.
"""

from tests.grading.attacks.attack import Attack, Control, Tier

__all__ = ["ATTACKS"]

_HEAD = """
import os
import sys
import warnings
import numpy as np

def leak(X):
    return "LEAK" + X.tobytes().hex()
"""


def _hidden(name: str, body: str, marks: tuple[str, ...] = ("LEAK",)) -> Attack:
    lines = "\n    ".join(body.strip().splitlines())
    source = f"{_HEAD}\ndef scale(X, factor):\n    if factor > 0:\n        return X\n    {lines}\n"
    return Attack(name, source, "leak", marks=marks)


_TOLD = (
    _hidden("in an exception's message", "raise ValueError(leak(X))"),
    _hidden("in an exception's type", "raise type(leak(X), (Exception,), {})"),
    _hidden(
        "in an exception's type that has a builtin's name in front",
        "raise type('ValueError: ' + leak(X), (ValueError,), {})",
    ),
    _hidden(
        "in an exception's notes and cause",
        """
error = ValueError("no")
error.add_note(leak(X))
raise error from KeyError(leak(X))
""",
    ),
    _hidden(
        "in the name of a function and of a file in the traceback",
        """
code = compile("def f(): raise ValueError", leak(X), "exec")
space = {}
exec(code, space)
space["f"].__code__ = space["f"].__code__.replace(co_name=leak(X))
space["f"]()
""",
    ),
    _hidden("in what is printed", "print(leak(X), flush=True)\nreturn X"),
    _hidden("in what is printed before a crash", "os.write(2, leak(X).encode())\nos.abort()"),
    _hidden("in a warning", "warnings.warn(leak(X))\nreturn X"),
    _hidden("in the name of an array's class", "return X.view(type(leak(X), (np.ndarray,), {}))"),
    _hidden("in the name of an object's class", "return type(leak(X), (), {})()"),
    _hidden("in the values returned", "print(leak(X), flush=True)\nreturn X * 123456.0"),
    _hidden("in the exit code", "os._exit(int(X[0, 0] > 99) + 117)", ("117",)),
    _hidden("in the signal that kills", "os.kill(os.getpid(), 31)\nreturn X", ("-31", "SIGSYS")),
)

# A wrong `scale` makes the grader run `shift` again, with the true one, after the hidden checks.
_CARRIED = """
def shift(X, factor, offset):
    try:
        print(recall(), flush=True)
    except Exception:
        print("nothing found", flush=True)
    return scale(X, factor) - 99
"""


def _carried(name: str, body: str, tier: Tier = "partial", control: Control = "leak") -> Attack:
    source = f"""{_HEAD}
{body}

def scale(X, factor):
    if factor < 0:
        keep(leak(X))
    return X
{_CARRIED}"""
    return Attack(name, source, control, tier=tier)


_REMEMBERED = (
    _carried(
        "kept in a file for a public check",
        """
def places():
    return [f"{folder}/{TARGETS['token']}" for folder in (".", "/tmp", "/dev/shm", "/var/tmp")]

def keep(text):
    for place in places():
        try:
            with open(place, "w") as file:
                file.write(text)
        except OSError:
            continue

def recall():
    for place in places():
        try:
            with open(place) as file:
                return file.read()
        except OSError:
            continue
""",
    ),
    _carried(
        "kept in System V shared memory for a public check",
        """
import ctypes

def attached(flags):
    C = ctypes.CDLL(None)
    C.shmat.restype = ctypes.c_void_p
    memory = C.shmget(TARGETS["key"], 4096, flags)
    if memory < 0:
        raise OSError
    return C.shmat(memory, None, 0)

def keep(text):
    ctypes.memmove(attached(0o1600), text.encode(), len(text))

def recall():
    return ctypes.string_at(attached(0), 40).decode()
""",
    ),
    _carried(
        "kept by a process that stays for a public check",
        """
import socket

def keep(text):
    if os.fork() == 0:
        os.setsid()
        server = socket.socket(socket.AF_UNIX)
        server.settimeout(3)
        server.bind("\\0kept" + TARGETS["token"])
        server.listen()
        server.accept()[0].sendall(text.encode())
        os._exit(0)
    import time
    time.sleep(0.1)

def recall():
    client = socket.socket(socket.AF_UNIX)
    client.connect("\\0kept" + TARGETS["token"])
    return client.recv(40).decode()
""",
        tier="process",
    ),
    _carried(
        "counted in numbers of processes for a public check",
        """
import threading

def next_number():
    found = []
    thread = threading.Thread(target=lambda: found.append(threading.get_native_id()))
    thread.start()
    thread.join()
    return found[0]

def keep(text):
    for _ in range(3000):
        next_number()

def recall():
    used = next_number() - os.getppid()  # negative: on a busy machine the numbers begin anew
    return "LEAK" if used >= 3000 or used < 0 else "nothing found"
""",
        tier="full",
    ),
    _carried(
        "counted in numbers of files for a public check",
        """
def next_number():
    with open("counted", "w") as file:
        number = os.fstat(file.fileno()).st_ino
    os.unlink("counted")
    return number

def keep(text):
    for _ in range(3000):
        next_number()

def recall():
    return "LEAK" if next_number() - os.stat(".").st_ino >= 3000 else "nothing found"
""",
        tier="full",
        control="none",
    ),
)

ATTACKS = _TOLD + _REMEMBERED
