"""What the documents promise is there: pictures, linked files, commands."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("assignments/*/*.md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_linked_files_exist(document):
    """Every picture and relative link of a document leads to a file of the checkout."""
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_readme_names_commands_that_exist():
    """Each `make` target and each dlcnn command that the README shows is one."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^    make ([\w-]+)", readme, flags=re.MULTILINE):
        assert f"\n{target}:" in makefile
    from dlcnn.cli.main import _parser

    usage = _parser().format_help()
    commands = set(re.findall(r"^    dlcnn (\w+)", readme, flags=re.MULTILINE))
    assert {"list", "start", "check", "grade"} <= commands
    assert [command for command in commands if command not in usage] == []


def test_readme_shows_code_that_runs():
    """The Python that builders are shown runs as it stands, with fewer epochs."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    builders = readme[readme.index("## For builders") : readme.index("## How fast")]
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", builders, flags=re.MULTILINE)
    code = "\n".join(
        textwrap.dedent(block).replace("epochs=30", "epochs=1")
        for block in blocks
        if not block.lstrip().startswith("dlcnn ")
    )
    assert "model.fit(" in code
    assert "from_pattern(" in code

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr[-2000:]
