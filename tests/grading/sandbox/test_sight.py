"""What student code sees of the machine, beside what it sees in the tier that hides nothing."""

import os
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

from dlcnn.grading.worker.pool import Zygote
from tests.grading.sandbox.conftest import REPOSITORY, answer_of, of_tier

READ = """
    import os

    def answer(paths):
        return [path for path in paths if is_readable(path)]

    def is_readable(path):
        try:
            if os.path.isdir(path):
                return bool(os.listdir(path))
            with open(path, "rb") as file:
                return bool(file.read(1))
        except OSError:
            return False
"""


@pytest.fixture
def bare(zygotes):
    """The control: student code that nothing is hidden from."""
    return of_tier("process", zygotes)


def test_files_of_the_grader_are_not_readable(zygote, bare, tmp_path):
    """Nothing of the course, our code, neighbours, results, home, the system or /proc"""
    neighbour = tmp_path / "neighbour.py"
    neighbour.write_text("def zero_pad(): ...", encoding="utf-8")
    paths = [
        *(REPOSITORY / name for name in ("graders", "assignments", "dlcnn", "pyproject.toml")),
        *(REPOSITORY / "graders").glob("*/*"),
        *(REPOSITORY / "dlcnn/reference").glob("*.py"),
        *(REPOSITORY / "dlcnn/grading/worker").glob("*.py"),
        *(REPOSITORY / "dlcnn/grading/sandbox").glob("*.py"),
        *(neighbour, tmp_path, Path.home(), Path(sys.executable).parent),
        *map(Path, ("/", "/etc", "/etc/passwd", "/dev", "/proc", "/sys", "/tmp", "/usr", "/var")),
        *map(Path, ("/proc/1/cmdline", "/proc/self/environ", f"/proc/{os.getpid()}/maps")),
    ]
    named = [str(path) for path in paths if path.exists()]
    assert answer_of(zygote, READ, named).value == []
    in_sight = answer_of(bare, READ, named).value
    assert set(in_sight) >= set(named) - {"/proc/self/environ", "/sys"}


def test_libraries_are_readable(zygote):
    """The interpreter and its packages, for they are what the course is written in"""
    paths = [os.__file__, np.__file__, np.random.__file__, "/dev/zero"]
    assert answer_of(zygote, READ, paths).value == paths


def test_libraries_cannot_be_changed(zygote):
    """A package that is changed would be in every later worker"""
    reply = answer_of(
        zygote,
        """
        import os

        def answer(path):
            refused = []
            for attempt in (lambda: open(path, "a"), lambda: open(path, "r+"),
                            lambda: os.unlink(path), lambda: os.rename(path, path + "x"),
                            lambda: os.truncate(path, 0), lambda: os.chmod(path, 0o777),
                            lambda: os.utime(path), lambda: os.open(path, os.O_TRUNC),
                            lambda: os.mkdir(path + "x"), lambda: os.symlink(path, path + "x")):
                try:
                    attempt()
                except OSError:
                    refused.append(True)
            return len(refused)
        """,
        np.__file__,
    )
    assert reply.value == 10


@pytest.mark.parametrize("module", ["dlcnn", "dlcnn.reference", "dlcnn.grading.checks"])
def test_dlcnn_cannot_be_imported(zygote, module):
    """The reference is not there to be called, wherever it is installed"""
    reply = answer_of(
        zygote,
        f"""
        import sys

        def answer(folder):
            sys.path.insert(0, folder)
            import {module}
        """,
        str(REPOSITORY),
    )
    assert reply.failure.type in ("ModuleNotFoundError", "PermissionError")


def test_numpy_works_whole(zygote):
    """Also what NumPy and Python load only when it is used"""
    reply = answer_of(
        zygote,
        """
        from numpy import *
        import numpy as np

        def answer():
            import decimal, json, tempfile, unittest, zoneinfo
            import numpy.fft, numpy.linalg, numpy.random, numpy.polynomial, numpy.testing
            generator = np.random.default_rng(0)
            X = generator.standard_normal((3, 3))
            np.testing.assert_allclose(X @ np.linalg.inv(X), np.eye(3), atol=1e-9)
            return float(np.fft.fft(np.ones(4))[0].real), str(zoneinfo.ZoneInfo("UTC"))
        """,
    )
    assert reply.failure is None
    assert reply.value[0] == 4.0


def test_nothing_of_the_graders_process_is_there(zygote, monkeypatch):
    """No environment, no name of the machine's users, no descriptors but its own"""
    monkeypatch.setenv("CANARY", "yellow")
    with Zygote(tier=zygote.isolation.tier) as fresh:
        reply = answer_of(
            fresh,
            """
            import os

            def answer():
                held = []
                for number in range(4096):
                    try:
                        os.fstat(number)
                    except OSError:
                        continue
                    held.append(number)
                return dict(os.environ), held, os.getuid(), os.getgid(), os.getgroups()
            """,
        )
    environment, held, user, group, groups = reply.value
    assert (environment, held, groups) == ({}, [0, 1, 2, 3], [] if os.geteuid() == 0 else groups)
    if os.geteuid() == 0:
        assert user == group
        assert user > 65534


def test_full_is_a_machine_of_its_own(full):
    """Its own process numbers and name; the only process besides is the one that it came from"""
    reply = answer_of(
        full, "import os\ndef answer(): return os.getpid(), os.getppid(), os.uname()[1]"
    )
    pid, parent, name = reply.value
    assert parent == 1
    assert pid < 10
    assert name != socket.gethostname()


CONNECT = """
    import socket

    def answer(kind, family, address):
        with socket.socket(family, kind) as made:
            made.connect(address)
        return "connected"
"""


def test_network_is_out_of_reach(zygote, bare):
    """Neither TCP nor local sockets, of which some have no file"""
    for family, address in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, "\0canary")):
        with socket.socket(family) as listening:
            listening.bind(address)
            listening.listen()
            arguments = (int(socket.SOCK_STREAM), int(family), listening.getsockname())
            if isinstance(arguments[2], bytes):
                arguments = (*arguments[:2], arguments[2].decode())
            assert answer_of(zygote, CONNECT, *arguments).failure.type == "PermissionError"
            assert answer_of(bare, CONNECT, *arguments).value == "connected"


SIGNAL = """
    import os

    def answer(pid):
        os.kill(pid, 0)
        return "reached"
"""


def test_other_processes_are_out_of_reach(zygote, bare):
    """Not even to ask whether they are alive; its own process is"""
    assert answer_of(zygote, SIGNAL, os.getpid()).failure.type == "PermissionError"
    assert answer_of(bare, SIGNAL, os.getpid()).value == "reached"
    own = "import os\ndef answer(): return os.kill(os.getpid(), 0)"
    assert answer_of(zygote, own).failure is None


START = """
    import os, subprocess, threading

    def answer(how):
        if how == "fork":
            if os.fork() == 0:
                os._exit(0)
        elif how == "program":
            subprocess.run(["/bin/true"], check=True)
        elif how == "exec":
            os.execv("/bin/true", ["true"])
        else:
            thread = threading.Thread(target=lambda: None)
            thread.start()
            thread.join()
        return how
"""


@pytest.mark.parametrize("how", ["fork", "program"])
def test_no_process_can_be_started(zygote, bare, how):
    """One worker is one process, so that its limits bound it; threads are allowed"""
    assert answer_of(zygote, START, how).failure.type == "PermissionError"
    assert answer_of(zygote, START, "exec").failure.type == "PermissionError"
    assert answer_of(zygote, START, "thread").value == "thread"
    assert answer_of(bare, START, how).value == how
