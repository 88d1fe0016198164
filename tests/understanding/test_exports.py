"""What `dlcnn.understanding` gives by name."""

import importlib

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


def test_unknown_name_offers_the_nearest():
    """A slip is told, as Python's own error."""
    with pytest.raises(AttributeError, match="Did you mean 'saliency'"):
        understanding.saliencey  # noqa: B018  # the look-up is what is tested
