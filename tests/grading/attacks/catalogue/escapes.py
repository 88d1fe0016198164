"""Out of the sandbox: networks, signals and other programs."""

from tests.grading.attacks.attack import Attack

__all__ = ["ATTACKS"]

_NETWORK = (
    Attack(
        "send over TCP",
        """
import socket

def weapon():
    with socket.create_connection(("127.0.0.1", TARGETS["tcp"]), timeout=0.5) as client:
        client.sendall(b"LEAK")
    return True
""",
        tier="partial",
    ),
    Attack(
        "send over UDP",
        """
import socket

def weapon():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        return client.sendto(b"LEAK", ("127.0.0.1", TARGETS["udp"])) == 4
""",
        tier="partial",
    ),
    Attack(
        "send over an abstract socket",
        """
import socket

def weapon():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(TARGETS["abstract"])
        return client.send(b"LEAK") == 4
""",
        tier="partial",
    ),
    Attack(
        "send over a socket in a folder",
        """
import socket

def weapon():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(TARGETS["socket"])
        return client.send(b"LEAK") == 4
""",
        tier="partial",
    ),
    Attack(
        "wait for someone on a port",
        """
import socket

def weapon():
    with socket.create_server(("0.0.0.0", 0)) as server:
        return server.getsockname()[1] > 0
""",
        tier="partial",
    ),
    Attack(
        "talk to the kernel's network interface",
        """
import socket

def weapon():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.bind((0, 0))
    return True
""",
        tier="partial",
    ),
)

_SIGNALS = (
    Attack(
        "kill another process",
        """
import os
import signal

def weapon():
    os.kill(TARGETS["victim"], signal.SIGKILL)
    return True
""",
        tier="partial",
    ),
    Attack(
        "kill another process by a descriptor",
        """
import os
import signal

def weapon():
    signal.pidfd_send_signal(os.pidfd_open(TARGETS["victim"]), signal.SIGKILL)
    return True
""",
        tier="partial",
    ),
    Attack(
        "freeze the process that all workers come from",
        """
import os
import signal

def weapon():
    os.kill(TARGETS["zygote"], signal.SIGSTOP)
    return True
""",
        tier="partial",
        bound=15.0,
    ),
    Attack(
        "trace another process",
        """
import ctypes

def weapon():
    return ctypes.CDLL(None).ptrace(16, TARGETS["victim"], 0, 0) == 0  # PTRACE_ATTACH
""",
        tier="partial",
        rare="a system may let nobody but a parent trace a process",
    ),
    Attack(
        "take a descriptor out of another process",
        """
import ctypes
import os

def weapon():
    C = ctypes.CDLL(None)
    for pid in (TARGETS["victim"], TARGETS["zygote"]):
        there = os.pidfd_open(pid)
        if C.syscall(438, there, 0, 0) >= 0:  # pidfd_getfd
            return True
""",
        tier="partial",
        rare="a system may let nobody but a parent look into a process",
    ),
    Attack(
        "lower another process's priority",
        """
import os

def weapon():
    os.setpriority(os.PRIO_PROCESS, TARGETS["victim"], 19)
    return os.getpriority(os.PRIO_PROCESS, TARGETS["victim"]) == 19
""",
        tier="partial",
    ),
)

_PROGRAMS = (
    Attack(
        "become a shell",
        """
import contextlib
import os

def scale(X, factor):
    with contextlib.suppress(OSError):
        os.set_inheritable(3, True)  # the grader waits for the shell as it did for us
    os.execv("/bin/sh", ["sh", "-c", f": > '{TARGETS['survivor']}'"])
""",
        "survivor",
        tier="partial",
    ),
    Attack(
        "start a program",
        """
import subprocess

def weapon():
    return subprocess.run(["/bin/echo", "x"], timeout=5).returncode == 0
""",
        tier="partial",
    ),
    Attack(
        "start a program by posix_spawn",
        """
import os

def weapon():
    child = os.posix_spawn("/bin/echo", ["echo", "x"], {})
    return os.waitpid(child, 0)[1] == 0
""",
        tier="partial",
    ),
    Attack(
        "start a program that no file holds",
        """
import contextlib
import os

def scale(X, factor):
    with contextlib.suppress(OSError):
        os.set_inheritable(3, True)
    program = os.memfd_create("program")
    os.write(program, f"#!/bin/sh\\n: > '{TARGETS['survivor']}'\\n".encode())
    os.set_inheritable(program, True)
    os.execve(f"/proc/self/fd/{program}", ["program"], {})
""",
        "survivor",
        tier="partial",
    ),
    Attack(
        "fork by every number that the kernel has for it",
        """
import ctypes
import os

C = ctypes.CDLL(None)

def ways():
    calls = TARGETS["calls"]
    if "fork" in calls:
        yield calls["fork"], ()
    yield calls["clone"], (17, 0, 0, 0, 0)  # SIGCHLD, nothing shared
    like_fork = (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17)
    yield calls["clone3"], (ctypes.byref(like_fork), 88)

def weapon():
    for number, arguments in ways():
        child = C.syscall(number, *arguments)
        if child == 0:
            os._exit(0)
        if child > 0:
            os.waitpid(child, 0)
            return True
""",
        tier="partial",
    ),
)

ATTACKS = _NETWORK + _SIGNALS + _PROGRAMS
