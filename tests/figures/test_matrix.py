"""Tables as pictures."""

import numpy as np
import pytest

from dlcnn.figures import confusion, shares


def test_confusion_writes_counts_and_colours_shares():
    """The cell of true row and predicted column shows its count; its colour is the row's share."""
    counts = np.array([[6, 2], [0, 1]])

    axes = confusion(counts, ["cat", "not"]).axes[0]

    written = {tuple(map(int, text.get_position())): text.get_text() for text in axes.texts}
    assert written == {(0, 0): "6", (1, 0): "2", (0, 1): "0", (1, 1): "1"}
    shares = np.asarray(axes.get_images()[0].get_array())
    np.testing.assert_allclose(shares, [[0.75, 0.25], [0, 1]])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "not"]


def test_confusion_colours_a_class_without_images():
    """A class that no image has is drawn as nothing, not as a division by zero."""
    shares = confusion(np.array([[0, 0], [1, 1]]), ["a", "b"]).axes[0].get_images()[0].get_array()

    np.testing.assert_allclose(np.asarray(shares), [[0, 0], [0.5, 0.5]])


def test_confusion_refuses_names_that_do_not_fit():
    """Rows without a name, or the other way round, are refused."""
    with pytest.raises(ValueError, match="3 class names"):
        confusion(np.zeros((2, 2), int), ["a", "b", "c"])


def test_shares_writes_each_share_on_its_colour():
    """Rows and columns stand where their names are."""
    axes = shares(np.array([[0, 0.125, 1]]), ["row"], ["a", "b", "c"], label="of all").axes[0]

    assert [text.get_text() for text in axes.texts] == ["0.0%", "12.5%", "100.0%"]
    np.testing.assert_allclose(np.asarray(axes.get_images()[0].get_array()), [[0, 0.125, 1]])
    with pytest.raises(ValueError, match="1 row names and 2 column names"):
        shares(np.zeros((2, 2)), ["row"], ["a", "b"], label="of all")
