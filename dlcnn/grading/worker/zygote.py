"""Untrusted side: the warm process that workers are forked from, started by path.

    grader → zygote → nest (one per submission) → worker (one at a time, runs student code)

The zygote has imported NumPy, and what its profile loads. The nest compiles the submission once and
never runs it; it is where isolation is set up and what is killed to kill everything. Both do as the
grader's one-letter orders say, and end when the grader does. Standard library and NumPy only;
nothing of dlcnn.

Started as `python -I zygote.py DESCRIPTOR PROFILE TIER [cold]`, the tier being the most to be had.
"""

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, cast

import numpy as np

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 pathlib would be in every fork
_FOLDERS = [_HERE, os.path.join(_HERE, os.pardir, "sandbox")]  # noqa: PTH118 as above

sys.path[:0] = _FOLDERS
if TYPE_CHECKING:
    from dlcnn.grading.sandbox import layers, probe, tree
    from dlcnn.grading.worker import cold, compat, rewriting, standins, statements, student, wire
    from dlcnn.grading.worker.profiles import Profile
else:
    import cold
    import compat
    import layers
    import probe
    import rewriting
    import standins
    import statements
    import student
    import tree
    import wire

_COLD = "cold"
_CHANNEL = 3  # a worker holds nothing else than the null device, its log twice and its channel
_MAX_DESCRIPTOR = 4096
_MAX_WORDS = 500
_REHEARSALS = 20  # more than the interpreter wants before it specialises code


def main() -> NoReturn:
    """Fork a nest when the grader orders one, end it when the grader says so or is gone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    tree.adopt()
    profile, loaded_later, note = _loaded()
    chosen, reason = probe.strongest(sys.argv[3], profile.canary, loaded_later)
    chosen.prepare()
    _rehearse()
    _settle()
    os.dup2(0, 2)  # the grader reads only what is said before this point
    wire.send(control, wire.encode({"tier": chosen.tier, "reason": _joined(reason, note)}))
    zygote, nest = os.getpid(), 0
    while True:
        order, descriptors = _receive_order(control)
        if nest:
            tree.end(nest)
            nest = 0
        if order == b"o":
            nest = chosen.fork()
            if nest == 0:
                control.close()
                session = socket.socket(fileno=descriptors[0])
                _finish(_Nest(session, profile, chosen, zygote, loaded_later).run)
            os.close(descriptors[0])
        elif order == b"c":
            wire.send(control, wire.encode(None))
        else:
            os._exit(0)


def _loaded() -> tuple["Profile", int, str | None]:
    """The profile, the bytes of memory that it is yet to map in each worker, and why it is."""
    given = dict(os.environ)
    os.environ.clear()
    profile = cast("Profile", importlib.import_module("profiles." + sys.argv[2]))
    _hide_own_modules()
    if sys.argv[4:] == [_COLD]:
        return cold.Cold(profile), probe.mapped_by(profile.load), cold.NOTE
    profile.load()
    if probe.hangs_in_fork(profile.canary):
        os.execve(sys.executable, [*sys.orig_argv, _COLD], given)
    return profile, 0, None


class _Nest:
    """One submission: compiles it, and forks a fresh worker whenever it is told to."""

    def __init__(
        self,
        session: socket.socket,
        profile: "Profile",
        chosen: layers.Process,
        zygote: int,
        loaded_later: int,
    ) -> None:
        self._session = session
        self._profile = profile
        self._layers = chosen
        self._zygote = zygote
        self._loaded_later = loaded_later

    def run(self) -> None:
        """Prepare everything that the submission's workers have in common, then fork them."""
        self._enter()
        tree.adopt()
        self._request = wire.decode(wire.receive(self._session))
        cells = [
            (label, first_line, source.tobytes().decode("utf-8", "surrogatepass"))
            for label, first_line, source in self._request["cells"]
        ]
        if self._request["compat"]:
            compat.install()
            self._program, self._problems = statements.compile_cells(cells, rewriting.rewrite)
            self._program = rewriting.complete_star_imports(self._program)
        else:
            self._program, self._problems = statements.compile_cells(cells)
        self._profile.prepare("\n".join(source for _, _, source in cells))
        standins.install(self._request["stand_ins"], self._request["silent"])
        self._memory = self._layers.address_space() + self._loaded_later
        self._memory += self._request["memory_bytes"]
        _settle()
        self._obey()

    def _enter(self) -> None:
        """Be isolated and say so, or say why not and end: nothing has been read of the student."""
        try:
            self._layers.enter_session(self._zygote)
            self._problem, self._report = os.pipe()
            os.set_blocking(self._problem, False)
        except Exception as error:
            wire.send(self._session, wire.encode(_described(error)))
            raise
        wire.send(self._session, wire.encode(None))

    def _obey(self) -> None:
        """Take orders: a worker in place of the last one, or its end; anything else is the end."""
        worker: int = 0
        status: int | str = 0
        while True:
            order, descriptors = _receive_order(self._session)
            if worker:
                status = self._end(worker)
                worker = 0
            if order == b"w":
                worker = self._fork(*descriptors)
            elif order == b"e":
                wire.send(self._session, wire.encode(status))
            else:
                return

    def _end(self, worker: int) -> int | str:
        """End a worker: its wait status, or why it could not be isolated and never began."""
        status = tree.end(worker)
        self._layers.clean()
        try:
            return os.read(self._problem, _MAX_WORDS).decode("utf-8", "replace")
        except BlockingIOError:
            return status

    def _fork(self, channel: int, log: int) -> int:
        """Fork the worker that was ordered; its process id."""
        answered = wire.decode(wire.receive(self._session))
        nest = os.getpid()
        worker = os.fork()
        if worker == 0:
            _finish(lambda: self._work(nest, answered, channel, log))
        os.close(channel)
        os.close(log)
        return worker

    def _work(self, nest: int, answered: list[str], channel: int, log: int) -> None:
        """In the worker: give up everything but the channel, then serve the student's functions."""
        try:
            renew = self._layers.limit_worker(nest, self._memory, self._request["seconds"])
            self._profile.refresh()
            renew()
        except Exception as error:
            os.write(self._report, _described(error).encode())
            raise
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(channel, _CHANNEL)
        os.set_inheritable(_CHANNEL, False)  # not by dup2, which cannot where they are the same
        os.closerange(_CHANNEL + 1, _MAX_DESCRIPTOR)
        self._session.detach()
        gc.enable()
        student.serve(
            socket.socket(fileno=_CHANNEL),
            self._program,
            self._problems,
            self._request | {"answered": answered},
            self._profile,
            renew,
        )


