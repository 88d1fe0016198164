"""Maps are arrays that know what they explain; parts of them are arrays only."""

import copy
import pickle

import numpy as np
import pytest

from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.maps import Explained, Maps, captions
from tests.understanding.models import SHAPE, images


@pytest.fixture
def maps():
    about = Explained(
        "a method", images(), np.array([0, 2, 1], np.int32), np.array([1.25, -2, 10.0])
    )
    values = np.random.default_rng(0).standard_normal((3, *SHAPE[:2]))
    return Maps(values, about)


def test_maps_are_an_array(maps):
    """float32 in memory's order, for any function of NumPy."""
    assert maps.shape == (3, 8, 10)
    assert maps.dtype == np.float32
    assert maps.flags.c_contiguous
    np.testing.assert_allclose(maps.sum(axis=0), np.asarray(maps).sum(axis=0))
    assert maps.explained.method == "a method"


def _pickled(maps):
    return pickle.loads(pickle.dumps(maps))


_COPIES = [lambda m: m.copy(), lambda m: m.copy("F"), copy.copy, copy.deepcopy, _pickled]


@pytest.mark.parametrize("copied", _COPIES)
def test_copies_of_maps_are_whole(maps, copied):
    """A copy has numbers of its own, and draws itself as the first does."""
    twin = copied(maps)
    assert type(twin) is Maps
    assert twin.figure().get_suptitle() == "a method"
    np.testing.assert_array_equal(twin.explained.images, maps.explained.images)
    twin[:] = 0
    assert np.asarray(maps).all()


def test_deep_copies_of_maps_share_nothing(maps):
    """Images of a deep copy can be changed; what held one array twice still does."""
    first, second = copy.deepcopy([maps, maps])
    assert first is second
    first.explained.images[:] = 0
    assert maps.explained.images.all()


@pytest.mark.parametrize("copied", _COPIES)
@pytest.mark.parametrize("part", [lambda m: m[:2], lambda m: m[1]])
def test_copies_of_parts_are_parts(maps, part, copied):
    """Copying makes a part no whole."""
    twin = copied(part(maps))
    np.testing.assert_array_equal(twin, part(maps))
    with pytest.raises(UnderstandingError, match="a part"):
        twin.figure()


@pytest.mark.parametrize("part", [lambda m: m[:2], lambda m: m[1], lambda m: m[[2, 0, 1]]])
def test_parts_of_maps_do_not_know_their_images(maps, part):
    """Numbers that were cut out are of no images, and say so when drawn."""
    assert part(maps).explained is None
    with pytest.raises(UnderstandingError, match=r"^figure: .* Call figure on the whole"):
        part(maps).figure()


def test_maps_can_be_saved_and_read(maps, tmp_path):
    """Saving keeps the numbers."""
    np.save(tmp_path / "maps.npy", maps)
    np.testing.assert_array_equal(np.load(tmp_path / "maps.npy"), np.asarray(maps))


def test_figure_tells_method_class_and_score(maps):
    """Each image stands beside its map, under its class and the class's score."""
    figure = maps.figure(class_names=["cat", "dog", "owl"])
    texts = [axes.get_title(loc="left") for axes in figure.axes]
    assert [text for text in texts if text] == [
        "cat, score 1.25",
        "owl, score -2",
        "dog, score 10",
    ]
    assert figure.get_suptitle() == "a method"
    assert len(figure.axes) >= 6


def test_captions_number_classes_without_names():
    """Without names a class is its number."""
    assert captions(np.array([3]), np.array([0.123456]), None) == ["class 3, score 0.123"]


def test_captions_refuse_too_few_names():
    """A class that has no name is told."""
    with pytest.raises(UnderstandingError, match=r"2 class_names for class 2\. Name them all"):
        captions(np.array([0, 2]), np.array([1.0, 2.0]), ["a", "b"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"overlay": 1.5}, "overlay is a number from 0 up to 1"),
        ({"overlay": "much"}, "overlay is a number"),
        ({"columns": 0}, "columns is a whole number from 1"),
        ({"columns": 1.5}, "columns is a whole number from 1"),
    ],
)
def test_figure_refuses_options_that_cannot_be(maps, options, words):
    """An overlay beyond all or nothing, and no columns at all."""
    with pytest.raises(UnderstandingError, match=f"^figure: {words}"):
        maps.figure(**options)


def test_captions_take_any_iterable_of_names():
    """A generator will do; a number will not."""
    classes, scores = np.array([2, 0]), np.array([1.0, 2.0])
    found = captions(classes, scores, (name for name in ("a", "b", "c")))
    assert found == ["c, score 1", "a, score 2"]
    with pytest.raises(UnderstandingError, match="0 class_names for class 2"):
        captions(classes, scores, 5)


def test_maps_give_plain_numbers(maps):
    """What is computed from maps is an ordinary array, and a single number is NumPy's."""

    assert type(maps.max()) is np.float32
    assert type(2 * maps) is np.ndarray
    assert type(maps) is Maps
