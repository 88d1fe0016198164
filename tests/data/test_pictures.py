"""Pictures in files, as arrays of the size that a network takes."""

import numpy as np
import pytest
from PIL import Image

from dlcnn.data.errors import DataError
from dlcnn.data.pictures import read_pictures

COLOURS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3


def _save(path, values, **options):
    Image.fromarray(values).save(path, **options)
    return path


def test_read_pictures_gives_the_pixels_of_a_file(tmp_path):
    """A picture of the asked size comes as it is."""
    path = _save(tmp_path / "a.png", COLOURS)

    images, names = read_pictures([path], (4, 6), 3)

    np.testing.assert_array_equal(images, COLOURS[None])
    assert names == ["a.png"]


def test_read_pictures_stretches_to_the_size_of_the_network(tmp_path):
    """A picture that is dark above and bright below stays so, whatever its size."""
    halves = np.zeros((40, 30, 3), np.uint8)
    halves[20:] = 200

    images, _ = read_pictures([_save(tmp_path / "a.png", halves)], (8, 10), 3)

    assert images.shape == (1, 8, 10, 3)
    assert not images[0, :3].any()
    assert (images[0, -3:] == 200).all()


def test_read_pictures_of_an_open_size_has_that_of_the_first(tmp_path):
    """A network that takes any size gets all of them in one."""
    paths = [_save(tmp_path / "a.png", COLOURS), _save(tmp_path / "b.png", COLOURS[:, :2])]

    images, _ = read_pictures(paths, (None, None), 3)

    assert images.shape == (2, 4, 6, 3)


def test_read_pictures_takes_a_folder_by_name(tmp_path):
    """Pictures of a folder come in the order of their names; other files are passed over."""
    for name, value in (("b.png", 20), ("a.jpg", 10)):
        _save(tmp_path / name, np.full((4, 6, 3), value, np.uint8))
    (tmp_path / "notes.txt").write_text("none", encoding="utf-8")

    images, names = read_pictures([tmp_path], (4, 6), 1)

    assert names == ["a.jpg", "b.png"]
    assert images.shape == (2, 4, 6, 1)
    assert images[:, 0, 0, 0].tolist() == [10, 20]


def test_read_pictures_turns_a_photograph_upright(tmp_path):
    """What the camera noted of how it was held is followed."""
    exif = Image.Exif()
    exif[0x0112] = 6  # the right side was up: turn it a quarter clockwise
    path = _save(tmp_path / "a.png", COLOURS, exif=exif)

    images, _ = read_pictures([path], (6, 4), 3)

    np.testing.assert_array_equal(images[0], np.rot90(COLOURS, -1))


def test_read_pictures_lays_opacity_on_white(tmp_path):
    """What cannot be seen is white, not whatever colour lies under it."""
    seen = np.zeros((2, 3, 4), np.uint8)
    seen[:, 0, 3] = 255

    images, _ = read_pictures([_save(tmp_path / "a.png", seen)], (2, 3), 3)

    assert not images[0, :, 0].any()
    assert (images[0, :, 1:] == 255).all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        (b"not a picture", "Pillow can read"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "Pillow can read"),
    ],
)
def test_read_pictures_refuses_what_is_none(tmp_path, content, words):
    """A missing, a wrong and a damaged file, each with its name."""
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DataError) as caught:
        read_pictures([path], (4, 6), 3)

    assert words in str(caught.value)
    assert "a.png" in str(caught.value)


def test_read_pictures_refuses_a_cut_off_picture(tmp_path):
    """Half a file is no picture."""
    path = _save(
        tmp_path / "a.png", np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8)
    )
    path.write_bytes(path.read_bytes()[:2000])

    with pytest.raises(DataError, match="Pillow can read"):
        read_pictures([path], (4, 6), 3)


def test_read_pictures_refuses_a_folder_without_pictures_and_odd_channels(tmp_path):
    """Nothing to read, nothing named, and more channels than a picture has."""
    with pytest.raises(DataError, match=r"\.png"):
        read_pictures([tmp_path], (4, 6), 3)
    with pytest.raises(DataError, match="Name files"):
        read_pictures([], (4, 6), 3)
    with pytest.raises(DataError, match="Received 5"):
        read_pictures([tmp_path], (4, 6), 5)
