"""What the documents promise is there: pictures, linked files, commands."""

import re
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
