"""System calls, asked for by number in a worker: what is refused and what is not."""

import errno

from dlcnn.grading.sandbox import kernel, system_calls
from tests.grading.sandbox.conftest import answer_of

ASK = """
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long

    def answer(numbers, arguments=(0, 0, 0, 0, 0, 0)):
        return [ask(number, arguments) for number in numbers]

    def ask(number, arguments):
        words = [ctypes.c_long(word) for word in (number, *arguments)]
        return ctypes.get_errno() if library.syscall(*words) == -1 else 0
"""


def ask(zygote, name, *arguments):
    """The error of a call by its name, 0 where there is none."""
    return answer_of(zygote, ASK, [kernel.NUMBERS[name]], arguments).value[0]


def test_every_refused_call_is_refused(zygote):
    """All of the table but its last sections, whatever the arguments"""
    for title, names in system_calls.SECTIONS.items():
        if not title.startswith("allowed"):
            known = [name for name in names if name in kernel.NUMBERS]
            errors = answer_of(zygote, ASK, [kernel.NUMBERS[name] for name in known]).value
            assert dict(zip(known, errors, strict=True)) == dict.fromkeys(known, errno.EPERM), title


def test_what_is_newer_than_the_table_is_missing(zygote):
    """Calls that nobody has judged do not exist, nor does another numbering of the old ones"""
    newer = [system_calls.NEWEST + 1, 500, 0x40000000 | 39]
    assert answer_of(zygote, ASK, newer).value == [errno.ENOSYS] * len(newer)
    assert ask(zygote, "clone3") == errno.ENOSYS


def test_judged_calls_are_judged_by_their_arguments(zygote):
    """Threads and its own process, but no new process, no namespaces and nobody else's"""
    signal_child, thread, new_users = 17, 0x10000, 0x10000000
    refused = [
        ("clone", signal_child),
        ("clone", thread | new_users),
        ("kill", 0, 0),
        ("kill", -1, 0),
        ("kill", 1, 0),
        ("tgkill", 1, 1, 0),
        ("prlimit64", 1),
        ("fcntl", 0, 8, 1),
        ("fcntl", 0, 15, 0),
        ("ioctl", 0, 0x5412, 0),
    ]
    for name, *arguments in refused:
        assert ask(zygote, name, *arguments) == errno.EPERM, (name, arguments)
    assert ask(zygote, "clone", thread) == errno.EINVAL  # the kernel's own word on such flags
    assert ask(zygote, "prlimit64", 0, 7, 0, 0) == 0
    assert ask(zygote, "fcntl", 0, 1) == 0
    assert ask(zygote, "ioctl", 0, 0x5413, 0) != errno.EPERM


def test_worker_can_end_itself(zygote):
    """Signals to itself arrive, so that a crash is told as what it was"""
    source = "import os\ndef answer(number): os.kill(os.getpid(), number)"
    for number, name in ((6, "SIGABRT"), (11, "SIGSEGV")):
        assert answer_of(zygote, source, number).failure.detail == {"how": f"signal {name}"}
    abort = "import os\ndef answer(): os.abort()"
    assert answer_of(zygote, abort).failure.detail == {"how": "signal SIGABRT"}
