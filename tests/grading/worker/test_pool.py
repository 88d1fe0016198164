"""Sessions and processes: a fresh fork each time, and nothing left when it is over.

By the tier that every system has, where a worker knows its own number and may start processes; how
the others end is told in `tests/grading/sandbox`.
"""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from dlcnn.errors import DlcnnError
from dlcnn.grading.worker import pool
from dlcnn.grading.worker.pool import Limits, Program, Zygote
from tests.grading.worker.processes import all_end, is_alive, open_descriptors


@pytest.fixture(scope="module")
def zygote():
    with Zygote(tier="process") as started:
        yield started


PROGRAM = Program((("cell 1", 1, "import os\ndef answer(x=0):\n    return os.getpid()\n"),))


def test_session_forks_a_fresh_worker_each_time(zygote):
    """Each worker is a process of its own, and the one before it has ended"""
    with zygote.session(PROGRAM) as session:
        first = session.worker().call("answer").value
        assert is_alive(first)
        second = session.worker().call("answer").value
        assert first != second
        assert not is_alive(first)
    assert not is_alive(second)


def test_session_goes_on_after_a_crash(open_session):
    """A crash or a timeout costs its worker; the next one works"""
    session = open_session(
        """
        def crash():
            import os
            os._exit(1)

        def hang():
            while True:
                pass

        def answer():
            return 5
        """,
        Limits(wall_seconds=0.3),
    )
    for function in ("crash", "hang", "crash"):
        assert session.worker().call(function).exhausted
        assert session.worker().call("answer").value == 5


@pytest.mark.parametrize(
    ("constant", "kind"),
    [
        ("while True: pass", "time"),
        ("import os; os._exit(4)", "crash"),
        ("while True: print('x' * 1000)", "output"),
        ("import os; os.write(3, b'nonsense' * 10)", "protocol"),
    ],
)
def test_definitions_are_under_the_limits_of_a_call(load, constant, kind):
    """Definitions that hang, crash or flood are a failure to load, of the same kinds"""
    worker = load(f"def answer():\n    return 1\n{constant}\n", Limits(wall_seconds=0.4))
    assert worker.load_failure.kind == kind
    with pytest.raises(ValueError, match="the worker has ended"):
        worker.call("answer")


def test_definitions_fail_one_by_one(load):
    """A statement that fails costs what it defines; sys.exit at import costs nothing more"""
    worker = load(
        """
        import sys
        first = undefined_name
        sys.exit(1)
        def answer(x=first):
            return 1
        def other():
            return 2
        class Thing:
            pass
        """,
        names=("answer", "other", "Thing"),
    )
    assert worker.load_failure is None
    assert worker.loaded.defined == {"other", "Thing"}
    assert [(each.line, each.type, each.names) for each in worker.loaded.problems] == [
        (2, "NameError", ("first",)),
        (3, "SystemExit", ()),
        (4, "NameError", ("answer",)),
    ]
    assert worker.call("other").value == 2


@pytest.mark.parametrize(
    "source",
    [
        "def broken(:\n",
        "x = " + "(" * 5000 + ")" * 5000,
        "x = " + "-" * 50_000 + "1",
        "return 5",
        "x = '\ud800'",
        "x = 'null \0 byte'",
        "x = " + "9" * 5000,
    ],
)
def test_hostile_source_is_a_problem_of_its_cell(zygote, source):
    """Source that cannot be compiled costs its cell; the others still count"""
    cells = (("cell 1", 1, source), ("cell 2", 1, "def answer():\n    return 1\n"))
    with zygote.session(Program(cells, names=("answer",))) as session:
        worker = session.worker()
        assert worker.load_failure is None
        assert worker.loaded.problems[0].label == "cell 1"
        assert worker.call("answer").value == 1


