"""The tier `process`, seen from processes that it is applied to."""

import subprocess
import sys
import textwrap

import pytest

LINUX = sys.platform == "linux"


def run(body: str) -> subprocess.CompletedProcess[str]:
    """Run `body` in a forked child that has been limited; its exit is the script's."""
    script = textwrap.dedent("""
        import os, resource, signal, sys, time
        from dlcnn.grading.sandbox import process, tree
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            memory = process.AddressSpace().bytes() + (64 << 20)
            renew = process.limit_worker(parent, memory, CPU)
            renew()
            BODY
            sys.stdout.flush()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print("status", os.waitstatus_to_exitcode(status))
    """)
    cpu = "0.2" if "renew" not in body else "1"
    script = script.replace("CPU", cpu).replace("BODY", textwrap.indent(body, " " * 4).strip())
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )


def test_limit_worker_gives_a_session_of_its_own():
    """Signals to the worker's group reach nobody else"""
    result = run("print(os.getsid(0) == os.getpgid(0) == os.getpid() != parent)")
    assert result.stdout == "True\nstatus 0\n"


@pytest.mark.skipif(not LINUX, reason="macOS takes this limit and does not enforce it")
def test_limit_worker_limits_memory():
    """64 MB more than before are there, not much beyond"""
    body = """
    a = bytearray(40 << 20)
    try:
        b = bytearray(40 << 20)
    except MemoryError:
        print('refused')
    """
    assert "refused" in run(textwrap.dedent(body)).stdout


def test_limit_worker_limits_files(tmp_path):
    """No large file can be written, and few can be open"""
    body = f"""
    try:
        with open({str(tmp_path / "large")!r}, 'wb') as file:
            for _ in range(40):
                file.write(bytes(1 << 20))
    except OSError as error:
        print(type(error).__name__)
    try:
        held = [os.open('/dev/null', os.O_RDONLY) for _ in range(100)]
    except OSError as error:
        print(type(error).__name__)
    """
    assert run(textwrap.dedent(body)).stdout == "OSError\nOSError\nstatus 0\n"


def test_limit_worker_limits_processor_time():
    """A loop ends by SIGXCPU even if nobody is there to kill it"""
    import signal

    assert f"status {-signal.SIGXCPU}\n" in run("while True: pass").stdout


def test_renew_grants_processor_time_for_another_call():
    """The limit counts from the last renewal, not from the start"""
    body = """
    started = resource.getrlimit(resource.RLIMIT_CPU)[0]
    while time.process_time() < 1.1:
        pass
    renew()
    print(resource.getrlimit(resource.RLIMIT_CPU)[0] - started)
    """
    assert run(textwrap.dedent(body)).stdout.startswith("1\n")


def test_limit_worker_ends_an_orphan():
    """A worker whose parent is already gone does not start"""
    body = "process.limit_worker(1234567, memory, 1)"
    assert "status 1" in run(body).stdout
