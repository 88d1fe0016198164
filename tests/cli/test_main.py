"""The command itself: quick to start, and every way to go wrong has its exit code."""

import argparse
import os
import subprocess
import sys
import time

import pytest

from dlcnn.cli import main as module
from dlcnn.cli.main import main
from dlcnn.errors import DlcnnError

_HEAVY = ("numpy", "keras", "tensorflow", "rich", "jinja2", "pydantic", "matplotlib", "h5py")


def _modules_after(code, environment):
    """The top-level packages that a fresh Python has loaded after running `code`."""
    code += "\nimport sys; print({name.partition('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(eval(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import dlcnn",
        "import dlcnn.cli.main",
        "import dlcnn.cli.pytest_plugin",
        "from dlcnn.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass",
        "from dlcnn.cli.main import main\ntry: main(['grade', '-h'])\nexcept SystemExit: pass",
    ],
)
def test_import_is_light(code, environment):
    """Neither importing dlcnn nor asking for help loads anything heavy."""
    assert _modules_after(code, environment).isdisjoint(_HEAVY)


def test_import_of_check_loads_what_it_needs(environment):
    """`from dlcnn import check` works, and is what loads NumPy: the other verdict of the above."""
    loaded = _modules_after("from dlcnn import check; assert callable(check)", environment)
    assert "numpy" in loaded
    assert loaded.isdisjoint({"keras", "tensorflow"})


def test_help_answers_at_once(environment):
    """The best of three takes at most a quarter of a second."""
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        command = [sys.executable, "-m", "dlcnn", "--help"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) <= 0.25
    for name in ("list", "start", "check", "grade", "course"):
        assert f"\n    {name} " in done.stdout


def test_package_names_what_it_offers():
    """An unknown name is an ordinary AttributeError."""
    import dlcnn

    assert dir(dlcnn) == ["__version__", "check"]
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        _ = dlcnn.chekc


@pytest.mark.parametrize(
    "arguments",
    [[], ["fly"], ["grade"], ["grade", "scaling", "x", "--jobs", "0"], ["course"], ["check"]],
)
def test_main_refuses_wrong_usage_with_2(dlcnn, arguments):
    """Whatever cannot be parsed is exit code 2 with the usage."""
    done = dlcnn(*arguments, course=False)
    assert done.returncode == 2
    assert "usage: dlcnn" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (DlcnnError("here: the rule."), 2, "here: the rule.\n"),
        (KeyboardInterrupt(), 130, "Stopped."),
        (ZeroDivisionError("division by zero"), 3, "(ZeroDivisionError: division by zero)"),
        (SystemExit(0), 3, "(SystemExit: 0)"),
    ],
)
def test_run_turns_errors_into_messages(capsys, error, code, words):
    """Our users' errors, Ctrl-C and our own faults: a message each, never a traceback."""

    def command(_options):
        raise error

    assert module._run(command, None) == code
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("out/r.json", 2),
        ("out/.r.json.0a1b", 2),
        ("out", 2),
        ("here/ada.py", 2),
        ("elsewhere/r.json", 3),
        (None, 3),
    ],
)
def test_run_tells_an_error_of_the_system_by_whose_path_it_is(capsys, tmp_path, name, code):
    """On, beside, above or below a path of the command line it is wrong usage; else our fault."""
    path = name and str(tmp_path / name)

    def command(_options):
        raise OSError(28, "No space left on device", path)

    options = argparse.Namespace(json=tmp_path / "out" / "r.json", paths=[tmp_path / "here"])
    assert module._run(command, options) == code
    told = capsys.readouterr().err
    assert "No space left on device" in told
    assert told.startswith(f"{path}: ") == (code == 2)


def test_run_shows_the_traceback_to_those_who_ask(capsys, monkeypatch):
    """DLCNN_DEBUG=1 is for reports to us."""

    def command(_options):
        raise ZeroDivisionError

    monkeypatch.setitem(os.environ, "DLCNN_DEBUG", "1")
    assert module._run(command, None) == 3
    assert "Traceback" in capsys.readouterr().err


def test_version_of_a_checkout_says_so(environment):
    """Without an installed package there is a sentence, not a traceback."""
    # -S leaves out site-packages, where an installation would be found.
    command = [sys.executable, "-S", "-m", "dlcnn", "--version"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "dlcnn (not installed: running from a checkout)\n"


@pytest.mark.parametrize("count", ["x", "0", "1.5", ""])
def test_jobs_are_refused_in_words(dlcnn, count):
    """The rule and what was received, no name of ours."""
    done = dlcnn("grade", "scaling", "x", "--jobs", count, course=False)
    assert done.returncode == 2
    words = f"argument --jobs: it is a whole number of at least 1. Received {count!r}"
    assert words in done.stderr


def test_main_answers_where_the_terminal_knows_no_ticks(dlcnn, hand_in):
    """In an ASCII terminal the words remain."""
    done = dlcnn("check", hand_in("ada.py"), PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "passed" in done.stdout


def test_main_returns_the_exit_code(capsys):
    """The console script exits with what `main` returns."""
    assert main([]) == 2
    assert "usage: dlcnn" in capsys.readouterr().err