def _receive_order(sock: socket.socket) -> tuple[bytes, list[int]]:
    """One letter and the descriptors that come with it; no letter when the grader is gone."""
    try:
        order, descriptors, _, _ = socket.recv_fds(sock, 1, 2)
    except ConnectionError:
        return b"", []
    return order, descriptors


def _joined(*reasons: str | None) -> str | None:
    return "; ".join(filter(None, reasons)) or None


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_MAX_WORDS]


def _finish(job: Callable[[], None]) -> NoReturn:
    """Do a forked child's job and end there: it must never return into its parent's code.

    The end is always that of a killed process, so that what is reported of a worker that lost its
    channel does not depend on whether its nest came first.
    """
    with contextlib.suppress(BaseException):
        job()
    os.kill(os.getpid(), signal.SIGKILL)
    os._exit(0)  # the first process of a PID namespace cannot be killed from within


def _rehearse() -> None:
    """Do what every child will do, so that it finds the interpreter's caches filled.

    A page that is written for the first time after a fork costs as much as fifty lines of code.
    """
    sample = {"text": "", "list": [np.zeros((1, 1)), 1], "tuple": (1.0, None), "dict": {}}
    for _ in range(_REHEARSALS):
        wire.read(wire.encode(sample))
        cells = [("", 2, "import sys\ndef function(X): X[0] = float(sys)")]
        program, _ = statements.compile_cells(cells, rewriting.rewrite)
        statements.run(program, {}, {})


def _settle() -> None:
    """Before forking: what is there stays where it is, or every child would copy it."""
    gc.disable()
    gc.collect()
    gc.freeze()


def _hide_own_modules() -> None:
    """Undo what running by path took: student code cannot import these files by name."""
    del sys.path[: len(_FOLDERS)]
    for folder in list(sys.path_importer_cache):
        if folder.startswith(_HERE):
            del sys.path_importer_cache[folder]
    for name, module in list(sys.modules.items()):
        if name != "__main__" and (getattr(module, "__file__", None) or "").startswith(_HERE):
            del sys.modules[name]


if __name__ == "__main__":
    main()
