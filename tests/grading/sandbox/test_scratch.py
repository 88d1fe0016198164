"""The one folder that a worker of the tier full may write in, and that partial has none."""

import tempfile

from tests.grading.sandbox.conftest import REPOSITORY, answer_of, of_tier, session_of

WRITE = """
    import os, tempfile

    def answer(name):
        before = sorted(os.listdir("."))
        with open(name, "w") as file:
            file.write("kept")
        return before, open(name).read()

    def temporary():
        with tempfile.TemporaryFile() as file:
            file.write(b"kept")
            return os.getcwd()

    def fill():
        written = 0
        try:
            for number in range(10):
                with open(f"part{number}", "wb") as file:
                    for _ in range(8):
                        written += file.write(bytes(1 << 20))
        except OSError:
            return written >> 20

    def many():
        for number in range(100_000):
            try:
                open(f"file{number}", "x").close()
            except OSError:
                return number

    def links():
        open("file", "w").close()
        refused = []
        for attempt in (lambda: os.symlink("/", "link"), lambda: os.link("file", "other"),
                        lambda: os.mkdir("folder"), lambda: os.mkfifo("pipe"),
                        lambda: os.chmod("file", 0)):
            try:
                attempt()
            except OSError:
                refused.append(True)
        return len(refused)
"""


def test_scratch_keeps_files_for_one_worker(full):
    """Files can be written and read; the next worker and the next submission find none"""
    for _ in range(2):
        with session_of(full, WRITE) as session:
            for _ in range(2):
                worker = session.worker()
                assert worker.call("answer", ("notes.txt",)).value == ([], "kept")
                assert worker.call("answer", ("more.txt",)).value == (["notes.txt"], "kept")


def test_scratch_is_where_temporary_files_are(full):
    """tempfile works without being told where"""
    with session_of(full, WRITE) as session:
        assert session.worker().call("temporary").value == "/private/scratch"


def test_scratch_is_small(full):
    """Neither the disk nor the memory can be filled, with bytes or with names"""
    with session_of(full, WRITE) as session:
        assert 8 <= session.worker().call("fill").value <= 16
        assert session.worker().call("many").value < 1000
        assert session.worker().call("answer", ("notes.txt",)).value == ([], "kept")


def test_scratch_holds_nothing_but_files(full):
    """No links, folders and pipes: it can always be emptied"""
    with session_of(full, WRITE) as session:
        assert session.worker().call("links").value == 5


def test_scratch_of_a_crashed_worker_is_emptied(full):
    """A worker that was killed leaves no more than one that ended"""
    source = WRITE + "\n    def crash(name):\n        answer(name)\n        os._exit(1)\n"
    with session_of(full, source) as session:
        assert session.worker().call("crash", ("notes.txt",)).failure.kind == "crash"
        assert session.worker().call("answer", ("notes.txt",)).value == ([], "kept")


def test_nothing_else_can_be_written(zygote, tmp_path):
    """No file can be made elsewhere, in partial isolation nowhere at all"""
    reply = answer_of(
        zygote,
        """
        import os

        def answer(folders):
            written = []
            for folder in folders:
                try:
                    with open(os.path.join(folder, "planted"), "w"):
                        written.append(folder)
                except OSError:
                    continue
            return written
        """,
        [".", "/", "/tmp", "/var/tmp", "/dev/shm", "/private", str(tmp_path), str(REPOSITORY)],
    )
    assert reply.value == (["."] if zygote.isolation.tier == "full" else [])
    assert not list(tmp_path.iterdir())


def test_partial_says_where_it_fails(zygotes):
    """What wants a folder to write in gets Python's own exception, which can be explained"""
    with session_of(of_tier("partial", zygotes), WRITE) as session:
        failure = session.worker().call("temporary").failure
        assert failure.type == "FileNotFoundError"
        assert "No usable temporary directory" in failure.message
        assert tempfile.gettempdir() != "/private/scratch"