def test_module_is_named_submission(load):
    """`if __name__ == "__main__"` is false, and dataclasses and pickling of classes work"""
    worker = load(
        """
        from dataclasses import dataclass
        import pickle

        main = __name__ == "__main__"

        @dataclass
        class Pair:
            left: int
            right: "int" = 2

        def answer():
            return main, __name__, pickle.loads(pickle.dumps(Pair(1))).right
        """
    )
    assert worker.call("answer").value == (False, "submission", 2)


def test_worker_finds_nothing_of_ours(load):
    """No file of the worker's own is importable by name; environment and descriptors are bare"""
    worker = load(
        """
        import importlib, os, sys

        def answer():
            found = []
            for name in ("wire", "plain", "student", "zygote", "statements", "standins", "layers",
                         "profiles", "process", "tree", "probe", "kernel", "grants", "compat"):
                try:
                    importlib.import_module(name)
                except ImportError:
                    continue
                found.append(name)
            import __main__
            descriptors = [fd for fd in range(4096) if is_open(fd)]
            return found, __main__.__name__, dict(os.environ), descriptors, os.getcwd()

        def is_open(fd):
            try:
                os.fstat(fd)
            except OSError:
                return False
            return True
        """
    )
    found, main, environment, descriptors, folder = worker.call("answer").value
    assert (found, main, environment, folder) == ([], "submission", {}, "/")
    assert descriptors == [0, 1, 2, 3]


def test_same_submission_draws_the_same_numbers(open_session):
    """Random numbers of a student's code do not change from worker to worker"""
    session = open_session(
        """
        import random
        import numpy as np

        def answer():
            return random.random(), np.random.rand(3)
        """
    )
    first, second = (session.worker().call("answer").value for _ in range(2))
    assert first[0] == second[0]
    np.testing.assert_array_equal(first[1], second[1])


SURVIVORS = """
    import os, signal, subprocess, sys, time

    def daemon():
        read, write = os.pipe()
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if os.fork() == 0:
                os.write(write, b"%d" % os.getpid())
                time.sleep(60)
            os._exit(0)
        return int(os.read(read, 20))

    def child():
        pid = os.fork()
        if pid == 0:
            time.sleep(60)
        return pid

    def program():
        return subprocess.Popen(["sleep", "60"]).pid

    def stopped():
        pid = os.fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
        return pid

    def leave():
        os._exit(0)
"""
LINUX = sys.platform == "linux"


@pytest.mark.parametrize("ending", ["close", "next worker", "crash"])
def test_everything_that_a_worker_started_ends_with_it(open_session, ending):
    """Children, programs and, on Linux, daemons are dead when their worker is over"""
    session = open_session(SURVIVORS, Limits(wall_seconds=0.6))
    worker = session.worker()
    functions = ["child", "program", "stopped", *(["daemon"] if LINUX else [])]
    pids = [worker.call(function).value for function in functions]
    assert all(map(is_alive, pids))
    if ending == "close":
        session.close()
    elif ending == "next worker":
        session.worker()
    else:
        assert worker.call("leave").failure.kind == "time"  # its children hold the channel open
    assert not any(map(is_alive, pids))


def test_many_sessions_leak_nothing(zygote):
    """Sessions in a row leave no descriptor and no process behind"""
    before = open_descriptors()
    pids = []
    for _ in range(40):
        with zygote.session(PROGRAM) as session:
            pids += [session.worker().call("answer").value for _ in range(2)]
    assert open_descriptors() == before
    assert not any(map(is_alive, pids))
    assert len(_children_of(zygote._process.pid)) == 0


