"""Reading what is not the student's: the course, others, results, and other processes."""

from tests.grading.attacks.attack import Attack, Tier

__all__ = ["ATTACKS"]


def _reads(name: str, source: str, tier: Tier = "partial", rare: str = "") -> Attack:
    """An attack that reads a canary and tells it."""
    return Attack(name, source, tier=tier, rare=rare)


def _finds(name: str, path: str, text: str) -> Attack:
    source = f"""
def weapon():
    with open({path}) as file:
        read = file.read()
    print(read)
    return {text} in read
"""
    return _reads(name, source)


_FILES = (
    _finds("read a secret file", "TARGETS['secret_file']", "TARGETS['secret']"),
    _finds("read the checks", "TARGETS['grader'] + '/checks.py'", "'scale_negative'"),
    _finds("read the solution", "TARGETS['grader'] + '/solution.py'", "'X * factor'"),
    _finds("read a neighbour's submission", "TARGETS['neighbour']", "TARGETS['secret']"),
    _finds("read the results", "TARGETS['results'] + '/report.json'", "TARGETS['secret']"),
    _finds(
        "read the journal",
        "TARGETS['results'] + '/report.json.partial.jsonl'",
        "TARGETS['secret']",
    ),
    _finds("read the library", "TARGETS['library'] + '/dlcnn/reference/convolution.py'", "'def '"),
    _reads(
        "read the secret that hidden inputs are made from",
        """
def weapon():
    with open(TARGETS["course"] + "/graders/.secret") as file:
        return len(file.read()) > 10
""",
    ),
    _reads(
        "run the solution from its file",
        """
def weapon():
    space = {}
    with open(TARGETS["grader"] + "/solution.py") as file:
        exec(file.read(), space)
    return space["scale"](2, 3) == 6
""",
    ),
    _reads(
        "list the folders of the course and of the submissions",
        """
import os

def weapon():
    found = os.listdir(TARGETS["folder"]) + os.listdir(TARGETS["grader"])
    return "checks.py" in found
""",
    ),
    _reads(
        "reach a file by a symbolic link",
        """
import os

def weapon():
    for folder in (".", "/tmp", "/dev/shm"):
        link = f"{folder}/{TARGETS['token']}"
        try:
            os.symlink(TARGETS["secret_file"], link)
            with open(link) as file:
                return TARGETS["secret"] in file.read()
        except OSError:
            continue
        finally:
            if os.path.islink(link):
                os.unlink(link)
""",
    ),
    _reads(
        "reach a file through other names of the root",
        """
import os

def weapon():
    parent = os.getppid()
    for way in ("..", "../../../../..", "/proc/self/root", "/proc/self/cwd/..",
                f"/proc/{parent}/root", "/proc/1/root", f"/proc/{parent}/cwd"):
        for depth in range(6):
            try:
                with open(way + "/.." * depth + TARGETS["secret_file"]) as file:
                    return TARGETS["secret"] in file.read()
            except OSError:
                continue
""",
    ),
    _reads(
        "read a file by truncating, mapping and sending it",
        """
import mmap
import os

def weapon():
    descriptor = os.open(TARGETS["secret_file"], os.O_RDONLY | os.O_NOFOLLOW)
    with mmap.mmap(descriptor, 0, prot=mmap.PROT_READ) as mapped:
        return TARGETS["secret"].encode() in mapped[:]
""",
    ),
)

_PROCESSES = (
    _reads(
        "read the environment of the process that started the grader",
        """
import os

def weapon():
    with open("/proc/self/environ") as file:
        seen = file.read() + repr(dict(os.environ))
    print(seen)
    return TARGETS["descriptor_secret"] in seen
""",
        tier="process",
    ),
    _reads(
        "read an inherited descriptor",
        """
import os
import stat

def weapon():
    for descriptor in range(4, 1024):
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                if TARGETS["descriptor_secret"].encode() in os.pread(descriptor, 1000, 0):
                    return True
        except OSError:
            continue
""",
        tier="process",
    ),
    _reads(
        "hold more descriptors than one's own",
        """
import os

def weapon():
    held = []
    for descriptor in range(1024):
        try:
            os.fstat(descriptor)
            held.append(descriptor)
        except OSError:
            continue
    return held != [0, 1, 2, 3]
""",
        tier="process",
    ),
    _reads(
        "read another process's environment",
        """
def weapon():
    with open(f"/proc/{TARGETS['victim']}/environ") as file:
        read = file.read()
    print(read)
    return TARGETS["secret"] in read
""",
    ),
    _reads(
        "list other processes",
        """
import os

def weapon():
    return str(TARGETS["victim"]) in os.listdir("/proc")
""",
    ),
    _reads(
        "read the parent's memory",
        """
import os

def weapon():
    parent = os.getppid()
    victims = [TARGETS["victim"], TARGETS["zygote"]]
    for pid in victims if parent == TARGETS["tester"] else [*victims, parent]:
        try:
            with open(f"/proc/{pid}/maps") as file:
                start = int(file.readline().partition("-")[0], 16)
            with open(f"/proc/{pid}/mem", "rb") as file:
                file.seek(start)
                return file.read(4) == b"\\x7fELF"
        except OSError:
            continue
""",
        rare="a system may let nobody but a parent look into a process",
    ),
    _reads(
        "read another process's memory by process_vm_readv",
        """
import ctypes

class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

def weapon():
    buffer = ctypes.create_string_buffer(4)
    mine = Piece(ctypes.addressof(buffer), 4)
    found = []
    for pid in (TARGETS["victim"], TARGETS["zygote"]):
        theirs = Piece(4096, 4)  # nothing is there: a bad address means that one was let in
        result = C.process_vm_readv(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)
        found.append(result >= 0 or ctypes.get_errno() == 14)
    return any(found)

C = ctypes.CDLL(None, use_errno=True)
""",
        rare="a system may let nobody but a parent look into a process",
    ),
)

# What it takes a file system, a process tree and a name of one's own to hide.
_SURROUNDINGS = (
    _reads(
        "learn whether a file exists",
        """
import os

def weapon():
    return os.path.exists(TARGETS["secret_file"]) and os.stat(TARGETS["grader"]) is not None
""",
        tier="full",
    ),
    _reads(
        "learn whether a process runs",
        """
import os

def weapon():
    return os.getpgid(TARGETS["victim"]) > 0
""",
        tier="full",
    ),
    _reads(
        "learn the machine's name",
        """
import os

def weapon():
    return os.uname().nodename == TARGETS["host"]
""",
        tier="full",
    ),
)

ATTACKS = _FILES + _PROCESSES + _SURROUNDINGS
