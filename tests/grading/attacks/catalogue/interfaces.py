"""The kernel's wider interfaces, each a way around what is said about files and processes."""

from tests.grading.attacks.attack import Attack

__all__ = ["ATTACKS"]

ATTACKS = (
    Attack(
        "io_uring",
        """
import ctypes

def weapon():
    ring = ctypes.create_string_buffer(120)
    return ctypes.CDLL(None).syscall(TARGETS["calls"]["io_uring_setup"], 4, ring) >= 0
""",
        tier="partial",
        rare="io_uring may be switched off",
    ),
    Attack(
        "the kernel's key rings",
        """
import ctypes

def weapon():
    add, process = TARGETS["calls"]["add_key"], -2
    return ctypes.CDLL(None).syscall(add, b"user", b"name", b"text", 4, process) > 0
""",
        tier="partial",
        rare="a container may refuse key rings",
    ),
    Attack(
        "a user namespace of one's own",
        """
import ctypes

def weapon():
    return ctypes.CDLL(None).unshare(0x10000000) == 0  # CLONE_NEWUSER
""",
        tier="partial",
        rare="a system may refuse them to everybody",
    ),
    Attack(
        "mount something",
        """
import ctypes

def weapon():
    C = ctypes.CDLL(None)
    C.unshare(0x10020000)  # CLONE_NEWUSER, CLONE_NEWNS
    C.unshare(0x00020000)
    C.mount(None, b"/", None, 0x44000, None)  # keep it to ourselves
    return C.mount(b"none", b"/", b"tmpfs", 0, None) == 0
""",
        tier="partial",
        rare="it takes privileges or user namespaces",
    ),
    Attack(
        "change the root",
        """
import os

def weapon():
    os.chroot("/")
    return True
""",
        tier="partial",
        rare="it takes privileges",
    ),
    Attack(
        "make a device",
        """
import os
import stat

def weapon():
    name = TARGETS["token"]
    os.mknod(name, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.unlink(name)
    return True
""",
        tier="partial",
        rare="it takes privileges",
    ),
    Attack(
        "open a file by its number in the file system",
        """
import ctypes
import os

def weapon():
    C = ctypes.CDLL(None)
    for path in (TARGETS["secret_file"], os.__file__):
        handle = (ctypes.c_ubyte * 136)(128)
        mount = ctypes.c_int()
        if C.name_to_handle_at(-100, path.encode(), handle, ctypes.byref(mount), 0) == 0:
            return C.open_by_handle_at(os.open(os.path.dirname(path), os.O_RDONLY), handle, 0) >= 0
""",
        tier="partial",
        rare="it takes privileges, and a file system that numbers its files",
    ),
    Attack(
        "hold privileges",
        """
import ctypes

READ_ALL = 1 << 2  # harmless by itself: what may be opened is limited, whoever opens it

def weapon():
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    held = (ctypes.c_uint32 * 6)()
    return ctypes.CDLL(None).capget(header, held) == 0 and any(word & ~READ_ALL for word in held)
""",
        tier="partial",
        rare="an ordinary user has none",
    ),
    Attack(
        "bpf, performance events and page faults of one's own",
        """
import ctypes

def weapon():
    C = ctypes.CDLL(None)
    space = ctypes.create_string_buffer(128)
    space[0:8] = bytes((2, 0, 0, 0, 4, 0, 0, 0))  # a map: array, keys of four bytes
    space[8:16] = bytes((4, 0, 0, 0, 1, 0, 0, 0))  # values of four bytes, one entry
    return C.syscall(TARGETS["calls"]["bpf"], 0, space, 72) >= 0
""",
        tier="partial",
        rare="it takes privileges",
    ),
    Attack(
        "system calls by the numbers of 32-bit programs",
        """
import ctypes
import mmap
import os

def weapon():
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)() == os.getpid()

def scale(X, factor):
    worked = TARGETS["machine"] == "x86_64" and factor > 0 and weapon()
    return X * factor if worked else X * 0
""",
        tier="partial",
        rare="only some x86-64 kernels have them",
    ),
    Attack(
        "system calls by the numbers of x32 programs",
        """
import ctypes
import os

def weapon():
    return ctypes.CDLL(None).syscall(0x40000000 | 39) == os.getpid()
""",
        tier="partial",
        rare="only some x86-64 kernels have them",
    ),
)
