"""The end of a process and of what it started."""

import os
import subprocess
import sys
import textwrap

import pytest

from tests.grading.worker.processes import all_end, is_alive


def run(body: str) -> list[int]:
    """Run `body` in a child of a process that adopts and then ends it; the printed numbers."""
    script = textwrap.dedent("""
        import os, signal, time
        from dlcnn.grading.sandbox import tree
        tree.adopt()
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            BODY
            os.write(write, b"x")
            time.sleep(60)
        os.read(read, 1)
        time.sleep(0.2)
        started = time.monotonic()
        print(tree.end(pid), int(time.monotonic() - started))
    """).replace("BODY", textwrap.indent(textwrap.dedent(body).strip(), " " * 4).strip())
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    return [int(word) for word in result.stdout.split()]


def test_end_kills_and_returns_the_status():
    """A process that waits is killed; its wait status says so"""
    status, seconds = run("pass")
    assert (os.WTERMSIG(status), seconds) == (9, 0)


def test_end_tells_how_a_process_ended_by_itself():
    """Killing comes too late for a process that has ended, and does not change its status"""
    status, _ = run("os.write(write, b'x'); os._exit(7)")
    assert os.waitstatus_to_exitcode(status) == 7


def test_end_kills_the_process_group():
    """Children that stayed in the group end with it"""
    *pids, status, _ = run("""
        for _ in range(3):
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            os.write(1, b"%d\\n" % child)
    """)
    assert os.WTERMSIG(status) == 9
    assert all_end(pids)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux returns orphans to their heir")
def test_end_kills_daemons():
    """On Linux a descendant in a session of its own is found and killed, and so are its children"""
    *pids, _, _ = run("""
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            for _ in range(2):
                if os.fork() == 0:
                    os.setsid()
                    os.write(1, b"%d\\n" % os.getpid())
                    time.sleep(60)
            os.write(1, b"%d\\n" % os.getpid())
            os.write(write, b"x")
            time.sleep(60)
        time.sleep(60)
    """)
    assert len(pids) >= 1
    assert not any(map(is_alive, pids))
