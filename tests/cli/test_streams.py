"""What nobody reads is dropped: every command ends in its own way, with its own exit code."""

import io
import subprocess
import sys

import pytest

from dlcnn.cli.streams import forgiving


@pytest.fixture(params=["", "1"], ids=["buffered", "unbuffered"])
def environment(request, environment):
    """As everywhere, with Python's own buffer and without."""
    return {**environment, "PYTHONUNBUFFERED": request.param}


def _ended_unread(command, environment, *, unread="stdout"):
    """Run with a pipe whose other end is closed; the exit code and what the other stream said."""
    other = {"stdout": "stderr", "stderr": "stdout"}[unread]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, *command], env=environment, text=True, **pipes)
    getattr(process, unread).close()
    with getattr(process, other) as stream:
        told = stream.read()
    return process.wait(), told


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["data", "list"],
        ["list"],
        pytest.param(["models"], marks=pytest.mark.slow),
        pytest.param(["models", "vgg16"], marks=pytest.mark.slow),
    ],
)
def test_commands_go_quiet_when_nobody_reads_on(arguments, environment):
    """As in `dlcnn models | head -1`: no complaint, neither of ours nor of Python as it ends."""
    assert _ended_unread(["-m", "dlcnn", *arguments], environment) == (0, "")


def test_commands_keep_their_exit_code_when_no_message_is_read(environment):
    """Wrong usage stays wrong usage."""
    ended = _ended_unread(["-m", "dlcnn", "lits"], environment, unread="stderr")
    assert ended == (2, "")


_PRINTS = """
import sys
from dlcnn.cli.streams import forgiving
sys.stdout = forgiving(sys.stdout)
for _ in range(50):
    print("one line of many " * 100)
print("done", file=sys.stderr)
sys.exit(1)
"""


def test_forgiving_stream_lets_the_work_go_on(environment):
    """More is printed than any buffer holds, and the command reaches its end."""
    assert _ended_unread(["-c", _PRINTS], environment) == (1, "done\n")


def test_forgiving_stream_reaches_who_reads(environment):
    """Every character of it."""
    command = [sys.executable, "-c", _PRINTS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.stdout == ("one line of many " * 100 + "\n") * 50


_PIPE_OF_ITS_OWN = """
import os, sys
from dlcnn.cli import main
def command(_options):
    reader, writer = os.pipe()
    os.close(reader)
    os.write(writer, b"x")
sys.exit(main._run(command, None))
"""


def test_another_broken_pipe_is_still_a_fault(environment):
    """Only what is printed may be lost."""
    done = subprocess.run(
        [sys.executable, "-c", _PIPE_OF_ITS_OWN], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 3
    assert "BrokenPipeError" in done.stderr


def test_forgiving_leaves_what_a_test_or_notebook_put_there():
    """A stream that is not the process' own stays; one that encodes gets forgiving letters."""
    text = io.StringIO()
    assert forgiving(text) is text
    encoded = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert forgiving(encoded) is encoded
    encoded.write("\u2713 passed")
    encoded.flush()
    assert encoded.buffer.getvalue() == b"? passed"
