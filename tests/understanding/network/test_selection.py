"""Single neurons and subsets of a layer."""

import numpy as np
import pytest

from dlcnn.models import ModelError
from dlcnn.understanding import UnderstandingError, activations, layer
from tests.understanding.network.networks import classifier, photographs, small


@pytest.fixture(scope="module")
def model():
    return small()


@pytest.mark.parametrize(
    "index",
    [
        (Ellipsis, 5),
        (1, 2, 5),
        (slice(1, None, 2), slice(None), [0, -1]),
        (slice(1, 3),),
        (..., np.array([2, 2])),
        (),
    ],
)
def test_selection_cuts_what_numpy_would(model, index):
    """A selection gives the part of a layer's output that NumPy's index gives."""
    images = photographs(3)
    whole = activations(model, images, "conv2")["conv2"]
    selection = layer["conv2"][index] if index else layer["conv2"]

    found = activations(model, images, selection, batch_size=2)[selection]

    expected = whole[(slice(None), *index)]
    np.testing.assert_array_equal(found, expected)
    assert not index or found.shape != whole.shape  # it can fail: the whole is something else


def test_selection_is_written_as_it_was_named():
    """A selection reads as the index it was made with, and is equal to and hashes as its twin."""
    selection = layer["conv2"][..., 1:7:2, [0, 5]]

    assert str(selection) == "conv2[..., 1:7:2, [0, 5]]"
    twin = layer["conv2"][..., 1:7:2, [0, 5]]
    assert selection == twin
    assert len({selection, twin, layer["conv2"]}) == 2


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        ((..., 8), "out of bounds"),
        ((1, 2, 3, 4), "too many indices"),
        ((slice(3, 3),), "it selects nothing"),
    ],
)
def test_selection_names_the_shape_that_an_index_does_not_fit(model, index, reason):
    """An index outside the layer is refused with the layer's shape."""
    with pytest.raises(UnderstandingError, match=rf"output 3 x 4 x 8.*{reason}"):
        activations(model, photographs(2), layer["conv2"][index])


@pytest.mark.parametrize(
    "part",
    [
        *("a", 1.5, True, [[1]], [[1], [2, 3]], [], None),
        *(slice("a", "b"), slice(1.5, 3), slice(None, None, 0), slice([1], None)),
    ],
)
def test_selection_refuses_what_is_no_index(part):
    """What NumPy would not take as an index of this sort is refused when it is written."""
    with pytest.raises(UnderstandingError, match="Index it as a NumPy array"):
        layer["conv2"][part]


def test_selection_writes_a_slice_that_is_none_as_it_was_named():
    """A step of 0 is shown between its colons; a step of -1 is one."""
    with pytest.raises(UnderstandingError, match=r"Received ::0 for 'conv2'"):
        layer["conv2"][..., ::0]
    assert str(layer["conv2"][..., ::-1]) == "conv2[..., ::-1]"


def test_selection_refuses_a_second_index_and_a_missing_name():
    """A layer is named once, then indexed once."""
    with pytest.raises(UnderstandingError, match="indexed once"):
        layer["conv2"][1][2]
    with pytest.raises(UnderstandingError, match="named first"):
        layer[..., 5]


def test_selection_offers_the_nearest_layer(model):
    """A name that no layer has brings up the nearest."""
    with pytest.raises(ModelError, match="conv2"):
        activations(model, photographs(2), layer["conv3"][..., 1])


def test_selection_fits_layers_whose_size_the_images_decide():
    """Where a model takes any size, an index is checked against the size of these images."""
    from keras import layers

    model = classifier(layers.Conv2D(4, 3, name="conv"), shape=(None, None, 3))

    found = activations(model, photographs(2), layer["conv"][7, 9, 1])
    assert found["conv[7, 9, 1]"].shape == (2,)
    with pytest.raises(UnderstandingError, match="8 x 10 x 4"):
        activations(model, photographs(2), layer["conv"][8, 0, 1])
