"""What attacks aim at: canaries made for one test, and whether they were touched.

Nothing here is anybody's: the files lie in the test's folder, the process and the listeners are
the test's own, and what an attack may leave elsewhere carries a token that no other file has.
"""

import ctypes
import os
import platform
import secrets
import select
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import CORRECT, SmallCourse
from tests.grading.attacks.processes import is_stopped_or_gone

__all__ = ["World"]

_C_LIBRARY = ctypes.CDLL(None)
_IPC_RMID = 0
_PUBLIC_FOLDERS = tuple(map(Path, ("/tmp", "/var/tmp", "/dev/shm", "/")))
_SYSTEM_CALLS = {
    "x86_64": {"keyctl": 250, "add_key": 248, "fork": 57, "clone": 56, "execveat": 322, "bpf": 321},
    "aarch64": {"keyctl": 219, "add_key": 217, "clone": 220, "execveat": 281, "bpf": 280},
}
_SYSTEM_CALLS_OF_ALL = {"io_uring_setup": 425, "clone3": 435}


class World:
    """A course, a neighbour, results, a process and listeners; each with a secret in it."""

    def __init__(self, root: Path, settings: Mapping[str, str]) -> None:
        """Make it all.

        Args:
            root: a folder of the test's own.
            settings: what of the course's spec is to be something else.
        """
        self.token = "token" + secrets.token_hex(8)
        self._key = secrets.randbits(30) | 1  # of System V shared memory
        self.secret = "CANARY-" + secrets.token_hex(16)
        self.folder = root / "world"
        self.course = SmallCourse(self.folder / "course")
        spec = self.course.folder / "assignment.toml"
        text = spec.read_text(encoding="utf-8")
        for old, new in settings.items():
            assert old in text
            text = text.replace(old, new)
        self.course.write(spec=text)
        self.exam = self.course.exam()
        self.outside = root / "outside"  # where a weapon may do as it likes
        self.outside.mkdir()
        self._fill()
        self._listen()
        self.victim = subprocess.Popen(["sleep", "300"], env={"SECRET": self.secret})
        self._before = self._files()

    def targets(self, zygote: int, descriptor_secret: str) -> dict[str, object]:
        """What a hostile submission is told, so that it need not search."""
        return {
            "token": self.token,
            "secret": self.secret,
            "descriptor_secret": descriptor_secret,
            "folder": str(self.folder),
            "survivor": str(self.folder / "survivor"),
            "secret_file": str(self.folder / "secret.txt"),
            "neighbour": str(self.folder / "submissions" / "bo.py"),
            "results": str(self.folder / "results"),
            "course": str(self.course.root),
            "grader": str(self.course.grader),
            "library": str(Path(__file__).parents[3]),
            "key": self._key,
            "tester": os.getpid(),
            "zygote": zygote,
            "victim": self.victim.pid,
            "tcp": self._tcp.getsockname()[1],
            "udp": self._udp.getsockname()[1],
            "abstract": "\0" + self.token,
            "socket": str(self._local_path),
            "host": platform.node(),
            "machine": platform.machine(),
            "calls": _SYSTEM_CALLS.get(platform.machine(), {}) | _SYSTEM_CALLS_OF_ALL,
        }

    @property
    def survivor(self) -> Path:
        """What an attack makes to show that something of it went on, or was run elsewhere."""
        return self.folder / "survivor"

    def damage(self) -> list[str]:
        """What was touched, told or left behind; empty where all is as it was."""
        after = self._files()
        changed = [
            path for path in self._before | after if self._before.get(path) != after.get(path)
        ]
        found = [f"changed: {path}" for path in changed]
        found += [f"left: {path}" for path in self._litter()]
        if is_stopped_or_gone(self.victim.pid):
            found.append("the victim was stopped or killed")
        if self._shared_memory() >= 0:
            found.append("shared memory was left")
        heard, _, _ = select.select(self._listeners, (), (), 0)
        return found + [f"a message arrived: {listener}" for listener in heard]

    def close(self) -> None:
        """Take everything away, also what an attack left."""
        self.victim.kill()
        self.victim.wait()
        for listener in self._listeners:
            listener.close()
        for path in self._litter():
            path.unlink()
        if self._shared_memory() >= 0:
            _C_LIBRARY.shmctl(self._shared_memory(), _IPC_RMID, None)

    def _fill(self) -> None:
        texts = {
            "secret.txt": self.secret,
            "submissions/bo.py": f"{CORRECT}\n# {self.secret}\n",
            "results/report.json": f'{{"version": 1, "note": "{self.secret}"}}\n',
            "results/report.json.partial.jsonl": f'{{"note": "{self.secret}"}}\n',
        }
        for name, text in texts.items():
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def _listen(self) -> None:
        self._local_path = self.folder / "socket"
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._listeners = [self._tcp, self._udp]
        for address in ("\0" + self.token, str(self._local_path)):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(address)
            listener.listen()
            self._listeners.append(listener)

    def _shared_memory(self) -> int:
        """The identity of the piece under our key, negative where there is none."""
        return int(_C_LIBRARY.shmget(self._key, 0, 0))

    def _files(self) -> dict[str, tuple[int, int, int, bytes]]:
        """Every file below the folder: mode, owner, number of names, content."""
        return {str(path): _seen(path) for path in sorted(self.folder.rglob("*"))}

    def _litter(self) -> list[Path]:
        return [path for folder in _PUBLIC_FOLDERS for path in folder.glob(f"*{self.token}*")]


def _seen(path: Path) -> tuple[int, int, int, bytes]:
    status = path.lstat()
    content = b""
    if path.is_symlink():
        content = os.fsencode(path.readlink())
    elif path.is_file():
        content = path.read_bytes()
    links = 0 if path.is_dir() else status.st_nlink
    return status.st_mode, status.st_uid, links, content
