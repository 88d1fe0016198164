"""Writing where nothing of the student's belongs; the world's own watch says whether it worked."""

from tests.grading.attacks.attack import Attack

__all__ = ["ATTACKS"]


def _writes(name: str, body: str) -> Attack:
    lines = "\n    ".join(body.strip().splitlines())
    source = f"import os\nimport shutil\n\ndef weapon():\n    {lines}\n    return True\n"
    return Attack(name, source, tier="partial")


ATTACKS = (
    _writes(
        "overwrite the report",
        """
with open(TARGETS["results"] + "/report.json", "w") as file:
    file.write('{"score": 10}')
""",
    ),
    _writes(
        "add a line to the journal",
        """
with open(TARGETS["results"] + "/report.json.partial.jsonl", "a") as file:
    file.write('{"score": 10}')
""",
    ),
    _writes(
        "put another report in its place",
        """
with open(TARGETS["results"] + "/new.json", "w") as file:
    file.write('{"score": 10}')
os.replace(TARGETS["results"] + "/new.json", TARGETS["results"] + "/report.json")
""",
    ),
    _writes(
        "write easier checks",
        """
with open(TARGETS["grader"] + "/checks.py", "a") as file:
    file.write("# harmless")
""",
    ),
    _writes("open a secret file to everybody", 'os.chmod(TARGETS["secret_file"], 0o777)'),
    _writes("delete a neighbour's submission", 'os.unlink(TARGETS["neighbour"])'),
    _writes("empty a file without opening it", 'os.truncate(TARGETS["neighbour"], 0)'),
    _writes("delete all results", 'shutil.rmtree(TARGETS["results"])'),
    _writes("leave a symbolic link", 'os.symlink("/", TARGETS["folder"] + "/link")'),
    _writes("leave a second name", 'os.link(TARGETS["secret_file"], TARGETS["folder"] + "/name")'),
    _writes("leave a pipe that readers hang on", 'os.mkfifo(TARGETS["folder"] + "/pipe")'),
    _writes(
        "plant code that Python runs at its start",
        """
with open(TARGETS["folder"] + "/sitecustomize.py", "w") as file:
    file.write("raise SystemExit")
""",
    ),
    Attack(
        "open a library for writing",
        """
import os
import numpy as np

def weapon():
    os.close(os.open(np.__file__, os.O_WRONLY))
    return True
""",
        tier="partial",
        rare="the libraries may belong to somebody else",
    ),
    Attack(
        "damage something while the definitions are run",
        """
class Writes:
    try:
        open(TARGETS["survivor"], "w").close()
    except OSError:
        pass

def scale(X, factor):
    return X
""",
        "survivor",
        tier="partial",
    ),
)
