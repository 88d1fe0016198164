"""An attack where nothing is in its way: run by path, in a process of its own.

    python -I outside.py MODE VERDICT SOURCE [ACCOMPLICE]
    python -I outside.py warm MODULE ...

Says WORKED where the attack does what it is for. It is also the plain grader that attacks on
comparisons are made for: one that runs the submission in its own process, beside its solution.
Warm, it loads the modules once and takes jobs, a line each, every one for a fork of it.
"""

import os
import sys


def main(mode, *words):
    """Run the attack as its control asks, or those that come."""
    if mode == "warm":
        _serve(words)
    else:
        _run(mode, *words)


def _serve(modules):
    import importlib
    import json

    for name in modules:
        importlib.import_module(name)
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            _do(job)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


def _do(job):
    """Do a job in a fork, and end there."""
    import traceback

    os.setsid()
    said = os.open(job["said"], os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.chdir(job["folder"])
    try:
        _run(*job["arguments"])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(0)


def _run(mode, verdict, *paths):
    if mode != "weapon":
        _prepare()
    for path in paths:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 as little as can be is imported
            exec(compile(file.read(), "submission", "exec"), globals())
        if mode == "weapon":
            worked = weapon()  # noqa: F821 the submission defines it
    if mode == "weapon":
        print("WORKED" if worked else "failed")
    elif mode == "leak":
        _tell_everything()
    else:
        print("WORKED" if eval(verdict) else "failed", flush=True)


def _prepare() -> None:
    """The plain grader's own part: an input, its solution, and what it compares with."""
    import pickle
    import unittest

    import numpy as np

    def solution(X, factor):
        return X * factor

    case = unittest.TestCase()
    X = np.arange(1.0, 7.0).reshape(2, 3)
    globals().update(np=np, pickle=pickle, case=case, X=X, solution=solution)


def _tell_everything() -> None:
    """Like a grader that shows what it sees of a hidden check."""
    pid = os.fork()
    if pid == 0:
        print(type(scale(X, -2.0)), flush=True)  # noqa: F821 the submission defines it
        if "shift" in globals():
            shift(X, 2.0, 1.0)  # noqa: F821 as above
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    print("exit code", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(*sys.argv[1:])