def test_zygotes_work_side_by_side():
    """Two threads with a zygote each do not disturb one another"""
    results: dict[int, list[object]] = {}

    def grade(number: int) -> None:
        source = f"def answer(x):\n    return x + {number}\n"
        with Zygote() as zygote:
            for _ in range(15):
                with zygote.session(Program((("cell 1", 1, source),))) as session:
                    worker = session.worker()
                    results.setdefault(number, []).append(worker.call("answer", (1,)).value)

    threads = [threading.Thread(target=grade, args=(number,)) for number in (10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {10: [11] * 15, 20: [21] * 15}


def test_zygotes_do_not_hold_each_others_sockets():
    """Closing one zygote ends it although another was started after it"""
    with Zygote() as first, Zygote() as second:
        first.close()
        assert first._process.poll() is not None
        with second.session(PROGRAM) as session:
            assert session.worker().call("answer").failure is None


@pytest.mark.parametrize("when", ["between sessions", "in a session"])
def test_killed_zygote_is_replaced(when):
    """kill -9 of the zygote costs at most what was running"""
    with Zygote(tier="process") as zygote:
        with zygote.session(PROGRAM) as session:
            pid = session.worker().call("answer").value
            if when == "in a session":
                os.kill(zygote._process.pid, signal.SIGKILL)
                assert not LINUX or all_end([pid])
                assert session.worker().call("answer").failure is None
        os.kill(zygote._process.pid, signal.SIGKILL)
        with zygote.session(PROGRAM) as session:
            assert session.worker().call("answer").failure is None


@pytest.mark.skipif(not LINUX, reason="a worker cannot know its nest elsewhere")
@pytest.mark.parametrize("number", ["SIGKILL", "SIGSTOP"])
def test_worker_that_attacks_its_nest_costs_itself_only(open_session, number):
    """A student who kills or freezes the nest loses a call; the next worker has another nest"""
    session = open_session(
        f"""
        import os, signal

        def attack():
            os.kill(os.getppid(), signal.{number})
            while True:
                pass

        def answer():
            return os.getppid()
        """,
        Limits(wall_seconds=0.3),
    )
    nest = session.worker().call("answer").value
    assert session.worker().call("attack").failure.kind in ("crash", "time")
    reply = session.worker().call("answer")
    assert reply.value != nest
    assert not is_alive(nest)


@pytest.mark.skipif(not LINUX, reason="elsewhere a busy worker ends by its CPU limit only")
def test_everything_ends_with_the_grader():
    """kill -9 of the grader leaves no process behind"""
    script = textwrap.dedent("""
        import os, sys
        from dlcnn.grading.worker.pool import Limits, Program, Zygote
        source = '''
        import os, time
        def answer(): return os.getpid(), os.getppid()
        def hang():
            while True: pass
        '''.replace("\\n        ", "\\n")
        zygote = Zygote(tier="process")
        worker = zygote.session(Program((("cell 1", 1, source),)), Limits(60)).worker()
        print(*worker.call("answer").value, zygote._process.pid, flush=True)
        worker.call("hang")
    """)
    grader = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in grader.stdout.readline().split()]
    time.sleep(0.1)
    assert all(map(is_alive, pids))
    grader.kill()
    grader.wait()
    grader.stdout.close()
    assert all_end(pids)


def test_one_session_at_a_time(zygote):
    """A zygote that is asked for a second session says so"""
    with zygote.session(PROGRAM), pytest.raises(ValueError, match="must be closed first"):
        zygote.session(PROGRAM)


def test_zygote_that_cannot_start_says_why(monkeypatch):
    """A start that fails is told in a sentence with the reason"""
    with pytest.raises(DlcnnError, match=r"could not be started.*profiles\.unheard_of"):
        Zygote("unheard_of")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DlcnnError, match="it ended with exit code 1"):
        Zygote()


def test_zygote_refuses_less_isolation_than_required(monkeypatch):
    """Requiring more than the machine gives is a refusal that names what is missing"""
    monkeypatch.setattr(pool, "TIERS", ("process", "partial", "full", "perfect"))
    with pytest.raises(DlcnnError, match="isolation must be at least perfect"):
        Zygote(require="perfect")


def _children_of(parent: int) -> list[int]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in listing.stdout.splitlines()]
    return [int(pid) for pid, ppid in rows if int(ppid) == parent]
