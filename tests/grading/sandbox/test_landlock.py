"""Rules on files, seen from a process that they are put on."""

import json
import subprocess
import sys

import pytest

from dlcnn.grading.sandbox import landlock
from tests.grading.sandbox.conftest import REPOSITORY

pytestmark = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")

SCRIPT = """
import json, os, sys
from dlcnn.grading.sandbox import kernel, landlock
folder, held = sys.argv[1], sys.argv[2] == "held"
os.chdir(folder)
if held:
    rules = landlock.Rules(["library", "single.txt"], ["/dev/null"], "scratch")
    kernel.give_up_privileges()
    rules.apply()

def works(attempt):
    try:
        return attempt() is not False
    except OSError:
        return False

print(json.dumps({
    "read granted": works(lambda: open("library/deep/module.txt").read()),
    "list granted": works(lambda: os.listdir("library/deep")),
    "read a granted file": works(lambda: open("single.txt").read()),
    "write in scratch": works(lambda: open("scratch/new", "w").write("x")),
    "cut in scratch": works(lambda: os.truncate("scratch/old", 0)),
    "remove in scratch": works(lambda: os.unlink("scratch/old")),
    "use a device": works(lambda: open("/dev/null", "r+b", 0).write(b"x")),
    "read elsewhere": works(lambda: open("private/secret.txt").read()),
    "list elsewhere": works(lambda: os.listdir("private")),
    "list what is granted in part": works(lambda: os.listdir(".")),
    "write a granted file": works(lambda: open("single.txt", "a")),
    "cut a granted file": works(lambda: os.truncate("single.txt", 0)),
    "write beside": works(lambda: open("library/new", "w")),
    "make a folder": works(lambda: os.mkdir("scratch/folder")),
    "make a link": works(lambda: os.symlink("..", "scratch/link")),
    "make a pipe": works(lambda: os.mkfifo("scratch/pipe")),
    "move out": works(lambda: os.rename("scratch/new", "private/new")),
}))
"""
ALLOWED = {
    "read granted",
    "list granted",
    "read a granted file",
    "write in scratch",
    "cut in scratch",
    "remove in scratch",
    "use a device",
}


def outcome(folder, how: str) -> dict[str, bool]:
    for name in ("library/deep/module.txt", "single.txt", "scratch/old", "private/secret.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("text")
    command = [sys.executable, "-c", SCRIPT, str(folder), how]
    environment = {"PYTHONPATH": str(REPOSITORY)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


def test_rules_allow_what_was_granted_and_nothing_else(tmp_path):
    """Reading where it was granted, making files in the scratch folder, and no more than that"""
    assert landlock.keeps_length()
    held = outcome(tmp_path, "held")
    assert {name for name, works in held.items() if works} == ALLOWED


def test_without_rules_all_of_it_works(tmp_path):
    """The control: nothing else was in the way"""
    assert all(outcome(tmp_path, "free").values())


def test_rules_need_paths_that_exist(tmp_path):
    """A rule for nothing is a mistake, not a rule less"""
    with pytest.raises(FileNotFoundError):
        landlock.Rules([str(tmp_path / "gone")])


def test_rules_hold_nobody_until_they_are_applied(tmp_path):
    """Making them changes nothing for the process that makes them"""
    landlock.Rules([str(tmp_path)])
    assert list(REPOSITORY.iterdir())
