"""What `dlcnn.understanding` gives by name."""

import ast
import importlib
from pathlib import Path

import pytest

from dlcnn import understanding


def test_every_public_name_has_a_room():
    """The list of names and the table of rooms hold the same, but for what needs no Keras."""
    ready = {"UnderstandingError", "UnderstandingWarning"}
    assert set(understanding.__all__) == ready | set(understanding._ROOMS)
    assert set(understanding.METHODS) <= set(understanding.__all__)


@pytest.mark.parametrize("name", understanding.__all__)
def test_public_name_is_exported_by_its_room(name):
    """Each name leads to a thing that its file calls public."""
    thing = getattr(understanding, name)
    room = importlib.import_module(
        f"dlcnn.understanding.{understanding._ROOMS.get(name, 'errors')}"
    )
    assert name in room.__all__
    assert thing is getattr(room, name)


@pytest.mark.parametrize("room", sorted(Path(*understanding.__path__).rglob("[a-z]*.py")))
def test_what_a_file_takes_of_another_is_public(room):
    """Names that one file imports from another are in the list of that one."""
    for node in ast.walk(ast.parse(room.read_text())):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("dlcnn.understanding."):
            assert {each.name for each in node.names} <= {*_public(node.module)}


def _public(module):
    return importlib.import_module(module).__all__


def test_unknown_name_offers_the_nearest():
    """A slip is told, as Python's own error."""
    with pytest.raises(AttributeError, match="Did you mean 'saliency'"):
        understanding.saliencey  # noqa: B018  # the look-up is what is tested
